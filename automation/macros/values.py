"""The values of a macro, built fresh and lazily for one ticket along ``schema.SCHEMA``.

A value we do not have is ``MissingValue``: false in an ``if``, replaced by ``default``, and
blocking when it would be printed. Values are never read as templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, overload
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency

from automation.macros.schema import ROOTS, Value, element_of
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from integrations.commerce.facts import OrderFacts, order_facts
from integrations.commerce.models import Fulfillment, Order, OrderReturn, ReturnState
from integrations.commerce.money import minor_digits
from integrations.commerce.returns import OPEN as OPEN_RETURNS
from integrations.commerce.tracking_numbers import tracking_link
from tickets.models import HandleKind, Ticket

MARKS = re.compile("[\ue000-\ue005]")
"""Private signs that the renderer marks printed values with; never part of a value."""
TAINT = "\ue001"
_BRACKETS = str.maketrans({"⟦": "[", "⟧": "]"})
NOTHING = frozenset({"null", "undefined", "nan", "none", "[object object]"})
"""What programs write when they have nothing: such a value is missing."""


class MissingValue:
    """A value that we do not have; printing it is noted by the renderer and blocks sending."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason

    def __liquid__(self) -> None:
        return None

    def __getitem__(self, key: object) -> MissingValue:
        return MissingValue(f"{self.path}.{key}", self.reason)

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __str__(self) -> str:
        """A filter made text of it: the mark stays in that text and is found in the end."""
        return f"{TAINT}{self.path}{TAINT}"


class Values(Mapping[Any, Any]):
    """An object of the schema. Only its parts exist; without data each of them is missing."""

    def __init__(
        self, kind: Value, path: str, data: Mapping[str, Any] | None, missing: str
    ) -> None:
        self._kind, self._path, self._data, self.missing = kind, path, data, missing

    def __getitem__(self, key: object) -> Any:
        part = self._kind.part(key) if isinstance(key, str) else None
        if part is None:
            raise KeyError(key)
        value = None if self._data is None else self._data.get(str(key))
        if isinstance(value, Asked):
            value = value.ask()
        path = f"{self._path}.{key}"
        if part.type == "object":
            return Values(part, path, value, self.missing)
        if _is_nothing(value):
            return MissingValue(path, self.missing)
        if part.type == "list" and value is not None:
            return ListOf(part, path, value, self.missing)
        return _cleaned(value)

    def __iter__(self) -> Iterator[str]:
        return iter(part.name for part in self._kind.of)

    def __len__(self) -> int:
        return len(self._kind.of)

    def __liquid__(self) -> object:
        """``{% if order %}`` asks whether there is one."""
        return self._data or None

    def __str__(self) -> str:
        """An object has no text of its own."""
        return str(MissingValue(self._path, self.missing))


class ListOf(Sequence[Any]):
    """A list of the schema; beyond its end everything is missing."""

    def __init__(self, kind: Value, path: str, data: Sequence[Any], missing: str) -> None:
        self._element, self._path, self._missing = element_of(kind), path, missing
        self._data = data

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(len(self))[index]]
        if not -len(self._data) <= index < len(self._data):
            return MissingValue(f"{self._path}.{index}", self._missing)
        position = index % len(self._data)
        return Values(self._element, f"{self._path}[{position}]", self._data[index], self._missing)

    def __iter__(self) -> Iterator[Any]:
        return (self[at] for at in range(len(self)))

    def __len__(self) -> int:
        return len(self._data)

    def __str__(self) -> str:
        """A list has no text of its own."""
        return str(MissingValue(self._path, self._missing))


class Lazy(Mapping[str, Any]):
    """Data that is only put together when something of it is asked for."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make
        self._made: Mapping[str, Any] | None = None

    def __getitem__(self, key: str) -> Any:
        if self._made is None:
            self._made = self._make()
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        if self._made is None:
            self._made = self._make()
        return iter(self._made)

    def __len__(self) -> int:
        return 1


@dataclass(frozen=True)
class Asked:
    """A value that costs a query: asked for when it is printed."""

    ask: Callable[[], Any]


@dataclass(frozen=True)
class Money:
    """An amount in the currency's minor unit; printed as the customer writes money."""

    amount_minor: int
    currency: str
    language: str

    def __str__(self) -> str:
        amount = self.amount_minor / 10 ** minor_digits(self.currency)
        return format_currency(amount, self.currency, locale=locale_of(self.language))


