"""Messages change their ticket: positions stay without gaps, and each ticket says what is in it.

Both tickets are locked by the caller. A message keeps its id; its version rises when its ticket or
its position changes, so that clients which hold it follow.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection

from helpdesk.accounts.models import Team
from helpdesk.events.outbox import current_unit, record
from tickets.actions.change import lock_ticket, record_message
from tickets.actions.receive import snippet_of
from tickets.models import (
    Attachment,
    DeliveryState,
    Direction,
    Message,
    MessageBody,
    MessageKind,
    Status,
    Ticket,
)
from tickets.records import ticket_payload

Positions = dict[str, list[int]]
"""Of messages that stayed on their ticket and have another number now: {id: [position, version]}."""

_ASIDE = 1_000_000_000
"""Positions from here up are used for an instant, while messages are being renumbered."""

_SET_ASIDE = """
UPDATE tickets_message m SET ticket_id = %s, position = wanted.position + %s
FROM unnest(%s::uuid[], %s::int[]) AS wanted(id, position) WHERE m.id = wanted.id
"""
_SET = """
UPDATE tickets_message SET position = position - %s, version = version + 1
WHERE ticket_id = %s AND position >= %s
RETURNING id, position, version
"""


def lock_pair(first_id: uuid.UUID, second_id: uuid.UUID) -> tuple[Ticket, Ticket]:
    """Both tickets, locked in the order of their ids so that two merges never wait in a circle."""
    for each in sorted((first_id, second_id)):
        lock_ticket(each)
    return lock_ticket(first_id), lock_ticket(second_id)


def place(ticket: Ticket, order: Sequence[uuid.UUID]) -> Positions:
    """Give the ticket these messages in this order, numbered from 1.

    Messages of other tickets move here and are announced with ``message.moved``. Returns the new
    numbers of those that were here already. Messages of the ticket that are not in ``order`` must
    have been placed elsewhere before.
    """
    rows = dict(Message.objects.filter(pk__in=order).values_list("pk", "ticket_id"))
    known = dict(Message.objects.filter(ticket=ticket).values_list("pk", "position"))
    changed = [
        (pk, number)
        for number, pk in enumerate(order, start=1)
        if rows[pk] != ticket.pk or known[pk] != number
    ]
    if not changed:
        return {}
    ids, numbers = [pk for pk, _ in changed], [number for _, number in changed]
    with connection.cursor() as cursor:
        cursor.execute(_SET_ASIDE, [ticket.pk, _ASIDE, ids, numbers])
        cursor.execute(_SET, [_ASIDE, ticket.pk, _ASIDE])
        now_at = {row[0]: [row[1], row[2]] for row in cursor.fetchall()}
    _forget_kept(ids)
    _announce_moved(ticket, [pk for pk in ids if rows[pk] != ticket.pk])
    return {str(pk): now_at[pk] for pk in ids if rows[pk] == ticket.pk}


def order_of(ticket: Ticket) -> list[uuid.UUID]:
    """Ids of the ticket's messages in their order."""
    return list(
        Message.objects.filter(ticket=ticket).order_by("position").values_list("pk", flat=True)
    )


def in_order_of_time(first: Ticket, second: Ticket) -> list[uuid.UUID]:
    """The messages of both by time; each ticket's own order is kept even where clocks disagree."""
    runs = []
    for ticket in (first, second):
        at = None
        for pk, created_at in (
            Message.objects.filter(ticket=ticket)
            .order_by("position")
            .values_list("pk", "created_at")
        ):
            at = created_at if at is None else max(at, created_at)
            runs.append((at, pk))
    return [pk for _, pk in sorted(runs, key=lambda each: each[0])]


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """What the ticket says about its messages, counted anew; names are the ticket's fields."""
    rows = list(
        Message.objects.filter(ticket=ticket)
        .exclude(delivery_state=DeliveryState.WITHDRAWN)
        .order_by("position")
        .values_list("pk", "kind", "direction", "is_automatic", "created_at")
    )
    count = Message.objects.filter(ticket=ticket).count()
    talk = [
        row for row in rows if row[1] in (MessageKind.CUSTOMER, MessageKind.REPLY) and not row[3]
    ]
    newest = talk[-1] if talk else rows[-1] if rows else None
    facts: dict[str, Any] = {
        "message_count": count,
        "last_position": count,
        "has_attachments": Attachment.objects.filter(
            message__ticket=ticket, is_inline=False
        ).exists(),
        "waiting_since": None if ticket.status == Status.CLOSED else waiting_since_of(ticket),
        "last_message_direction": "",
        "snippet": "",
    }
    if newest is not None:
        body = MessageBody.objects.filter(pk=newest[0]).values_list("text", flat=True).first()
        direction = newest[2] if newest[2] != Direction.INTERNAL else ""
        facts |= {
            "last_message_at": newest[4],
            "last_message_direction": direction,
            "snippet": snippet_of(body or ""),
        }
    return facts


def waiting_since_of(ticket: Ticket) -> Any:
    """Since when the customer waits: their first words after our last answer; None if answered."""
    talk = Message.objects.filter(ticket=ticket, is_automatic=False)
    answered = (
        talk.filter(kind=MessageKind.REPLY)
        .exclude(delivery_state=DeliveryState.WITHDRAWN)
        .order_by("-position")
        .values_list("position", flat=True)
        .first()
    )
    return (
        talk.filter(kind=MessageKind.CUSTOMER, position__gt=answered or 0)
        .order_by("position")
        .values_list("created_at", flat=True)
        .first()
    )


def record_both(
    type_: str, ticket: Ticket, other: Ticket, positions: Positions | None = None
) -> None:
    """Announce to each of the two what happened between it and the other one."""
    _record_one(type_, ticket, other, positions or {})
    _record_one(type_, other, ticket, {})


def _record_one(type_: str, ticket: Ticket, other: Ticket, positions: Positions) -> None:
    record(
        type_,
        organization_id=ticket.organization_id,
        object_type="ticket",
        object_id=ticket.pk,
        ticket_id=ticket.pk,
        payload=lambda: {
            **ticket_payload(ticket),
            "other_ticket": {
                "id": str(other.pk),
                "number": other.number,
                "subject": other.subject if _is_seen_beside(other, ticket) else "",
            },
            "positions": positions,
        },
    )


def _is_seen_beside(other: Ticket, ticket: Ticket) -> bool:
    """Whether whoever sees the ticket sees the other one too: a private team keeps its subjects."""
    if other.team_id is None or other.team_id == ticket.team_id:
        return True
    return not Team.objects.filter(pk=other.team_id, is_private=True).exists()


def add_link(ticket: Ticket, other: Ticket, kind: str) -> list[dict[str, Any]]:
    """The ticket's links with this one among them."""
    rest = without_link(ticket, other, kind)
    return [*rest, {"id": str(other.pk), "number": other.number, "kind": kind}]


def without_link(ticket: Ticket, other: Ticket, kind: str) -> list[dict[str, Any]]:
    """The ticket's links without that one."""
    return [each for each in ticket.links if (each["id"], each["kind"]) != (str(other.pk), kind)]


def _announce_moved(ticket: Ticket, ids: list[uuid.UUID]) -> None:
    moved = (
        Message.objects.filter(pk__in=ids)
        .select_related("body", "channel")
        .prefetch_related("attachments")
        .order_by("position")
    )
    for message in moved:
        message.ticket = ticket
        record_message("message.moved", message, ticket)


def _forget_kept(ids: list[uuid.UUID]) -> None:
    unit = current_unit()
    if unit is not None:
        for pk in ids:
            unit.kept.pop((Message, pk), None)
