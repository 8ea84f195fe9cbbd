"""Fetching orders: one, the ones that changed, or all of them by Shopify's export.

A cursor is JSON that says all that is needed to go on, also after a restart:
{"bulk": id, "offset": bytes} while an export is read, {"since", "after", "size", "seen"} for pages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from helpdesk.lib import http
from helpdesk.lib.clock import iso
from helpdesk.lib.errors import InvalidInput, NotFound, PermanentFailure, TemporaryFailure
from integrations.commerce.connector import OrderPage
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.shopify import documents
from integrations.shopify.client import TOO_COSTLY, Node, ShopifyClient, domain_of, gid
from integrations.shopify.manifest import is_granted
from integrations.shopify.reading import added_later, order_of

PAGE_SIZES = (10, 5, 2, 1)
LINES = 25
"""Of an order in a list; one with more is read by itself."""
ALL_LINES = 100
CEILING = 20_000
"""Shopify pages no further than 25,000: before that the list begins anew at the last moment."""
EXPORT_BYTES = 1024 * 1024
EXPORT_ORDERS = 250
EXPORT_WAIT_SECONDS = 10
BUSY = ("CREATED", "RUNNING", "CANCELING")


@dataclass(frozen=True)
class Access:
    """Which parts of an order the app may read; what it may not is not asked for."""

    customers: bool = True
    returns: bool = True
    holds: bool = True

    def variables(self) -> dict[str, bool]:
        return {"customers": self.customers, "returns": self.returns, "holds": self.holds}


def access_of(store: Store) -> Access:
    """By the scopes that were granted when the shop was connected; everything if not known."""
    granted = store.config.get("scopes")
    if not isinstance(granted, list):
        return Access()
    scopes = set(granted)
    return Access(
        customers=is_granted("read_customers", scopes),
        returns=is_granted("read_returns", scopes),
        holds=is_granted("read_merchant_managed_fulfillment_orders", scopes),
    )


def admin_of(store: Store) -> str:
    """Where the shop's own people work."""
    handle = domain_of(store.address).removesuffix(".myshopify.com")
    return f"https://admin.shopify.com/store/{handle}" if handle and "." not in handle else ""


def order_node(client: ShopifyClient, store: Store, external_id: str) -> Node:
    """The order as Shopify tells it, with all its lines; raises NotFound."""
    if not external_id.isdigit():
        raise NotFound("Shopify has no such order.")
    wanted = gid("Order", external_id)
    data = client.ask(
        documents.GET_ORDER, id=wanted, lines=ALL_LINES, **access_of(store).variables()
    )
    node = data.get("order")
    if not node:
        raise NotFound("Shopify has no such order.")
    return _with_all_lines(client, wanted, node)


def whole_order(client: ShopifyClient, store: Store, node: Node) -> OrderData:
    """The normal form of a node that has everything; asks when later lines were added."""
    added = {}
    if node.get("edited"):
        wanted = gid("Order", str(node["legacyResourceId"]))
        added = added_later(client.ask(documents.ADDED_LATER, id=wanted))
    return order_of(node, admin=admin_of(store), added=added)


def read_order(client: ShopifyClient, store: Store, external_id: str) -> OrderData:
    """The order as it is now; raises NotFound."""
    return whole_order(client, store, order_node(client, store, external_id))


def list_orders(
    client: ShopifyClient, store: Store, *, since: datetime | None, cursor: str
) -> OrderPage:
    """A page of orders, oldest change first."""
    at = _cursor(cursor)
    if not cursor and since is None:
        return _begin_export(client, store)
    if "bulk" in at:
        return _exported(client, store, at)
    if not cursor:
        at = {"since": iso(since)}
    return _page(client, store, at)


def _begin_export(client: ShopifyClient, store: Store) -> OrderPage:
    """Ask for the export. Where Shopify makes none now, the orders are paged through."""
    access = access_of(store)
    document = documents.bulk_orders(
        customers=access.customers, returns=access.returns, holds=access.holds
    )
    total = client.ask(documents.COUNT_ORDERS, query=None)["ordersCount"]["count"]
    said = client.ask(documents.RUN_BULK, query=document)["bulkOperationRunQuery"]
    operation = said.get("bulkOperation")
    if said.get("userErrors") or not operation:
        return replace(_page(client, store, {"since": None}), total=total)
    cursor = json.dumps({"bulk": operation["id"], "offset": 0})
    return OrderPage((), cursor, total, wait_seconds=EXPORT_WAIT_SECONDS)


