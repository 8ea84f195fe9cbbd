"""Writes what was understood of the mails of a batch in two statements, as its unit closes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection

from helpdesk.events.outbox import current_unit
from tickets.models import Message, Ticket

_WRITE_MESSAGES = """
UPDATE tickets_message AS kept SET language = said.language, intent = said.intent,
  intent_confidence = said.intent_confidence, sentiment = said.sentiment, version = said.version,
  details = said.details
FROM jsonb_to_recordset(%s::jsonb) AS said (id uuid, language text, intent text,
  intent_confidence float8, sentiment text, version int, details jsonb) WHERE kept.id = said.id
"""
_WRITE_TICKETS = """
UPDATE tickets_ticket AS kept SET language = said.language, intent = said.intent,
  sentiment = said.sentiment, version = said.version, updated_at = said.updated_at
FROM jsonb_to_recordset(%s::jsonb) AS said (id uuid, language text, intent text, sentiment text,
  version int, updated_at timestamptz) WHERE kept.id = said.id
"""
_OF_MESSAGE = (
    "id",
    "language",
    "intent",
    "intent_confidence",
    "sentiment",
    "version",
    "details",
)
_OF_TICKET = ("id", "language", "intent", "sentiment", "version", "updated_at")


@dataclass
class _Understood:
    messages: dict[uuid.UUID, Message] = field(default_factory=dict)
    tickets: dict[uuid.UUID, Ticket] = field(default_factory=dict)


def write_later(message: Message, ticket: Ticket) -> None:
    """Write language, intent, sentiment and version of both as the unit of work ends.

    Their rows are locked in this unit, so that nobody writes in between.
    """
    unit = current_unit()
    if unit is None:
        raise RuntimeError("a message was understood outside a unit of work")
    understood: _Understood = unit.kept.setdefault(_Understood, _Understood())
    understood.messages[message.pk] = message
    understood.tickets[ticket.pk] = ticket
    unit.closing[_Understood] = lambda: _write(understood)


def _write(understood: _Understood) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_MESSAGES, [_as_json(understood.messages.values(), _OF_MESSAGE)])
        cursor.execute(_WRITE_TICKETS, [_as_json(understood.tickets.values(), _OF_TICKET)])
    understood.messages, understood.tickets = {}, {}


def _as_json(rows: Iterable[Message | Ticket], names: tuple[str, ...]) -> str:
    return json.dumps([{name: getattr(row, name) for name in names} for row in rows], default=str)
