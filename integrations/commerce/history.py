"""Taking over many orders of the past at once: a few statements for a page, and no news of them.

An order that nobody here knew yet is history: it is written without events, so that reading a
hundred thousand of them wakes no rule and no ticket. One that is known changes as always.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import structlog

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.actions import (
    NEVER,
    contact_rows,
    lay_returns_over,
    line_row,
    order_columns,
    parcel_row,
    upsert_order,
)
from integrations.commerce.models import (
    Fulfillment,
    Order,
    OrderLine,
    OrderReturn,
    Payment,
    Refund,
    Store,
    StoreContact,
    StoreCustomer,
)
from integrations.commerce.normal_form import OrderData, StoreCustomerData, check_order
from integrations.commerce.parcels import lay_tracks_over
from integrations.commerce.returns import returns_known_of

log = structlog.get_logger()


def take_history(store: Store, orders: Iterable[OrderData], *, as_of: datetime) -> int:
    """Take over a page of orders in the caller's unit of work; returns how many could be stored.

    One that cannot be stored is passed over: it must not hold up the others.
    """
    fine = [each for each in orders if _is_fine(store, each)]
    newest: dict[str, OrderData] = {}
    for data in fine:
        before = newest.get(data.external_id)
        if before is None or data.updated_at >= before.updated_at:
            newest[data.external_id] = data
    known = set(
        Order.objects.filter(store=store, external_id__in=newest).values_list(
            "external_id", flat=True
        )
    )
    written = _write(store, [each for key, each in newest.items() if key not in known], as_of)
    for key in sorted(newest.keys() - written):
        upsert_order(store, newest[key], as_of=as_of)
    return len(fine)


def _is_fine(store: Store, data: OrderData) -> bool:
    try:
        check_order(data)
    except InvalidInput as problem:
        log.warning("order.unreadable", store_id=str(store.pk), reason=problem.message)
        return False
    return True


def _write(store: Store, orders: list[OrderData], as_of: datetime) -> set[str]:
    """Write those that are still unknown; returns which these were."""
    buyers = _write_buyers(store, [each.customer for each in orders if each.customer])
    rows = [
        Order(
            organization_id=store.organization_id,
            store=store,
            external_id=data.external_id,
            customer=buyers[data.customer.external_id] if data.customer else None,
            source_updated_at=data.updated_at,
            source_digest=data.digest(),
            as_of=as_of,
            **order_columns(data),
        )
        for data in orders
    ]
    Order.objects.bulk_create(rows, ignore_conflicts=True)
    mine = set(Order.objects.filter(pk__in=[each.pk for each in rows]).values_list("pk", flat=True))
    pairs = [(row, data) for row, data in zip(rows, orders, strict=True) if row.pk in mine]
    _write_parts(pairs)
    return {row.external_id for row, _ in pairs}


def _write_parts(pairs: list[tuple[Order, OrderData]]) -> None:
    OrderLine.objects.bulk_create(
        line_row(order, position, each)
        for order, data in pairs
        for position, each in enumerate(data.lines, start=1)
    )
    parcels = [
        parcel_row(order, position, each)
        for order, data in pairs
        for position, each in enumerate(data.fulfillments, start=1)
    ]
    if parcels:
        lay_tracks_over(parcels[0].order.organization_id, parcels)
    Fulfillment.objects.bulk_create(parcels)
    Refund.objects.bulk_create(
        Refund(order=order, **asdict(each)) for order, data in pairs for each in data.refunds
    )
    _write_returns(pairs)
    Payment.objects.bulk_create(
        Payment(order=order, **asdict(each)) for order, data in pairs for each in data.payments
    )


def _write_returns(pairs: list[tuple[Order, OrderData]]) -> None:
    known = returns_known_of(order for order, _ in pairs)
    rows: list[OrderReturn] = []
    for order, data in pairs:
        mine = [OrderReturn(order=order, **asdict(each)) for each in data.returns]
        lay_returns_over(order, mine, known.get(order.pk, []))
        rows += mine
    OrderReturn.objects.bulk_create(rows)


def _write_buyers(store: Store, told: list[StoreCustomerData]) -> dict[str, StoreCustomer]:
    """The buyers of a page; the newest name wins, addresses only grow, as one by one."""
    newest: dict[str, StoreCustomerData] = {}
    for data in told:
        before = newest.get(data.external_id)
        if before is None or _said(data) > _said(before):
            newest[data.external_id] = data
    blank = [
        StoreCustomer(
            organization_id=store.organization_id,
            store=store,
            external_id=key,
            source_updated_at=NEVER,
        )
        for key in sorted(newest)
    ]
    StoreCustomer.objects.bulk_create(blank, ignore_conflicts=True)
    found = {
        each.external_id: each
        for each in StoreCustomer.objects.select_for_update(no_key=True)
        .filter(store=store, external_id__in=newest)
        .order_by("external_id")
    }
    changed = []
    for key, buyer in found.items():
        if _said(newest[key]) > (buyer.source_updated_at, buyer.name, buyer.language):
            buyer.source_updated_at, buyer.name, buyer.language = _said(newest[key])
            changed.append(buyer)
    StoreCustomer.objects.bulk_update(changed, ["source_updated_at", "name", "language"])
    contacts = [each for data in told for each in contact_rows(found[data.external_id], data)]
    StoreContact.objects.bulk_create(contacts, ignore_conflicts=True)
    return found


def _said(data: StoreCustomerData) -> tuple[datetime, str, str]:
    return data.updated_at, data.name, data.language
