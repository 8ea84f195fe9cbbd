"""The agent app's socket ``/ws/agent``: the event log, live, from the client's own cursor on."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import CAPABILITIES, may
from helpdesk.events.selectors import (
    BATCH_LIMIT,
    CATCH_UP_LIMIT,
    Head,
    events_after,
    head_of,
    reset_reason,
)
from helpdesk.lib.errors import NotFound
from helpdesk.realtime.feed import Feed, Line, batch_frame
from helpdesk.realtime.hub import Hub
from helpdesk.realtime.origin import is_own_origin
from helpdesk.realtime.presence import STATES
from helpdesk.realtime.sessions import Pass
from tickets.selectors import get_ticket

SIGNED_OUT = 4401
NOT_UNDERSTOOD = 4400
MAX_FRAME_CHARS = 4096

log = structlog.get_logger()


class AgentSocket(AsyncWebsocketConsumer):
    """One page of one agent. ``cursor`` is the last event the page is known to have been sent."""

    organization_id: uuid.UUID
    user: User
    pass_: Pass
    feed: Feed
    hub: Hub

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.id = uuid.uuid4().hex
        self.cursor = 0
        self.is_greeted = False
        self.counts_sent: dict[str, int] = {}
        self._sending = asyncio.Lock()
        self._catching_up: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Refuse pages that are not ours, close those nobody is signed in on, serve the rest."""
        if not is_own_origin(self.scope):
            await self.close()
            return
        await self.accept()
        user, session = self.scope.get("user"), self.scope.get("session")
        if user is None or not user.is_authenticated or not may(user, "ticket.view"):
            await self.close(SIGNED_OUT)
            return
        self.user = user if isinstance(user, User) else user._wrapped  # a lazy object
        self.organization_id = self.user.organization_id
        self.pass_ = Pass(session.session_key or "", self.user.pk)
        self.hub = Hub.here()
        self.feed = await self.hub.join(self)

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "hub"):
            self.hub.leave(self)
        if self._catching_up is not None:
            self._catching_up.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A frame of the client; what cannot be understood ends the socket, never the process."""
        frame = _parse(text_data)
        if frame is None or not hasattr(self, "hub"):
            await self.close(NOT_UNDERSTOOD)
            return
        kind = frame["type"]
        if kind == "hello":
            await self._hello(frame)
        elif kind == "pull" and self.is_greeted:
            await self._pull(frame)
        elif kind == "presence" and self.is_greeted:
            await self._presence(frame)

    async def notice(self, lines: list[Line]) -> None:
        """The feed has grown: send what is new. Called by the hub for each socket in turn."""
        if any(self._changes_my_rights(each) for each in lines):
            await self._reread_user()
        if not self.is_greeted or self._catching_up is not None:
            return
        known = self.feed.after(self.cursor)
        if known is None or self._sending.locked():
            self._begin_to_catch_up()
            return
        async with self._sending:
            await self._send_lines(known)

    async def ping(self, head: int) -> None:
        """Tell how far the log goes, so that whatever was lost is asked for."""
        if self.is_greeted:
            await self.send_text({"type": "ping", "head": head})

    async def reset(self, reason: str) -> None:
        """The page must load afresh."""
        self.is_greeted = False
        await self.send_text({"type": "reset", "reason": reason})

    async def sign_out(self) -> None:
        """The session ended or the person may no longer be here."""
        self.is_greeted = False
        await self.close(SIGNED_OUT)

    async def send_ready(self, text: str) -> None:
        """Send an unnumbered frame to a page that has said hello."""
        if self.is_greeted:
            await self._send(text)

    async def send_text(self, frame: dict[str, Any]) -> None:
        """Send a frame."""
        await self._send(json.dumps(frame, separators=(",", ":")))

    async def _send(self, text: str) -> None:
        try:
            await self.send(text_data=text)
        except (RuntimeError, OSError):
            self.is_greeted = False  # gone; ``disconnect`` follows

    async def _hello(self, frame: dict[str, Any]) -> None:
        cursor, epoch = _cursor_of(frame), frame.get("epoch")
        head, reason = await _examine(self.organization_id, cursor, str(epoch or ""))
        self.counts_sent = {}
        await self.send_text(
            {"type": "hello", "cursor": cursor, "epoch": head.epoch, "head": head.seq}
        )
        if reason:
            await self.reset(reason)
            return
        self.cursor, self.is_greeted = cursor, True
        self._begin_to_catch_up()
        for text in self.hub.presence.frames(self.organization_id):
            await self._send(text)

    async def _pull(self, frame: dict[str, Any]) -> None:
        cursor = _cursor_of(frame)
        if cursor > self.feed.tail and cursor > self.cursor:
            await self.reset("epoch")
            return
        self.cursor = cursor
        if cursor >= self.feed.tail:
            await self.ping(max(cursor, self.feed.tail))
        else:
            self._begin_to_catch_up()

    async def _presence(self, frame: dict[str, Any]) -> None:
        ticket_id, state = frame.get("ticket_id"), frame.get("state", "viewing")
        if state not in STATES:
            return
        if ticket_id is not None:
            ticket_id = await _visible_ticket(self.user, ticket_id)
            if ticket_id is None:
                return
        if state != "viewing" and not may(self.user, "ticket.reply"):
            state = "viewing"
        await self.hub.presence.place(self, ticket_id, state)

    def _begin_to_catch_up(self) -> None:
        if self._catching_up is None:
            self._catching_up = asyncio.get_running_loop().create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """Send everything from the cursor to the feed's tail; a failure waits for the next pull."""
        try:
            await self._send_what_is_missing()
        except Exception:
            log.exception("realtime.catch_up_failed")
        finally:
            self._catching_up = None

    async def _send_what_is_missing(self) -> None:
        async with self._sending:
            while self.is_greeted and self.cursor < self.feed.tail:
                if self.feed.tail - self.cursor > CATCH_UP_LIMIT:
                    await self.reset("far_behind")
                    return
                lines = self.feed.after(self.cursor)
                if lines is None:
                    lines = await _read_lines(self.organization_id, self.cursor)
                    if not lines or lines[0].seq != self.cursor + 1:
                        await self.reset("expired")
                        return
                await self._send_lines(lines)

    async def _send_lines(self, lines: list[Line]) -> None:
        for begin in range(0, len(lines), BATCH_LIMIT):
            some = lines[begin : begin + BATCH_LIMIT]
            visible = [each for each in some if self._may_see(each)]
            frame = batch_frame(self.cursor, some[-1].seq, visible)
            self.cursor = some[-1].seq
            await self._send(frame)

    def _may_see(self, line: Line) -> bool:
        if line.reader is not None and line.reader != str(self.user.pk):
            return False
        return line.capability in CAPABILITIES.get(self.user.role, frozenset())

    def _changes_my_rights(self, line: Line) -> bool:
        return line.type == "user.updated" and line.object_id == self.user.pk

    async def _reread_user(self) -> None:
        """The person changed: another role sees other things, so the page loads afresh."""
        role = self.user.role
        user = await database_sync_to_async(_find_user, thread_sensitive=False)(self.user.pk)
        if user is None:
            await self.sign_out()
            return
        self.user = user
        if user.role != role:
            await self.reset("permissions")


