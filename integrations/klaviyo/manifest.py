"""What the Klaviyo connector is and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

LISTENERS = ("known", "everybody", "nobody")

MANIFEST = StoreManifest(
    kind="klaviyo",
    label="Klaviyo",
    capabilities=StoreCapabilities(
        missing=dict.fromkeys(ActionKind, "Klaviyo knows people; it changes no orders."),
    ),
    config=(
        ConfigField("api_key", "Private API key", is_secret=True, help="It begins with pk_."),
        ConfigField(
            "tell", "Whose tickets Klaviyo is told of", type="choice", choices=LISTENERS,
            default="known", is_required=False,
            help="“known”: only people who have a profile there already. “everybody” makes a "
            "profile of whoever writes. Never what was written: only that a ticket was opened, "
            "solved or rated, its number and channel.",
        ),
    ),
    steps=(
        Step(
            "In Klaviyo open Settings › API keys and create a private key with these scopes: "
            "read access to accounts, profiles and lists, full access to events.",
            link="https://www.klaviyo.com/settings/account/api-keys",
        ),
        Step("Paste the key here and press Test connection."),
        Step(
            "In Klaviyo the metrics “Ticket opened”, “Ticket solved” and “Support rated” appear "
            "with the first event; use them in flows and segments, for instance to hold back "
            "campaigns while a ticket is open.",
        ),
    ),
    summary="Subscriptions and predicted value of whoever writes; Klaviyo hears of their tickets.",
    docs_url="https://developers.klaviyo.com/en/reference/api_overview",
    icon="mail",
    group="marketing",
    pace_per_second=10.0,
)  # fmt: skip