@dataclass(frozen=True)
class Moment:
    """A time; printed as a date in the customer's language and zone."""

    at: datetime
    language: str
    time_zone: str
    text: str = ""

    def __str__(self) -> str:
        return self.text or self.in_words("long")

    def in_words(self, style: str) -> str:
        """``long`` and the like, or a pattern such as ``d MMMM y``."""
        locale = locale_of(self.language)
        if style in ("short", "medium", "long", "full"):
            return format_date(self._local(), style, locale=locale)
        return format_datetime(self._local(), style, locale=locale)

    def time_in_words(self) -> str:
        """``14:05`` or ``2:05 PM``."""
        return format_time(self._local(), "short", locale=locale_of(self.language))

    def _local(self) -> datetime:
        local = self.at.astimezone(ZoneInfo(self.time_zone))
        return local.replace(tzinfo=None)


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a language code; English where it is not known."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en")


@lru_cache(maxsize=512)
def locale_for(language: str, country: str) -> str:
    """``en-GB`` for an English text to Britain; the language alone where that is no locale."""
    if "-" in language or not country:
        return language
    try:
        return str(Locale.parse(f"{language}_{country}", resolve_likely_subtags=False))
    except (ValueError, UnknownLocaleError):
        return language


LoyaltySource = Callable[[Ticket], Mapping[str, Any] | None]
_loyalty_sources: list[LoyaltySource] = []


def loyalty_from(source: LoyaltySource) -> LoyaltySource:
    """Let ``source`` say what a loyalty programme knows of the ticket's customer (schema names).

    The first that knows anything counts; it must be quick, for it is asked while a macro is filled
    that prints something of ``loyalty``.
    """
    if source not in _loyalty_sources:
        _loyalty_sources.append(source)
    return source


def values_for(
    ticket: Ticket,
    organization: Organization,
    *,
    user: User | None,
    order: Order | None,
    orders: Sequence[Order],
    email: str | Asked,
    language: str,
    wanted: frozenset[str] = frozenset(ROOTS),
    at: datetime | None = None,
) -> dict[str, Any]:
    """What a macro can print for this ticket (now, or ``at`` an earlier moment); without ``user``
    the shop itself speaks.

    ``wanted`` are the roots that its texts name; the others are not put together.
    """
    zone = ticket.customer.time_zone or organization.time_zone
    words = _Words(language, locale_for(language, ticket.customer.country), zone, at or now())
    about_order = "The order does not say this." if order else "There is no order of this customer."
    of_order = Lazy(partial(_order_data, order, words)) if order else None
    roots: dict[str, tuple[Callable[[], Any], str]] = {
        "customer": (
            lambda: Lazy(lambda: _customer_data(ticket, email, language, orders)),
            "We do not know this about the customer.",
        ),
        "order": (lambda: of_order, about_order),
        "orders": (
            lambda: [Lazy(partial(_order_data, each, words)) for each in orders],
            "There is no order of this customer.",
        ),
        "shipments": (
            lambda: of_order and of_order["shipments"],
            "Nothing of this order has left yet.",
        ),
        "returns": (
            lambda: of_order and of_order["returns"],
            "Nothing of this order comes back.",
        ),
        "loyalty": (
            lambda: Lazy(lambda: _loyalty_data(ticket)),
            "No loyalty programme says this about the customer.",
        ),
        "ticket": (lambda: _ticket_data(ticket, words), "The ticket does not say this."),
        "agent": (lambda: _agent_data(user, organization), "Your profile does not say this."),
        "store": (lambda: _store_data(order) if order else None, about_order),
        "organization": (lambda: {"name": organization.name}, "The shop has no name."),
    }
    return {name: _root(name, make(), why) for name, (make, why) in roots.items() if name in wanted}


def _root(name: str, data: Any, missing: str) -> Any:
    kind = ROOTS[name]
    if kind.type == "list":
        return ListOf(kind, name, data, missing) if data else MissingValue(name, missing)
    return Values(kind, name, data, missing)


