"""The widget's socket ``/ws/widget/<site>``: a plain ASGI application, small in memory.

Public and without cookies: a visitor token opens it, from our own frame alone. The server sends
lines behind the positions that ``hello`` names; everything that must not be lost goes over HTTP.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import structlog
from channels.db import database_sync_to_async

from helpdesk.lib.errors import HelpdeskError
from helpdesk.realtime.origin import is_own_origin
from helpdesk.realtime.shopper_hub import ShopperHub, first_position, written
from integrations.chat.models import Conversation, Line, Visitor
from integrations.chat.records import ConversationRecord
from integrations.chat.seeing import note_seen
from integrations.chat.sites import get_site
from integrations.chat.visitors import get_visitor

NOT_IDENTIFIED = 4401
NOT_UNDERSTOOD = 4400
BUSY = 4429
MAX_FRAME_CHARS = 8192
MAX_FRAMES = 120
"""So many frames of one client per ping; more ends the socket."""
MAX_PER_VISITOR = 8
MAX_HELLO = 200

log = structlog.get_logger()
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Known:
    """How far one conversation has been sent to one socket."""

    __slots__ = ("position", "revision", "seen", "ticket_id")

    def __init__(self, position: int) -> None:
        self.position = position
        self.revision = -1
        self.seen = 0
        self.ticket_id: uuid.UUID | None = None


class ShopperLine:
    """One open widget. Holds positions, never messages."""

    __slots__ = ("_frames", "_send", "is_greeted", "known", "site", "visitor", "visitor_id")

    def __init__(self, send: Send, site: str, visitor: Visitor) -> None:
        self._send = send
        self.site = site
        self.visitor = visitor
        self.visitor_id = visitor.pk
        self.known: dict[uuid.UUID, Known] = {}
        self.is_greeted = False
        self._frames = 0

    async def send(self, text: str) -> None:
        """Bring a frame to the widget; a socket that is gone is noticed by its own task."""
        try:
            await self._send({"type": "websocket.send", "text": text})
        except (RuntimeError, OSError):
            self.is_greeted = False

    async def hang_up(self) -> None:
        """End the line because nobody may be behind it any more."""
        self.is_greeted = False
        try:
            await self._send({"type": "websocket.close", "code": NOT_IDENTIFIED})
        except (RuntimeError, OSError):
            return

    async def bring(
        self, conversation: Conversation, record: ConversationRecord, lines: list[Line]
    ) -> int:
        """Send what is new of a conversation; returns the position that it now stands at."""
        known = self.known.get(conversation.pk)
        if known is None:
            known = Known(first_position(conversation.last_position))
            self.known[conversation.pk] = known
        for line in lines:
            if line.position == known.position + 1:
                await self.send(written(line, self.site, self.visitor))
                known.position = line.position
        if conversation.agent_seen_position != known.seen:
            known.seen = conversation.agent_seen_position
            await self._tell("seen", conversation_id=str(conversation.pk), position=known.seen)
        await self._tell("conversation", conversation=record)
        known.ticket_id = conversation.ticket_id
        if known.position >= conversation.last_position:
            known.revision = conversation.revision
        return known.position

    async def heard(self, frame: dict[str, Any], hub: ShopperHub) -> None:
        """A frame of the widget."""
        kind = frame["type"]
        if kind == "hello":
            self._greet(frame, hub)
        elif kind == "typing" and self.is_greeted:
            await hub.say_typing(
                self, str(frame.get("conversation_id")), is_typing=bool(frame.get("is_typing"))
            )
        elif kind == "seen" and self.is_greeted:
            conversation_id, position = _id(frame.get("conversation_id")), frame.get("position")
            if conversation_id is not None and type(position) is int and position >= 0:
                await _in_thread(_note_seen, self.visitor_id, conversation_id, position)

    def spends(self) -> bool:
        """Whether the client may send one more frame."""
        self._frames += 1
        return self._frames <= MAX_FRAMES

    def rest(self) -> None:
        """A ping: the client's frames count afresh."""
        self._frames = 0

    def _greet(self, frame: dict[str, Any], hub: ShopperHub) -> None:
        """Everything behind these positions is sent first, then what comes."""
        after = frame.get("after")
        told = list(after.items())[:MAX_HELLO] if isinstance(after, dict) else []
        self.known = {}
        for name, position in told:
            conversation_id = _id(name)
            if conversation_id is not None and type(position) is int and 0 <= position < 2**31:
                self.known[conversation_id] = Known(position)
        self.is_greeted = True
        hub.wake(self.visitor_id)

    async def _tell(self, kind: str, **more: Any) -> None:
        frame = {"type": kind, **more}
        await self.send(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))


async def shopper_socket(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """Serve one socket from handshake to end."""
    if (await receive())["type"] != "websocket.connect":
        return
    if not is_own_origin(scope):
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "websocket.accept"})
    site = str(scope["url_route"]["kwargs"]["site"])
    visitor = await _in_thread(_find_visitor, site, _token(scope))
    if visitor is None:
        await send({"type": "websocket.close", "code": NOT_IDENTIFIED})
        return
    hub = ShopperHub.here()
    if hub.is_full or len(hub.sockets.get(visitor.pk, ())) >= MAX_PER_VISITOR:
        await send({"type": "websocket.close", "code": BUSY})
        return
    line = ShopperLine(send, site, visitor)
    hub.join(line)
    try:
        await _listen(line, hub, receive, send)
    finally:
        line.is_greeted = False
        hub.leave(line)


async def _listen(line: ShopperLine, hub: ShopperHub, receive: Any, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        frame = _parse(message.get("text"))
        if frame is None or not line.spends():
            await send({"type": "websocket.close", "code": NOT_UNDERSTOOD})
            return
        await line.heard(frame, hub)


def _find_visitor(site: str, token: str) -> Visitor | None:
    try:
        return get_visitor(get_site(site), token)
    except HelpdeskError:
        return None


def _note_seen(visitor_id: uuid.UUID, conversation_id: uuid.UUID, position: int) -> None:
    """Of the visitor's own conversations only: ``hello`` may have named any."""
    if Conversation.objects.filter(pk=conversation_id, visitor_id=visitor_id).exists():
        note_seen(conversation_id, min(position, 2**31 - 1))


def _token(scope: dict[str, Any]) -> str:
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return (asked.get("token") or [""])[0]


def _parse(text: str | None) -> dict[str, Any] | None:
    if text is None or len(text) > MAX_FRAME_CHARS:
        return None
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_frame = isinstance(frame, dict) and isinstance(frame.get("type"), str)
    return frame if is_frame else None


def _id(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


async def _in_thread(work: Any, *args: Any) -> Any:
    return await database_sync_to_async(work, thread_sensitive=False)(*args)
