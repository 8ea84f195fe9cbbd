"""Small facts about a ticket: subject, priority, read or unread, what it is about, CSAT."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from tickets.actions.change import apply_changes, lock_ticket, record_message, record_ticket
from tickets.actions.delivery import lock_message
from tickets.actions.understood import write_later
from tickets.models import Message, MessageKind, Priority, Ticket


def set_priority(ticket_id: uuid.UUID, priority: str) -> Ticket:
    """Raises InvalidInput for an unknown priority."""
    if priority not in Priority.values:
        raise InvalidInput.field("priority", f"“{priority}” is not a priority.")
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        change = apply_changes(ticket, {"priority": priority})
        if change:
            record_ticket("ticket.priority_changed", ticket, change)
    return ticket


def set_subject(ticket_id: uuid.UUID, subject: str) -> Ticket:
    """Raises InvalidInput for an empty or overlong subject, or one with line breaks."""
    cleaned = subject.strip()
    if not cleaned or len(cleaned) > 998 or any(c in cleaned for c in "\r\n\x00"):
        raise InvalidInput.field("subject", "A subject is one line of 1 to 998 characters.")
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        change = apply_changes(ticket, {"subject": cleaned})
        if change:
            record_ticket("ticket.updated", ticket, change)
    return ticket


def set_order(ticket_id: uuid.UUID, order_id: uuid.UUID | None) -> Ticket:
    """Say which order the ticket is about; None: whichever its messages speak of.

    Only a mark: what may be told of that order to this customer is decided where it is read.
    """
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        change = apply_changes(ticket, {"order_id": order_id})
        if change:
            record_ticket("ticket.updated", ticket, change)
    return ticket


def set_timers(ticket_id: uuid.UUID, timers: list[dict[str, Any]]) -> Ticket:
    """Show on the ticket which rules wait on it (automation.rules decides)."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        change = apply_changes(ticket, {"timers": timers})
        if change:
            record_ticket("ticket.updated", ticket, change)
    return ticket


@dataclass(frozen=True)
class Level:
    """How a ticket stands to its most pressing target; all empty where none is set."""

    state: str = ""
    target: str = ""
    policy: str = ""
    due_at: datetime | None = None
    amber_at: datetime | None = None


def set_sla(ticket_id: uuid.UUID, level: Level) -> Ticket:
    """Show on the ticket how it stands to its targets (automation.sla decides)."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        change = apply_changes(ticket, {f"sla_{name}": each for name, each in vars(level).items()})
        if change:
            record_ticket("ticket.updated", ticket, change)
    return ticket


def set_unread(ticket_id: uuid.UUID, *, is_unread: bool) -> Ticket:
    """Mark the ticket as read or unread for the team."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        change = apply_changes(ticket, {"is_unread": is_unread})
        if change:
            record_ticket("ticket.read", ticket, change)
    return ticket


def set_understanding(
    message_id: uuid.UUID,
    *,
    language: str,
    intent: str,
    confidence: float | None,
    sentiment: str,
    numbers: list[dict[str, str]] | None = None,
    details: dict[str, Any] | None = None,
    ticket_id: uuid.UUID | None = None,
) -> Message:
    """Keep what was understood of a message; the ticket takes over its newest customer message.

    ``numbers`` are the order and tracking numbers it quotes, ``details`` what else is known of
    it: both are kept in its details.
    """
    with unit_of_work():
        message, ticket = lock_message(message_id, ticket_id=ticket_id)
        message.language, message.intent = language, intent
        message.intent_confidence, message.sentiment = confidence, sentiment
        if numbers:
            message.details = {**message.details, "numbers": numbers}
        if details:
            message.details = {**message.details, **details}
        message.version += 1
        if message.kind == MessageKind.CUSTOMER:
            told = (language or ticket.language, sentiment, intent or ticket.intent)
            if told != (ticket.language, ticket.sentiment, ticket.intent):
                ticket.language, ticket.sentiment, ticket.intent = told
                ticket.version += 1
                ticket.updated_at = now()
        write_later(message, ticket)
        record_message("message.understood", message, ticket)
    return message


def correct_intent(
    message_id: uuid.UUID, *, intent: str, wishes: list[dict[str, Any]], user_id: uuid.UUID
) -> Message:
    """Keep what a person says the message wants ("" for nothing); the ticket follows its newest."""
    with unit_of_work():
        message, ticket = lock_message(message_id)
        message.intent, message.intent_confidence = intent, 1.0
        said = {"intents": wishes, "intent_by": str(user_id)}
        message.details = {**message.details, **said}
        message.version += 1
        newer = Message.objects.filter(ticket=ticket, kind=MessageKind.CUSTOMER)
        newer = newer.filter(position__gt=message.position).exclude(intent="")
        if message.kind == MessageKind.CUSTOMER and not newer.exists():
            ticket.intent = intent
            ticket.version += 1
            ticket.updated_at = now()
        write_later(message, ticket)
        record_message("message.intent_corrected", message, ticket)
    return message


def set_csat(
    ticket_id: uuid.UUID,
    *,
    state: str,
    score: int | None = None,
    reason: str = "",
) -> Ticket:
    """Show on the ticket what became of its survey (automation.csat decides)."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        fields: dict[str, object] = {"csat_state": state, "csat_reason": reason}
        if score is not None:
            fields["csat_score"] = score
        change = apply_changes(ticket, fields)
        if change:
            record_ticket("ticket.updated", ticket, change)
    return ticket
