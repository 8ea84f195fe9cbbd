"""``connectors``: what Aftercare can connect to, channels first, then stores."""

from __future__ import annotations

from inbox.connector import manifests
from integrations.commerce.connector import StoreCapabilities, store_manifests


def listing() -> list[str]:
    """A line per connector: kind, label, what it can do."""
    channels = [_line(each.kind, each.label, set(each.capabilities)) for each in manifests()]
    stores = [
        _line(each.kind, each.label, _words_of(each.capabilities)) for each in store_manifests()
    ]
    return [*channels, *stores]


def _words_of(capabilities: StoreCapabilities) -> set[str]:
    flags = {
        name for name in ("lists_orders", "gets_order", "webhooks") if getattr(capabilities, name)
    }
    return flags | {each.value for each in capabilities.actions}


def _line(kind: str, label: str, capabilities: set[str]) -> str:
    return f"{kind:12} {label:20} {', '.join(sorted(capabilities))}".rstrip()
