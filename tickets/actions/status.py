"""Close, reopen, snooze, wake, spam, trash."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from tickets.actions.change import apply_changes, lock_ticket, record_ticket
from tickets.models import Status, Ticket


def close(ticket_id: uuid.UUID, *, at: datetime | None = None) -> Ticket:
    """Resolve the ticket: closed, and a new resolution for CSAT. Closed tickets stay as they are."""
    return set_status(ticket_id, Status.CLOSED, at=at)


def reopen(ticket_id: uuid.UUID) -> Ticket:
    """Open the ticket again."""
    return set_status(ticket_id, Status.OPEN)


def set_status(ticket_id: uuid.UUID, status: str, *, at: datetime | None = None) -> Ticket:
    """Give the ticket this status; raises InvalidInput for an unknown one. Idempotent."""
    if status not in Status.values or status == Status.SNOOZED:
        raise InvalidInput.field("status", f"“{status}” is not a status a ticket can be set to.")
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        if ticket.status == status:
            return ticket
        fields: dict[str, Any] = {"status": status, "snoozed_until": None}
        if status == Status.CLOSED:
            fields |= {
                "closed_at": at or now(),
                "resolution": ticket.resolution + 1,
                "is_unread": False,
                "waiting_since": None,
                "csat_state": "",
                "csat_reason": "",
            }
        elif status == Status.OPEN:
            fields["closed_at"] = None
        change = apply_changes(ticket, fields)
        record_ticket("ticket.status_changed", ticket, {"status": change["status"]})
    return ticket


def snooze(ticket_id: uuid.UUID, until: datetime) -> Ticket:
    """Put the ticket to sleep until then; a customer's message wakes it. Raises InvalidInput."""
    if until <= now():
        raise InvalidInput.field("snoozed_until", "Choose a time that is still to come.")
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        change = apply_changes(
            ticket, {"status": Status.SNOOZED, "snoozed_until": until, "closed_at": None}
        )
        if change:
            record_ticket("ticket.snoozed", ticket, change)
    return ticket


def wake(ticket_id: uuid.UUID) -> Ticket:
    """Open a ticket whose time has come; does nothing to tickets that are not due. Idempotent."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        is_due = ticket.snoozed_until is not None and ticket.snoozed_until <= now()
        if ticket.status == Status.SNOOZED and is_due:
            change = apply_changes(
                ticket, {"status": Status.OPEN, "snoozed_until": None, "is_unread": True}
            )
            record_ticket("ticket.snoozed", ticket, change)
    return ticket


def wake_due(limit: int = 200) -> int:
    """Wake every ticket whose time has come; returns how many. Part of the sweep."""
    due = list(
        Ticket.objects.filter(status=Status.SNOOZED, snoozed_until__lte=now()).values_list(
            "pk", flat=True
        )[:limit]
    )
    for ticket_id in due:
        wake(ticket_id)
    return len(due)
