"""``connectors``: what Aftercare can connect to, channels first, then stores."""

from __future__ import annotations

from dataclasses import asdict

from inbox.connector import manifests
from integrations.commerce.connector import store_manifests


def listing() -> list[str]:
    """A line per connector: kind, label, what it can do."""
    channels = [_line(each.kind, each.label, set(each.capabilities)) for each in manifests()]
    stores = [
        _line(
            each.kind, each.label, {name for name, can in asdict(each.capabilities).items() if can}
        )
        for each in store_manifests()
    ]
    return [*channels, *stores]


def _line(kind: str, label: str, capabilities: set[str]) -> str:
    return f"{kind:12} {label:20} {', '.join(sorted(capabilities))}".rstrip()
