"""Makes the figures of tickets from their raw rows; whoever asks twice gets the same."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from automation.reports.hours import OpenTime, open_time_of
from automation.reports.models import (
    ClosingFigures,
    MessageFigures,
    MessageSide,
    TicketFigures,
)
from automation.reports.reading import Raw, Said, read_raw
from tickets.models import Status

AUTOMATED_WITHIN = timedelta(hours=72)
_TICKET_FIELDS = (
    "organization", "position", "customer_id", "channel_kind", "team_id", "agent_id", "store_id",
    "intent", "tags", "created_at", "first_in_at", "closed_at",
)  # fmt: skip

Seconds = Callable[[datetime, datetime], float]


@dataclass(frozen=True)
class Counted:
    """All rows of one ticket."""

    ticket: TicketFigures
    closings: list[ClosingFigures]
    messages: list[MessageFigures]


def count_tickets(ticket_ids: Sequence[uuid.UUID]) -> None:
    """Write the figures of these tickets anew; those that no longer count lose theirs.

    Runs inside the caller's transaction; who counts the same tickets meanwhile must be kept away
    by the subscriber's cursor (``subscriber``, ``rebuild``).
    """
    raws = read_raw(ticket_ids)
    opening = open_time_of({each.ticket.organization_id for each in raws})
    counted = [count(each, opening(each.ticket, each.store_id)) for each in raws]
    ClosingFigures.objects.filter(figures__in=ticket_ids).delete()
    MessageFigures.objects.filter(figures__in=ticket_ids).delete()
    gone = set(ticket_ids) - {each.ticket.ticket_id for each in counted}
    TicketFigures.objects.filter(pk__in=gone).delete()
    TicketFigures.objects.bulk_create(
        [each.ticket for each in counted],
        update_conflicts=True,
        unique_fields=["ticket"],
        update_fields=_TICKET_FIELDS,
    )
    ClosingFigures.objects.bulk_create([row for each in counted for row in each.closings])
    MessageFigures.objects.bulk_create([row for each in counted for row in each.messages])


def count(raw: Raw, open_time: OpenTime) -> Counted:
    """The figures of one ticket; pure."""
    ticket = raw.ticket
    first_in = next((each.at for each in raw.said if each.side == MessageSide.CUSTOMER), None)
    closings = _closings(raw, first_in, open_time)
    is_closed = ticket.status == Status.CLOSED and bool(closings)
    figures = TicketFigures(
        ticket_id=ticket.pk,
        organization_id=ticket.organization_id,
        position=raw.position,
        customer_id=ticket.customer_id,
        channel_kind=ticket.channel_kind,
        team_id=ticket.team_id,
        agent_id=ticket.assignee_id,
        store_id=raw.store_id,
        intent=ticket.intent,
        tags=ticket.tags,
        created_at=ticket.created_at,
        first_in_at=first_in,
        closed_at=closings[-1].closed_at if is_closed else None,
    )
    return Counted(figures, closings, _messages(raw, open_time))


def _closings(raw: Raw, first_in: datetime | None, open_time: OpenTime) -> list[ClosingFigures]:
    found: list[ClosingFigures] = []
    for number, turn in enumerate(raw.turns):
        if turn.status != Status.CLOSED:
            continue
        until = raw.turns[number + 1].at if number + 1 < len(raw.turns) else None
        before = [each for each in raw.said if each.at <= turn.at]
        started = first_in if first_in is not None and first_in <= turn.at else None
        found.append(
            ClosingFigures(
                figures_id=raw.ticket.pk,
                organization_id=raw.ticket.organization_id,
                number=len(found) + 1,
                closed_at=turn.at,
                reopened_at=until,
                seconds=(turn.at - started).total_seconds() if started else None,
                open_seconds=open_time(started, turn.at) if started else None,
                customer_messages=_of(before, MessageSide.CUSTOMER),
                agent_messages=_of(before, MessageSide.AGENT),
                is_automated=_is_automated(
                    raw.said, before, started, is_by_rule=turn.actor_type == "rule"
                ),
                **_of_ticket(raw),
            )
        )
    return found


def _of_ticket(raw: Raw) -> dict[str, Any]:
    ticket = raw.ticket
    return {
        "of_channel_kind": ticket.channel_kind,
        "of_team_id": ticket.team_id,
        "of_agent_id": ticket.assignee_id,
        "of_store_id": raw.store_id,
        "of_intent": ticket.intent,
        "of_tags": ticket.tags,
    }


def _is_automated(
    said: list[Said], before: list[Said], started: datetime | None, *, is_by_rule: bool
) -> bool:
    if started is None or _of(before, MessageSide.AGENT):
        return False
    soon = [each for each in said if each.at <= started + AUTOMATED_WITHIN]
    if _of(soon, MessageSide.AGENT):
        return False
    return is_by_rule or _of(before, MessageSide.AUTOMATIC) > 0


def _messages(raw: Raw, open_time: OpenTime) -> list[MessageFigures]:
    found = []
    waits_since: datetime | None = None
    began_with_customer = bool(raw.said) and raw.said[0].side != MessageSide.AGENT
    has_answered = False
    for each in raw.said:
        row = MessageFigures(
            message_id=each.id,
            figures_id=raw.ticket.pk,
            organization_id=raw.ticket.organization_id,
            at=each.at,
            side=each.side,
            user_id=each.user_id,
            channel_kind=each.channel_kind,
            **_of_ticket(raw),
        )
        if each.side == MessageSide.CUSTOMER:
            waits_since = waits_since or each.at
        elif each.side == MessageSide.AGENT:
            if waits_since is not None:
                row.wait_seconds = (each.at - waits_since).total_seconds()
                row.wait_open_seconds = open_time(waits_since, each.at)
                row.is_first = began_with_customer and not has_answered
            waits_since, has_answered = None, True
        found.append(row)
    return found


def _of(said: Sequence[Said], side: MessageSide) -> int:
    return sum(each.side == side for each in said)