@dataclass(frozen=True)
class _Words:
    """How this customer reads: ``locale`` is the language with their country where there is one."""

    language: str
    locale: str
    zone: str
    at: datetime

    def date(self, at: datetime | None, text: str | None = None) -> Moment | None:
        return Moment(at, self.locale, self.zone, text or "") if at else None

    def money(self, minor: int | None, currency: str) -> Money | None:
        return None if minor is None else Money(minor, currency, self.locale)


def _customer_data(
    ticket: Ticket, email: str | Asked, language: str, orders: Sequence[Order]
) -> dict[str, Any]:
    customer = ticket.customer
    first, _, last = customer.name.strip().partition(" ")
    phones = customer.handles.filter(kind=HandleKind.PHONE).order_by("pk")
    return {
        "name": customer.name,
        "first_name": first,
        "last_name": last.strip(),
        "email": email,
        "phone": Asked(lambda: phones.values_list("value", flat=True).first()),
        "city": customer.city,
        "country": customer.country,
        "language": language,
        "is_vip": customer.is_vip,
        "order_count": len(orders),
    }


def _ticket_data(ticket: Ticket, words: _Words) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "channel": ticket.channel_kind,
        "created_on": words.date(ticket.created_at),
        "tags": ", ".join(ticket.tags),
    }


def _agent_data(user: User | None, organization: Organization) -> dict[str, str]:
    if user is None:
        return {"name": organization.name, "first_name": organization.name, "email": ""}
    return {"name": user.name, "first_name": user.first_name, "email": user.email}


def _store_data(order: Order) -> dict[str, Any]:
    address = order.store.address.strip()
    is_domain = re.fullmatch(r"(https?://)?[\w.-]+\.[a-z]{2,}(/\S*)?", address) is not None
    url = address if address.startswith("http") else f"https://{address}"
    return {"name": order.store.name, "url": url if is_domain else None}


def _loyalty_data(ticket: Ticket) -> Mapping[str, Any]:
    for source in _loyalty_sources:
        known = source(ticket)
        if known:
            return known
    return dict.fromkeys((part.name for part in ROOTS["loyalty"].of), None)


def _order_data(order: Order, words: _Words) -> dict[str, Any]:
    facts = order_facts(order, at=words.at, language=words.language, time_zone=words.zone)
    parcels = list(order.fulfillments.all())
    refunds = list(order.refunds.all())
    shipped = [each.shipped_at for each in parcels if each.shipped_at]
    return {
        **_as_facts_say(order, facts, words),
        "shipped_on": words.date(min(shipped)) if shipped else None,
        "cancelled_on": words.date(order.cancelled_at),
        "cancel_reason": order.cancel_reason,
        "subtotal": words.money(order.subtotal_minor, order.currency),
        "shipping": words.money(order.shipping_minor, order.currency),
        "discount": words.money(order.discount_minor or None, order.currency),
        "tax": words.money(order.tax_minor or None, order.currency),
        "refundable": words.money(order.refundable_minor, order.currency),
        "discount_codes": ", ".join(order.discount_codes),
        "payment_method": order.payment_method or next(iter(methods_of(order)), None),
        "address": {
            **order.shipping_address,
            "country": order.shipping_address.get("country_code"),
        },
        "refund": _refund_data(order, words) if refunds else {"method": None},
        "shipments": [_shipment_data(each, words) for each in parcels],
        "returns": [_return_data(order, each, words) for each in order.returns.all()],
        "is_shipped": bool(parcels),
        "is_on_hold": order.is_on_hold,
        "lines": [
            {
                "title": line.title,
                "variant": line.variant,
                "sku": line.sku,
                "quantity": line.quantity,
                "price": words.money(line.price_minor, order.currency),
                "total": words.money(line.price_minor * line.quantity, order.currency),
            }
            for line in order.lines.all()
        ],
    }


