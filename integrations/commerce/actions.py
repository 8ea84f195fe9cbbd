"""Every write to stores and orders. An order changes only by what its store says."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.events.outbox import Change, record, unit_of_work
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import Conflict
from integrations.commerce.models import (
    ContactKind,
    Fulfillment,
    FulfillmentStatus,
    Order,
    OrderLine,
    OrderReturn,
    ParcelTrack,
    Payment,
    Refund,
    ReturnTrack,
    Store,
    StoreContact,
    StoreCustomer,
)
from integrations.commerce.normal_form import (
    FulfillmentData,
    OrderData,
    OrderLineData,
    StoreCustomerData,
    check_order,
    clean_email,
    clean_phone,
    number_key,
)
from integrations.commerce.parcels import (
    TrackData,
    clean_number,
    keep_track,
    lay_over,
    lay_tracks_over,
    parcels_with,
    tracks_of,
)
from integrations.commerce.returns import (
    ReturnTrackData,
    keep_return,
    lay_return_over,
    orders_of,
    return_status_with,
    returns_in_parcel,
    returns_known_of,
    state_by_parcel,
)
from integrations.commerce.selectors import find_customer_of_order

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_WATCHED = (
    "financial_status", "fulfillment_status", "return_status", "cancelled_at", "is_on_hold",
)  # fmt: skip


def create_store(
    organization: Organization, *, kind: str, slug: str, name: str, currency: str = "EUR"
) -> Store:
    """A store whose orders will be known; raises Conflict if the slug is taken."""
    store, is_new = Store.objects.get_or_create(
        organization=organization,
        slug=slug,
        defaults={"kind": kind, "name": name, "currency": currency},
    )
    if not is_new:
        raise Conflict(f"There is already a store called “{slug}”.")
    return store


def mark_synced(store: Store, at: datetime) -> None:
    """Remember until when the store's orders are known."""
    Store.objects.filter(pk=store.pk).update(synced_at=at)
    store.synced_at = at


def upsert_order(store: Store, data: OrderData, *, as_of: datetime | None = None) -> Order:
    """Make our copy of the order what the store said at ``data.updated_at``.

    What is older than what we have changes nothing, so updates may arrive twice and in any
    order and end the same; of two different ones with the same time one wins always.
    Records ``order.updated`` when something changed. Raises InvalidInput naming the field.
    """
    check_order(data)
    as_of = as_of or now()
    with unit_of_work():
        customer = _upsert_customer(store, data.customer) if data.customer else None
        order = _lock_order(store, data, as_of)
        digest = data.digest()
        if (data.updated_at, digest) <= (order.source_updated_at, order.source_digest):
            _confirm(order, digest, as_of)
            return order
        before = _seen(order)
        _apply(order, data, customer, digest, as_of)
        _replace_parts(order, data)
        _announce(order, _changes(before, _seen(order)))
    return order


def take_looked_at(order: Order, data: OrderData, *, as_of: datetime) -> Order:
    """As :func:`upsert_order`, for an order that somebody looks at: that it did not change, and how
    fresh our copy is now, is announced as well.
    """
    with unit_of_work():
        fresh = upsert_order(order.store, data, as_of=as_of)
        if fresh.version == order.version:
            record_order(fresh)
    return fresh


def note_track(
    organization_id: uuid.UUID, data: TrackData, *, as_of: datetime | None = None
) -> int:
    """What a tracking service says of a parcel; returns how many orders changed by it.

    May come twice and in any order. Records ``order.updated`` per order whose parcel moved.
    """
    with unit_of_work():
        if not keep_track(organization_id, data, as_of=as_of or now()):
            return 0
        track = tracks_of(organization_id, [data.number])[clean_number(data.number)]
        moved: dict[uuid.UUID, tuple[Order, Change]] = {}
        for parcel in parcels_with(organization_id, data.number):
            before = parcel.status
            if lay_over(parcel, track):
                parcel.save()
                moved[parcel.order_id] = (parcel.order, {"shipment": (before, parcel.status)})
        for order, change in moved.values():
            order.version += 1
            order.save(update_fields=["version"])
            _announce(order, change)
        return len(moved) + _move_returns(organization_id, track)


def _move_returns(organization_id: uuid.UUID, parcel: ParcelTrack) -> int:
    """Returns that travel in this parcel are as far as it is; how many orders changed by it."""
    count = 0
    for track in returns_in_parcel(organization_id, parcel.number):
        state = state_by_parcel(track.state, parcel.status)
        if state != track.state:
            track.state = state
            track.save(update_fields=["state"])
            count += _lay_return(track)
    return count


def record_order(order: Order) -> None:
    """Announce an order whose copy of ours was changed by us alone."""
    _announce(order, {})


