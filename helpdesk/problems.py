"""Errors as RFC 9457 problem documents: what happened, what to do, which field."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from helpdesk.lib.errors import FieldError, HelpdeskError

CONTENT_TYPE = "application/problem+json"
log = structlog.get_logger()


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; unknown errors become a 500 with an id and no details."""
    set_rollback()
    request = context.get("request")
    request_id = getattr(request, "request_id", "") if request is not None else ""
    if isinstance(error, HelpdeskError):
        body = problem(error.status, error.code, error.message, error.errors, **error.extra)
    elif isinstance(error, Http404):
        body = problem(404, "not_found", "There is no such thing, or you may not see it.")
    elif isinstance(error, PermissionDenied):
        body = problem(403, "not_allowed", "You may not do this.")
    elif isinstance(error, exceptions.ValidationError):
        errors = list(_flatten(error.detail))
        body = problem(422, "invalid_input", errors[0].message if errors else "Invalid.", errors)
    elif isinstance(error, exceptions.APIException):
        body = problem(error.status_code, str(error.get_codes()), str(error.detail))
    else:
        log.error("request.failed", request_id=request_id, exc_info=error)
        body = problem(500, "internal", "Something went wrong on our side. Nothing was changed.")
    body["instance"] = request_id
    response = Response(body, status=body["status"], content_type=CONTENT_TYPE)
    _copy_headers(error, response)
    return response


def problem(
    status: int, code: str, detail: str, errors: list[FieldError] | None = None, **extra: Any
) -> dict[str, Any]:
    """The body of a problem document."""
    return {
        "type": f"about:blank#{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
        "errors": [
            {"path": each.path, "code": each.code, "message": each.message} for each in errors or []
        ],
        **extra,
    }


def page(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    """A problem document outside DRF (Django's own 400, 403, 404 and 500)."""
    body = problem(status, code, detail)
    body["instance"] = getattr(request, "request_id", "")
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


TITLES = {
    400: "Bad request",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Internal error",
    502: "Another system failed",
    503: "Not ready",
}


def _flatten(detail: Any, path: str = "") -> Any:
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _flatten(value, f"{path}.{key}" if path else str(key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from _flatten(value, f"{path}.{index}" if nested else path)
    else:
        yield FieldError(path, getattr(detail, "code", "invalid"), str(detail))


def _copy_headers(error: Exception, response: Response) -> None:
    header = getattr(error, "auth_header", None)
    if header:
        response["WWW-Authenticate"] = header
    wait = getattr(error, "wait", None)
    if wait:
        response["Retry-After"] = str(int(wait))


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's 400: the request itself is malformed."""
    return page(request, 400, "bad_request", "This request cannot be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's 403."""
    return page(request, 403, "not_allowed", "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's 404."""
    return page(request, 404, "not_found", "There is no such address.")


def server_error(request: HttpRequest) -> JsonResponse:
    """Django's 500: details are in the log under the request's id, never in the answer."""
    return page(request, 500, "internal", "Something went wrong on our side. Nothing was changed.")