def _as_facts_say(order: Order, facts: OrderFacts, words: _Words) -> dict[str, Any]:
    parcel = _waiting(order) or next(iter(reversed(order.fulfillments.all())), None)
    promised = (parcel.estimated_at if parcel else None) or order.promised_at
    return {
        "number": facts.number,
        "status": facts.status,
        "placed_on": words.date(facts.placed_at, facts.placed_on),
        "placed_at": words.date(facts.placed_at),
        "promised_on": words.date(promised, facts.promised_on),
        "expected_on": words.date(promised, facts.promised_on)
        if _is_to_come(order, words.at)
        else None,
        "delivered_on": words.date(parcel.delivered_at if parcel else None, facts.delivered_on),
        "last_scan_on": words.date(parcel.last_scan_at if parcel else None, facts.last_scan_on),
        "total": words.money(facts.total_minor, facts.currency),
        "refunded_total": words.money(facts.refunded_minor or None, facts.currency),
        "item_count": facts.item_count,
        "age_days": facts.age_days,
        "items": facts.items,
        "carrier": facts.carrier,
        "tracking_number": facts.tracking_number,
        "tracking_url": facts.tracking_url
        or (
            tracking_link(facts.tracking_number, facts.carrier or "")
            if facts.tracking_number
            else None
        ),
        "city": facts.city,
        "store": facts.store,
        "is_paid": facts.is_paid,
        "is_delivered": facts.is_delivered,
        "is_cancelled": facts.is_cancelled,
        "has_tracking": facts.has_tracking,
    }


def methods_of(order: Order) -> list[str]:
    """What the order was paid with, as people say it, newest first."""
    said = [each.method for each in order.payments.all() if each.method and each.state != "failed"]
    return list(
        dict.fromkeys([*reversed(said), *([order.payment_method] if order.payment_method else [])])
    )


def _refund_data(order: Order, words: _Words) -> dict[str, Any]:
    newest = list(order.refunds.all())[-1]
    return {
        "amount": words.money(newest.amount_minor, order.currency),
        "method": newest.method,
        "refunded_on": words.date(newest.refunded_at),
        "reason": newest.reason,
    }


def _shipment_data(parcel: Fulfillment, words: _Words) -> dict[str, Any]:
    newest = parcel.events[-1] if parcel.events else {}
    return {
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url
        or tracking_link(parcel.tracking_number, parcel.carrier),
        "status": parcel.get_status_display(),
        "problem": parcel.problem,
        "place": newest.get("place"),
        "shipped_on": words.date(parcel.shipped_at),
        "expected_on": words.date(parcel.estimated_at) if parcel.delivered_at is None else None,
        "delivered_on": words.date(parcel.delivered_at),
        "last_scan_on": words.date(parcel.last_scan_at),
        "is_delivered": parcel.delivered_at is not None,
    }


def _return_data(order: Order, coming: OrderReturn, words: _Words) -> dict[str, Any]:
    return {
        "number": coming.number,
        "status": ReturnState(coming.state).label,
        "outcome": coming.outcome.replace("_", " "),
        "requested_on": words.date(coming.requested_at),
        "refund": words.money(coming.refund_minor or None, coming.currency or order.currency),
        "credit": words.money(coming.credit_minor or None, coming.currency or order.currency),
        "exchange_number": coming.exchange_number,
        "status_url": coming.status_url,
        "reason": ", ".join(
            dict.fromkeys(each["reason"] for each in coming.lines if each.get("reason"))
        ),
        "is_open": coming.state in OPEN_RETURNS,
        "label_url": coming.label_url,
        "carrier": coming.carrier,
        "tracking_number": coming.tracking_number,
        "tracking_url": tracking_link(coming.tracking_number, coming.carrier),
    }


def _waiting(order: Order) -> Fulfillment | None:
    """The first parcel that is not delivered yet: the one that is asked about."""
    return next((each for each in order.fulfillments.all() if each.delivered_at is None), None)


def _is_to_come(order: Order, at: datetime) -> bool:
    """Whether the date that was promised last lies ahead."""
    waiting = _waiting(order)
    promised = (waiting.estimated_at if waiting else None) or order.promised_at
    return promised is not None and promised.date() >= at.date()


def _is_nothing(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip() or value.strip().casefold() in NOTHING
    return value is None or (isinstance(value, list) and not value)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return MARKS.sub("", value).translate(_BRACKETS)
    return value
