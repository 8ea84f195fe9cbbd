"""What a shop sells, looked up while somebody changes the items of an order."""

from __future__ import annotations

from typing import TypedDict

from helpdesk.lib import http
from helpdesk.lib.errors import ConnectorFailure
from integrations.commerce.connector import FindsProducts, Sellable, find_store_connector
from integrations.commerce.ledger.quoting import unreachable
from integrations.commerce.models import Order
from integrations.commerce.records import MoneyRecord, money

MAX_FOUND = 12
DEADLINE_SECONDS = 5.0


class SellableRecord(TypedDict):
    variant: str
    title: str
    detail: str
    sku: str
    price: MoneyRecord | None
    picture: str
    is_available: bool | None


class SellableList(TypedDict):
    results: list[SellableRecord]


def products_for(order: Order, text: str) -> list[SellableRecord]:
    """What the order's shop sells by that name; nothing where it cannot be asked for that.

    Raises Conflict ``shop_unreachable``.
    """
    connector = find_store_connector(order.store.kind)
    if not isinstance(connector, FindsProducts) or not order.store.is_active:
        return []
    try:
        with http.within(DEADLINE_SECONDS):
            found = connector.find_products(order.store, text, order.currency)
    except ConnectorFailure as failure:
        raise unreachable(order.store, failure.message, "away") from failure
    return [_record(each) for each in found[:MAX_FOUND]]


def _record(each: Sellable) -> SellableRecord:
    price = None if each.price_minor is None else money(each.price_minor, each.currency)
    return {
        "variant": each.variant,
        "title": each.title,
        "detail": each.detail,
        "sku": each.sku,
        "price": price,
        "picture": each.picture,
        "is_available": each.is_available,
    }