def _parse(text: str | None) -> dict[str, Any] | None:
    if text is None or len(text) > MAX_FRAME_CHARS:
        return None
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    is_frame = isinstance(frame, dict) and isinstance(frame.get("type"), str)
    return frame if is_frame else None


def _cursor_of(frame: dict[str, Any]) -> int:
    cursor = frame.get("cursor")
    is_number = isinstance(cursor, int) and not isinstance(cursor, bool)
    return max(0, min(cursor, 2**62)) if is_number and cursor is not None else 0


def _find_user(user_id: uuid.UUID) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first()


async def _examine(organization_id: uuid.UUID, cursor: int, epoch: str) -> tuple[Head, str]:
    def examine() -> tuple[Head, str]:
        head = head_of(organization_id)
        return head, reset_reason(organization_id, head, cursor=cursor, epoch=epoch)

    return await database_sync_to_async(examine, thread_sensitive=False)()


async def _read_lines(organization_id: uuid.UUID, cursor: int) -> list[Line]:
    def read() -> list[Line]:
        return [Line.of(each) for each in events_after(organization_id, cursor)]

    return await database_sync_to_async(read, thread_sensitive=False)()


async def _visible_ticket(user: User, ticket_id: Any) -> str | None:
    def find() -> str | None:
        try:
            return str(get_ticket(user, uuid.UUID(str(ticket_id))).pk)
        except (NotFound, ValueError):
            return None

    return await database_sync_to_async(find, thread_sensitive=False)()
