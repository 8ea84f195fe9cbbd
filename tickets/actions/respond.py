"""An agent answers: the message and what shall become of the ticket, in one unit of work.

How the ticket was before is kept with the message, so that taking it back takes back all of it.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import Change, unit_of_work
from helpdesk.lib.errors import InvalidInput
from tickets.actions.change import apply_changes, lock_ticket, record_ticket
from tickets.actions.reply import OutgoingMessage, add_note, reply
from tickets.actions.status import close, snooze
from tickets.models import Message, MessageKind, Ticket

_RESTORED = (
    "status", "snoozed_until", "closed_at", "assignee_id", "waiting_since", "is_unread", "snippet",
    "last_message_direction", "last_message_at",
)  # fmt: skip
_MOMENTS = ("snoozed_until", "closed_at", "waiting_since", "last_message_at")


def respond(
    ticket_id: uuid.UUID,
    outgoing: OutgoingMessage,
    *,
    user: User,
    then: str | None = None,
    snoozed_until: datetime | None = None,
    client_id: str = "",
) -> tuple[Message, bool]:
    """Write the reply or note, then close or snooze; returns the message and whether it is new.

    The same message id a second time is the same message and changes nothing, however the
    ticket has moved on. Raises what ``reply`` and ``add_note`` raise.
    """
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        ticket = lock_ticket(ticket_id)
        before = _state_of(ticket)
        known = outgoing.message_id
        is_new = known is None or not Message.objects.filter(pk=known).exists()
        message = _write(ticket_id, outgoing, user)
        if is_new and then == "close":
            close(ticket_id)
        elif is_new and then == "snooze":
            if snoozed_until is None:
                raise InvalidInput.field("snoozed_until", "Say until when.", code="required")
            snooze(ticket_id, snoozed_until)
        if is_new and message.kind == MessageKind.REPLY:
            Message.objects.filter(pk=message.pk).update(
                undo={"before": before, "after": _state_of(ticket)}
            )
    return message, is_new


def restore_ticket(message: Message, ticket: Ticket) -> None:
    """Put the ticket back to how it was before this message, where nobody changed it since."""
    if not message.undo:
        return
    before, after, current = message.undo["before"], message.undo["after"], _state_of(ticket)
    fields = {
        name: _from_plain(name, before[name])
        for name in _RESTORED
        if before[name] != after[name] and current[name] == after[name]
    }
    change = apply_changes(ticket, fields)
    if "status" in change:
        _record_kept(ticket, "ticket.status_changed", change, "status")
    if "assignee_id" in change:
        _record_kept(ticket, "ticket.assigned", change, "assignee_id")
    if change and not {"status", "assignee_id"} & set(change):
        record_ticket("ticket.updated", ticket)


def _record_kept(ticket: Ticket, type_: str, change: Change, name: str) -> None:
    record_ticket(type_, ticket, {name: change[name]})


def _state_of(ticket: Ticket) -> dict[str, Any]:
    return {name: _as_plain(getattr(ticket, name)) for name in _RESTORED}


def _as_plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _from_plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    return uuid.UUID(value) if name == "assignee_id" else value


def _write(ticket_id: uuid.UUID, outgoing: OutgoingMessage, user: User) -> Message:
    if outgoing.kind != MessageKind.NOTE:
        return reply(ticket_id, outgoing, user=user)
    return add_note(
        ticket_id,
        outgoing.text,
        user=user,
        html=outgoing.html,
        message_id=outgoing.message_id,
        attachment_ids=outgoing.attachment_ids,
        mention_ids=outgoing.mention_ids,
    )
