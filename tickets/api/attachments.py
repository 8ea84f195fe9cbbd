"""Files: adding one to what is being written, and fetching one with permission."""

from __future__ import annotations

import uuid
from typing import ClassVar
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import AttachmentRecord
from helpdesk.lib import blobs
from helpdesk.lib.api import flag_from, refuse_unknown_parameters
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.images import raster_type_of
from helpdesk.lib.schema import documented
from helpdesk.lib.sounds import sound_type_of
from tickets.actions.attach import clean_name, keep_upload
from tickets.api.inputs import UploadInput
from tickets.api.mail_frame import IMAGE_POLICY, guard
from tickets.records import attachment_record
from tickets.selectors import get_attachment


class AttachmentUpload(Endpoint):
    """POST one file as multipart field ``file``; its id goes into the message."""

    needs: ClassVar = {"POST": "ticket.reply"}
    parser_classes = [MultiPartParser]

    @documented("upload_attachment", AttachmentRecord, body=UploadInput, status=201)
    def post(self, request: Request) -> Response:
        file = request.FILES.get("file")
        if file is None:
            raise InvalidInput.field("file", "Send a file in the field “file”.", code="required")
        if (file.size or 0) > settings.MAX_ATTACHMENT_BYTES:
            limit = settings.MAX_ATTACHMENT_BYTES // (1024 * 1024)
            raise InvalidInput.field("file", f"A file can have {limit} MB.", code="too_large")
        attachment = keep_upload(
            self.user,
            name=file.name or "file",
            content_type=file.content_type or "",
            content=file.read(),
        )
        return Response(attachment_record(attachment), status=201)


class AttachmentFile(Endpoint):
    """The file, to be saved; plain raster images and recordings also as such, with ``?inline=1``."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented(
        "attachment",
        parameters={"inline": "1 shows a plain image, or plays a recording, instead of saving it."},
        content_type="application/octet-stream",
    )
    def get(self, request: Request, attachment_id: uuid.UUID) -> HttpResponse:
        refuse_unknown_parameters(request, "inline")
        attachment = get_attachment(self.user, attachment_id)
        content = blobs.read(attachment.sha256)
        shown_as = None
        if flag_from(request, "inline"):
            shown_as = raster_type_of(content) or sound_type_of(content)
        response = HttpResponse(content, content_type=shown_as or "application/octet-stream")
        kind = "inline" if shown_as else "attachment"
        response["Content-Disposition"] = disposition(kind, clean_name(attachment.name))
        return guard(response, IMAGE_POLICY)


def disposition(kind: str, name: str) -> str:
    """Content-Disposition with the name for old and new readers (RFC 6266)."""
    plain = "".join(
        each if each.isascii() and each.isprintable() and each not in '"\\%;' else "_"
        for each in name
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
