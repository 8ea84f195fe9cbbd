"""The JSON that comes in, read strictly: what does not fit is refused by its path.

An event is ``{"type": "message", "id", "conversation", "text", "from": {"id", "name", "label"}}``
with, where wanted, ``subject``, ``html``, ``sent_at``, ``in_public``, ``permalink``, ``rating``,
``kind`` (request, mention, review, call) and ``attachments`` (``name``, ``content_type`` and either
``url`` or ``content`` as base64). Others: ``status`` (``id`` or ``message_id``, ``state``,
``reason``), ``edited`` (``id``, ``text``) and ``deleted`` (``id``). One call holds one event, or
``{"events": [...]}``.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from inbox.connector import Amended, Arrived, Ignored, Item, Reported
from inbox.inbound import (
    Details,
    InboundAttachment,
    InboundMessage,
    SenderHandle,
    content_key_of,
    first_words,
)
from tickets.models import HandleKind, TicketKind

MAX_EVENTS = 200
MAX_ID_CHARS = 200
MAX_FILES = 20
STATES = ("sent", "delivered", "read", "failed")


def events_of(body: bytes) -> list[dict[str, Any]]:
    """The events in a call; raises InvalidInput naming what is wrong."""
    try:
        call = json.loads(body)
    except ValueError as error:
        raise InvalidInput("This is not JSON.") from error
    if not isinstance(call, dict):
        raise InvalidInput("An event is a JSON object.")
    events = call.get("events", [call])
    if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
        raise InvalidInput.field("events", "This is a list of events.")
    if len(events) > MAX_EVENTS:
        raise InvalidInput.field("events", f"A call holds at most {MAX_EVENTS} events.")
    return events


def item_of(event: dict[str, Any]) -> Item:
    """What the event is to us; raises InvalidInput naming the field."""
    kind = event.get("type")
    if kind == "message":
        read_message(event)
        return Arrived(key=_text(event, "id"), payload=event)
    if kind == "status":
        return _status(event)
    if kind == "edited":
        return Amended(_text(event, "id"), text=_words(event, "text"))
    if kind == "deleted":
        return Amended(_text(event, "id"), is_deleted=True)
    return Ignored(f"events of the type {str(kind)[:40]!r} mean nothing here")


def read_message(event: dict[str, Any]) -> InboundMessage:
    """The message in normal form; raises InvalidInput naming the field."""
    sender = event.get("from")
    if not isinstance(sender, dict):
        raise InvalidInput.field("from", "Say who wrote: {“id”: …, “name”: …}.")
    key, conversation = _text(event, "id"), _text(event, "conversation")
    text, html = _words(event, "text"), _words(event, "html")
    files = _files(event)
    if not (text.strip() or html.strip() or files):
        raise InvalidInput.field("text", "The message says nothing.", code="required")
    return InboundMessage(
        sender=SenderHandle(
            HandleKind.EXTERNAL, _text(sender, "id", "from.id"), _words(sender, "name")[:200],
            is_verified=True, label=_words(sender, "label")[:120],
        ),
        external_id=key,
        subject=_words(event, "subject")[:900] or first_words(text),
        text=text,
        html=html,
        attachments=files,
        sent_at=_moment(event),
        content_key=content_key_of("api", key),
        thread_key=conversation,
        thread={"conversation": conversation, "is_public": bool(event.get("in_public"))},
        details=_details(event),
        ticket_kind=_ticket_kind(event),
        is_sender_verified=True,
    )  # fmt: skip


def _status(event: dict[str, Any]) -> Reported:
    state = event.get("state")
    if state not in STATES:
        raise InvalidInput.field("state", f"One of {', '.join(STATES)}.")
    message_id = None
    if event.get("message_id"):
        try:
            message_id = uuid.UUID(str(event["message_id"]))
        except ValueError as error:
            raise InvalidInput.field("message_id", "This is not the id of a message.") from error
    external_id = "" if message_id else _text(event, "id")
    return Reported(
        state, external_id=external_id, message_id=message_id, reason=_words(event, "reason")[:300]
    )


def _files(event: dict[str, Any]) -> list[InboundAttachment]:
    named = event.get("attachments") or []
    if not isinstance(named, list) or len(named) > MAX_FILES:
        raise InvalidInput.field("attachments", f"A list of at most {MAX_FILES} files.")
    return [_file(each, f"attachments.{index}") for index, each in enumerate(named)]


def _file(told: Any, path: str) -> InboundAttachment:
    if not isinstance(told, dict):
        raise InvalidInput.field(path, "This is an object with name, content_type and content.")
    name, kind = _words(told, "name") or "file", _words(told, "content_type")
    if told.get("url"):
        return InboundAttachment(name, kind, source={"url": str(told["url"])[:2000]})
    try:
        content = base64.b64decode(str(told.get("content") or ""), validate=True)
    except (ValueError, binascii.Error) as error:
        raise InvalidInput.field(f"{path}.content", "This is not base64.") from error
    return InboundAttachment(name, kind, content)


def _details(event: dict[str, Any]) -> Details:
    details = Details()
    if event.get("in_public"):
        details["is_public"] = True
    link = _words(event, "permalink")
    if link.startswith(("https://", "http://")):
        details["permalink"] = link[:2000]
    rating = event.get("rating")
    if rating is not None:
        if not isinstance(rating, int) or not 1 <= rating <= 5:
            raise InvalidInput.field("rating", "A whole number from 1 to 5.")
        details["rating"] = rating
    return details


def _ticket_kind(event: dict[str, Any]) -> str:
    kind = event.get("kind", TicketKind.REQUEST)
    if kind not in TicketKind.values:
        raise InvalidInput.field("kind", f"One of {', '.join(TicketKind.values)}.")
    return str(kind)


def _moment(event: dict[str, Any]) -> datetime | None:
    said = event.get("sent_at")
    if not said:
        return None
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError as error:
        raise InvalidInput.field("sent_at", "Write 2026-11-22T09:30:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(told: dict[str, Any], name: str, path: str = "") -> str:
    """A name or id that must be there."""
    value = told.get(name)
    said = (
        str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    )
    if not said:
        raise InvalidInput.field(path or name, "This must be said.", code="required")
    if len(said) > MAX_ID_CHARS:
        raise InvalidInput.field(path or name, f"At most {MAX_ID_CHARS} characters.")
    return said


def _words(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput.field(name, "This is text.")
    return value.replace("\x00", "")