def note_return(
    organization_id: uuid.UUID, data: ReturnTrackData, *, as_of: datetime | None = None
) -> int:
    """What a returns service says of a return; returns how many orders changed by it.

    May come twice and in any order, also before its order is known. Records ``order.updated``.
    """
    with unit_of_work():
        track = keep_return(organization_id, data, as_of=as_of or now())
        return 0 if track is None else _lay_return(track)


def _lay_return(track: ReturnTrack) -> int:
    """Show the return at its order, in the caller's unit of work; how many orders that were."""
    orders = orders_of(track)
    for order in orders:
        rows = list(order.returns.all())
        before = {row.source_id: row.state for row in rows if row.source == track.source}
        row = lay_return_over(rows, track, order)
        row.save()
        status = return_status_with(order, rows)
        change: Change = {"return": (before.get(track.external_id), row.state)}
        if status != order.return_status:
            change["return_status"] = (order.return_status or None, status or None)
        order.return_status = status
        order.version += 1
        order.save(update_fields=["return_status", "version"])
        _announce(order, change)
    return len(orders)


def _lock_order(store: Store, data: OrderData, as_of: datetime) -> Order:
    """The order's row, made empty if new, locked until commit."""
    found = Order.objects.select_for_update(no_key=True).filter(
        store=store, external_id=data.external_id
    )
    order = found.first()
    if order is None:
        Order.objects.bulk_create([_empty(store, data, as_of)], ignore_conflicts=True)
        order = found.get()
    return order


def _empty(store: Store, data: OrderData, as_of: datetime) -> Order:
    return Order(
        organization_id=store.organization_id,
        store=store,
        external_id=data.external_id,
        number=data.number,
        number_key=number_key(data.number),
        placed_at=data.placed_at,
        currency=data.currency,
        financial_status="",
        fulfillment_status="",
        source_updated_at=NEVER,
        as_of=as_of,
        version=0,
    )


def _confirm(order: Order, digest: str, as_of: datetime) -> None:
    """The store said once more what we know: our copy is that fresh now."""
    if digest == order.source_digest and as_of > order.as_of:
        order.as_of = as_of
        order.save(update_fields=["as_of"])


def _apply(
    order: Order,
    data: OrderData,
    customer: StoreCustomer | None,
    digest: str,
    as_of: datetime,
) -> None:
    for name, value in order_columns(data).items():
        setattr(order, name, value)
    order.customer = customer
    order.source_updated_at = data.updated_at
    order.source_digest = digest
    order.as_of = max(as_of, order.as_of)
    order.version += 1
    order.save()


def _seen(order: Order) -> dict[str, Any]:
    return {name: _plain(getattr(order, name)) for name in _WATCHED}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Change:
    return {name: (before[name], after[name]) for name in _WATCHED if before[name] != after[name]}


def order_columns(data: OrderData) -> dict[str, Any]:
    """What the order's own row says."""
    country = data.shipping_address.country_code
    return {
        "number": data.number,
        "number_key": number_key(data.number),
        "email": clean_email(data.email),
        "phone": clean_phone(data.phone, country) if data.phone else "",
        "placed_at": data.placed_at,
        "currency": data.currency,
        "subtotal_minor": data.subtotal_minor,
        "shipping_minor": data.shipping_minor,
        "discount_minor": data.discount_minor,
        "tax_minor": data.tax_minor,
        "total_minor": data.total_minor,
        "financial_status": data.financial_status,
        "fulfillment_status": data.fulfillment_status,
        "return_status": data.return_status,
        "told_return_status": data.return_status,
        "payment_method": data.payment_method[:60],
        "pick_at": data.pick_at,
        "packed_at": data.packed_at,
        "promised_at": data.promised_at,
        "cancelled_at": data.cancelled_at,
        "cancel_reason": data.cancel_reason[:120],
        "shipping_address": asdict(data.shipping_address),
        "billing_address": asdict(data.billing_address),
        "tags": [tag[:60] for tag in data.tags],
        "note": data.note,
        "captured_minor": data.captured_minor,
        "store_currency": data.store_currency,
        "store_total_minor": data.store_total_minor,
        "is_on_hold": data.is_on_hold,
        "hold_reason": data.hold_reason[:200],
        "can_cancel": data.can_cancel,
        "cannot_cancel_reason": data.cannot_cancel_reason[:60],
        "can_edit_address": data.can_edit_address,
        "refundable_minor": data.refundable_minor,
        "discount_codes": [code[:80] for code in data.discount_codes],
        "admin_url": data.admin_url[:1000],
    }


