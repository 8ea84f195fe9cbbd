"""What the Yotpo Loyalty connector is and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

MANIFEST = StoreManifest(
    kind="yotpo_loyalty",
    label="Yotpo Loyalty & Referrals",
    capabilities=StoreCapabilities(
        missing=dict.fromkeys(ActionKind, "Yotpo Loyalty keeps points; it changes no orders."),
    ),
    config=(
        ConfigField("guid", "GUID", help="It names your loyalty account."),
        ConfigField("api_key", "API key", is_secret=True),
        ConfigField(
            "program", "Name of your programme", is_required=False,
            help="As your customers know it: “Loom Circle”. Macros can print it.",
        ),
    ),
    steps=(
        Step(
            "In Yotpo Loyalty & Referrals open Settings › General and copy GUID and API key.",
            link="https://loyalty-app.yotpo.com",
        ),
        Step("Paste both here and press Test connection."),
    ),
    summary="Points, tier and referral link of whoever writes, in the panel, in macros and rules.",
    docs_url="https://loyaltyapi.yotpo.com/reference/fetch-customer-details",
    icon="star",
    group="loyalty",
    pace_per_second=5.0,
)  # fmt: skip
