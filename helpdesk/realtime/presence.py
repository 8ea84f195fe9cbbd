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

from helpdesk.accounts.models import User
from helpdesk.accounts.sessions import SESSIONS_GROUP

if TYPE_CHECKING:
    from helpdesk.realtime.agent_line import AgentLine
    from helpdesk.realtime.hub import Hub
    from helpdesk.realtime.visibility import Sight

GROUP = SESSIONS_GROUP
TTL_SECONDS = 30.0
REPEAT_SECONDS = 12.0
MAX_PAGES = 40
"""So many tabs may share a socket."""
STATES = ("viewing", "noting", "replying")
"""From weak to strong: who has a ticket open twice is shown by the stronger."""

log = structlog.get_logger()
Spot = tuple[uuid.UUID, str, str | None]


@dataclass(frozen=True)
class Whereabouts:
    """What a tab says of itself; ``team_id`` is the ticket's, it decides who may know."""

    page: str
    ticket_id: str | None
    team_id: str | None
    state: str


@dataclass(frozen=True)
class Present:
    """One tab on one ticket."""

    organization_id: uuid.UUID
    ticket_id: str
    user_id: str
    state: str
    until: float
    team_id: str | None = None

    @property
    def spot(self) -> Spot:
        """Organization, ticket, and the team that decides who may know."""
        return self.organization_id, self.ticket_id, self.team_id


class PresenceBoard:
    """What is known in this process about all processes."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[str, Present] = {}
        self._own: dict[str, dict[str, dict[str, Any]]] = {}
        self._goodbyes: set[asyncio.Task[None]] = set()

    async def place(self, socket: AgentLine, at: Whereabouts) -> None:
        """The person's tab is now on this ticket (None: on none); tabs may share a socket."""
        pages = self._own.setdefault(socket.id, {})
        said = _notice(socket.user, f"{socket.id}.{at.page}", at)
        if at.ticket_id is None:
            pages.pop(at.page, None)
        elif at.page in pages or len(pages) < MAX_PAGES:
            pages[at.page] = said
        else:
            return
        await self._say(said)

    async def place_for_a_while(self, user: User, at: Whereabouts) -> None:
        """The same for a tab without a socket, which says so again and again."""
        await self._say(_notice(user, f"{user.pk}.{at.page}", at))

    def leave(self, socket: AgentLine) -> None:
        """The socket is gone; the others are told of each tab that was on a ticket."""
        for page in self._own.pop(socket.id, {}):
            nowhere = Whereabouts(page, None, None, "viewing")
            said = _notice(socket.user, f"{socket.id}.{page}", nowhere)
            goodbye = asyncio.get_running_loop().create_task(self._say(said))
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)

    def frames(self, organization_id: uuid.UUID, sight: Sight) -> list[str]:
        """A ``presence`` frame per ticket that somebody is on, as far as the person may know."""
        tickets = {
            each.ticket_id
            for each in self._known.values()
            if each.organization_id == organization_id
            and each.until > time.monotonic()
            and sight.of_team(each.team_id)
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
            for pages in list(self._own.values()):
                for said in list(pages.values()):
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
                heard.get("team_id"),
            )
        after = self._known.get(socket_id)
        places = {each.spot for each in (before, after) if each is not None}
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
        await self._show({each.spot for each in late.values()})

    async def _show(self, places: set[Spot]) -> None:
        for organization_id, ticket_id, team_id in places:
            frame = self._frame(organization_id, ticket_id)
            for socket in list(self._hub.sockets.get(organization_id, ())):
                if socket.sight.of_team(team_id):
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


def _notice(user: User, tab: str, at: Whereabouts) -> dict[str, Any]:
    return {
        "type": "presence.changed",
        "socket": tab,
        "organization_id": str(user.organization_id),
        "user_id": str(user.pk),
        "ticket_id": at.ticket_id,
        "team_id": at.team_id,
        "state": at.state,
    }
