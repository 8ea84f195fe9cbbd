"""What all ticket writes share: lock the row, change fields, raise the version, announce."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from helpdesk.events.outbox import Change, current_unit, record
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import NotFound
from tickets.actions import words
from tickets.models import Message, Ticket
from tickets.records import message_payload, ticket_payload


def lock_ticket(ticket_id: uuid.UUID) -> Ticket:
    """The ticket, its row locked until commit; raises NotFound. Lock tickets before anything.

    Actions of one unit of work get the same instance, so the second costs no query and every
    event of the unit shows the ticket as it is committed.
    """
    unit = current_unit()
    kept = unit.kept if unit else {}
    ticket: Ticket | None = kept.get((Ticket, ticket_id))
    if ticket is None:
        ticket = (
            Ticket.objects.select_for_update(no_key=True, of=("self",))
            .select_related("customer")
            .filter(pk=ticket_id)
            .first()
        )
    if ticket is None:
        raise NotFound("This ticket does not exist any more.")
    kept[Ticket, ticket_id] = ticket
    return ticket


def lock_survivor(ticket_id: uuid.UUID) -> Ticket:
    """The ticket, or the one it was merged into in the end; raises NotFound."""
    ticket = lock_ticket(ticket_id)
    while ticket.merged_into_id is not None:
        ticket = lock_ticket(ticket.merged_into_id)
    return ticket


def apply_changes(ticket: Ticket, fields: dict[str, Any]) -> Change:
    """Set the fields that differ and save them with a new version; {} if nothing differs.

    The ticket's row must be locked by :func:`lock_ticket`. Returns {field: (before, after)}.
    """
    change: Change = {}
    for name, value in fields.items():
        before = getattr(ticket, name)
        if before != value:
            setattr(ticket, name, value)
            change[name] = (_plain(before), _plain(value))
    if change:
        touch(ticket, *change)
    return change


def touch(ticket: Ticket, *fields: str) -> None:
    """Save the named fields with a new version and time."""
    ticket.version += 1
    ticket.updated_at = now()
    ticket.save(update_fields=[*fields, "version", "updated_at"])


def record_ticket(type_: str, ticket: Ticket, change: Change | None = None) -> None:
    """Announce something about the ticket; the payload is the whole ticket at commit."""
    words.note_ticket(type_, ticket, change or {})
    record(
        type_,
        organization_id=ticket.organization_id,
        object_type="ticket",
        object_id=ticket.pk,
        ticket_id=ticket.pk,
        payload=lambda: ticket_payload(ticket),
        change=change,
    )


def record_message(
    type_: str, message: Message, ticket: Ticket, change: Change | None = None
) -> None:
    """Announce something about a message; the payload is the whole message at commit."""
    words.note_message(type_, message, ticket)
    record(
        type_,
        organization_id=ticket.organization_id,
        object_type="message",
        object_id=message.pk,
        ticket_id=ticket.pk,
        payload=lambda: message_payload(message, ticket),
        change=change,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, uuid.UUID):
        return str(value)
    if hasattr(value, "isoformat"):
        return iso(value)
    return list(value) if isinstance(value, list) else value
