"""What the Growave connector is and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

MANIFEST = StoreManifest(
    kind="growave",
    label="Growave",
    capabilities=StoreCapabilities(
        missing=dict.fromkeys(ActionKind, "Growave keeps points; it changes no orders."),
    ),
    config=(
        ConfigField("client_id", "API key", help="Growave also calls it the client id."),
        ConfigField("client_secret", "API secret", is_secret=True),
        ConfigField(
            "program", "Name of your programme", is_required=False,
            help="As your customers know it: “Loom Circle”. Macros can print it.",
        ),
    ),
    steps=(
        Step(
            "In the Growave app open Settings › API (from the Plus plan on) and make credentials "
            "that may read customers and rewards.",
        ),
        Step("Paste API key and API secret here and press Test connection."),
    ),
    summary="Points, tier and referral link of whoever writes, in the panel, in macros and rules.",
    docs_url="https://docs.growave.io/api/",
    icon="star",
    group="loyalty",
    pace_per_second=1.5,
)  # fmt: skip
