"""The moments at which a rule would have been asked, and what it would have seen then.

A moment is an event of the log. The ticket and its customer are taken from the event, which
carries them whole; the message from its row, for what was written never changes (its intent is
the one known today); the order is rewound by its own dates.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from automation.intents.understanding import understand
from automation.orders import OrderMeant, OrderMeantThen, OrdersAtHand, ReadOrders
from automation.rules.hours import OpeningHours
from automation.rules.snapshot import Snapshot, change_by_field
from automation.rules.triggers import EVENTS, UPDATED, UPDATES
from helpdesk.accounts.models import User
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from integrations.commerce.models import Order
from tickets.models import Customer, Direction, Message, MessageBody, MessageKind, Ticket
from tickets.selectors import tickets_visible_to

_MOMENTS = ("created_at", "updated_at", "last_message_at", "waiting_since", "snoozed_until",
            "closed_at")  # fmt: skip
_SAME = ("number", "subject", "status", "priority", "is_unread", "assignee_id", "team_id",
         "customer_id", "channel_id", "channel_kind", "kind", "tags", "order_id", "message_count",
         "has_attachments", "follower_ids", "mentioned_ids", "csat_score", "fields",
         "merged_into_id")  # fmt: skip
_WORDS = ("language", "intent", "sentiment", "csat_state")


@dataclass(frozen=True)
class Moment:
    """``snapshot`` is what rules would have seen; ``seq`` is 0 for a ticket as it is now."""

    seq: int
    at: datetime
    ticket: Ticket
    message: Message | None
    snapshot: Snapshot
    change: dict[str, Any]


def has_past(triggers: Iterable[str]) -> bool:
    """Whether these triggers are events, so that the log knows when they happened."""
    return any(each in EVENTS for each in triggers)


def count_moments(user: User, triggers: list[str], *, since: datetime) -> int:
    """How many moments there are, the person's own tickets or not."""
    return int(_events(user.organization_id, triggers).filter(at__gte=since).count())


def start_of(user: User, triggers: list[str], *, last: int) -> int:
    """The number before the ``last`` newest moments; 0 where there are fewer."""
    seqs = _events(user.organization_id, triggers).order_by("-seq").values_list("seq", flat=True)
    oldest = list(seqs[last - 1 : last])
    return int(oldest[0]) - 1 if oldest else 0


def read_moments(
    user: User, triggers: list[str], *, after: int, since: datetime | None, limit: int
) -> tuple[list[Moment], int | None]:
    """The next moments, oldest first, of tickets this person may see; and where to go on.

    A constant number of queries besides those about orders, which are asked when a rule asks.
    """
    events = _events(user.organization_id, triggers).filter(seq__gt=after)
    if since is not None:
        events = events.filter(at__gte=since)
    found = list(events.order_by("seq")[:limit])
    visible = tickets_visible_to(user).filter(pk__in={event.ticket_id for event in found})
    seen = set(visible.values_list("pk", flat=True))
    go_on = found[-1].seq if len(found) == limit else None
    return _moments([event for event in found if event.ticket_id in seen]), go_on


def newest_moment(ticket: Ticket, triggers: list[str]) -> Moment | None:
    """The last time that one of these happened to the ticket."""
    events = _events(ticket.organization_id, triggers).filter(ticket_id=ticket.pk)
    return next(iter(_moments(list(events.order_by("-seq")[:1]))), None)


def moment_now(ticket: Ticket, message: Message | None) -> Moment:
    """The ticket as it is now, for what is no event of the past."""
    at = now()
    return Moment(0, at, ticket, message, Snapshot(ticket, message, at=at), {})


def imagined(
    organization_id: uuid.UUID,
    subject: str,
    text: str,
    channel_kind: str,
    *,
    order: Order | None = None,
) -> Moment:
    """A first message that nobody wrote, from a customer with this order or none, understood as
    ours are."""
    found = understand(f"{subject}\n{text}" if subject else text)
    understood = {
        "language": found.language or "",
        "intent": found.intent or "",
        "sentiment": found.sentiment or "",
    }
    common = {"organization_id": organization_id, "subject": subject, "channel_kind": channel_kind}
    customer = Customer(organization_id=organization_id, language=found.language or "")
    ticket = Ticket(
        **common, **understood, number=0, customer=customer, message_count=1, is_unread=True
    )
    ticket.last_message_at = ticket.created_at
    message = Message(
        **common, **understood, ticket=ticket, customer=customer, position=1,
        kind=MessageKind.CUSTOMER, direction=Direction.IN, is_sender_verified=True,
    )  # fmt: skip
    message.body = MessageBody(message=message, text=text)
    moment = moment_now(ticket, message)
    if order is not None:
        moment.snapshot.order_meant = OrderMeant(
            customer, f"{subject}\n{text}", moment.at, order.pk, orders=lambda _: [order]
        )
    return moment


