"""One per process: finds what changed for connected shoppers, once for all their sockets.

Woken by the chat's doorbell with the visitor it is about; a slow timer asks about everybody, so
that a lost ring costs a moment and never a message. Lines are sent by this one task alone, behind
each socket's own position: what was missed and what is new come by the same road, in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError

from helpdesk.accounts.sessions import SESSIONS_GROUP
from integrations.chat import doorbell
from integrations.chat.models import Conversation, Line, Visitor
from integrations.chat.records import ConversationRecord, line_record
from integrations.chat.seeing import note_delivered
from integrations.chat.selectors import (
    get_conversations,
    lines_after,
    records_of,
    revisions_of,
)
from integrations.chat.signs import notice_of, say
from integrations.chat.visitors import generations_of, note_seen
from tickets.models import Ticket

if TYPE_CHECKING:
    from helpdesk.realtime.shopper_socket import ShopperLine

TIMER_SECONDS = 2.0
PING_SECONDS = 25.0
HERE_SECONDS = 15.0
MOVES_SECONDS = 0.2
LINES = 50
QUIET_AFTER_ERROR_SECONDS = 2.0
TYPING_SECONDS = 8.0
MAX_SOCKETS = 5000

log = structlog.get_logger()
Told = dict[uuid.UUID, tuple[int, int]]
"""Position and revision per conversation, as one socket has them."""


class News:
    """What the database says about some visitors: their conversations and what lies behind."""

    def __init__(
        self,
        conversations: list[Conversation],
        records: dict[uuid.UUID, ConversationRecord],
        lines: dict[uuid.UUID, list[Line]],
    ) -> None:
        self.conversations = conversations
        self.records = records
        self.lines = lines


class ShopperHub:
    """Sockets by visitor, and the tasks that keep them moving."""

    _by_loop: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, ShopperHub]] = (
        WeakKeyDictionary()
    )

    def __init__(self) -> None:
        self.sockets: dict[uuid.UUID, set[ShopperLine]] = {}
        self._loop = asyncio.get_running_loop()
        self._changed: set[uuid.UUID] = set()
        self._rung = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._asides: set[asyncio.Task[None]] = set()
        self._typing: dict[tuple[str, str], float] = {}
        self._moves: dict[uuid.UUID, str] = {}
        self._moved = asyncio.Event()

    @classmethod
    def here(cls) -> ShopperHub:
        """The hub of the running event loop."""
        loop = asyncio.get_running_loop()
        hub = cls._by_loop.get(loop)
        if hub is None:
            hub = cls._by_loop[loop] = cls()
        return hub

    @property
    def is_full(self) -> bool:
        """Whether this process should take no more."""
        return sum(len(each) for each in self.sockets.values()) >= MAX_SOCKETS

    def join(self, line: ShopperLine) -> None:
        """Begin to serve the socket; it hears nothing before its ``hello``."""
        self.sockets.setdefault(line.visitor_id, set()).add(line)
        self._start()
        self._show_soon(line.visitor_id, "here")

    def leave(self, line: ShopperLine) -> None:
        """Stop serving the socket; the visitor's last one says goodbye."""
        mine = self.sockets.get(line.visitor_id, set())
        mine.discard(line)
        if not mine:
            self.sockets.pop(line.visitor_id, None)
            self._show_soon(line.visitor_id, "left")
        if not self.sockets:
            self._stop()
            self.aside(self._show_moves)

    def wake(self, visitor_id: uuid.UUID) -> None:
        """Something of this visitor's is to be looked at (``hello``, a ring)."""
        self._changed.add(visitor_id)
        self._rung.set()

    def aside(self, work: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Do it without making anybody wait; a failure is logged and nothing more."""

        async def guarded() -> None:
            try:
                await work(*args)
            except Exception:
                log.warning("shoppers.aside_failed", exc_info=True)

        task = self._loop.create_task(guarded())
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def say_typing(self, line: ShopperLine, conversation_id: str, *, is_typing: bool) -> None:
        """The shopper types: told to the team."""
        ticket = await _in_thread(_ticket_of, line.visitor_id, conversation_id)
        if ticket is not None:
            await say([notice_of(line.visitor_id, ticket, "typing" if is_typing else "here")])

    async def catch_up(self, visitor_ids: list[uuid.UUID]) -> None:
        """Send every socket of these visitors what it has not got, as far as one round reaches."""
        asked = {
            each: [
                {key: (known.position, known.revision) for key, known in line.known.items()}
                for line in self.sockets.get(each, ())
                if line.is_greeted
            ]
            for each in visitor_ids
        }
        asked = {each: told for each, told in asked.items() if told}
        if not asked:
            return
        news = await _in_thread(_news_of, asked)
        for conversation in news.conversations:
            await self._spread(conversation, news)

    async def _spread(self, conversation: Conversation, news: News) -> None:
        fresh = news.lines.get(conversation.pk, [])
        reached = 0
        for socket in list(self.sockets.get(conversation.visitor_id, ())):
            if not socket.is_greeted:
                continue
            known = socket.known.get(conversation.pk)
            if known is not None and known.revision == conversation.revision:
                continue
            sent = await socket.bring(conversation, news.records[conversation.pk], fresh)
            reached = max(reached, sent)
            if sent < conversation.last_position and len(fresh) >= LINES:
                self.wake(conversation.visitor_id)
        if reached > conversation.delivered_position:
            self.aside(_in_thread, note_delivered, conversation.pk, reached)

    def _start(self) -> None:
        if self._tasks:
            return
        doorbell.listen(self._ring)
        work = [
            self._follow(), self._keep_time(), self._stay_here(), self._hear_team(),
            self._tell_moves(),
        ]  # fmt: skip
        if settings.REDIS_URL:
            work.append(self._hear_redis())
        self._tasks = [self._loop.create_task(each) for each in work]

    def _stop(self) -> None:
        doorbell.unlisten(self._ring)
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    def _ring(self, visitor_id: uuid.UUID) -> None:
        """Called in the thread that committed."""
        if visitor_id in self.sockets and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.wake, visitor_id)

    async def _follow(self) -> None:
        while True:
            timed_out = False
            try:
                await asyncio.wait_for(self._rung.wait(), TIMER_SECONDS)
            except TimeoutError:
                timed_out = True
            self._rung.clear()
            asked = list(self.sockets) if timed_out else list(self._changed)
            self._changed.clear()
            try:
                await self.catch_up(asked)
            except (DatabaseError, OSError) as error:
                log.warning("shoppers.database_away", error=type(error).__name__)
                await asyncio.sleep(QUIET_AFTER_ERROR_SECONDS)
            except Exception:
                log.exception("shoppers.follow_failed")
                await asyncio.sleep(QUIET_AFTER_ERROR_SECONDS)

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            for socket in self._everybody():
                socket.rest()
                await socket.send('{"type":"ping"}')

    async def _stay_here(self) -> None:
        """Say again and again who is here, so that a process that died leaves no ghosts."""
        while True:
            await asyncio.sleep(HERE_SECONDS)
            with contextlib.suppress(DatabaseError, OSError):
                await self._show(list(self.sockets), "here")
                await self.close_ended()

    def _show_soon(self, visitor_id: uuid.UUID, state: str) -> None:
        """Many come or go at once when a network or a process comes back: they are told together."""
        self._moves[visitor_id] = state
        self._moved.set()

    async def _show_moves(self) -> None:
        moves, self._moves = self._moves, {}
        self._moved.clear()
        for state in ("left", "here"):
            ids = [each for each, said in moves.items() if said == state]
            if ids:
                await self._show(ids, state)

    async def _tell_moves(self) -> None:
        while True:
            await self._moved.wait()
            await asyncio.sleep(MOVES_SECONDS)
            with contextlib.suppress(DatabaseError, OSError):
                await self._show_moves()

    async def close_ended(self) -> None:
        """End sockets whose site was switched off or whose session is over."""
        live = await _in_thread(generations_of, list(self.sockets))
        for visitor_id, sockets in list(self.sockets.items()):
            for socket in list(sockets):
                if live.get(visitor_id) != socket.visitor.generation:
                    await socket.hang_up()

    async def _show(self, visitor_ids: list[uuid.UUID], state: str) -> None:
        tickets = await _in_thread(_note_here, visitor_ids, state)
        await say([notice_of(pk, ticket, state) for pk, ticket in tickets.items()])

    async def _hear_team(self) -> None:
        """What agents' tabs say of themselves: who is replying on a ticket types here."""
        layer = get_channel_layer()
        if layer is None:
            return
        while True:
            try:
                channel = await layer.new_channel("aftercare.shoppers.hub")
                await layer.group_add(SESSIONS_GROUP, channel)
                while True:
                    heard = await layer.receive(channel)
                    if heard.get("type") == "presence.changed":
                        await self._hear_agent(heard)
            except Exception:
                log.warning("shoppers.presence_failed", exc_info=True)
                await asyncio.sleep(QUIET_AFTER_ERROR_SECONDS)

    async def _hear_agent(self, heard: dict[str, Any]) -> None:
        """A tab began or ceased to reply; said once, and again only while it goes on."""
        at, tab = time.monotonic(), str(heard["socket"])
        was_on = [key for key in self._typing if key[0] == tab]
        ticket_id = heard["ticket_id"]
        is_typing = heard["state"] == "replying" and ticket_id is not None
        for key in was_on:
            if not is_typing or key[1] != ticket_id:
                del self._typing[key]
                await self._say_typing(key[1], heard["user_id"], is_typing=False)
        if is_typing and at - self._typing.get((tab, ticket_id), 0.0) > TYPING_SECONDS / 2:
            self._typing[tab, ticket_id] = at
            await self._say_typing(ticket_id, heard["user_id"], is_typing=True)

    async def _say_typing(self, ticket_id: str, user_id: str, *, is_typing: bool) -> None:
        sockets = [
            (socket, conversation_id)
            for socket in self._everybody()
            for conversation_id, known in socket.known.items()
            if str(known.ticket_id) == ticket_id
        ]
        if not sockets:
            return
        name = await _in_thread(_first_name, user_id)
        for socket, conversation_id in sockets:
            frame = {
                "type": "typing",
                "conversation_id": str(conversation_id),
                "name": name,
                "is_typing": is_typing,
            }
            await socket.send(json.dumps(frame, separators=(",", ":")))

    def _everybody(self) -> list[ShopperLine]:
        return [each for sockets in self.sockets.values() for each in sockets if each.is_greeted]

    async def _hear_redis(self) -> None:
        """Rings of other processes; while Redis is away the timer alone does it."""
        from redis import RedisError
        from redis.asyncio import Redis

        while True:
            try:
                async with Redis.from_url(settings.REDIS_URL).pubsub() as heard:
                    await heard.subscribe(doorbell.CHANNEL)
                    async for ring in heard.listen():
                        if ring["type"] == "message":
                            self._ring(uuid.UUID(hex=ring["data"].decode()))
            except (RedisError, OSError, ValueError) as error:
                log.warning("shoppers.redis_away", error=type(error).__name__)
            await asyncio.sleep(QUIET_AFTER_ERROR_SECONDS)


def written(line: Line, site: str, visitor: Visitor) -> str:
    """A ``message`` frame."""
    frame = {
        "type": "message",
        "conversation_id": str(line.conversation_id),
        "message": line_record(line, site, visitor),
    }
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


async def _in_thread(work: Any, *args: Any) -> Any:
    return await database_sync_to_async(work, thread_sensitive=False)(*args)


def first_position(last_position: int) -> int:
    """Where a conversation begins that the widget has not named: its last lines, not all."""
    return max(0, last_position - LINES)


def _news_of(asked: dict[uuid.UUID, list[Told]]) -> News:
    """What changed since the sockets were last told, for whichever of them is behind the most."""
    changed: dict[uuid.UUID, int] = {}
    for pk, visitor_id, revision, last in revisions_of(list(asked)):
        known = [each.get(pk, (first_position(last), -1)) for each in asked[visitor_id]]
        if any(told_revision != revision for _, told_revision in known):
            changed[pk] = min(position for position, _ in known)
    conversations = get_conversations(list(changed))
    records = records_of(conversations)
    by_id = dict(zip((each.pk for each in conversations), records, strict=True))
    return News(conversations, by_id, lines_after(changed, limit=LINES))


def _note_here(visitor_ids: list[uuid.UUID], state: str) -> dict[uuid.UUID, Ticket]:
    from integrations.chat.conversations import tickets_of

    note_seen(visitor_ids, here=state != "left")
    return tickets_of(visitor_ids)


def _ticket_of(visitor_id: uuid.UUID, conversation_id: str) -> Ticket | None:
    try:
        wanted = uuid.UUID(conversation_id)
    except ValueError:
        return None
    found = (
        Conversation.objects.select_related("ticket")
        .filter(pk=wanted, visitor_id=visitor_id)
        .first()
    )
    return found.ticket if found is not None else None


def _first_name(user_id: str) -> str:
    from helpdesk.accounts.models import User

    found = User.objects.filter(pk=user_id).first()
    return found.first_name if found is not None else ""
