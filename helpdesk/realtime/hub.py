"""One per process: reads the log once for all sockets, and keeps time for them.

Woken by the doorbell after each commit of this process (and, with REDIS_URL, of others); a timer
every quarter of a second asks one cheap question about all watched organizations, so that a lost
ring costs a moment and never an event.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakKeyDictionary

import structlog
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError

from helpdesk.events import doorbell
from helpdesk.events.models import Event
from helpdesk.events.selectors import Head, events_after, heads_of
from helpdesk.realtime.counts import CountsBoard
from helpdesk.realtime.feed import KEPT, Feed
from helpdesk.realtime.presence import PresenceBoard
from helpdesk.realtime.sessions import ended_among
from helpdesk.realtime.shopper_board import ShopperBoard

if TYPE_CHECKING:
    from helpdesk.realtime.agent_line import AgentLine

TIMER_SECONDS = 0.25
PING_SECONDS = 25.0
CHECK_SECONDS = 60.0
QUIET_AFTER_ERROR_SECONDS = 2.0

log = structlog.get_logger()
News = dict[uuid.UUID, tuple[Head, list[Event]]]


class Hub:
    """Sockets by organization, their feeds, and the task that keeps them moving."""

    _by_loop: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]] = WeakKeyDictionary()

    def __init__(self) -> None:
        self.sockets: dict[uuid.UUID, set[AgentLine]] = {}
        self.feeds: dict[uuid.UUID, Feed] = {}
        self.presence = PresenceBoard(self)
        self.shoppers = ShopperBoard(self)
        self.counts = CountsBoard(self)
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def here(cls) -> Hub:
        """The hub of the running event loop."""
        loop = asyncio.get_running_loop()
        hub = cls._by_loop.get(loop)
        if hub is None:
            hub = cls._by_loop[loop] = cls()
        return hub

    async def join(self, socket: AgentLine) -> Feed:
        """Begin to serve the socket; returns the feed of its organization."""
        organization_id = socket.organization_id
        self.sockets.setdefault(organization_id, set()).add(socket)
        feed = self.feeds.get(organization_id)
        if feed is None:
            head = (await _read_heads([organization_id])).get(organization_id, Head(0, ""))
            feed = self.feeds.setdefault(organization_id, Feed(head.seq, head.epoch))
        self._start()
        return feed

    def leave(self, socket: AgentLine) -> None:
        """Stop serving the socket; the last one of an organization takes its feed along."""
        sockets = self.sockets.get(socket.organization_id, set())
        sockets.discard(socket)
        self.presence.leave(socket)
        if not sockets:
            self.sockets.pop(socket.organization_id, None)
            self.feeds.pop(socket.organization_id, None)
            self.counts.forget(socket.organization_id)
        if not self.sockets:
            self._stop()

    def everybody(self) -> list[AgentLine]:
        """All sockets of this process."""
        return [each for sockets in self.sockets.values() for each in sockets]

    def _start(self) -> None:
        if self._tasks:
            return
        doorbell.listen(self._ring)
        self._tasks = [
            self._loop.create_task(self._follow(), name="realtime-follow"),
            self._loop.create_task(self._keep_time(), name="realtime-time"),
            self._loop.create_task(self._stay(self.presence.listen), name="realtime-presence"),
            self._loop.create_task(self._stay(self.presence.repeat), name="realtime-repeat"),
            self._loop.create_task(self._stay(self.shoppers.listen), name="realtime-shoppers"),
        ]
        if settings.REDIS_URL:
            self._tasks.append(self._loop.create_task(self._hear_redis(), name="realtime-redis"))

    def _stop(self) -> None:
        doorbell.unlisten(self._ring)
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self.counts.stop()

    def _ring(self, organization_id: uuid.UUID) -> None:
        """Called in the thread that committed."""
        if organization_id in self.feeds and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    async def _follow(self) -> None:
        """Read what is new, again and again; the database may be away for a while."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), TIMER_SECONDS)
            self._rung.clear()
            try:
                await self.catch_up()
            except (DatabaseError, OSError) as error:
                log.warning("realtime.database_away", error=type(error).__name__)
                await asyncio.sleep(QUIET_AFTER_ERROR_SECONDS)
            except Exception:
                log.exception("realtime.follow_failed")
                await asyncio.sleep(QUIET_AFTER_ERROR_SECONDS)

    async def catch_up(self) -> None:
        """Move every feed to its head and let the sockets send."""
        tails = {each: (feed.tail, feed.epoch) for each, feed in self.feeds.items()}
        for organization_id, (head, events) in (await _read_news(tails)).items():
            feed = self.feeds.get(organization_id)
            if feed is not None:
                await self._spread(organization_id, feed, head, events)

    async def _spread(
        self, organization_id: uuid.UUID, feed: Feed, head: Head, events: list[Event]
    ) -> None:
        if head.epoch != feed.epoch or head.seq < feed.tail:
            feed.restart(head.seq, head.epoch)
            for socket in list(self.sockets.get(organization_id, ())):
                await socket.reset("epoch")
            return
        lines = feed.add(events)
        for socket in list(self.sockets.get(organization_id, ())):
            await socket.notice(lines)
        if any(each.type.startswith(("ticket.", "message.", "view.", "csat.")) for each in lines):
            self.counts.touch(organization_id)

    async def _stay(self, work: Callable[[], Awaitable[None]]) -> None:
        """Begin again after a failure (Redis away): what it does may be lost, not stay lost."""
        while True:
            try:
                await work()
                return
            except Exception:
                log.warning("realtime.presence_failed", exc_info=True)
                await asyncio.sleep(QUIET_AFTER_ERROR_SECONDS)

    async def _keep_time(self) -> None:
        checked_at = time.monotonic()
        while True:
            await asyncio.sleep(PING_SECONDS)
            for socket in self.everybody():
                await socket.ping(self.feeds[socket.organization_id].tail)
            if time.monotonic() - checked_at >= CHECK_SECONDS - PING_SECONDS / 2:
                checked_at = time.monotonic()
                await self.check_sessions()

    async def check_sessions(self, sockets: list[AgentLine] | None = None) -> None:
        """Close those whose session has ended or whose person was deactivated."""
        asked = self.everybody() if sockets is None else sockets
        try:
            ended = await ended_among([each.pass_ for each in asked])
        except (DatabaseError, OSError) as error:
            log.warning("realtime.database_away", error=type(error).__name__)
            return
        for socket in asked:
            if socket.pass_ in ended:
                await socket.sign_out()

    async def _hear_redis(self) -> None:
        """Rings of other processes; while Redis is away the timer alone does it."""
        from redis import RedisError
        from redis.asyncio import Redis

        while True:
            try:
                async with Redis.from_url(settings.REDIS_URL).pubsub() as heard:
                    await heard.subscribe(doorbell.CHANNEL)
                    async for _ in heard.listen():
                        self._rung.set()
            except (RedisError, OSError) as error:
                log.warning("realtime.redis_away", error=type(error).__name__)
            await asyncio.sleep(QUIET_AFTER_ERROR_SECONDS)


async def _read_heads(organization_ids: list[uuid.UUID]) -> dict[uuid.UUID, Head]:
    return await database_sync_to_async(heads_of, thread_sensitive=False)(organization_ids)


async def _read_news(tails: dict[uuid.UUID, tuple[int, str]]) -> News:
    return await database_sync_to_async(_news_since, thread_sensitive=False)(tails)


def _news_since(tails: dict[uuid.UUID, tuple[int, str]]) -> News:
    """Per organization that moved: its head and the events after the tail."""
    news: News = {}
    for organization_id, head in heads_of(list(tails)).items():
        tail, epoch = tails[organization_id]
        if head.epoch != epoch or head.seq < tail:
            news[organization_id] = (head, [])
        elif head.seq > tail:
            news[organization_id] = (head, events_after(organization_id, tail, limit=KEPT))
    return news
