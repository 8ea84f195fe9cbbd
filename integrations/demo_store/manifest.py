"""What the built-in shop is and can do."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

TROUBLES = ("none", "away", "credentials", "lost_answer", "refund_fails")

MANIFEST = StoreManifest(
    kind="demo_store",
    label="Demo store",
    capabilities=StoreCapabilities(
        lists_orders=True, gets_order=True, actions=frozenset(ActionKind)
    ),
    config=(
        ConfigField(
            "slow_seconds",
            "Seconds that it takes",
            type="number",
            is_required=False,
            default=0,
            help="How long the shop works on an order action, to see what waiting looks like.",
        ),
        ConfigField(
            "trouble",
            "Trouble",
            type="choice",
            is_required=False,
            default="none",
            choices=TROUBLES,
            help="Lets order actions fail in a certain way, to see what agents see then.",
        ),
    ),
    summary="A linen shop with sample orders; needs no credentials.",
    icon="store",
)
