"""What the built-in shop is and can do."""

from __future__ import annotations

from integrations.commerce.connector import StoreCapabilities, StoreManifest

MANIFEST = StoreManifest(
    kind="demo_store",
    label="Demo store",
    capabilities=StoreCapabilities(lists_orders=True, gets_order=True),
    summary="A linen shop with sample orders; needs no credentials.",
    icon="store",
)
