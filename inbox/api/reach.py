"""Where a ticket's customer can be answered, for the composer's picker."""

from __future__ import annotations

import uuid
from typing import ClassVar, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.clock import iso
from helpdesk.lib.schema import documented
from inbox.reach import ReplyPlace, reply_places
from tickets.selectors import get_ticket


class ReplyPlaceRecord(TypedDict):
    channel_id: str
    kind: str
    name: str
    address: str
    label: str
    is_reachable: bool
    reason: str | None
    closes_at: str | None
    modes: list[str]
    is_public: bool
    is_default: bool
    max_text_chars: int | None
    max_public_chars: int | None
    max_files: int | None
    max_attachment_bytes: int | None
    takes_html: bool
    takes_choices: bool


class ReplyPlaces(TypedDict):
    results: list[ReplyPlaceRecord]
    next: str | None


class ReplyPlaceList(Endpoint):
    """Channels on which this customer can be answered; those that cannot say why."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("reply_places", ReplyPlaces)
    def get(self, request: Request, ticket_id: uuid.UUID) -> Response:
        ticket = get_ticket(self.user, ticket_id)
        places = [place_record(each) for each in reply_places(ticket)]
        return Response({"results": places, "next": None})


def place_record(place: ReplyPlace) -> ReplyPlaceRecord:
    """The place as the composer shows it."""
    return {
        "channel_id": str(place.channel.pk),
        "kind": place.channel.kind,
        "name": place.channel.name,
        "address": place.address,
        "label": place.label,
        "is_reachable": place.reach.is_reachable,
        "reason": place.reach.reason or None,
        "closes_at": iso(place.reach.closes_at),
        "modes": list(place.reach.modes),
        "is_public": place.is_public,
        "is_default": place.is_default,
        "max_text_chars": place.manifest.max_text_chars,
        "max_public_chars": place.reach.max_public_chars,
        "max_files": place.manifest.max_files,
        "max_attachment_bytes": place.manifest.max_attachment_bytes,
        "takes_html": place.channel.kind == "email" or "html" in place.manifest.capabilities,
        "takes_choices": "choices" in place.manifest.capabilities,
    }
