"""The first store connector: a shop that lives in content files and needs no credentials.

``store.config["opened_at"]`` is the moment all its relative times are counted from.
"""

from __future__ import annotations

from datetime import datetime

from helpdesk.lib.errors import NotFound, PermanentFailure
from integrations.commerce.connector import OrderPage, StoreManifest, register_store
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.demo_store import content
from integrations.demo_store.manifest import MANIFEST
from integrations.demo_store.shop import order_data


class DemoStoreConnector:
    """Reads the demo shop's orders."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """All orders that changed at or after ``since``, oldest change first, on one page."""
        opened_at = _opened_at(store)
        found = [order_data(each, opened_at) for each in content.orders().values()]
        changed = [each for each in found if since is None or each.updated_at >= since]
        ordered = sorted(changed, key=lambda each: (each.updated_at, each.number))
        return OrderPage(tuple(ordered), total=len(ordered))

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """The order; raises NotFound."""
        order = content.orders().get(external_id.removeprefix("demo-"))
        if order is None:
            raise NotFound("The demo store has no such order.")
        return order_data(order, _opened_at(store))


def register() -> None:
    """Make the demo store known; called when the server starts."""
    register_store(DemoStoreConnector())


def _opened_at(store: Store) -> datetime:
    text = store.config.get("opened_at", "")
    try:
        opened_at = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise PermanentFailure(
            f"The demo store “{store.slug}” has no valid opened_at; seed the demo again."
        ) from error
    return opened_at
