"""Close, reopen, snooze, wake, spam, trash."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from tickets.actions.change import apply_changes, lock_ticket, record_ticket
from tickets.actions.moving import waiting_since_of
from tickets.models import Status, Ticket, WakesOn

AWAKE: dict[str, Any] = {"snoozed_until": None, "wakes_on": "", "wakes_order_id": None}
FOR_ORDER = (WakesOn.SHIPPED, WakesOn.DELIVERED)


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
        fields: dict[str, Any] = {"status": status, **AWAKE}
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
            if ticket.waiting_since is None:
                fields["waiting_since"] = waiting_since_of(ticket)
        change = apply_changes(ticket, fields)
        record_ticket("ticket.status_changed", ticket, {"status": change["status"]})
    return ticket


def snooze(
    ticket_id: uuid.UUID,
    until: datetime | None,
    *,
    wakes_on: str = "",
    order_id: uuid.UUID | None = None,
) -> Ticket:
    """Put the ticket to sleep until then; a customer's message wakes it. Raises InvalidInput.

    Without a time ``wakes_on`` says what it waits for: the customer's reply, or an order (that
    one, or the first of the customer's) that ships or is delivered. Both together: what is first.
    """
    if until is None and not wakes_on:
        raise InvalidInput.field("snoozed_until", "Say until when.", code="required")
    if until is not None and until <= now():
        raise InvalidInput.field("snoozed_until", "Choose a time that is still to come.")
    if wakes_on not in ("", *WakesOn.values):
        raise InvalidInput.field("wakes_on", f"“{wakes_on}” wakes nothing.")
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        fields: dict[str, Any] = {
            "status": Status.SNOOZED,
            "snoozed_until": until,
            "closed_at": None,
        }
        fields |= {"wakes_on": wakes_on, "wakes_order_id": order_id if wakes_on else None}
        change = apply_changes(ticket, fields)
        if change:
            record_ticket("ticket.snoozed", ticket, change)
    return ticket


def wake(ticket_id: uuid.UUID) -> Ticket:
    """Open a ticket whose time has come; does nothing to tickets that are not due. Idempotent."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        is_due = ticket.snoozed_until is not None and ticket.snoozed_until <= now()
        if ticket.status == Status.SNOOZED and is_due:
            _wake(ticket)
    return ticket


def wake_for_order(ticket_id: uuid.UUID) -> Ticket:
    """Open a ticket that sleeps until an order moves on; does nothing to others. Idempotent."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        if ticket.status == Status.SNOOZED and ticket.wakes_on in FOR_ORDER:
            _wake(ticket)
    return ticket


def _wake(ticket: Ticket) -> None:
    change = apply_changes(ticket, {"status": Status.OPEN, **AWAKE, "is_unread": True})
    record_ticket("ticket.snoozed", ticket, change)


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
