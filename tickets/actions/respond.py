"""An agent answers: the message and what shall become of the ticket, in one unit of work."""

from __future__ import annotations

import uuid
from datetime import datetime

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import InvalidInput
from tickets.actions.change import lock_ticket
from tickets.actions.reply import OutgoingMessage, add_note, reply
from tickets.actions.status import close, snooze
from tickets.models import Message, MessageKind


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
        lock_ticket(ticket_id)
        known = outgoing.message_id
        is_new = known is None or not Message.objects.filter(pk=known).exists()
        message = _write(ticket_id, outgoing, user)
        if is_new and then == "close":
            close(ticket_id)
        elif is_new and then == "snooze":
            if snoozed_until is None:
                raise InvalidInput.field("snoozed_until", "Say until when.", code="required")
            snooze(ticket_id, snoozed_until)
    return message, is_new


def _write(ticket_id: uuid.UUID, outgoing: OutgoingMessage, user: User) -> Message:
    if outgoing.kind != MessageKind.NOTE:
        return reply(ticket_id, outgoing, user=user)
    return add_note(
        ticket_id,
        outgoing.text,
        user=user,
        message_id=outgoing.message_id,
        attachment_ids=outgoing.attachment_ids,
        mention_ids=outgoing.mention_ids,
    )
