"""What the chat connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step

MANIFEST = Manifest(
    kind="chat",
    label="Chat",
    capabilities=frozenset({"receives", "sends", "reports_status", "files", "html", "choices"}),
    config=(
        ConfigField(
            "domains", "Pages that may show the widget", type="list", is_required=False,
            help="shop.example, *.shop.example; empty allows every page",
        ),
        ConfigField(
            "accent", "Colour", is_required=False, help="#1f6f5c; the text on it is chosen for you"
        ),
    ),
    max_text_chars=8000,
    max_attachment_bytes=10 * 1024 * 1024,
    max_files=5,
    handle_kind="visitor",
    icon="chat",
    group="chat",
    summary="The chat window on your shop's pages.",
    steps=(Step("Look, hours, languages and the code for your pages are on the site's own page."),),
)  # fmt: skip
