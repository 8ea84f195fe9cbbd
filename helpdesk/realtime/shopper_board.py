"""Which shoppers are in the chat, as agents see it: here, typing, gone. Never stored."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from channels.layers import get_channel_layer

from integrations.chat.signs import SHOPPERS_GROUP, STATES

if TYPE_CHECKING:
    from helpdesk.realtime.hub import Hub
    from helpdesk.realtime.visibility import Sight

HERE_SECONDS = 40.0
TYPING_SECONDS = 8.0


@dataclass(frozen=True)
class Shopper:
    """One shopper on one ticket; ``team_id`` decides who may know."""

    organization_id: uuid.UUID
    ticket_id: str
    team_id: str | None
    state: str
    until: float


class ShopperBoard:
    """What is known in this process about the shoppers of all processes."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[str, Shopper] = {}

    async def listen(self) -> None:
        """Hear what shoppers do, wherever their socket is."""
        layer = get_channel_layer()
        if layer is None:
            return
        channel = await layer.new_channel("aftercare.shoppers.board")
        try:
            await layer.group_add(SHOPPERS_GROUP, channel)
            while True:
                heard = await layer.receive(channel)
                for each in heard.get("shoppers", ()):
                    await self._hear(each)
        finally:
            await layer.group_discard(SHOPPERS_GROUP, channel)

    def frames(self, organization_id: uuid.UUID, sight: Sight) -> list[str]:
        """A ``shopper`` frame per ticket whose shopper is here, as far as the person may know."""
        at = time.monotonic()
        return [
            _frame(each.ticket_id, each.state)
            for each in self._known.values()
            if each.organization_id == organization_id
            and each.until > at
            and sight.of_team(each.team_id)
        ]

    async def _hear(self, heard: dict[str, Any]) -> None:
        state = str(heard.get("state"))
        if state not in STATES:
            return
        visitor_id, at = str(heard["visitor_id"]), time.monotonic()
        before = self._known.pop(visitor_id, None)
        now = Shopper(
            uuid.UUID(heard["organization_id"]),
            str(heard["ticket_id"]),
            heard.get("team_id"),
            state,
            at + HERE_SECONDS,
        )
        self._forget(at)
        if state != "left":
            self._known[visitor_id] = now
        if before is not None and before.ticket_id != now.ticket_id:
            await self._show(before, "left")
        is_news = before is None or before.ticket_id != now.ticket_id or before.state != state
        if is_news or state == "typing":
            await self._show(now, state)

    async def _show(self, shopper: Shopper, state: str) -> None:
        frame = _frame(shopper.ticket_id, state)
        for socket in list(self._hub.sockets.get(shopper.organization_id, ())):
            if socket.sight.of_team(shopper.team_id):
                await socket.send_ready(frame)

    def _forget(self, at: float) -> None:
        for visitor_id in [key for key, each in self._known.items() if each.until < at]:
            del self._known[visitor_id]


def _frame(ticket_id: str, state: str) -> str:
    return json.dumps({"type": "shopper", "ticket_id": ticket_id, "state": state})
