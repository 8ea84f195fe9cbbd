"""We write first: a new ticket that begins with a message from an agent."""

from __future__ import annotations

import uuid
from typing import Any

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import Conflict, InvalidInput
from tickets.actions.change import lock_ticket, record_ticket
from tickets.actions.customers import get_or_create_by_handle
from tickets.actions.marks import set_subject
from tickets.actions.receive import next_number
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Channel, HandleKind, Message, Ticket


def begin_ticket(user: User, values: dict[str, Any]) -> tuple[Message, bool]:
    """Write to a customer who has not written; returns the message and whether it is new.

    ``values`` are those of the API's POST /tickets. The same ``id`` twice is the same message.
    Raises InvalidInput naming the field.
    """
    try:
        return _begin(user, values)
    except Conflict as conflict:
        # The same request came twice at once, and the other one was faster.
        known = _find_known(user, values.get("id")) if conflict.code == "id_taken" else None
        if known is None or known.user_id != user.pk:
            raise
        return known, False


def _begin(user: User, values: dict[str, Any]) -> tuple[Message, bool]:
    with unit_of_work(actor=Actor.of_user(user), client_id=values.get("client_id", "")):
        known = _find_known(user, values.get("id"))
        if known is not None:
            return known, False
        ticket = lock_ticket(_create(user, values))
        set_subject(ticket.pk, values["subject"])
        record_ticket("ticket.created", ticket)
        return reply(ticket.pk, _outgoing(user, values), user=user), True


def _find_known(user: User, message_id: uuid.UUID | None) -> Message | None:
    if message_id is None:
        return None
    return Message.objects.filter(pk=message_id, organization_id=user.organization_id).first()


def _create(user: User, values: dict[str, Any]) -> uuid.UUID:
    channel = Channel.objects.filter(
        pk=values["channel_id"], organization_id=user.organization_id, is_active=True
    ).first()
    if channel is None:
        raise InvalidInput.field("channel_id", "There is no such channel to send from.")
    customer, _ = get_or_create_by_handle(
        user.organization_id,
        HandleKind.EMAIL,
        values["customer_email"],
        name=values["customer_name"],
    )
    ticket = Ticket.objects.create(
        organization_id=user.organization_id,
        number=next_number(user.organization),
        subject=values["subject"],
        customer=customer,
        channel=channel,
        channel_kind=channel.kind,
    )
    return ticket.pk


def _outgoing(user: User, values: dict[str, Any]) -> OutgoingMessage:
    return OutgoingMessage(
        text=values["text"],
        html=values["html"] or "",
        cc=[dict(each) for each in values.get("cc", [])],
        bcc=[dict(each) for each in values.get("bcc", [])],
        subject=values["subject"],
        attachment_ids=values.get("attachment_ids", []),
        message_id=values.get("id"),
        macro_id=values.get("macro_id"),
        hold_seconds=user.organization.undo_send_seconds,
    )
