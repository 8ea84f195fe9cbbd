"""What the Telegram connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

MANIFEST = Manifest(
    kind="telegram",
    label="Telegram",
    capabilities=frozenset({"receives", "sends", "webhooks", "polls", "files"}),
    config=(
        ConfigField(
            "token", "Bot token", is_secret=True,
            help="What @BotFather answers to /newbot: digits, a colon, letters",
        ),
    ),
    max_text_chars=4096,
    max_attachment_bytes=20 * 1024 * 1024,
    max_files=10,
    max_webhook_bytes=1024 * 1024,
    docs_url="https://core.telegram.org/bots/api",
    handle_kind=HandleKind.TELEGRAM,
    icon="telegram",
    group="chat",
    summary="Customers write to your bot; you answer from the inbox.",
    steps=(
        Step("Open @BotFather in Telegram and send /newbot", link="https://t.me/BotFather"),
        Step("Give the bot your shop's name and a user name that ends in “bot”"),
        Step("Copy the token it answers with into “Bot token” here and connect"),
        Step(
            "Only for groups: send /setprivacy to @BotFather and choose Disable, so that the bot "
            "hears everybody; then add it to the group"
        ),
    ),
    poll_seconds=4,
    pace_per_second=25,
)  # fmt: skip
