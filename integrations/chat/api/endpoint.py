"""What every address of the widget is: public, without cookies, limited, and strict."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.lib.errors import NotAllowed
from helpdesk.lib.json_body import JsonBody
from integrations.chat import limits
from integrations.chat.models import Site, Visitor
from integrations.chat.problems import NotIdentified, TooLarge
from integrations.chat.sites import get_site
from integrations.chat.tokens import read_token
from integrations.chat.visitors import get_visitor

MAX_BODY_BYTES = 64 * 1024
SCHEME = "Visitor "


class WidgetEndpoint(APIView):
    """``allowance`` names the limit that a call counts against, per method.

    With ``needs_visitor`` the caller shows a token of ours; ``self.visitor`` is who that is.
    """

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    parser_classes: list[type[BaseParser]] = [JsonBody]
    schema = None  # the widget's own contract, not the API's
    http_method_names = ["get", "post", "head"]
    allowance: ClassVar[dict[str, str]] = {"GET": "read", "HEAD": "read", "POST": "small"}
    needs_visitor: ClassVar[bool] = True
    max_body_bytes: ClassVar[int] = MAX_BODY_BYTES
    site: Site
    visitor: Visitor

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = str(request.method)
        if getattr(self, method.lower(), None) is None:
            return
        refuse_foreign_pages(request)
        self._refuse_large(request)
        what, address = self.allowance[method], address_of(request)
        token = token_from(request) if self.needs_visitor else ""
        visitor = str(read_token(token).visitor_id) if self.needs_visitor else ""
        site = str(kwargs["site"])
        limits.refuse_blocked(limits.keys_of(what, site=site, address=address, visitor=visitor))
        self.site = get_site(site)
        limits.spend(what, site=site, address=address, visitor=visitor)
        if self.needs_visitor:
            self.visitor = get_visitor(self.site, token)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if not answer.has_header("Cache-Control"):
            answer["Cache-Control"] = "no-store"
        return answer

    def _refuse_large(self, request: Request) -> None:
        """Before one byte of the body is read."""
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        is_endless = "HTTP_TRANSFER_ENCODING" in request.META
        if is_endless or not length.isdigit() or int(length) > self.max_body_bytes:
            raise TooLarge("This is too large.")


def token_from(request: Request) -> str:
    """The visitor token of ``Authorization: Visitor …``; raises NotIdentified."""
    header = str(request.META.get("HTTP_AUTHORIZATION") or "")
    if not header.startswith(SCHEME):
        raise NotIdentified("Begin a chat session first.")
    return header[len(SCHEME) :].strip()


def address_of(request: Request) -> str:
    """Where the call comes from; behind a trusted proxy the server has already resolved it."""
    return str(request.META.get("REMOTE_ADDR") or "")


def refuse_foreign_pages(request: Request) -> None:
    """The frame is ours: a script of any other page may not call, whatever it has got hold of."""
    origin = str(request.META.get("HTTP_ORIGIN") or "")
    if not origin or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    parts = urlsplit(origin)
    if parts.scheme in ("http", "https") and parts.netloc == request.get_host():
        return
    raise NotAllowed("Only the chat's own frame may ask this.", code="foreign_origin")
