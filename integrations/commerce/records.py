"""The one shape of an order for the API and the order panel."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypedDict, cast

from helpdesk.lib.clock import iso
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, find_manifest, find_store_connector
from integrations.commerce.models import (
    Fulfillment,
    Order,
    OrderLine,
    OrderReturn,
    Payment,
    Refund,
    Store,
)
from integrations.commerce.money import format_money
from integrations.commerce.selectors import SpendSummary
from integrations.commerce.state import OrderState, state_of

POLLS_UNTIL_STALE = 2
"""A store that missed so many rounds of being asked is shown as stale."""


class MoneyRecord(TypedDict):
    """An amount in the currency's minor unit, and as people read it."""

    minor: int
    currency: str
    text: str


class StoreRecord(TypedDict):
    """A store: what its platform is called, and what can be done to its orders.

    ``missing`` says why an action is not there. What we know of its orders is stale when it is
    older than ``stale_after_seconds``.
    """

    id: str
    slug: str
    kind: str
    name: str
    platform: str
    actions: list[str]
    missing: dict[str, str]
    stale_after_seconds: int
    finds_products: bool


class OrderLineRecord(TypedDict):
    """``line`` is what actions call it; ``added_at``: added after the purchase, ``added_by`` this app."""

    line: str
    product_id: str
    title: str
    variant: str
    sku: str
    quantity: int
    fulfilled_quantity: int
    refunded_quantity: int
    price: MoneyRecord
    discount: MoneyRecord
    total: MoneyRecord
    added_at: str | None
    added_by: str
    picture: str
    image_url: str


class ScanRecord(TypedDict):
    at: str
    status: str
    text: str
    place: str


class LineQuantityRecord(TypedDict):
    line: str
    title: str
    quantity: int
    reason: str


class FulfillmentRecord(TypedDict):
    """``lines``: what is in the parcel; empty where the store does not say."""

    carrier: str
    tracking_number: str
    tracking_url: str
    status: str
    status_text: str
    problem: str
    shipped_at: str | None
    estimated_at: str | None
    delivered_at: str | None
    last_scan_at: str | None
    events: list[ScanRecord]
    lines: list[LineQuantityRecord]


class ReturnRecord(TypedDict):
    """``service`` tells it, by its name; empty where the platform does.

    ``credit`` is given as store credit or gift card; ``exchange_number`` is the order that comes
    instead; ``status_url`` is what the customer may see.
    """

    service: str
    number: str
    state: str
    state_text: str
    outcome: str
    requested_at: str | None
    refund: MoneyRecord | None
    credit: MoneyRecord | None
    exchange_number: str
    status_url: str
    label_url: str
    carrier: str
    tracking_number: str
    lines: list[LineQuantityRecord]


class PaymentRecord(TypedDict):
    state: str
    amount: MoneyRecord
    method: str
    at: str | None


class RefundRecord(TypedDict):
    amount: MoneyRecord
    reason: str
    method: str
    refunded_at: str


class StepRecord(TypedDict):
    """A stop on the order's way: what happened is done, what is promised is ahead."""

    name: Literal["paid", "picking", "shipped", "delivered", "cancelled", "returned"]
    at: str | None
    state: Literal["done", "now", "ahead"]


class OrderRecord(TypedDict):
    id: str
    number: str
    store: StoreRecord
    buyer_name: str
    email: str
    phone: str
    placed_at: str
    state: str
    state_text: str
    financial_status: str
    financial_text: str
    fulfillment_status: str
    fulfillment_text: str
    return_status: str
    total: MoneyRecord
    subtotal: MoneyRecord
    shipping: MoneyRecord
    discount: MoneyRecord
    tax: MoneyRecord
    refunded: MoneyRecord
    refundable: MoneyRecord | None
    store_total: MoneyRecord | None
    payment_method: str
    is_on_hold: bool
    hold_reason: str
    can_cancel: bool | None
    cannot_cancel_reason: str
    can_edit_address: bool | None
    discount_codes: list[str]
    admin_url: str
    pick_at: str | None
    promised_at: str | None
    cancelled_at: str | None
    cancel_reason: str
    shipping_address: dict[str, str]
    billing_address: dict[str, str]
    tags: list[str]
    note: str
    lines: list[OrderLineRecord]
    fulfillments: list[FulfillmentRecord]
    refunds: list[RefundRecord]
    returns: list[ReturnRecord]
    payments: list[PaymentRecord]
    steps: list[StepRecord]
    as_of: str
    version: int


class SpendRecord(TypedDict):
    """The figures above a customer's orders."""

    order_count: int
    returned_count: int
    returned_percent: int
    spent: list[MoneyRecord]


