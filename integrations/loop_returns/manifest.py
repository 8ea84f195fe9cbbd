"""What the Loop Returns connector is and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

MANIFEST = StoreManifest(
    kind="loop_returns",
    label="Loop Returns",
    capabilities=StoreCapabilities(
        webhooks=True,
        missing=dict.fromkeys(ActionKind, "Loop keeps returns; customers make them on its pages."),
    ),
    config=(
        ConfigField(
            "api_key", "API key", is_secret=True,
            help="With the scope Returns, and Developer Tools for the webhooks.",
        ),
        ConfigField(
            "webhook_secret", "Webhook secret", is_secret=True, is_required=False,
            help="Shown beside the webhooks at Loop; calls without it are refused.",
        ),
    ),
    steps=(
        Step(
            "In Loop open Settings › Developers and make an API key with the scopes Returns and "
            "Developer Tools.",
            link="https://admin.loopreturns.com/settings/developers",
        ),
        Step(
            "Copy the webhook secret from the same page and paste it here. Testing the connection "
            "adds the webhooks; a key without Developer Tools cannot: then add them there by hand "
            "for the topics Return and Label, with this address.",
            copy="{hook_url}",
        ),
    ),
    summary="Returns and exchanges with their state, label, refund and credit, beside the order.",
    docs_url="https://docs.loopreturns.com/",
    icon="undo-2",
    group="returns",
    pace_per_second=4.0,
)  # fmt: skip
