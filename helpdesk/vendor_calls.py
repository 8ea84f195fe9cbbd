"""A vendor's call at the door, whoever it is for: read within limits, and what is answered."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from helpdesk import problems
from helpdesk.lib import rate_limit
from helpdesk.lib.connecting import WebhookAnswer, WebhookRequest

METHODS = ("GET", "POST", "PUT")
SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization"}
"""What proves who calls is looked at and never stored."""


def read_call(request: HttpRequest, *, max_bytes: int) -> WebhookRequest | HttpResponse:
    """The call under the address the vendor knows, or the answer that refuses it.

    It never holds more than ``max_bytes`` in memory.
    """
    if request.method not in METHODS:
        return problems.page(request, 405, "method_not_allowed", "Send it with POST.")
    body = b""
    is_too_large = int(request.headers.get("Content-Length") or 0) > max_bytes
    if not is_too_large:
        body = request.read(max_bytes + 1)
    if is_too_large or len(body) > max_bytes:
        said = f"A call may have {max_bytes // 1024} KB. Nothing of it was kept."
        return problems.page(request, 413, "too_large", said)
    return WebhookRequest(
        method=request.method,
        url=f"{settings.PUBLIC_URL}{request.get_full_path()}",
        query={name: str(value) for name, value in request.GET.items()},
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )


def kept_headers(call: WebhookRequest) -> dict[str, str]:
    """The headers that may be stored."""
    return {name: value for name, value in call.headers.items() if name not in SECRET_HEADERS}


def query_of(url: str) -> dict[str, str]:
    """The query of a stored call."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def no_such_address(request: HttpRequest) -> HttpResponse:
    """Nobody listens there."""
    return problems.page(request, 404, "not_found", "There is no such address.")


def too_many(request: HttpRequest) -> HttpResponse:
    """Too fast: nothing was kept, and the vendor shall come again."""
    said = "This came too fast. Nothing of this call was kept: send it again."
    page = problems.page(request, 429, "too_many", said)
    page["Retry-After"] = str(rate_limit.RETRY_AFTER_SECONDS)
    return page


def answered(answer: WebhookAnswer | None) -> HttpResponse:
    """What the connector wants the vendor to hear; nothing is an empty 200."""
    said = answer or WebhookAnswer()
    return HttpResponse(
        said.content,
        status=said.status,
        content_type=said.content_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            **said.headers,
        },
    )