def _exported(client: ShopifyClient, store: Store, at: Node) -> OrderPage:
    """The next orders of the export, from where the cursor stands in its file."""
    operation = client.ask(documents.BULK_STATE, id=at["bulk"]).get("bulkOperation") or {}
    status = str(operation.get("status") or "EXPIRED")
    if status in BUSY:
        return OrderPage((), json.dumps(at), wait_seconds=EXPORT_WAIT_SECONDS)
    if status != "COMPLETED":
        return OrderPage((), json.dumps({"since": None}))
    offset, size = int(at["offset"]), int(operation.get("fileSize") or 0)
    total = int(operation.get("rootObjectCount") or 0) or None
    if not operation.get("url") or offset >= size:
        return OrderPage((), "", total)
    chunk = _range(str(operation["url"]), offset, size)
    found, used = read_export(chunk, is_end=offset + len(chunk) >= size)
    if not used:
        raise PermanentFailure(
            "An order of Shopify's export is too large.", reason_code="too_large"
        )
    orders = tuple(order_of(each, admin=admin_of(store), is_whole=False) for each in found)
    end = offset + used
    return OrderPage(orders, "" if end >= size else json.dumps({**at, "offset": end}), total)


def _range(url: str, offset: int, size: int) -> bytes:
    last = min(offset + EXPORT_BYTES, size) - 1
    answer = http.fetch(url, headers={"Range": f"bytes={offset}-{last}"})
    if answer.status == 206:
        return answer.content
    if answer.status == 200:
        return answer.content[offset : last + 1]
    raise TemporaryFailure(f"Shopify's export cannot be fetched now ({answer.status}).")


def read_export(chunk: bytes, *, is_end: bool) -> tuple[list[Node], int]:
    """The whole orders at the beginning of a piece of the file, and how many bytes they take.

    Each order is a line, and what hangs on it are the lines after it. The last order of a piece
    counts only where the file ends: there might be more of it.
    """
    orders: list[Node] = []
    place = used = 0
    for line in chunk.splitlines(keepends=True):
        is_cut = not line.endswith(b"\n") and not is_end
        if is_cut:
            break
        node = _exported_line(line)
        if node is not None and "__parentId" not in node:
            if len(orders) == EXPORT_ORDERS:
                return orders, place
            used = place
            orders.append(node)
        elif node is not None and orders:
            name = _PARTS.get(str(node.get("__typename")), "")
            orders[-1].setdefault(name, []).append(node)
        place += len(line)
    if is_end:
        return orders, place
    return orders[:-1], used


_PARTS = {"LineItem": "lineItems", "FulfillmentOrder": "fulfillmentOrders", "Return": "returns"}


def _exported_line(line: bytes) -> Node | None:
    try:
        node = json.loads(line) if line.strip() else None
    except ValueError as error:
        raise InvalidInput("Shopify's export is not what it should be.") from error
    return node if isinstance(node, dict) else None


def _page(client: ShopifyClient, store: Store, at: Node) -> OrderPage:
    """A page of what changed since ``at["since"]``, as large as Shopify lets us ask."""
    query = f"updated_at:>='{at['since']}'" if at.get("since") else None
    data, size = _asked(client, store, at, query)
    found = data["orders"]["nodes"]
    orders = tuple(_listed(client, store, each) for each in found)
    info = data["orders"]["pageInfo"]
    if not info["hasNextPage"]:
        return OrderPage(orders, "")
    seen = int(at.get("seen") or 0) + len(found)
    on: Node = {"since": at.get("since"), "after": info["endCursor"], "size": size, "seen": seen}
    if seen >= CEILING and found:
        on = {"since": found[-1]["updatedAt"], "size": size}
    wait = client.budget.seconds_until(client.cost) if client.budget else 0
    return OrderPage(orders, json.dumps(on), wait_seconds=wait)


def _asked(client: ShopifyClient, store: Store, at: Node, query: str | None) -> tuple[Node, int]:
    largest = int(at.get("size") or PAGE_SIZES[0])
    for size in [each for each in PAGE_SIZES if each <= largest]:
        try:
            return client.ask(
                documents.LIST_ORDERS, first=size, after=at.get("after") or None, query=query,
                lines=LINES, **access_of(store).variables(),
            ), size  # fmt: skip
        except PermanentFailure as refusal:
            if refusal.reason_code != TOO_COSTLY or size == PAGE_SIZES[-1]:
                raise
    raise PermanentFailure("Shopify will not answer so much at once.", reason_code=TOO_COSTLY)


def _listed(client: ShopifyClient, store: Store, node: Node) -> OrderData:
    cut = node["lineItems"].get("pageInfo") or {}
    if cut.get("hasNextPage"):
        node = _with_all_lines(client, gid("Order", str(node["legacyResourceId"])), node)
    return whole_order(client, store, node)


def _with_all_lines(client: ShopifyClient, wanted: str, node: Node) -> Node:
    lines = node["lineItems"]
    found, info = list(lines["nodes"]), lines.get("pageInfo") or {}
    while info.get("hasNextPage"):
        more = client.ask(documents.MORE_LINES, id=wanted, after=info["endCursor"])["order"]
        found += more["lineItems"]["nodes"]
        info = more["lineItems"]["pageInfo"]
    return {**node, "lineItems": {"nodes": found}}


def _cursor(cursor: str) -> dict[str, Any]:
    if not cursor:
        return {}
    try:
        found = json.loads(cursor)
    except ValueError as error:
        raise PermanentFailure("The cursor cannot be read.", reason_code="refused") from error
    return found if isinstance(found, dict) else {}
