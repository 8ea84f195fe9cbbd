"""What the Discord connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

MANIFEST = Manifest(
    kind="discord",
    label="Discord",
    capabilities=frozenset({"receives", "sends", "webhooks", "polls", "public", "files"}),
    config=(
        ConfigField("token", "Bot token", is_secret=True, help="Bot › Reset Token shows it once"),
        ConfigField(
            "guild_id", "Server id",
            help="Switch on Developer Mode in Discord, right-click the server, Copy Server ID",
        ),
        ConfigField(
            "channels", "Channels", type="list", is_required=False,
            help="Ids of forum and text channels; empty: every thread the bot can see",
        ),
        ConfigField(
            "public_key", "Public key", is_required=False,
            help="General Information › Public Key; only for the interactions address",
        ),
    ),
    max_text_chars=2000,
    max_attachment_bytes=10 * 1024 * 1024,
    max_files=10,
    docs_url="https://discord.com/developers/docs",
    handle_kind=HandleKind.DISCORD,
    icon="discord",
    group="community",
    summary="Forum posts, threads and support channels of your server, direct messages to its bot.",
    steps=(
        Step("Create an application", link="https://discord.com/developers/applications"),
        Step("Under Bot switch on “Message Content Intent”, reset the token and paste it here"),
        Step(
            "Under OAuth2 make an invitation with the scope “bot” and the permissions View "
            "Channels, Read Message History, Send Messages, Send Messages in Threads, Attach "
            "Files; open it and choose your server"
        ),
        Step(
            "Customers can also write to the bot directly: nothing is to be set for that. Connect one "
            "bot here once; a second server should have a bot of its own"
        ),
        Step(
            "Only if you want Discord to know this address: under General Information paste it as "
            "Interactions Endpoint URL", "{hook_url}",
        ),
    ),
    poll_seconds=10,
    pace_per_second=1,
)  # fmt: skip
