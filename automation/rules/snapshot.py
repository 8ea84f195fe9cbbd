"""What rules see of one moment: field names to values, read once per event.

Order facts cost queries, and so does what services know of the customer: they are read when the
first condition asks for one; every other value is at hand already.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from automation.csat.ratings import SURVEY_FIELDS, find_rating
from automation.intents.catalog import find_intent
from automation.orders import OrderMeant, ReadOrders
from automation.rules.hours import HOURS_FIELDS, OpeningHours, opening_hours
from helpdesk.events.outbox import current_unit
from integrations.commerce.facts import OrderFacts
from integrations.commerce.profiles.selectors import PROFILE_FACTS, ProfileFacts
from tickets.fields import TICKET_FIELDS
from tickets.models import Direction, Message, Status, Ticket

MAX_TEXT_CHARS = 64 * 1024
"""How much of a message rules read."""

_FIELD_OF_COLUMN = {field.column: name for name, field in TICKET_FIELDS.items()}


_NOTHING, _UNREAD = object(), object()


class Snapshot(Mapping[str, Any]):
    """The fields of ``rules.fields`` for one ticket, and one message where the event has one."""

    def __init__(
        self,
        ticket: Ticket,
        message: Message | None,
        *,
        at: datetime,
        order_id: uuid.UUID | None = None,
        orders: ReadOrders | None = None,
    ) -> None:
        self.ticket, self.message, self.at = ticket, message, at
        text = f"{message.subject}\n{message.body.text}" if message else ticket.subject
        self.order_meant = OrderMeant(
            ticket.customer, text, at, order_id or ticket.order_id, orders=orders
        )
        self._profiles = ProfileFacts(ticket.customer)
        self.waiting: Callable[[uuid.UUID], int] | None = tickets_waiting
        """How many tickets wait; None for a moment of which nobody knows any more."""
        self._rating: dict[str, Any] | None = None
        self.hours: OpeningHours | None = None
        """Given where many moments are looked at."""
        self._values = ticket_values(ticket)
        if message is not None:
            self._values |= message_values(message)
        self._read: dict[str, Any] = dict(self._values)
        """What was asked for as well: five hundred rules ask for the same."""

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or the default where the thing it belongs to is not there."""
        found = self._read.get(name, _UNREAD)
        if found is _UNREAD:
            try:
                found = self._read[name] = self[name]
            except KeyError:
                found = self._read[name] = _NOTHING
        return default if found is _NOTHING else found

    def __getitem__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if name in HOURS_FIELDS:
            hours = self.hours or opening_hours(self.ticket.organization_id)
            return hours.read(name, self.ticket, self.at)
        if name in _OF_BUYER:
            return _OF_BUYER[name](self.order_meant)
        if name == WAITING and self.waiting is not None:
            return self.waiting(self.ticket.organization_id)
        read = _ORDER.get(name)
        if read is None and name in SURVEY_FIELDS:
            return self._survey(name)
        if read is None:
            return self._custom(name) if ".field." in name else self._profile(name)
        facts = self.order_meant.facts
        if facts is None:
            raise KeyError(name)
        return read(self.order_meant, facts)

    def _survey(self, name: str) -> Any:
        """Of the newest rating of the ticket as it was at that moment; read once for all names."""
        if self._rating is None:
            self._rating = find_rating(self.ticket.pk, until=self.at) or {}
        return self._rating[name]

    def _custom(self, name: str) -> Any:
        """The value of a custom field; None where it is empty."""
        owner, _, slug = name.partition(".field.")
        held = self.ticket.customer.fields if owner == "customer" else self.ticket.fields
        return held.get(slug)

    def _profile(self, name: str) -> Any:
        """What services know of the customer; nothing is read for the message that is not there."""
        if name not in PROFILE_FACTS:
            raise KeyError(name)
        return self._profiles[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._values
        yield from self._profiles
        if self.order_meant.facts is not None:
            yield from _ORDER

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def with_fresh_order(self) -> Snapshot:
        """The same moment with the order read again (it may have changed since)."""
        fresh = Snapshot(self.ticket, self.message, at=self.at)
        fresh.order_meant = self.order_meant.again()
        return fresh


def change_by_field(change: Mapping[str, Any]) -> dict[str, Any]:
    """What an event says has changed, by the names that rules use."""
    return {_FIELD_OF_COLUMN.get(column, column): pair for column, pair in change.items()}


WAITING = "queue.waiting"


def tickets_waiting(organization_id: uuid.UUID) -> int:
    """How many open tickets of the shop wait for an answer; counted once per unit of work."""
    unit = current_unit()
    kept = unit.kept if unit else {}
    if (WAITING, organization_id) not in kept:
        waiting = Ticket.objects.filter(
            organization_id=organization_id, status=Status.OPEN, waiting_since__isnull=False
        )
        kept[WAITING, organization_id] = waiting.count()
    count: int = kept[WAITING, organization_id]
    return count


def ticket_values(ticket: Ticket) -> dict[str, Any]:
    """The ticket's and the customer's fields."""
    customer = ticket.customer
    return {
        "ticket.status": ticket.status,
        "ticket.priority": ticket.priority,
        "ticket.assignee": _id(ticket.assignee_id),
        "ticket.team": _id(ticket.team_id),
        "ticket.channel": _id(ticket.channel_id),
        "ticket.channel_kind": ticket.channel_kind,
        "ticket.kind": ticket.kind,
        "ticket.customer": _id(ticket.customer_id),
        "ticket.tags": list(ticket.tags),
        "ticket.followers": [str(each) for each in ticket.follower_ids],
        "ticket.mentions": [str(each) for each in ticket.mentioned_ids],
        "ticket.subject": ticket.subject,
        "ticket.language": ticket.language,
        "ticket.intent": ticket.intent,
        "ticket.sentiment": ticket.sentiment,
        "ticket.is_unread": ticket.is_unread,
        "ticket.has_attachments": ticket.has_attachments,
        "ticket.message_count": ticket.message_count,
        "ticket.csat_score": ticket.csat_score,
        "ticket.csat_state": ticket.csat_state,
        "ticket.created_at": ticket.created_at,
        "ticket.updated_at": ticket.updated_at,
        "ticket.last_message_at": ticket.last_message_at,
        "ticket.waiting_since": ticket.waiting_since,
        "ticket.snoozed_until": ticket.snoozed_until,
        "ticket.closed_at": ticket.closed_at,
        "sla.state": ticket.sla_state,
        "sla.target": ticket.sla_target,
        "sla.policy": ticket.sla_policy,
        "sla.due": ticket.sla_due_at,
        "customer.is_vip": customer.is_vip,
        "customer.country": customer.country,
        "customer.language": customer.language,
    }


def message_values(message: Message) -> dict[str, Any]:
    """The message's fields; its text is what was newly written, never a quote or signature."""
    return {
        "message.direction": message.direction,
        "message.kind": message.kind,
        "message.subject": message.subject,
        "message.text": message.body.text[:MAX_TEXT_CHARS],
        "message.language": message.language,
        "message.intent": message.intent,
        "message.intents": _wishes(message),
        "message.is_urgent": message.details.get("is_urgent") is True,
        "message.named_day_in_days": named_day_in_days(message),
        "message.products": list(message.details.get("products") or ()),
        "message.sentiment": message.sentiment,
        "message.channel_kind": message.channel_kind,
        "message.is_public": message.details.get("is_public") is True,
        "message.rating": message.details.get("rating"),
        "message.sender": (message.from_address or {}).get("address") or "",
        **page_values(message.details),
        "message.is_first": message.position == 1 and message.direction == Direction.IN,
        "message.is_automatic": message.is_automatic,
        "message.is_sender_verified": message.is_sender_verified is True,
        "message.has_attachments": bool(message.attachments.all()),
    }


def named_day_in_days(message: Message) -> int | None:
    """From the day it was written to the first day it names: 3, or -1 for the day before."""
    named = [date.fromisoformat(each["day"]) for each in message.details.get("dates") or ()]
    return (min(named) - message.created_at.date()).days if named else None


def page_values(details: Mapping[str, Any]) -> dict[str, str]:
    """Where somebody was when they wrote in the chat, and which campaign had brought them there."""
    page = details.get("page") or {}
    context = details.get("context") or {}
    url = str(page.get("url") or "")
    named = parse_qs(urlsplit(url).query).get("utm_campaign", [""])[0] if "?" in url else ""
    return {
        "message.page": url,
        "message.referrer": str(page.get("referrer") or ""),
        "message.campaign": str(context.get("campaign") or named),
    }


def _wishes(message: Message) -> list[str]:
    """Every wish under all its names: ours, the wider one and Gorgias'."""
    names = {message.intent} - {""}
    for wish in message.details.get("intents") or ():
        intent = find_intent(wish["name"])
        if intent is not None:
            names |= {intent.name, intent.canonical, intent.gorgias}
    return sorted(names)


_ORDER: dict[str, Callable[[OrderMeant, OrderFacts], Any]] = {
    "order.number": lambda meant, facts: facts.number,
    "order.state": lambda meant, facts: facts.state,
    "order.financial_status": lambda meant, facts: meant.order and meant.order.financial_status,
    "order.fulfillment_status": lambda meant, facts: meant.order and meant.order.fulfillment_status,
    "order.is_named": lambda meant, facts: meant.is_named,
    "order.is_fulfilled": lambda meant, facts: facts.is_fulfilled,
    "order.is_cancelled": lambda meant, facts: facts.is_cancelled,
    "order.is_delivered": lambda meant, facts: facts.is_delivered,
    "order.is_stalled": lambda meant, facts: facts.is_stalled,
    "order.is_late": lambda meant, facts: facts.is_late,
    "order.conflict": lambda meant, facts: facts.conflict,
    "order.days_since_delivery": lambda meant, facts: facts.days_since_delivery,
    "order.has_tracking": lambda meant, facts: facts.has_tracking,
    "order.has_added_items": lambda meant, facts: facts.has_added_items,
    "order.return_state": lambda meant, facts: facts.return_state,
    "order.return_outcome": lambda meant, facts: facts.return_outcome,
    "order.has_return_label": lambda meant, facts: facts.has_return_label,
    "order.placed_at": lambda meant, facts: facts.placed_at,
    "order.total_minor": lambda meant, facts: facts.total_minor,
    "order.store": lambda meant, facts: facts.store,
    "order.tags": lambda meant, facts: list(meant.order.tags) if meant.order else [],
    "order.currency": lambda meant, facts: facts.currency,
    "order.country": lambda meant, facts: (
        meant.order and (meant.order.shipping_address.get("country") or "")
    ),
    "order.refunded_minor": lambda meant, facts: facts.refunded_minor,
    "order.item_count": lambda meant, facts: facts.item_count,
    "order.carrier": lambda meant, facts: facts.carrier or "",
}

_OF_BUYER: dict[str, Callable[[OrderMeant], Any]] = {
    "customer.order_count": lambda meant: len(meant.known_orders),
    "customer.spent_minor": lambda meant: meant.spent_minor,
}
"""From the customer's newest orders; of somebody without any it is nought."""

ORDER_FIELDS = frozenset(_ORDER)
ASKED_FIELDS = frozenset({*_OF_BUYER, WAITING})
"""What is counted when a rule asks."""


def _id(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
