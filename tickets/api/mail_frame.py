"""The HTML of a mail as a document for a sandboxed frame, and the images in it.

The frame has no origin, so the browser sends no cookies with its images: their addresses carry a
signature instead, bound to the person, good for a few minutes; the permission is asked again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import quote

from django.core import signing
from django.http import HttpResponse
from django.utils.html import format_html
from rest_framework.request import Request

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.models import User
from helpdesk.lib import blobs
from helpdesk.lib.api import flag_from, refuse_unknown_parameters
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.html import is_remote, sanitise
from helpdesk.lib.images import fetch_image, raster_type_of
from helpdesk.lib.schema import documented
from tickets.models import Message
from tickets.records import TEXT_LIMIT
from tickets.selectors import get_attachment, get_message

SALT = "tickets.mail-image"
GOOD_FOR_SECONDS = 300
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
_finds_links: list[Callable[[Message], dict[str, str]]] = []
IMAGE_POLICY = "default-src 'none'; sandbox"
_STYLE = (
    "html{color-scheme:light}body{margin:0;padding:8px;background:#fff;color:#1a1a1a;"
    "font:14px/22px system-ui,-apple-system,'Segoe UI',sans-serif;overflow-wrap:anywhere}"
    "img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}"
    "blockquote{margin:8px 0;padding-left:12px;border-left:2px solid #d0d0d0}"
)


class MessageHtml(Endpoint):
    """The sanitised mail. Remote images are left out unless ``?images=1``."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented(
        "message_html",
        parameters={"images": "1 shows remote images, through our proxy."},
        content_type="text/html",
    )
    def get(self, request: Request, message_id: uuid.UUID) -> HttpResponse:
        refuse_unknown_parameters(request, "images")
        message = get_message(self.user, message_id)
        if not message.body.html:
            raise NotFound("This message has no HTML.")
        try:
            html, blocked = mail_html(message, self.user, has_images=flag_from(request, "images"))
        except InvalidInput:
            html, blocked = format_html("<pre>{}</pre>", message.body.text[:TEXT_LIMIT]), 0
        response = HttpResponse(_document(html), content_type="text/html; charset=utf-8")
        response["X-Blocked-Images"] = str(blocked)
        return guard(response, FRAME_POLICY)


class MailImage(Endpoint):
    """An image in a mail, by a signed address: one of its attachments, or one from elsewhere."""

    authentication_classes = []
    permission_classes = []
    is_signed = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The signature stands for the session; see the module's text."""

    @documented("mail_image", content_type="image/*")
    def get(self, request: Request, token: str) -> HttpResponse:
        said = _read_token(token)
        user = User.objects.filter(pk=said["user"], is_active=True).first()
        if user is None:
            raise NotFound("This image is not available any more.")
        if "attachment" in said:
            attachment = get_attachment(user, uuid.UUID(said["attachment"]))
            return image_response(blobs.read(attachment.sha256))
        return image_response(fetch_image(said["url"]))


def mail_html(message: Message, user: User, *, has_images: bool) -> tuple[str, int]:
    """The mail's HTML ready for the frame, and how many remote images were left out."""
    by_content_id = {
        each.content_id.strip("<>").lower(): each
        for each in message.attachments.all()
        if each.content_id
    }
    blocked = 0

    def address_of(address: str) -> str | None:
        nonlocal blocked
        if address.lower().startswith("cid:"):
            attachment = by_content_id.get(address[4:].strip("<>").lower())
            return _signed(user, attachment=str(attachment.pk)) if attachment else None
        if not is_remote(address):
            return None
        if not has_images:
            blocked += 1
            return None
        return _signed(user, url=address)

    links = {word: target for find in _finds_links for word, target in find(message).items()}
    return sanitise(message.body.html, image_address=address_of, links=links), blocked


def link_in_mails(find: Callable[[Message], dict[str, str]]) -> None:
    """Let ``find`` name words of a message and where they lead: an address of ours or a carrier's."""
    if find not in _finds_links:
        _finds_links.append(find)


def guard(response: HttpResponse, policy: str) -> HttpResponse:
    """Headers for content that strangers wrote: its own policy, no guessing, no keeping."""
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.xframe_options_exempt = True
    return response


def image_response(content: bytes) -> HttpResponse:
    """The bytes as an image, if they are one that cannot carry script; else NotFound."""
    content_type = raster_type_of(content)
    if content_type is None:
        raise NotFound("This is not an image that can be shown.")
    response = guard(HttpResponse(content, content_type=content_type), IMAGE_POLICY)
    response["Cache-Control"] = f"private, max-age={GOOD_FOR_SECONDS}"
    return response


def _document(html: str) -> str:
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style></head><body>{html}</body></html>"
    )


def _signed(user: User, **said: str) -> str:
    token = signing.dumps({"user": str(user.pk), **said}, salt=SALT, compress=True)
    return f"/api/v1/mail-images/{quote(token, safe=':')}"


def _read_token(token: str) -> dict[str, str]:
    try:
        said: dict[str, str] = signing.loads(token, salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature as error:
        raise NotFound("This image is not available any more.") from error
    return said
