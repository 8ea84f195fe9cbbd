"""What the EasyPost connector is and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest
from integrations.commerce.labels import label_fields

MANIFEST = StoreManifest(
    kind="easypost",
    label="EasyPost",
    capabilities=StoreCapabilities(
        webhooks=True,
        missing=dict.fromkeys(ActionKind, "EasyPost has no orders; its labels are made at them."),
    ),
    config=(
        ConfigField("api_key", "API key", is_secret=True, help="The production key of the account."),
        ConfigField("webhook_secret", "Webhook secret", is_secret=True, is_made=True),
        *label_fields("USPS or UPS, for example; empty takes the cheapest of all."),
    ),
    steps=(
        Step(
            "In EasyPost open Account settings › API keys and copy the production key.",
            link="https://www.easypost.com/account/api-keys",
        ),
        Step(
            "Test the connection: the webhook for tracking updates is added at EasyPost by itself, "
            "with a secret that we make up."
        ),
        Step(
            "To buy return labels, fill in where returns go. Each label costs what the carrier asks."
        ),
    ),
    summary="Where parcels are, and return labels for shops that cannot make them.",
    docs_url="https://docs.easypost.com/",
    icon="truck",
    group="shipping",
    pace_per_second=5.0,
)  # fmt: skip
