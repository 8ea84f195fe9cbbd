"""What the Shippo connector is and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest
from integrations.commerce.labels import label_fields

MANIFEST = StoreManifest(
    kind="shippo",
    label="Shippo",
    capabilities=StoreCapabilities(
        webhooks=True,
        missing=dict.fromkeys(ActionKind, "Shippo has no orders; its labels are made at them."),
    ),
    config=(
        ConfigField("api_key", "API token", is_secret=True, help="The live token of the account."),
        ConfigField(
            "webhook_secret", "Webhook secret", is_secret=True, is_required=False,
            help="Only where Shippo's support gave you one: then calls need its signature, too.",
        ),
        *label_fields("USPS or UPS, for example; empty takes the cheapest of all."),
    ),
    steps=(
        Step(
            "In Shippo open Settings › API and make a live token.",
            link="https://apps.goshippo.com/settings/api",
        ),
        Step(
            "Test the connection: the webhook for tracking updates is added at Shippo by itself. "
            "Its address is secret."
        ),
        Step(
            "To buy return labels, fill in where returns go. Each label costs what the carrier asks."
        ),
    ),
    summary="Where parcels are, and return labels for shops that cannot make them.",
    docs_url="https://docs.goshippo.com/",
    icon="truck",
    group="shipping",
    pace_per_second=5.0,
)  # fmt: skip
