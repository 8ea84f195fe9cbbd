"""What a macro may say: an explicit list of values, built fresh for one ticket.

Nothing else is reachable: a name that is not in SCHEMA is refused when the macro is saved and
does not exist when it is rendered. A value we do not have is ``MissingValue``: false in an ``if``,
replaced by ``default``, and blocking when it would be printed. Values are never read as templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency

from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from integrations.commerce.facts import OrderFacts, order_facts
from integrations.commerce.models import Order
from integrations.commerce.money import minor_digits
from tickets.models import Ticket

SCHEMA: dict[str, dict[str, str]] = {
    "customer": {
        "name": "Full name",
        "first_name": "First name",
        "email": "E-mail address the ticket came from",
        "city": "City",
        "country": "Country code",
        "language": "Language code",
    },
    "order": {
        "number": "Order number",
        "status": "Where the order stands, in words",
        "placed_on": "Date of the order",
        "placed_at": "Moment of the order, for the date filter",
        "promised_on": "Date the parcel should arrive",
        "expected_on": "The same date while it is still to come",
        "delivered_on": "Date of delivery",
        "last_scan_on": "Date of the parcel's last scan",
        "total": "Total with currency",
        "refunded_total": "Refunded sum with currency",
        "item_count": "Number of items",
        "items": "What was bought, in one line",
        "lines": "What was bought: a list of title, variant, quantity",
        "carrier": "Carrier",
        "tracking_number": "Tracking number",
        "tracking_url": "Tracking link",
        "city": "City it goes to",
        "payment_method": "How it was paid",
        "store": "Name of the store",
    },
    "ticket": {
        "number": "Ticket number",
        "subject": "Subject",
    },
    "agent": {
        "name": "Full name of the agent who sends it",
        "first_name": "First name of the agent who sends it",
        "email": "E-mail address of the agent",
    },
    "organization": {"name": "Name of the shop"},
}
LINE_FIELDS = ("title", "variant", "quantity")

MARKS = re.compile("[\ue000-\ue004]")
"""Private signs that the renderer marks printed values with; never part of a value."""
TAINT = "\ue001"
_BRACKETS = str.maketrans({"⟦": "[", "⟧": "]"})


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


class Values(Mapping[str, Any]):
    """One root of SCHEMA. Only listed names exist; without data each of them is missing."""

    def __init__(self, root: str, data: Mapping[str, Any] | None, *, missing: str) -> None:
        self._root, self._data, self._missing = root, data, missing

    def __getitem__(self, key: str) -> Any:
        if key not in SCHEMA[self._root]:
            raise KeyError(key)
        value = None if self._data is None else self._data.get(key)
        if value is None or value in ("", []):
            return MissingValue(f"{self._root}.{key}", self._missing)
        return _cleaned(value)

    def __iter__(self) -> Iterator[str]:
        return iter(SCHEMA[self._root])

    def __len__(self) -> int:
        return len(SCHEMA[self._root])

    def __liquid__(self) -> object:
        """``{% if order %}`` asks whether there is one."""
        return self._data or None


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

    def __str__(self) -> str:
        return self.in_words("long")

    def in_words(self, style: str) -> str:
        local = self.at.astimezone(ZoneInfo(self.time_zone))
        return format_date(local, style, locale=locale_of(self.language))


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a language code; English where it is not known."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en")


def values_for(
    ticket: Ticket,
    organization: Organization,
    *,
    user: User | None,
    order: Order | None,
    email: str,
    language: str,
) -> dict[str, Values]:
    """Everything a macro can print for this ticket; without ``user`` the shop itself speaks."""
    customer = ticket.customer
    zone = customer.time_zone or organization.time_zone
    roots: dict[str, tuple[Mapping[str, Any] | None, str]] = {
        "customer": (
            {
                "name": customer.name,
                "first_name": customer.first_name,
                "email": email,
                "city": customer.city,
                "country": customer.country,
                "language": language,
            },
            "We do not know this about the customer.",
        ),
        "order": (
            _order_values(order, language, zone) if order else None,
            "The order does not say this." if order else "There is no order of this customer.",
        ),
        "ticket": (
            {"number": ticket.number, "subject": ticket.subject},
            "The ticket does not say this.",
        ),
        "agent": (_agent_values(user, organization), "Your profile does not say this."),
        "organization": ({"name": organization.name}, "The shop has no name."),
    }
    return {root: Values(root, data, missing=why) for root, (data, why) in roots.items()}


def _agent_values(user: User | None, organization: Organization) -> dict[str, str]:
    if user is None:
        return {"name": organization.name, "first_name": organization.name, "email": ""}
    return {"name": user.name, "first_name": user.first_name, "email": user.email}


def _order_values(order: Order, language: str, zone: str) -> dict[str, Any]:
    facts = order_facts(order, at=now(), language=language, time_zone=zone)
    same_words = {
        name: getattr(facts, name)
        for name in SCHEMA["order"]
        if hasattr(facts, name) and name not in ("placed_at", "total", "refunded_total")
    }
    return {
        **same_words,
        "expected_on": facts.promised_on if _is_to_come(order) else None,
        "placed_at": Moment(facts.placed_at, language, zone),
        "total": Money(facts.total_minor, facts.currency, language),
        "refunded_total": _refunded(facts, language),
        "lines": [
            {"title": line.title, "variant": line.variant, "quantity": line.quantity}
            for line in order.lines.all()
        ],
    }


def _is_to_come(order: Order) -> bool:
    """Whether the date that was promised last lies ahead."""
    waiting = [each for each in order.fulfillments.all() if each.delivered_at is None]
    promised = (waiting[0].estimated_at if waiting else None) or order.promised_at
    return promised is not None and promised.date() >= now().date()


def _refunded(facts: OrderFacts, language: str) -> Money | None:
    if not facts.refunded_minor:
        return None
    return Money(facts.refunded_minor, facts.currency, language)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return MARKS.sub("", value).translate(_BRACKETS)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {key: _cleaned(each) for key, each in value.items()}
    return value
