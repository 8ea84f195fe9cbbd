"""What the Slack connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

APP_MANIFEST = """display_information:
  name: Aftercare
features:
  bot_user:
    display_name: Aftercare
    always_online: true
oauth_config:
  scopes:
    bot:
      - channels:history
      - channels:read
      - groups:history
      - groups:read
      - im:history
      - im:read
      - mpim:history
      - mpim:read
      - chat:write
      - files:read
      - files:write
      - users:read
      - users:read.email
settings:
  event_subscriptions:
    request_url: {hook_url}
    bot_events:
      - message.channels
      - message.groups
      - message.im
      - message.mpim
  interactivity:
    is_enabled: true
    request_url: {hook_url}
"""

MANIFEST = Manifest(
    kind="slack",
    label="Slack",
    capabilities=frozenset({"receives", "sends", "webhooks", "polls", "files"}),
    config=(
        ConfigField("token", "Bot token", is_secret=True, help="Begins with xoxb-"),
        ConfigField(
            "signing_secret", "Signing secret", is_secret=True,
            help="Basic Information › App Credentials of your Slack app",
        ),
        ConfigField(
            "channels", "Only these channels", type="list", is_required=False,
            help="Ids like C024BE91L; empty: every channel the bot was invited to",
        ),
    ),
    max_text_chars=4000,
    max_attachment_bytes=25 * 1024 * 1024,
    max_files=10,
    max_webhook_bytes=1024 * 1024,
    docs_url="https://api.slack.com/apis/connections/events-api",
    handle_kind=HandleKind.SLACK,
    icon="slack",
    group="community",
    summary="Slack Connect channels and direct messages: each thread is a ticket.",
    steps=(
        Step(
            "Create an app “From a manifest” in your workspace and paste this manifest",
            APP_MANIFEST, "https://api.slack.com/apps?new_app=1",
        ),
        Step("Under Basic Information copy the signing secret into the field here"),
        Step("Under Install App install it and copy the bot token (xoxb-…) into the field here"),
        Step("Under Event Subscriptions check that Slack says “Verified” beside this address",
             "{hook_url}"),
        Step("Invite the bot to the channels you share with customers: /invite @Aftercare"),
        Step("For alerts invite it to a channel of your team's own, and choose it in a rule"),
    ),
    poll_seconds=15,
    pace_per_second=1,
)  # fmt: skip
