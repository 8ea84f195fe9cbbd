"""The inbound log: every mail and every call that came, what became of it, and its bytes."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import refuse_unknown_parameters
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from inbox import door, webhooks
from inbox.records import (
    HookPage,
    HookRecord,
    InboundPage,
    InboundRecord,
    hook_record,
    inbound_record,
)
from inbox.selectors import (
    LogPage,
    get_hook,
    get_inbound,
    list_hooks,
    list_inbound,
    raw_bytes_of,
    raw_bytes_of_message,
)
from tickets.selectors import get_message

_PARAMETERS = {
    "state": "received, processed or quarantined; calls may also be waiting",
    "channel": "The id of a channel.",
    "after": "The ``next`` of the page before.",
    "limit": "At most 200.",
}


class InboundLog(Endpoint):
    """Arrivals, newest first; ``?state=quarantined`` shows those that need a person."""

    needs: ClassVar = {"GET": "inbound.view"}

    @documented("inbound", InboundPage, parameters=_PARAMETERS)
    def get(self, request: Request) -> Response:
        page = list_inbound(self.user, _part(request))
        return Response(
            {"results": [inbound_record(each) for each in page.rows], "next": page.next}
        )


class InboundRetry(Endpoint):
    """Try a quarantined mail again."""

    needs: ClassVar = {"POST": "inbound.retry"}

    @documented("retry_inbound", InboundRecord)
    def post(self, request: Request, raw_id: uuid.UUID) -> Response:
        get_inbound(self.user, raw_id)
        door.retry(raw_id)
        return Response(inbound_record(get_inbound(self.user, raw_id)))


class InboundRaw(Endpoint):
    """The mail as it came, to keep or to look into."""

    needs: ClassVar = {"GET": "inbound.view"}

    @documented("inbound_raw", content_type="message/rfc822")
    def get(self, request: Request, raw_id: uuid.UUID) -> HttpResponse:
        return mail_download(raw_bytes_of(self.user, raw_id), str(raw_id))


class HookLog(Endpoint):
    """Calls of vendors, newest first, each with a line per item: what it was and what became of it."""

    needs: ClassVar = {"GET": "channel.change"}

    @documented("hooks", HookPage, parameters=_PARAMETERS)
    def get(self, request: Request) -> Response:
        page = list_hooks(self.user, _part(request))
        return Response({"results": [hook_record(each) for each in page.rows], "next": page.next})


class HookReplay(Endpoint):
    """Read a quarantined or processed call again; what it brought before is not brought twice."""

    needs: ClassVar = {"POST": "channel.change"}

    @documented("replay_hook", HookRecord)
    def post(self, request: Request, hook_id: uuid.UUID) -> Response:
        get_hook(self.user, hook_id)
        webhooks.replay_hook(hook_id)
        return Response(hook_record(get_hook(self.user, hook_id)))


class HookRaw(Endpoint):
    """The body of a call as it came."""

    needs: ClassVar = {"GET": "channel.change"}

    @documented("hook_raw", content_type="application/octet-stream")
    def get(self, request: Request, hook_id: uuid.UUID) -> HttpResponse:
        body = bytes(get_hook(self.user, hook_id).body)
        return _download(body, f"{hook_id}.bin", "application/octet-stream")


class MessageRaw(Endpoint):
    """The mail that a message was made from."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("message_raw", content_type="message/rfc822")
    def get(self, request: Request, message_id: uuid.UUID) -> HttpResponse:
        message = get_message(self.user, message_id)
        return mail_download(raw_bytes_of_message(self.user, message), str(message_id))


def mail_download(content: bytes, name: str) -> HttpResponse:
    """An .eml file that a browser saves and never shows."""
    return _download(content, f"{name}.eml", "message/rfc822")


def _part(request: Request) -> LogPage:
    refuse_unknown_parameters(request, "state", "channel", "after", "limit")
    asked = request.query_params
    return LogPage(
        state=asked.get("state", ""),
        channel=asked.get("channel", ""),
        after=asked.get("after") or None,
        limit=limit_from(asked.get("limit")),
    )


def _download(content: bytes, name: str, content_type: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
