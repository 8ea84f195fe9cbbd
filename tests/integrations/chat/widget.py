"""A widget's socket: says hello, hears frames, and keeps lines as the widget would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from helpdesk.asgi import application
from tests.integrations.chat.conftest import SITE
from tests.realtime.socket import ORIGIN, PATIENCE_SECONDS, Wire


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds; fails after some seconds."""
    for _ in range(300):
        if await check():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to that")


class Widget:
    """One open frame with its socket."""

    def __init__(self, token: str, *, site: str = SITE, origin: str | None = ORIGIN) -> None:
        headers = [(b"host", b"127.0.0.1:8000")]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        self._wire = Wire(application, f"/ws/widget/{site}?token={token}", headers=headers)
        self.lines: list[dict[str, Any]] = []

    async def open(self) -> bool:
        """Whether the server let the socket in."""
        is_open, _ = await self._wire.connect(timeout=PATIENCE_SECONDS)
        return bool(is_open)

    async def say(self, **frame: Any) -> None:
        await self._wire.send_to(text_data=json.dumps(frame))

    async def hello(self, after: dict[str, int] | None = None) -> None:
        await self.say(type="hello", after=after or {})

    async def hear(self, type_: str) -> dict[str, Any]:
        """The next frame of this type; messages on the way are kept."""
        while True:
            text = await self._wire.receive_from(timeout=PATIENCE_SECONDS)
            frame: dict[str, Any] = json.loads(text)
            if frame["type"] == "message":
                self.lines.append(frame["message"])
            if frame["type"] == type_:
                return frame

    async def hear_upto(self, position: int) -> list[dict[str, Any]]:
        """All lines up to that position."""
        while not self.lines or self.lines[-1]["position"] < position:
            await self.hear("message")
        return self.lines

    async def hear_close(self) -> int:
        while True:
            output = await self._wire.receive_output(PATIENCE_SECONDS)
            if output["type"] == "websocket.close":
                return int(output["code"])

    async def hears_nothing(self) -> bool:
        return bool(await self._wire.receive_nothing(timeout=0.4))

    async def close(self) -> None:
        await self._wire.disconnect()
        await asyncio.sleep(0)
