"""Files of outgoing messages for vendors that fetch them: an address that nobody guesses, for a day."""

from __future__ import annotations

import time
import uuid
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

from helpdesk import problems
from helpdesk.lib import blobs
from helpdesk.lib.secrets import is_signed, sign
from inbox.connector import OutboundFile
from tickets.models import Attachment, Direction

SHOWN_SECONDS = 24 * 3600
_PURPOSE = "outgoing-file"


def public_url(file: OutboundFile) -> str:
    """Where the vendor may fetch the file during the next day."""
    expires = str(int(time.time()) + SHOWN_SECONDS)
    signature = sign(_PURPOSE, str(file.id), expires, size_bytes=20)
    name = quote(file.name.replace("/", "_") or "file", safe="")
    return f"{settings.PUBLIC_URL}/hooks/files/{file.id}/{expires}.{signature}/{name}"


def serve_public_file(
    request: HttpRequest, attachment_id: uuid.UUID, ticket: str, name: str
) -> HttpResponseBase:
    """The file, if the address is one that we gave out, is not too old and the message is ours."""
    expires, _, signature = ticket.partition(".")
    is_ours = is_signed(signature, _PURPOSE, str(attachment_id), expires, size_bytes=20)
    if not is_ours or not expires.isdigit() or int(expires) < time.time():
        return _unknown(request)
    file = Attachment.objects.filter(
        pk=attachment_id, message__direction=Direction.OUT, state="ready"
    ).first()
    if file is None or not blobs.exists(file.sha256):
        return _unknown(request)
    return FileResponse(
        blobs.open(file.sha256),
        as_attachment=True,
        filename=file.name,
        content_type=file.content_type,
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )


def _unknown(request: HttpRequest) -> HttpResponse:
    return problems.page(request, 404, "not_found", "There is no such file.")
