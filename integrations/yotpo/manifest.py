"""What the Yotpo connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

MANIFEST = Manifest(
    kind="yotpo",
    label="Yotpo",
    capabilities=frozenset({"receives", "sends", "polls", "webhooks", "public"}),
    config=(
        ConfigField("address", "Store ID", help="Also called app key."),
        ConfigField("secret_key", "Secret key", is_secret=True),
    ),
    max_text_chars=4000,
    max_files=0,
    docs_url="https://apidocs.yotpo.com/reference/welcome",
    handle_kind=HandleKind.REVIEWER,
    icon="review",
    group="social",
    summary="Reviews of your products become tickets and are answered in public.",
    steps=(
        Step(
            "In Yotpo, open Settings › Store settings: the Store ID and, after a code that Yotpo "
            "mails you, the secret key.",
            link="https://settings.yotpo.com/#/general_settings",
        ),
        Step(
            "If you want reviews at once instead of within minutes: ask Yotpo's support to switch "
            "webhooks on, and to send review_create and review_updated to this address",
            "{hook_url}",
        ),
    ),
    poll_seconds=300,
    pace_per_second=5.0,
    is_official=False,
)
