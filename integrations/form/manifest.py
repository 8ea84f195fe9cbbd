"""What the contact form is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

MANIFEST = Manifest(
    kind="form",
    label="Contact form",
    group="other",
    icon="form",
    summary="A page of its own, or a form on your site. Answers go out by email.",
    capabilities=frozenset({"receives", "webhooks", "files"}),
    handle_kind=HandleKind.EMAIL,
    config=(
        ConfigField(
            "answers_by", "Answer by", type="mailbox", is_required=False,
            help="The mailbox that answers are sent from. Empty: your first one",
        ),
        ConfigField(
            "origins", "Sites that may post the form", type="list", is_required=False,
            help="https://shop.example, one per line. Empty: every site, and the page of its own",
        ),
        ConfigField(
            "thanks_url", "Page to show afterwards", type="url", is_required=False,
            help="Empty: a page that says thank you",
        ),
        ConfigField(
            "subjects", "Subjects to choose from", type="list", is_required=False,
            help="Empty: people write their own",
        ),
    ),
    steps=(
        Step("Link to the form's own page from your site", "{hook_url}"),
        Step(
            "Or put a form of your own on your site; every further field is shown on the ticket",
            '<form method="post" action="{hook_url}"><input name="name"><input name="email" '
            'type="email" required><textarea name="message" required></textarea>'
            "<button>Send</button></form>",
        ),
    ),
    max_webhook_bytes=26 * 1024 * 1024,
    max_attachment_bytes=10 * 1024 * 1024,
    max_files=5,
)  # fmt: skip
