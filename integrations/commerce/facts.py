"""What rules test and macros say about an order: typed, frozen, read once.

A value that is not known is None, never an empty word: a macro that needs it refuses to be sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format

from integrations.commerce.models import (
    FinancialStatus,
    Fulfillment,
    FulfillmentStatus,
    Order,
    OrderReturn,
)
from integrations.commerce.money import format_money
from integrations.commerce.parcels import conflict_in, is_late
from integrations.commerce.returns import OPEN
from integrations.commerce.state import OrderState, state_of

_DJANGO_LANGUAGES = {"zh": "zh-hans"}


@dataclass(frozen=True)
class OrderFacts:
    """Dates (``…_on``) and money are words in the customer's language; moments are aware UTC."""

    id: str
    number: str
    store: str
    state: str
    status: str
    is_paid: bool
    is_fulfilled: bool
    is_unfulfilled: bool
    is_cancelled: bool
    is_delivered: bool
    is_stalled: bool
    is_late: bool
    conflict: str
    days_since_delivery: int | None
    has_tracking: bool
    has_added_items: bool
    return_state: str | None
    return_outcome: str | None
    has_return_label: bool
    placed_at: datetime
    placed_on: str
    age_hours: float
    age_days: int
    currency: str
    total: str
    total_minor: int
    refunded_total: str | None
    refunded_minor: int
    item_count: int
    items: str
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    promised_on: str | None
    delivered_on: str | None
    last_scan_on: str | None
    pick_at: datetime | None
    city: str | None
    payment_method: str | None


def order_facts(
    order: Order, *, at: datetime, language: str = "en", time_zone: str = "UTC"
) -> OrderFacts:
    """The facts of an order (with parts, see ``selectors.with_parts``) at that moment."""
    refunded_minor = sum(each.amount_minor for each in order.refunds.all())
    parcel = _parcel_asked_about(order)
    coming = _return_asked_about(order)
    state = state_of(order, at)
    age = max(at - order.placed_at, timedelta())
    words = _Words(language, time_zone)
    lines = list(order.lines.all())
    return OrderFacts(
        id=str(order.pk),
        number=order.number,
        store=order.store.name,
        state=state.value,
        status=str(state.label),
        is_paid=order.financial_status
        in (FinancialStatus.PAID, FinancialStatus.PARTIALLY_REFUNDED),
        is_fulfilled=order.fulfillment_status == FulfillmentStatus.FULFILLED,
        is_unfulfilled=order.fulfillment_status == FulfillmentStatus.UNFULFILLED,
        is_cancelled=order.cancelled_at is not None,
        is_delivered=state == OrderState.DELIVERED,
        is_stalled=state == OrderState.STALLED,
        is_late=is_late(order, at),
        conflict=conflict_in(order),
        days_since_delivery=_days_since(parcel.delivered_at if parcel else None, at),
        has_tracking=parcel is not None and bool(parcel.tracking_url),
        has_added_items=any(line.added_at is not None for line in lines),
        return_state=coming.state if coming else None,
        return_outcome=(coming.outcome or None) if coming else None,
        has_return_label=coming is not None and bool(coming.label_url),
        placed_at=order.placed_at,
        placed_on=words.date(order.placed_at) or "",
        age_hours=age.total_seconds() / 3600,
        age_days=age.days,
        currency=order.currency,
        total=format_money(order.total_minor, order.currency),
        total_minor=order.total_minor,
        refunded_total=format_money(refunded_minor, order.currency) if refunded_minor else None,
        refunded_minor=refunded_minor,
        item_count=sum(line.quantity for line in lines),
        items=", ".join(line.title for line in lines),
        carrier=(parcel.carrier or None) if parcel else None,
        tracking_number=(parcel.tracking_number or None) if parcel else None,
        tracking_url=(parcel.tracking_url or None) if parcel else None,
        promised_on=words.date((parcel.estimated_at if parcel else None) or order.promised_at),
        delivered_on=words.date(parcel.delivered_at if parcel else None),
        last_scan_on=words.date(parcel.last_scan_at if parcel else None),
        pick_at=order.pick_at,
        city=order.shipping_address.get("city") or None,
        payment_method=order.payment_method or None,
    )


def _days_since(moment: datetime | None, at: datetime) -> int | None:
    return None if moment is None else max(at - moment, timedelta()).days


def _parcel_asked_about(order: Order) -> Fulfillment | None:
    """The first parcel that is not delivered yet, else the last one."""
    parcels = list(order.fulfillments.all())
    waiting = [each for each in parcels if each.delivered_at is None]
    return next(iter(waiting or parcels[-1:]), None)


def _return_asked_about(order: Order) -> OrderReturn | None:
    """The newest return that is not over, else the newest."""
    returns = list(order.returns.all())
    waiting = [each for each in returns if each.state in OPEN]
    return next(iter((waiting or returns)[-1:]), None)


@dataclass(frozen=True)
class _Words:
    language: str
    time_zone: str

    def date(self, moment: datetime | None) -> str | None:
        """``24 November 2026`` as the language writes it."""
        if moment is None:
            return None
        base = self.language.split("-")[0].lower()
        if base == "en":
            return f"{_local(moment, self.time_zone):%-d %B %Y}"
        with translation.override(_DJANGO_LANGUAGES.get(base, base)):
            return date_format(_local(moment, self.time_zone), "DATE_FORMAT")


def _local(moment: datetime, time_zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(time_zone))
