"""What the AfterShip connector is and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

MANIFEST = StoreManifest(
    kind="aftership",
    label="AfterShip Tracking",
    capabilities=StoreCapabilities(
        webhooks=True,
        missing=dict.fromkeys(ActionKind, "AfterShip follows parcels; it changes no orders."),
    ),
    config=(
        ConfigField("api_key", "API key", is_secret=True),
        ConfigField(
            "webhook_secret", "Webhook secret", is_secret=True, is_required=False,
            help="Shown beside the webhook in AfterShip; calls without it are refused.",
        ),
    ),
    steps=(
        Step(
            "In AfterShip open Settings › API keys and make one with the right to read and write "
            "trackings.",
            link="https://admin.aftership.com/settings/api-keys",
        ),
        Step(
            "Open Tracking › Settings › Webhooks, add this address for all tracking updates and "
            "paste its secret here. Without it, open parcels are asked for every few hours.",
            copy="{hook_url}",
        ),
    ),
    summary="Where parcels really are: scans, delays and deliveries of more than a thousand carriers.",
    docs_url="https://www.aftership.com/docs/tracking/quickstart/api-quick-start",
    icon="truck",
    group="shipping",
    pace_per_second=8.0,
)  # fmt: skip
