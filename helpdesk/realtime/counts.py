"""The numbers beside the views, sent to sockets a moment after tickets changed."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from typing import TYPE_CHECKING

import structlog
from channels.db import database_sync_to_async
from django.db import DatabaseError

from tickets.selectors import counts_for_people

if TYPE_CHECKING:
    from helpdesk.realtime.hub import Hub

WAIT_SECONDS = 1.0
SHARE_OF_TIME = 0.05
"""Counting may take so much of the time: a query of 200 ms runs at most every 4 s."""

log = structlog.get_logger()


class CountsBoard:
    """Debounces: however many events come, an organization is counted once a while."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._again: set[uuid.UUID] = set()
        self._pause: dict[uuid.UUID, float] = {}

    def touch(self, organization_id: uuid.UUID) -> None:
        """Something changed; count soon."""
        if organization_id in self._waiting:
            self._again.add(organization_id)
            return
        task = asyncio.get_running_loop().create_task(self._later(organization_id))
        self._waiting[organization_id] = task

    def forget(self, organization_id: uuid.UUID) -> None:
        """Nobody is there any more."""
        task = self._waiting.pop(organization_id, None)
        if task is not None:
            task.cancel()
        self._again.discard(organization_id)
        self._pause.pop(organization_id, None)

    def stop(self) -> None:
        """Nobody at all is there any more."""
        for organization_id in list(self._waiting):
            self.forget(organization_id)

    async def _later(self, organization_id: uuid.UUID) -> None:
        await asyncio.sleep(self._pause.get(organization_id, WAIT_SECONDS))
        self._again.discard(organization_id)
        try:
            await self._count(organization_id)
        except (DatabaseError, OSError) as error:
            log.warning("realtime.not_counted", error=type(error).__name__)
        self._waiting.pop(organization_id, None)
        if organization_id in self._again:
            self.touch(organization_id)

    async def _count(self, organization_id: uuid.UUID) -> None:
        sockets = list(self._hub.sockets.get(organization_id, ()))
        began = time.monotonic()
        people = list({each.user.pk for each in sockets})
        counts = await database_sync_to_async(counts_for_people, thread_sensitive=False)(
            organization_id, people
        )
        took = time.monotonic() - began
        self._pause[organization_id] = max(WAIT_SECONDS, took / SHARE_OF_TIME)
        for socket in sockets:
            mine = counts.get(socket.user.pk, {})
            if mine != socket.counts_sent:
                socket.counts_sent = mine
                await socket.send_ready(json.dumps({"type": "counts", "counts": mine}))