def _replace_parts(order: Order, data: OrderData) -> None:
    """Lines, parcels and refunds become exactly those of ``data``."""
    if order.version > 1:
        order.lines.all().delete()
        order.fulfillments.all().delete()
        order.refunds.all().delete()
        order.returns.all().delete()
        order.payments.all().delete()
    OrderLine.objects.bulk_create(
        line_row(order, position, each) for position, each in enumerate(data.lines, start=1)
    )
    parcels = [
        parcel_row(order, position, each)
        for position, each in enumerate(data.fulfillments, start=1)
    ]
    lay_tracks_over(order.organization_id, parcels)
    Fulfillment.objects.bulk_create(parcels)
    Refund.objects.bulk_create(Refund(order=order, **asdict(each)) for each in data.refunds)
    OrderReturn.objects.bulk_create(_returns_of(order, data))
    Payment.objects.bulk_create(Payment(order=order, **asdict(each)) for each in data.payments)


def _returns_of(order: Order, data: OrderData) -> list[OrderReturn]:
    """What comes back, by the platform and by services; the order's own word follows it."""
    rows = [OrderReturn(order=order, **asdict(each)) for each in data.returns]
    lay_returns_over(order, rows, returns_known_of([order]).get(order.pk, []))
    return rows


def lay_returns_over(order: Order, rows: list[OrderReturn], tracks: Iterable[ReturnTrack]) -> None:
    """Lay what services say over the returns of an order whose row is written already."""
    for track in tracks:
        lay_return_over(rows, track, order)
    status = return_status_with(order, rows)
    if status != order.return_status:
        order.return_status = status
        Order.objects.filter(pk=order.pk).update(return_status=status)


def line_row(order: Order, position: int, data: OrderLineData) -> OrderLine:
    """A line of the order, as a row."""
    fields = dict(vars(data))
    fields["fulfilled_quantity"] = (
        data.quantity
        if order.fulfillment_status == FulfillmentStatus.FULFILLED
        else data.fulfilled_quantity
    )
    return OrderLine(order=order, position=position, **fields)


def parcel_row(order: Order, position: int, data: FulfillmentData) -> Fulfillment:
    """A parcel of the order, as a row."""
    scans = sorted(data.scans, key=lambda each: each.at)
    return Fulfillment(
        order=order,
        position=position,
        external_id=data.external_id,
        carrier=data.carrier,
        tracking_number=data.tracking_number,
        tracking_url=data.tracking_url,
        status=data.status,
        problem=data.problem,
        shipped_at=data.shipped_at,
        estimated_at=data.estimated_at,
        delivered_at=data.delivered_at,
        last_scan_at=scans[-1].at if scans else None,
        events=[{**asdict(each), "at": iso(each.at)} for each in scans],
        lines=[{"line": each.line, "quantity": each.quantity} for each in data.lines],
    )


def _upsert_customer(store: Store, data: StoreCustomerData) -> StoreCustomer:
    """The buyer; the newest name wins, addresses only grow (both whatever the order of arrival)."""
    customer = _lock_customer(store, data)
    told = (data.updated_at, data.name, data.language)
    if told > (customer.source_updated_at, customer.name, customer.language):
        customer.source_updated_at, customer.name, customer.language = told
        customer.save(update_fields=["source_updated_at", "name", "language"])
    _add_contacts(customer, data)
    return customer


def _lock_customer(store: Store, data: StoreCustomerData) -> StoreCustomer:
    """The buyer's row, made empty if new, locked until commit."""
    found = StoreCustomer.objects.select_for_update(no_key=True).filter(
        store=store, external_id=data.external_id
    )
    customer = found.first()
    if customer is None:
        empty = StoreCustomer(
            organization_id=store.organization_id,
            store=store,
            external_id=data.external_id,
            source_updated_at=NEVER,
        )
        StoreCustomer.objects.bulk_create([empty], ignore_conflicts=True)
        customer = found.get()
    return customer


def _add_contacts(customer: StoreCustomer, data: StoreCustomerData) -> None:
    StoreContact.objects.bulk_create(contact_rows(customer, data), ignore_conflicts=True)


def contact_rows(customer: StoreCustomer, data: StoreCustomerData) -> list[StoreContact]:
    """The buyer's addresses, as rows."""
    contacts = [(ContactKind.EMAIL, clean_email(each)) for each in data.emails if each.strip()]
    contacts += [(ContactKind.PHONE, clean_phone(each)) for each in data.phones if each.strip()]
    return [
        StoreContact(
            organization_id=customer.organization_id, customer=customer, kind=kind, value=value
        )
        for kind, value in contacts
    ]


def _announce(order: Order, change: Change) -> None:
    def payload() -> dict[str, Any]:
        customer_id = find_customer_of_order(order)
        return {
            "order_id": str(order.pk),
            "customer_id": None if customer_id is None else str(customer_id),
        }

    record(
        "order.updated",
        organization_id=order.organization_id,
        object_type="order",
        object_id=order.pk,
        payload=payload,
        change=change,
    )


def _plain(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else (value or None)
