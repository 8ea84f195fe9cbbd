"""The first store connector: a shop that lives in content files and needs no credentials.

``store.config["opened_at"]`` is the moment all its relative times are counted from.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integrations.commerce.acting import ActionKind, BeforeStep, Intent, Outcome, Quote
from integrations.commerce.connector import OrderPage, Sellable, StoreManifest, register_store
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import OrderData
from integrations.commerce.profiles.shape import ProfileData
from integrations.demo_store import acting, circle, shop, till
from integrations.demo_store.manifest import MANIFEST


class DemoStoreConnector:
    """Reads and changes the demo shop's orders, and knows who is in its loyalty programme."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """All orders that changed at or after ``since``, oldest change first, on one page."""
        changed = [
            each for each in till.all_orders(store) if since is None or each.updated_at >= since
        ]
        ordered = sorted(changed, key=lambda each: (each.updated_at, each.number))
        return OrderPage(tuple(ordered), total=len(ordered))

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """The order; raises NotFound."""
        acting.check_open(store)
        return till.order_now(store, external_id)

    def find_shopper(self, store: Store, email: str) -> ProfileData | None:
        """What they have in the shop's own loyalty programme, or None."""
        return circle.find_member(email)

    def find_products(self, store: Store, text: str, currency: str) -> list[Sellable]:
        """Every colour and size of what has all the words in its name."""
        acting.check_open(store)
        return shop.sellables(text)

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        """What would happen to the order now."""
        return acting.quote(store, kind, order.external_id, params)

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        """Do it, each step once."""
        return acting.act(store, order.external_id, intent, before_step)

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        """What became of it."""
        return acting.look_up(store, order.external_id, intent)


def register() -> None:
    """Make the demo store known; called when the server starts."""
    register_store(DemoStoreConnector())
