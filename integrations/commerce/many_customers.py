"""The orders of many customers at once: what a batch of events or a chunk of the past needs."""

from __future__ import annotations

import heapq
import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from integrations.commerce.models import ContactKind, Order, StoreContact
from integrations.commerce.selectors import MAX_ORDERS, orders_of_addresses, with_parts
from tickets.models import Customer, Handle

_Contact = tuple[str, str]


def orders_of_customers(
    customers: Collection[Customer], *, limit: int = MAX_ORDERS
) -> dict[uuid.UUID, list[Order]]:
    """What ``selectors.orders_of_customer`` says of each, by customer: nine queries for them all.

    They are of one organization. Of each the newest ``limit``; who has none has an empty list.
    """
    found: dict[uuid.UUID, list[Order]] = {each.pk: [] for each in customers}
    owners = _owners(found)
    if not owners:
        return found
    organization_id = next(iter(customers)).organization_id
    buyers: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    contacts = StoreContact.objects.filter(
        organization_id=organization_id, value__in={value for _, value in owners}
    )
    for buyer_id, kind, value in contacts.values_list("customer_id", "kind", "value"):
        if (kind, value) in owners:
            buyers[buyer_id].add(owners[kind, value])
    newest = _newest(organization_id, owners, buyers, limit)
    wanted = {order_id for ids in newest.values() for order_id in ids}
    having: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for customer_id, ids in newest.items():
        for order_id in ids:
            having[order_id].append(customer_id)
    for order in with_parts(Order.objects.filter(pk__in=wanted)) if wanted else ():
        for customer_id in having[order.pk]:
            found[customer_id].append(order)
    return found


def _owners(customer_ids: Collection[uuid.UUID]) -> dict[_Contact, uuid.UUID]:
    """Whose each verified address is; it is one customer's."""
    handles = Handle.objects.filter(
        customer__in=list(customer_ids),
        is_verified=True,
        kind__in=[ContactKind.EMAIL, ContactKind.PHONE],
    )
    return {(kind, value): owner for kind, value, owner in
            handles.values_list("kind", "value", "customer_id")}  # fmt: skip


def _newest(
    organization_id: uuid.UUID,
    owners: dict[_Contact, uuid.UUID],
    buyers: dict[uuid.UUID, set[uuid.UUID]],
    limit: int,
) -> dict[uuid.UUID, set[uuid.UUID]]:
    """The ids of each customer's newest orders; one light query over all that are theirs."""
    orders = orders_of_addresses(
        organization_id,
        emails=[value for kind, value in owners if kind == ContactKind.EMAIL],
        phones=[value for kind, value in owners if kind == ContactKind.PHONE],
    )
    theirs: dict[uuid.UUID, list[tuple[datetime, uuid.UUID]]] = defaultdict(list)
    rows = orders.values_list("pk", "placed_at", "email", "phone", "customer_id")
    for order_id, placed_at, email, phone, buyer_id in rows:
        named = {owners.get((ContactKind.EMAIL, email)), owners.get((ContactKind.PHONE, phone))}
        of_buyer = buyers.get(buyer_id, set())
        for customer_id in {each for each in named if each is not None} | of_buyer:
            theirs[customer_id].append((placed_at, order_id))
    return {
        customer_id: {order_id for _, order_id in heapq.nlargest(limit, placed)}
        for customer_id, placed in theirs.items()
    }
