"""Templates that can be sent on a channel, for the composer."""

from __future__ import annotations

import uuid
from typing import ClassVar, TypedDict, cast

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.schema import documented
from inbox.templates import templates_of
from tickets.selectors import get_channel


class TemplateRecord(TypedDict):
    id: str
    name: str
    language: str
    category: str
    header: str
    text: str
    footer: str
    variables: list[str]
    header_variables: list[str]


class TemplateList(TypedDict):
    results: list[TemplateRecord]
    next: str | None


class ChannelTemplates(Endpoint):
    """Texts that the vendor approved; 404 where the channel knows no such thing."""

    needs: ClassVar = {"GET": "ticket.reply"}

    @documented("channel_templates", TemplateList)
    def get(self, request: Request, channel_id: uuid.UUID) -> Response:
        channel = get_channel(self.user, channel_id)
        found = cast(list[TemplateRecord], templates_of(channel))
        return Response({"results": found, "next": None})
