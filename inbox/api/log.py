"""The inbound log: every mail that was seen, what became of it, and the mail itself."""

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
from inbox import door
from inbox.records import InboundPage, InboundRecord, inbound_record
from inbox.selectors import get_inbound, list_inbound, raw_bytes_of, raw_bytes_of_message
from tickets.selectors import get_message

_PARAMETERS = {
    "state": "received, processed or quarantined",
    "after": "The ``next`` of the page before.",
    "limit": "At most 200.",
}


class InboundLog(Endpoint):
    """Arrivals, newest first; ``?state=quarantined`` shows those that need a person."""

    needs: ClassVar = {"GET": "inbound.view"}

    @documented("inbound", InboundPage, parameters=_PARAMETERS)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "state", "after", "limit")
        page = list_inbound(
            self.user,
            state=request.query_params.get("state", ""),
            after=request.query_params.get("after") or None,
            limit=limit_from(request.query_params.get("limit")),
        )
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


class MessageRaw(Endpoint):
    """The mail that a message was made from."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("message_raw", content_type="message/rfc822")
    def get(self, request: Request, message_id: uuid.UUID) -> HttpResponse:
        message = get_message(self.user, message_id)
        return mail_download(raw_bytes_of_message(self.user, message), str(message_id))


def mail_download(content: bytes, name: str) -> HttpResponse:
    """An .eml file that a browser saves and never shows."""
    return HttpResponse(
        content,
        content_type="message/rfc822",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.eml"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
