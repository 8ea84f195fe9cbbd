"""What one page of an agent hears and says, whatever carries it: the socket or a long poll."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import structlog
from channels.db import database_sync_to_async

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import may
from helpdesk.events.catalog import MAJOR_VERSION
from helpdesk.events.selectors import (
    BATCH_LIMIT,
    CATCH_UP_LIMIT,
    Head,
    events_after,
    head_of,
    reset_reason,
    rights_events_after,
)
from helpdesk.lib.errors import NotFound
from helpdesk.realtime.feed import Feed, Line, batch_frame
from helpdesk.realtime.hub import Hub
from helpdesk.realtime.presence import STATES, Whereabouts
from helpdesk.realtime.sessions import Pass
from helpdesk.realtime.visibility import Sight, mark_of, rights_change
from tickets.selectors import get_ticket

log = structlog.get_logger()


class AgentLine:
    """``cursor`` is the last event the page is known to have been sent."""

    organization_id: uuid.UUID
    user: User
    pass_: Pass
    sight: Sight
    feed: Feed
    hub: Hub

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.cursor = 0
        self.rights = ""
        self.is_greeted = False
        self.counts_sent: dict[str, int] = {}
        self._sending = asyncio.Lock()
        self._catching_up: asyncio.Task[None] | None = None

    async def carry(self, text: str) -> None:
        """Bring a frame to the page."""
        raise NotImplementedError

    async def hang_up(self) -> None:
        """End the line because nobody is signed in behind it any more."""
        raise NotImplementedError

    async def join(self, user: User, session_key: str) -> None:
        """Begin to listen for a person who may be here."""
        self.user = user
        self.organization_id = user.organization_id
        self.pass_ = Pass(session_key, user.pk)
        self.sight = await database_sync_to_async(Sight.of, thread_sensitive=False)(user)
        self.hub = Hub.here()
        self.feed = await self.hub.join(self)

    def leave(self) -> None:
        """Stop listening."""
        self.is_greeted = False
        if hasattr(self, "hub"):
            self.hub.leave(self)
        if self._catching_up is not None:
            self._catching_up.cancel()

    async def notice(self, lines: list[Line]) -> None:
        """The feed has grown: send what is new. Called by the hub for each socket in turn."""
        if any(self._changes_my_rights(each) for each in lines):
            await self._reread_rights()
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
        await self.hang_up()

    async def send_ready(self, text: str) -> None:
        """Send an unnumbered frame to a page that has said hello."""
        if self.is_greeted:
            await self.carry(text)

    async def send_text(self, frame: dict[str, Any]) -> None:
        """Send a frame."""
        await self.carry(json.dumps(frame, separators=(",", ":")))

    async def hello(self, frame: dict[str, Any]) -> None:
        """The page says where it is; it hears where the log is and what it may see."""
        cursor = _cursor_of(frame)
        if not await self._refresh_rights():
            return
        head, reason = await _examine(
            self.user,
            self.rights,
            cursor,
            str(frame.get("epoch") or ""),
            str(frame.get("rights") or ""),
        )
        self.counts_sent = {}
        await self.send_text(
            {
                "type": "hello",
                "cursor": cursor,
                "epoch": head.epoch,
                "head": head.seq,
                "catalog": MAJOR_VERSION,
            }
        )
        if reason:
            await self.reset(reason)
            return
        self.cursor, self.is_greeted = cursor, True
        self._begin_to_catch_up()
        for board in (self.hub.presence, self.hub.shoppers):
            for text in board.frames(self.organization_id, self.sight):
                await self.carry(text)

    async def pull(self, frame: dict[str, Any]) -> None:
        """The page misses what comes after its cursor."""
        cursor = _cursor_of(frame)
        if cursor > self.feed.tail and cursor > self.cursor:
            await self.reset("epoch")
            return
        self.cursor = cursor
        if cursor >= self.feed.tail:
            await self.ping(max(cursor, self.feed.tail))
        else:
            self._begin_to_catch_up()

    async def be_present(self, frame: dict[str, Any]) -> None:
        """A tab behind this line is now on this ticket, or on none."""
        found = await presence_from(self.user, frame)
        if found is not None:
            await self.hub.presence.place(self, found)

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
            mine = (self.user.pk, "everybody")
            if any(each.changes_rights_of in mine for each in some) and await self._reread_rights():
                return
            seen = [each.seen_by(self.user, self.sight) for each in some]
            frame = batch_frame(self.cursor, some[-1].seq, [each for each in seen if each])
            self.cursor = some[-1].seq
            await self.carry(frame)

    def _changes_my_rights(self, line: Line) -> bool:
        return line.type == "user.updated" and line.object_id == self.user.pk

    async def _reread_rights(self) -> bool:
        """Rights may have changed: whoever now sees other things loads afresh. True: so it is."""
        before, was_greeted = self.sight, self.is_greeted
        if not await self._refresh_rights():
            return True
        if self.sight == before:
            return False
        if was_greeted:
            await self.reset("permissions")
        return True

    async def _refresh_rights(self) -> bool:
        """Take the person as they are now; False: they may no longer be here."""
        found = await database_sync_to_async(_find_user, thread_sensitive=False)(self.user.pk)
        if found is None:
            await self.sign_out()
            return False
        self.user, self.sight = found
        self.rights = mark_of(self.user, self.sight)
        return True


async def presence_from(user: User, frame: dict[str, Any]) -> Whereabouts | None:
    """What a presence frame says; None when it says nothing that may be told."""
    page, state = str(frame.get("page") or ""), frame.get("state", "viewing")
    ticket_id, team_id = frame.get("ticket_id"), None
    if state not in STATES or len(page) > 64:
        return None
    if ticket_id is not None:
        found = await _visible_ticket(user, ticket_id)
        if found is None:
            return None
        ticket_id, team_id = found
    return Whereabouts(page, ticket_id, team_id, state if may(user, "ticket.reply") else "viewing")


def _cursor_of(frame: dict[str, Any]) -> int:
    cursor = frame.get("cursor")
    is_number = isinstance(cursor, int) and not isinstance(cursor, bool)
    return max(0, min(cursor, 2**62)) if is_number and cursor is not None else 0


def _find_user(user_id: uuid.UUID) -> tuple[User, Sight] | None:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return (user, Sight.of(user)) if user else None


async def _examine(
    user: User, rights: str, cursor: int, epoch: str, known: str
) -> tuple[Head, str]:
    """The log's head, and why the page must load afresh (or nothing).

    A page that does not say what it could see is judged by what happened since it was here.
    """

    def examine() -> tuple[Head, str]:
        head = head_of(user.organization_id)
        reason = reset_reason(user.organization_id, head, cursor=cursor, epoch=epoch)
        if known and known != rights:
            reason = "permissions"
        elif not known and not reason:
            since = rights_events_after(user.organization_id, cursor)
            reason = "permissions" if rights_change(user, since) else ""
        return head, reason

    return await database_sync_to_async(examine, thread_sensitive=False)()


async def _read_lines(organization_id: uuid.UUID, cursor: int) -> list[Line]:
    def read() -> list[Line]:
        return [Line.of(each) for each in events_after(organization_id, cursor)]

    return await database_sync_to_async(read, thread_sensitive=False)()


async def _visible_ticket(user: User, ticket_id: Any) -> tuple[str, str | None] | None:
    """The ticket and its team, if the person may see it."""

    def find() -> tuple[str, str | None] | None:
        try:
            ticket = get_ticket(user, uuid.UUID(str(ticket_id)))
            return str(ticket.pk), str(ticket.team_id) if ticket.team_id else None
        except (NotFound, ValueError):
            return None

    return await database_sync_to_async(find, thread_sensitive=False)()
