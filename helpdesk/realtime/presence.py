"""Who is looking at or writing on which ticket. Never stored, never numbered, may be lost.

Each process tells the others over the channel layer what its own sockets do, again and again;
what is not heard of for a while is forgotten, so a process that died leaves no ghosts.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from channels.layers import get_channel_layer

from helpdesk.accounts.sessions import SESSIONS_GROUP

if TYPE_CHECKING:
    from helpdesk.realtime.agent_socket import AgentSocket
    from helpdesk.realtime.hub import Hub

GROUP = SESSIONS_GROUP
TTL_SECONDS = 30.0
REPEAT_SECONDS = 12.0
STATES = ("viewing", "noting", "replying")
"""From weak to strong: who has a ticket open twice is shown by the stronger."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Present:
    """One socket on one ticket."""

    organization_id: uuid.UUID
    ticket_id: str
    user_id: str
    state: str
    until: float


class PresenceBoard:
    """What is known in this process about all processes."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[str, Present] = {}
        self._own: dict[str, dict[str, Any]] = {}

    async def place(self, socket: AgentSocket, ticket_id: str | None, state: str) -> None:
        """The person behind the socket is now on this ticket (None: on none)."""
        if ticket_id is None:
            self._own.pop(socket.id, None)
        said = _notice(socket, ticket_id, state)
        if ticket_id is not None:
            self._own[socket.id] = said
        await self._say(said)

    def leave(self, socket: AgentSocket) -> None:
        """The socket is gone; the others are told if it was on a ticket."""
        if self._own.pop(socket.id, None) is not None:
            loop = asyncio.get_running_loop()
            self._goodbye = loop.create_task(self._say(_notice(socket, None, "viewing")))

    def frames(self, organization_id: uuid.UUID) -> list[str]:
        """A ``presence`` frame per ticket that somebody is on."""
        tickets = {
            each.ticket_id
            for each in self._known.values()
            if each.organization_id == organization_id
        }
        return [self._frame(organization_id, each) for each in sorted(tickets)]

    async def listen(self) -> None:
        """Hear what sockets of all processes do, ours among them."""
        layer = get_channel_layer()
        if layer is None:
            return
        channel = await layer.new_channel("aftercare.presence.hub")
        try:
            await layer.group_add(GROUP, channel)
            while True:
                await self._hear(await layer.receive(channel))
        finally:
            await layer.group_discard(GROUP, channel)

    async def repeat(self) -> None:
        """Say again what our sockets do, and forget who has not been heard of."""
        while True:
            await asyncio.sleep(REPEAT_SECONDS)
            for said in list(self._own.values()):
                await self._say(said)
            await self._forget()

    async def _say(self, said: dict[str, Any]) -> None:
        layer = get_channel_layer()
        try:
            if layer is not None:
                await layer.group_send(GROUP, said)
        except Exception:
            log.warning("realtime.presence_not_said", exc_info=True)

    async def _hear(self, heard: dict[str, Any]) -> None:
        if heard.get("type") == "session.ended":
            await self._session_ended(str(heard["session_key"]))
            return
        socket_id, organization_id = str(heard["socket"]), uuid.UUID(heard["organization_id"])
        before = self._known.pop(socket_id, None)
        if heard["ticket_id"] is not None:
            self._known[socket_id] = Present(
                organization_id,
                heard["ticket_id"],
                heard["user_id"],
                heard["state"],
                time.monotonic() + TTL_SECONDS,
            )
        after = self._known.get(socket_id)
        places = {
            (each.organization_id, each.ticket_id) for each in (before, after) if each is not None
        }
        is_same = before and after and before.state == after.state and len(places) == 1
        if not is_same:
            await self._show(places)

    async def _session_ended(self, session_key: str) -> None:
        for socket in self._hub.everybody():
            if socket.pass_.session_key == session_key:
                await socket.sign_out()

    async def _forget(self) -> None:
        late = {key: each for key, each in self._known.items() if each.until < time.monotonic()}
        for key in late:
            del self._known[key]
        await self._show({(each.organization_id, each.ticket_id) for each in late.values()})

    async def _show(self, places: set[tuple[uuid.UUID, str]]) -> None:
        for organization_id, ticket_id in places:
            frame = self._frame(organization_id, ticket_id)
            for socket in list(self._hub.sockets.get(organization_id, ())):
                await socket.send_ready(frame)

    def _frame(self, organization_id: uuid.UUID, ticket_id: str) -> str:
        strongest: dict[str, str] = {}
        for each in self._known.values():
            if (each.organization_id, each.ticket_id) != (organization_id, ticket_id):
                continue
            known = strongest.get(each.user_id)
            if known is None or STATES.index(each.state) > STATES.index(known):
                strongest[each.user_id] = each.state
        users = [{"id": each, "state": state} for each, state in sorted(strongest.items())]
        return json.dumps({"type": "presence", "ticket_id": ticket_id, "users": users})


def _notice(socket: AgentSocket, ticket_id: str | None, state: str) -> dict[str, Any]:
    return {
        "type": "presence.changed",
        "socket": socket.id,
        "organization_id": str(socket.organization_id),
        "user_id": str(socket.user.pk),
        "ticket_id": ticket_id,
        "state": state,
    }