def order_record(order: Order, at: datetime) -> OrderRecord:
    """The whole order as it stands at that moment; needs parts (``selectors.with_parts``)."""
    state = state_of(order, at)
    return cast(
        OrderRecord,
        {
            "id": str(order.pk),
            "number": order.number,
            "store": store_record(order.store, sells_labels=getattr(order, "sells_labels", False)),
            "buyer_name": order.customer.name if order.customer else "",
            "email": order.email,
            "phone": order.phone,
            "placed_at": iso(order.placed_at),
            "state": state.value,
            "state_text": str(state.label),
            "financial_status": order.financial_status,
            "financial_text": order.get_financial_status_display(),
            "fulfillment_status": order.fulfillment_status,
            "fulfillment_text": order.get_fulfillment_status_display(),
            "return_status": order.return_status,
            **_amounts(order),
            **_standing_of(order),
            "pick_at": iso(order.pick_at),
            "promised_at": iso(order.promised_at),
            "cancelled_at": iso(order.cancelled_at),
            "cancel_reason": order.cancel_reason,
            "shipping_address": order.shipping_address,
            "billing_address": order.billing_address,
            "tags": list(order.tags),
            "note": order.note,
            "lines": [_line_record(each, order.currency) for each in order.lines.all()],
            "fulfillments": [_fulfillment_record(each, order) for each in order.fulfillments.all()],
            "refunds": [_refund_record(each, order.currency) for each in order.refunds.all()],
            "returns": [_return_record(each, order) for each in order.returns.all()],
            "payments": [_payment_record(each, order.currency) for each in order.payments.all()],
            "steps": _steps(order, state),
            "as_of": iso(max(order.as_of, order.store.synced_at or order.as_of)),
            "version": order.version,
        },
    )


def store_record(store: Store, *, sells_labels: bool = False) -> StoreRecord:
    """The store by name, with what its connector can do to orders.

    With ``sells_labels`` a shipping service makes the return labels that the platform does not.
    """
    manifest = find_manifest(store.kind)
    can = manifest.capabilities if manifest else StoreCapabilities()
    actions = set(can.actions) | ({ActionKind.RETURN_LABEL} if sells_labels else set())
    return {
        "id": str(store.pk),
        "slug": store.slug,
        "kind": store.kind,
        "name": store.name,
        "platform": manifest.label if manifest else store.kind,
        "actions": [each.value for each in ActionKind if each in actions],
        "missing": {
            kind.value: reason for kind, reason in can.missing.items() if kind not in actions
        },
        "stale_after_seconds": POLLS_UNTIL_STALE * (manifest.poll_seconds if manifest else 900),
        "finds_products": hasattr(find_store_connector(store.kind), "find_products"),
    }


def spend_record(summary: SpendSummary) -> SpendRecord:
    """The figures, with returns as whole percent of the orders."""
    count = summary.order_count
    return {
        "order_count": count,
        "returned_count": summary.returned_count,
        "returned_percent": round(100 * summary.returned_count / count) if count else 0,
        "spent": [money(minor, code) for code, minor in sorted(summary.spent_minor.items())],
    }


def money(amount_minor: int, currency: str) -> MoneyRecord:
    """An amount for the API."""
    return {
        "minor": amount_minor,
        "currency": currency,
        "text": format_money(amount_minor, currency),
    }


def _amounts(order: Order) -> dict[str, MoneyRecord]:
    amounts = {
        "total": order.total_minor,
        "subtotal": order.subtotal_minor,
        "shipping": order.shipping_minor,
        "discount": order.discount_minor,
        "tax": order.tax_minor,
        "refunded": sum(each.amount_minor for each in order.refunds.all()),
    }
    return {name: money(minor, order.currency) for name, minor in amounts.items()}


def _standing_of(order: Order) -> dict[str, Any]:
    """What can still be done, and how it was paid."""
    refundable, in_store = order.refundable_minor, order.store_total_minor
    return {
        "refundable": None if refundable is None else money(refundable, order.currency),
        "store_total": None if in_store is None else money(in_store, order.store_currency),
        "payment_method": order.payment_method,
        "is_on_hold": order.is_on_hold,
        "hold_reason": order.hold_reason,
        "can_cancel": order.can_cancel,
        "cannot_cancel_reason": order.cannot_cancel_reason,
        "can_edit_address": order.can_edit_address,
        "discount_codes": list(order.discount_codes),
        "admin_url": order.admin_url,
    }