def _events(organization_id: uuid.UUID, triggers: list[str]) -> QuerySet[Event]:
    types = [each for each in triggers if each in EVENTS and each != UPDATED]
    meant = Q(type__in=types)
    if UPDATED in triggers:
        meant |= Q(type=UPDATED, payload__change__has_any_keys=UPDATES)
    return Event.objects.filter(meant, organization_id=organization_id, ticket_id__isnull=False)


def _moments(events: list[Event]) -> list[Moment]:
    messages = _messages({each.object_id for each in events if each.object_type == "message"})
    customers = Customer.objects.in_bulk({_customer_id(event) for event in events})
    orders = OrdersAtHand(customers.values())
    hours = OpeningHours(events[0].organization_id) if events else None
    moments = []
    for event in events:
        customer = customers.get(_customer_id(event))
        message = messages.get(event.object_id)
        if customer is None or (event.object_type == "message" and message is None):
            continue
        moment = _moment(event, customer, message, orders)
        moment.snapshot.hours = hours
        moment.snapshot.waiting = None
        moments.append(moment)
    return moments


def _moment(
    event: Event,
    customer: Customer,
    message: Message | None,
    orders: ReadOrders,
) -> Moment:
    ticket = _ticket_then(event, customer, message)
    snapshot = Snapshot(ticket, message, at=event.at)
    text = f"{message.subject}\n{message.body.text}" if message else ticket.subject
    snapshot.order_meant = OrderMeantThen(
        ticket.customer, text, event.at, ticket.order_id, orders=orders
    )
    change = change_by_field(event.payload.get("change", {}))
    return Moment(event.seq, event.at, ticket, message, snapshot, change)


def _customer_id(event: Event) -> uuid.UUID:
    return uuid.UUID(event.payload["ticket"]["customer_id"])


def _ticket_then(event: Event, customer: Customer, message: Message | None) -> Ticket:
    """A ticket that is stored nowhere: what the event said of it."""
    said = event.payload["ticket"]
    ticket = Ticket(pk=event.ticket_id, organization_id=event.organization_id)
    for name in _SAME:
        setattr(ticket, name, _id(said.get(name)) if name.endswith("_id") else said.get(name))
    for name in _WORDS:
        setattr(ticket, name, said.get(name) or "")
    for name in _MOMENTS:
        value = said.get(name)
        setattr(ticket, name, datetime.fromisoformat(value) if value else None)
    _set_target(ticket, said.get("sla") or {})
    if message is not None and event.type == "message.received" and message.intent:
        # Rules ask after the message was understood; the event was written before.
        ticket.intent, ticket.sentiment = message.intent, message.sentiment
        ticket.language = ticket.language or message.language
    ticket.customer = _customer_then(customer, event.payload.get("customer", {}))
    return ticket


def _set_target(ticket: Ticket, said: dict[str, Any]) -> None:
    """How the ticket stood to its most pressing target."""
    ticket.sla_state, ticket.sla_target = said.get("state") or "", said.get("target") or ""
    ticket.sla_policy = said.get("policy") or ""
    due = said.get("due_at")
    ticket.sla_due_at = datetime.fromisoformat(due) if due else None


def _customer_then(customer: Customer, said: dict[str, Any]) -> Customer:
    then = Customer(pk=customer.pk, organization_id=customer.organization_id)
    then.name, then.is_vip = customer.name, bool(said.get("is_vip", customer.is_vip))
    then.language = said.get("language") or ""
    then.country = said.get("country") or ""
    then.fields = said.get("fields") or {}
    return then


def _messages(ids: set[uuid.UUID]) -> dict[uuid.UUID, Message]:
    found = Message.objects.filter(pk__in=ids).select_related("body")
    return {each.pk: each for each in found.prefetch_related("attachments")}


def _id(value: str | None) -> uuid.UUID | None:
    return uuid.UUID(value) if value else None
