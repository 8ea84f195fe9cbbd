"""A very long conversation: what opens slowly elsewhere has to open at once here (UX 23, G14.4)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tickets.actions.receive import IncomingMessage, receive_on_new_ticket
from tickets.models import Channel, Customer, Message, MessageBody, Ticket

ADDRESS = "thread@posteo.example"
WORDS = (
    "linen parcel thread order colour weave Tuesday exchange label box courier size warm wash "
    "softer duvet cover sand terracotta delivery address window neighbour receipt return"
).split()


def make_thread(organization: Organization, channel: Channel, customer: Customer, *, messages: int,
                seed: int = 48213) -> Ticket:  # fmt: skip
    """A ticket of so many messages of 1 to 12 lines, written alternately over 200 days."""
    choose = random.Random(seed)
    first = IncomingMessage(
        customer=customer,
        channel=channel,
        subject=f"{messages} messages",
        text="Message 1",
        from_address={"name": customer.name, "address": ADDRESS},
    )
    ticket = receive_on_new_ticket(organization, first).ticket
    begin = now() - timedelta(days=200)
    rows = [
        _message(ticket, position, begin + timedelta(days=200) * position / messages)
        for position in range(2, messages + 1)
    ]
    Message.objects.filter(ticket=ticket).update(created_at=begin)
    Message.objects.bulk_create(rows, batch_size=500)
    MessageBody.objects.bulk_create(
        [MessageBody(message=row, text=_text(choose, row.position)) for row in rows], batch_size=500
    )
    Ticket.objects.filter(pk=ticket.pk).update(
        message_count=messages,
        last_position=messages,
        last_message_at=rows[-1].created_at,
        is_unread=False,
        version=ticket.version + 1,
    )
    return Ticket.objects.get(pk=ticket.pk)


def _message(ticket: Ticket, position: int, at: datetime) -> Message:
    is_in = position % 2 == 1
    ours = {"name": ticket.channel.name, "address": ticket.channel.address}
    customer = {"name": ticket.customer.name, "address": ADDRESS}
    return Message(
        id=new_id(),
        organization_id=ticket.organization_id,
        ticket=ticket,
        position=position,
        kind="customer" if is_in else "reply",
        direction="in" if is_in else "out",
        author_type="customer" if is_in else "agent",
        author_name=ticket.customer.name if is_in else "Ana Ferreira",
        customer=ticket.customer if is_in else None,
        channel=ticket.channel,
        channel_kind=ticket.channel_kind,
        from_address=customer if is_in else ours,
        to=[ours if is_in else customer],
        delivery_state="" if is_in else "sent",
        created_at=at,
        sent_at=None if is_in else at,
    )


def _text(choose: random.Random, position: int) -> str:
    lines = [
        " ".join(choose.choices(WORDS, k=choose.randint(3, 14)))
        for _ in range(choose.randint(1, 12))
    ]
    return "\n".join([f"Message {position}", *lines])
