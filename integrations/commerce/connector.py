"""The contract of store connectors, and the registry they are found in.

A connector SHALL hand over whole orders in normal form, SHALL verify authenticity before it
parses, and SHALL NOT touch orders, customers or the event log: ``synchronize`` does that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound
from integrations.commerce.actions import mark_synced, upsert_order
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData


@dataclass(frozen=True)
class StoreCapabilities:
    """What a connector can do; what is not named here is not offered anywhere."""

    lists_orders: bool = False
    gets_order: bool = False


@dataclass(frozen=True)
class StoreManifest:
    """A kind of store: how it is called, what it can do, which settings it needs."""

    kind: str
    label: str
    capabilities: StoreCapabilities
    config_fields: tuple[str, ...] = field(default=())
    secret_fields: tuple[str, ...] = field(default=())


class StoreConnector(Protocol):
    """Code for one kind of store. May raise TemporaryFailure, PermanentFailure and
    NeedsReauthorization, and nothing else."""

    @property
    def manifest(self) -> StoreManifest: ...

    def list_orders(self, store: Store, *, since: datetime | None) -> Iterator[OrderData]:
        """Orders that changed at or after ``since`` (all if None), oldest change first."""
        ...

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """The order as it is now; raises NotFound."""
        ...


_connectors: dict[str, StoreConnector] = {}


def register_store(connector: StoreConnector) -> None:
    """Make a kind of store known; registering the same kind again replaces it."""
    _connectors[connector.manifest.kind] = connector


def get_store_connector(kind: str) -> StoreConnector:
    """The connector of that kind; raises NotFound naming the kinds there are."""
    try:
        return _connectors[kind]
    except KeyError as error:
        known = ", ".join(sorted(_connectors)) or "none"
        raise NotFound(f"There is no store connector “{kind}” (known: {known}).") from error


def store_manifests() -> list[StoreManifest]:
    """Every known kind of store, by label."""
    return sorted((each.manifest for each in _connectors.values()), key=lambda each: each.label)


def synchronize(store: Store) -> int:
    """Bring our copies of the store's orders up to date; returns how many were looked at.

    May run twice and be interrupted: each order is its own transaction, old news changes nothing.
    """
    began_at = now()
    connector = get_store_connector(store.kind)
    count = 0
    for data in connector.list_orders(store, since=store.synced_at):
        upsert_order(store, data, as_of=began_at)
        count += 1
    mark_synced(store, began_at)
    return count
