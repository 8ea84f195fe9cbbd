"""Rooms of the team at a channel's vendor, for whoever chooses where alerts go."""

from __future__ import annotations

import uuid
from typing import ClassVar, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.schema import documented
from inbox.team_posts import team_places_of
from tickets.selectors import get_channel


class TeamPlaceRecord(TypedDict):
    id: str
    name: str
    is_private: bool


class TeamPlaceList(TypedDict):
    results: list[TeamPlaceRecord]
    next: str | None


class TeamPlaces(Endpoint):
    """Rooms of the team's own that the bot is in; 404 where the vendor has no such thing."""

    needs: ClassVar = {"GET": "rule.change"}

    @documented("team_places", TeamPlaceList)
    def get(self, request: Request, channel_id: uuid.UUID) -> Response:
        found = [
            TeamPlaceRecord(id=each.id, name=each.name, is_private=each.is_private)
            for each in team_places_of(get_channel(self.user, channel_id))
        ]
        return Response({"results": found, "next": None})
