"""What the Bluesky connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

MANIFEST = Manifest(
    kind="bluesky",
    label="Bluesky",
    capabilities=frozenset({"receives", "sends", "polls", "public", "files"}),
    config=(
        ConfigField("handle", "Handle", help="yourshop.bsky.social or your own domain"),
        ConfigField(
            "app_password", "App password", is_secret=True, help="Four groups of four letters"
        ),
        ConfigField(
            "service", "Server", type="url", is_required=False, default="https://bsky.social",
            help="Only if your account lives on a server of your own",
        ),
    ),
    max_text_chars=300,
    max_attachment_bytes=2_000_000,
    max_files=4,
    docs_url="https://docs.bsky.app",
    handle_kind=HandleKind.BLUESKY,
    icon="bluesky",
    group="social",
    summary="Posts that mention, answer or quote you, and direct messages.",
    steps=(
        Step(
            "Open Settings › Privacy and Security › App Passwords in Bluesky",
            link="https://bsky.app/settings/app-passwords",
        ),
        Step("Add one named Aftercare and tick “Allow access to your direct messages”"),
        Step("Copy it, as it is shown once only, and paste it here with your handle"),
    ),
    poll_seconds=20,
    pace_per_second=1,
)  # fmt: skip
