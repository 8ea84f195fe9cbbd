"""What a ticket's figures are made of, read from the raw rows in a constant number of queries."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models.fields.json import KT

from automation.reports.models import MessageSide
from helpdesk.events.models import Event
from integrations.commerce.models import Order
from tickets.models import DeliveryState, Message, MessageKind, Status, Ticket

UNCOUNTED = (Status.SPAM, Status.TRASH)
_UNSENT = (DeliveryState.HELD, DeliveryState.WITHDRAWN, DeliveryState.FAILED)


@dataclass(frozen=True)
class Said:
    """A message that counts."""

    id: uuid.UUID
    at: datetime
    side: MessageSide
    user_id: uuid.UUID | None
    channel_kind: str


@dataclass(frozen=True)
class Turn:
    """The status a ticket had from this event on, and who gave it."""

    at: datetime
    status: str
    actor_type: str


@dataclass
class Raw:
    """One ticket with all that is counted of it."""

    ticket: Ticket
    store_id: uuid.UUID | None
    position: int = 0
    said: list[Said] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)


def read_raw(ticket_ids: Sequence[uuid.UUID]) -> list[Raw]:
    """The tickets that count, of these; four queries."""
    tickets = list(
        Ticket.objects.filter(pk__in=ticket_ids, merged_into=None)
        .exclude(status__in=UNCOUNTED)
        .only(
            "id", "organization_id", "channel_id", "status", "customer_id", "channel_kind", "team_id",
            "assignee_id", "order_id", "intent", "tags", "created_at", "closed_at",
        )
    )  # fmt: skip
    stores = dict(
        Order.objects.filter(pk__in={each.order_id for each in tickets}).values_list(
            "pk", "store_id"
        )
    )
    found = {
        each.pk: Raw(each, stores.get(each.order_id) if each.order_id else None) for each in tickets
    }
    _add_messages(found)
    _add_turns(found)
    return list(found.values())


def _add_messages(found: dict[uuid.UUID, Raw]) -> None:
    rows = (
        Message.objects.filter(
            ticket__in=found, kind__in=[MessageKind.CUSTOMER, MessageKind.REPLY]
        )
        .exclude(delivery_state__in=_UNSENT)
        .values_list(
            "ticket_id", "pk", "created_at", "sent_at", "kind", "author_type", "user_id",
            "channel_kind",
        )
        .order_by("position")
    )  # fmt: skip
    for ticket_id, pk, created_at, sent_at, kind, author, user_id, channel_kind in rows:
        raw = found[ticket_id]
        is_ours = kind == MessageKind.REPLY
        raw.said.append(
            Said(
                id=pk,
                at=(sent_at or created_at) if is_ours else created_at,
                side=_side(is_ours=is_ours, author=author),
                user_id=user_id if is_ours and author == "agent" else None,
                channel_kind=channel_kind or raw.ticket.channel_kind,
            )
        )
    for raw in found.values():
        raw.said.sort(key=lambda each: each.at)


def _side(*, is_ours: bool, author: str) -> MessageSide:
    if not is_ours:
        return MessageSide.CUSTOMER
    return MessageSide.AGENT if author == "agent" else MessageSide.AUTOMATIC


def _add_turns(found: dict[uuid.UUID, Raw]) -> None:
    """The log says when each status began; a ticket without a log is as it is now."""
    last: dict[uuid.UUID, str] = defaultdict(str)
    rows = (
        Event.objects.filter(ticket_id__in=found, object_id__isnull=False)
        .annotate(status=KT("payload__ticket__status"), of=KT("payload__ticket__id"))
        .order_by("seq")
        .values_list("ticket_id", "seq", "at", "status", "of", "actor__type")
    )
    for ticket_id, seq, at, status, of, actor_type in rows:
        if ticket_id is None:
            continue
        raw = found[ticket_id]
        raw.position = max(raw.position, seq)
        if not status or of != str(ticket_id) or status == last[ticket_id]:
            continue
        last[ticket_id] = status
        raw.turns.append(Turn(at, status, actor_type))
    for ticket_id, raw in found.items():
        if raw.ticket.status != last[ticket_id]:
            at = raw.ticket.closed_at or raw.ticket.created_at
            raw.turns.append(Turn(at, raw.ticket.status, ""))
