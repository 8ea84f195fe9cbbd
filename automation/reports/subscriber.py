"""Keeps the figures up with the event log."""

from __future__ import annotations

from automation.reports.counting import count_tickets
from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes

NAME = "reports"
TYPES = (
    "ticket.created",
    "ticket.updated",
    "ticket.status_changed",
    "ticket.assigned",
    "ticket.tagged",
    "ticket.snoozed",
    "ticket.merged",
    "ticket.unmerged",
    "ticket.split",
    "message.received",
    "message.understood",
    "message.intent_corrected",
    "message.queued",
    "message.moved",
    "message.delivery_changed",
    "message.withdrawn",
)


def count_batch(events: list[Event]) -> None:
    """Count every ticket of the batch once, however many of its events are in it."""
    count_tickets(sorted({each.ticket_id for each in events if each.ticket_id is not None}))


@subscribes(*TYPES, name=NAME, prepare=count_batch)
def count_event(event: Event) -> None:
    """Nothing is left to do: the whole batch was counted at once, from what is true now."""
