"""The agent app's socket ``/ws/agent``: the event log, live, from the client's own cursor on."""

from __future__ import annotations

import json
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import may
from helpdesk.realtime.agent_line import AgentLine
from helpdesk.realtime.origin import is_own_origin

SIGNED_OUT = 4401
NOT_UNDERSTOOD = 4400
MAX_FRAME_CHARS = 4096


class AgentSocket(AgentLine, AsyncWebsocketConsumer):
    """One browser of one agent: a tab, or the tab that listens for all the others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        AsyncWebsocketConsumer.__init__(self, *args, **kwargs)
        AgentLine.__init__(self)

    async def connect(self) -> None:
        """Refuse pages that are not ours, close those nobody is signed in on, serve the rest."""
        if not is_own_origin(self.scope):
            await self.close()
            return
        await self.accept()
        user = person_of(self.scope)
        if user is None:
            await self.close(SIGNED_OUT)
            return
        await self.join(user, self.scope["session"].session_key or "")

    async def disconnect(self, code: int) -> None:
        self.leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A frame of the client; what cannot be understood ends the socket, never the process."""
        frame = _parse(text_data)
        if frame is None or not hasattr(self, "hub"):
            await self.close(NOT_UNDERSTOOD)
            return
        kind = frame["type"]
        if kind == "hello":
            await self.hello(frame)
        elif kind == "pull" and self.is_greeted:
            await self.pull(frame)
        elif kind == "presence" and self.is_greeted:
            await self.be_present(frame)

    async def carry(self, text: str) -> None:
        try:
            await self.send(text_data=text)
        except (RuntimeError, OSError):
            self.is_greeted = False  # gone; ``disconnect`` follows

    async def hang_up(self) -> None:
        await self.close(SIGNED_OUT)


def person_of(scope: dict[str, Any]) -> User | None:
    """Who is signed in and may see tickets."""
    user = scope.get("user")
    if user is None or not user.is_authenticated or not may(user, "ticket.view"):
        return None
    return user if isinstance(user, User) else user._wrapped  # a lazy object


def _parse(text: str | None) -> dict[str, Any] | None:
    if text is None or len(text) > MAX_FRAME_CHARS:
        return None
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_frame = isinstance(frame, dict) and isinstance(frame.get("type"), str)
    return frame if is_frame else None
