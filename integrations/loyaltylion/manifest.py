"""What the LoyaltyLion connector is and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

MANIFEST = StoreManifest(
    kind="loyaltylion",
    label="LoyaltyLion",
    capabilities=StoreCapabilities(
        webhooks=True,
        missing=dict.fromkeys(ActionKind, "LoyaltyLion keeps points; it changes no orders."),
    ),
    config=(
        ConfigField("api_key", "API key", is_secret=True),
        ConfigField(
            "site_secret", "Site secret", is_secret=True, is_required=False,
            help="LoyaltyLion signs its calls with it; without it, nobody's calls are believed.",
        ),
        ConfigField(
            "program", "Name of your programme", is_required=False,
            help="As your customers know it: “Loom Circle”. Macros can print it.",
        ),
    ),
    steps=(
        Step(
            "In LoyaltyLion open Manage › Settings › API and make an API key with the right to "
            "read customers. Paste it here.",
            link="https://app.loyaltylion.com/manage/settings/api",
        ),
        Step(
            "Copy the site secret from the same page, too. With it we ask LoyaltyLion to call this "
            "address whenever points or a tier change; there is nothing to paste there.",
            copy="{hook_url}",
        ),
    ),
    summary="Points, tier and referral link of whoever writes, in the panel, in macros and rules.",
    docs_url="https://developers.loyaltylion.com",
    icon="star",
    group="loyalty",
    pace_per_second=15.0,
)  # fmt: skip
