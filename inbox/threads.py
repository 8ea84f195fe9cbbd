"""Conversations as vendors know them: which ticket they are on and how to answer into them."""

from __future__ import annotations

import uuid
from json import dumps
from typing import Any

from django.db import connection

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from inbox.connector import Began
from inbox.inbound import InboundMessage
from inbox.models import Thread
from tickets.models import Channel, Message, Ticket

_NOTE = """
INSERT INTO inbox_thread
  (id, channel_id, key, ticket_id, address, data, last_external_id, last_inbound_at)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, %s)
ON CONFLICT (channel_id, key) DO UPDATE
SET ticket_id = EXCLUDED.ticket_id, address = EXCLUDED.address, data = EXCLUDED.data,
    last_external_id = EXCLUDED.last_external_id,
    last_inbound_at = GREATEST(inbox_thread.last_inbound_at, EXCLUDED.last_inbound_at)
"""


def note_arrival(channel: Channel, arrival: InboundMessage, message: Message) -> None:
    """Remember where the conversation is now and what an answer needs; part of the filing."""
    if not arrival.thread_key:
        return
    values: list[Any] = [
        new_id(), channel.pk, arrival.thread_key[:300], message.ticket_id,
        arrival.sender.value[:320], dumps(arrival.thread), arrival.external_id[:998],
        arrival.sent_at or now(),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, values)


_NOTE_DEPARTURE = """
INSERT INTO inbox_thread
  (id, channel_id, key, ticket_id, address, data, last_external_id, last_inbound_at)
SELECT %s, %s, %s, %s, %s, %s::jsonb, '', coalesce(min(last_inbound_at), now()) - interval '1 second'
FROM inbox_thread WHERE ticket_id = %s AND channel_id = %s
ON CONFLICT (channel_id, key) DO NOTHING
"""


def note_departure(channel_id: uuid.UUID, ticket_id: uuid.UUID, began: Began) -> None:
    """Remember a conversation that we opened, unless it is known; part of the sending.

    It comes after those that the customer wrote in, so an answer goes on in these until then.
    """
    values: list[Any] = [
        new_id(), channel_id, began.thread_key[:300], ticket_id, began.address[:320],
        dumps(began.thread), ticket_id, channel_id,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_DEPARTURE, values)


def find_ticket_of(channel: Channel, key: str) -> Ticket | None:
    """The ticket that the vendor's conversation is on."""
    if not key:
        return None
    thread = Thread.objects.select_related("ticket").filter(channel=channel, key=key[:300]).first()
    return thread.ticket if thread else None


def find_thread(ticket_id: uuid.UUID, channel_id: uuid.UUID, address: str = "") -> Thread | None:
    """The newest conversation of the ticket on that channel, with that person if one is named."""
    threads = Thread.objects.filter(ticket_id=ticket_id, channel_id=channel_id)
    if address:
        threads = threads.filter(address=address)
    return threads.order_by("-last_inbound_at").first()