def _line_record(line: OrderLine, currency: str) -> OrderLineRecord:
    return {
        "line": line.external_id,
        "product_id": line.product_id,
        "title": line.title,
        "variant": line.variant,
        "sku": line.sku,
        "quantity": line.quantity,
        "fulfilled_quantity": line.fulfilled_quantity,
        "refunded_quantity": line.refunded_quantity,
        "price": money(line.price_minor, currency),
        "discount": money(line.discount_minor, currency),
        "total": money(line.price_minor * line.quantity, currency),
        "added_at": iso(line.added_at),
        "added_by": line.added_by,
        "picture": line.picture,
        "image_url": line.image_url,
    }


def _lines_named(said: list[dict[str, Any]], order: Order) -> list[LineQuantityRecord]:
    titles = {each.external_id: each.title for each in order.lines.all()}
    return [
        {
            "line": str(each.get("line", "")),
            "title": each.get("title") or titles.get(each.get("line", ""), ""),
            "quantity": int(each.get("quantity", 0)),
            "reason": each.get("reason", ""),
        }
        for each in said
    ]


def _fulfillment_record(parcel: Fulfillment, order: Order) -> FulfillmentRecord:
    return {
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url,
        "status": parcel.status,
        "status_text": parcel.get_status_display(),
        "problem": parcel.problem,
        "shipped_at": iso(parcel.shipped_at),
        "estimated_at": iso(parcel.estimated_at),
        "delivered_at": iso(parcel.delivered_at),
        "last_scan_at": iso(parcel.last_scan_at),
        "events": parcel.events,
        "lines": _lines_named(parcel.lines, order),
    }


def _return_record(back: OrderReturn, order: Order) -> ReturnRecord:
    manifest = find_manifest(back.source) if back.source else None
    currency = back.currency or order.currency
    return {
        "service": manifest.label if manifest else back.source,
        "number": back.number,
        "state": back.state,
        "state_text": back.get_state_display(),
        "outcome": back.outcome,
        "requested_at": iso(back.requested_at),
        "refund": None if back.refund_minor is None else money(back.refund_minor, currency),
        "credit": None if back.credit_minor is None else money(back.credit_minor, currency),
        "exchange_number": back.exchange_number,
        "status_url": back.status_url,
        "label_url": back.label_url,
        "carrier": back.carrier,
        "tracking_number": back.tracking_number,
        "lines": _lines_named(back.lines, order),
    }


def _payment_record(payment: Payment, currency: str) -> PaymentRecord:
    return {
        "state": payment.state,
        "amount": money(payment.amount_minor, currency),
        "method": payment.method,
        "at": iso(payment.at),
    }


def _refund_record(refund: Refund, currency: str) -> RefundRecord:
    return {
        "amount": money(refund.amount_minor, currency),
        "reason": refund.reason,
        "method": refund.method,
        "refunded_at": cast(str, iso(refund.refunded_at)),
    }


_REACHED = {
    OrderState.PAYMENT_PENDING: 0,
    OrderState.UNFULFILLED: 1,
    OrderState.PICKING: 1,
    OrderState.PACKED: 2,
    OrderState.PARTIALLY_SHIPPED: 3,
    OrderState.DELIVERED: 4,
    OrderState.RETURN_REQUESTED: 4,
}
"""How many of paid, picking, shipped, delivered are behind; states not named have shipped (3)."""


def _steps(order: Order, state: OrderState) -> list[StepRecord]:
    """The way of the order for a four-stop line; it ends early where the order ended early."""
    if state == OrderState.CANCELLED:
        return [
            _step("paid", order.placed_at, "done"),
            _step("cancelled", order.cancelled_at, "done"),
        ]
    parcels = list(order.fulfillments.all())
    shipped_at = parcels[0].shipped_at if parcels else None
    delivered_at = parcels[-1].delivered_at if parcels else None
    moments: list[tuple[str, datetime | None]] = [
        ("paid", order.placed_at),
        ("picking", order.packed_at or order.pick_at or shipped_at),
        ("shipped", shipped_at),
        ("delivered", delivered_at or order.promised_at),
    ]
    ended = state in (OrderState.RETURNED, OrderState.REFUNDED)
    reached = _REACHED.get(state, 4 if ended and delivered_at else 3)
    steps = [
        _step(name, moment, _standing(index, reached))
        for index, (name, moment) in enumerate(moments)
    ]
    if ended:
        refunds = list(order.refunds.all())
        steps.append(_step("returned", refunds[-1].refunded_at if refunds else None, "done"))
    return steps


def _standing(index: int, reached: int) -> str:
    if index < reached:
        return "done"
    return "now" if index == reached else "ahead"


def _step(name: str, moment: datetime | None, standing: str) -> Any:
    return {"name": name, "at": iso(moment), "state": standing}
