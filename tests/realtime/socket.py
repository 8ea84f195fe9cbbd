"""An agent's page as far as the socket goes: says hello, hears frames."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from helpdesk.accounts.models import User
from helpdesk.asgi import application
from helpdesk.events.selectors import head_of

ORIGIN = "http://127.0.0.1:8000"
PATIENCE_SECONDS = 3.0


def sign_in(user: User) -> str:
    """A session for the person; returns its key."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


async def in_thread(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call it in a thread that gives its database connection back."""
    return await database_sync_to_async(call, thread_sensitive=False)(*args, **kwargs)


class Wire(WebsocketCommunicator):
    """Channels' own communicator keeps database connections open, for tests inside one
    transaction; ours commit, and connections go back to the pool as they do in production."""

    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output


class Page:
    """A browser page of an agent with its socket."""

    def __init__(self, session_key: str | None, *, origin: str | None = ORIGIN) -> None:
        headers = [(b"host", b"127.0.0.1:8000")]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        if session_key:
            cookie = f"{settings.SESSION_COOKIE_NAME}={session_key}"
            headers.append((b"cookie", cookie.encode()))
        self._wire = Wire(application, "/ws/agent", headers=headers)
        self.session_key = session_key
        self.events: list[dict[str, Any]] = []
        self.cursor = 0

    async def open(self) -> bool:
        """Whether the server let the socket in."""
        is_open, _ = await self._wire.connect(timeout=PATIENCE_SECONDS)
        return bool(is_open)

    async def hello(self, cursor: int, epoch: str) -> dict[str, Any]:
        """Say where we are; returns the server's hello."""
        self.cursor = cursor
        await self.say({"type": "hello", "cursor": cursor, "epoch": epoch, "client_id": "page"})
        return await self.hear("hello")

    async def say(self, frame: dict[str, Any]) -> None:
        await self._wire.send_to(text_data=json.dumps(frame))

    async def hear(self, type_: str) -> dict[str, Any]:
        """The next frame of this type; batches on the way are applied as the app would."""
        while True:
            text = await self._wire.receive_from(timeout=PATIENCE_SECONDS)
            frame: dict[str, Any] = json.loads(text)
            if frame["type"] == "batch":
                self._apply(frame)
            if frame["type"] == type_:
                return frame

    async def hear_until(self, seq: int) -> list[dict[str, Any]]:
        """Every event up to that number."""
        while self.cursor < seq:
            await self.hear("batch")
        return self.events

    async def hear_close(self) -> int:
        """The code the server closed with; frames before it are passed over."""
        while True:
            output = await self._wire.receive_output(PATIENCE_SECONDS)
            if output["type"] == "websocket.close":
                return int(output["code"])

    async def hears_nothing(self) -> bool:
        return bool(await self._wire.receive_nothing(timeout=0.4))

    async def close(self) -> None:
        await self._wire.disconnect()
        await asyncio.sleep(0)

    def _apply(self, frame: dict[str, Any]) -> None:
        assert frame["from"] <= self.cursor
        self.events += [each for each in frame["events"] if each["seq"] > self.cursor]
        self.cursor = max(self.cursor, frame["upto"])


async def live_page(user: User) -> Page:
    """A page of the person that has said hello at the present head."""
    page = Page(await in_thread(sign_in, user))
    assert await page.open()
    head = await in_thread(head_of, user.organization_id)
    await page.hello(head.seq, head.epoch)
    return page
