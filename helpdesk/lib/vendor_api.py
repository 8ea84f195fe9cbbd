"""Asking a vendor's HTTP API: what its status codes mean for us, said once.

Everything goes through ``helpdesk.lib.http``. A connector that sends a message calls
``before_irreversible`` and then :func:`post_once`: from there on an answer that never came leaves
it *uncertain* whether the message left, and nothing is repeated blindly.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from urllib3.filepost import encode_multipart_formdata

from helpdesk.lib import http
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)

TIMEOUT_SECONDS = 15.0
MAX_RETRY_AFTER_SECONDS = 6 * 60 * 60
MAX_DETAIL_CHARS = 200


@dataclass(frozen=True)
class VendorAnswer:
    """What the vendor said: ``data`` is its JSON, or None where it sent none."""

    status: int
    headers: dict[str, str]
    content: bytes
    data: Any = field(default=None)

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


Failure = Callable[[VendorAnswer], ConnectorFailure]
"""What a refusal of this vendor means: :func:`failure_of`, or the vendor's own reading of it."""


@dataclass(frozen=True)
class Upload:
    """A file of a multipart form: in which field, under which name."""

    field: str
    name: str
    content_type: str
    content: bytes


def ask(
    method: str,
    url: str,
    *,
    query: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    body: Any = None,
    form: dict[str, Any] | list[tuple[str, str]] | None = None,
    uploads: list[Upload] | None = None,
    content: bytes | None = None,
    max_bytes: int = http.MAX_BYTES,
    timeout_seconds: float | None = None,
) -> VendorAnswer:
    """Make a request and return the answer, whatever its status; ``body`` is sent as JSON.

    With ``uploads`` the ``form`` is multipart. Raises TemporaryFailure when nobody answers.
    """
    sent, told = _multipart(form, uploads) if uploads else _encoded(body, form, content)
    said = http.fetch(
        f"{url}{'&' if '?' in url else '?'}{urlencode(query, doseq=True)}" if query else url,
        method=method,
        headers={"Accept": "application/json", **told, **(headers or {})},
        content=sent,
        max_bytes=max_bytes,
        timeout_seconds=timeout_seconds or TIMEOUT_SECONDS,
    )
    return VendorAnswer(said.status, said.headers, said.content, _json(said))


def call(method: str, url: str, *, failure: Failure | None = None, **request: Any) -> VendorAnswer:
    """Make a request that may be repeated; returns only a 2xx answer.

    Raises NeedsReauthorization (401, 403), TemporaryFailure (408, 425, 429, 5xx or silence; with
    ``retry_after_seconds`` where the vendor said so) and PermanentFailure (anything else), or what
    ``failure`` makes of a refusal where a vendor's codes mean something of their own.
    """
    answer = ask(method, url, **request)
    if not answer.is_ok:
        raise (failure or failure_of)(answer)
    return answer


def post_once(
    method: str, url: str, *, failure: Failure | None = None, **request: Any
) -> VendorAnswer:
    """Make a request that must not happen twice; ``before_irreversible`` was called just now.

    Like :func:`call`, but an answer that never came, or a server error, is UncertainOutcome:
    the other side may have done it. A refused connection certainly did nothing.
    """
    try:
        answer = ask(method, url, **request)
    except TemporaryFailure as silence:
        if silence.code == http.NOT_CONNECTED:
            raise
        raise UncertainOutcome("The vendor did not answer after the message was sent.") from silence
    if answer.status >= 500 and answer.status != 503:
        raise UncertainOutcome(f"The vendor failed while taking the message ({answer.status}).")
    if not answer.is_ok:
        raise (failure or failure_of)(answer)
    return answer


def multipart(
    fields: dict[str, str], files: dict[str, tuple[str, bytes, str]]
) -> tuple[bytes, str]:
    """A body that uploads files ``{field: (file name, bytes, type)}``, and its content type."""
    return encode_multipart_formdata({**fields, **files})


def failure_of(
    answer: VendorAnswer,
) -> NeedsReauthorization | TemporaryFailure | PermanentFailure:
    """The error that a refusal means, in the vendor's own words as far as they are safe to show."""
    detail = _detail(answer)
    if answer.status in (401, 403):
        return NeedsReauthorization(f"The vendor does not accept our credentials. {detail}".strip())
    if answer.status in (408, 425, 429) or answer.status >= 500:
        return TemporaryFailure(
            f"The vendor cannot take it now ({answer.status}). {detail}".strip(),
            retry_after_seconds=retry_after_seconds(answer.headers),
        )
    return PermanentFailure(
        f"The vendor refused it ({answer.status}). {detail}".strip(),
        reason_code=f"refused_{answer.status}",
    )


def retry_after_seconds(headers: dict[str, str]) -> int | None:
    """What ``Retry-After`` (seconds or a date) or ``x-rate-limit-reset`` (epoch) ask for."""
    said = headers.get("retry-after", "")
    try:
        seconds = float(said)
    except ValueError:
        seconds = _until(said, headers.get("x-rate-limit-reset", ""))
    return int(min(max(seconds, 0), MAX_RETRY_AFTER_SECONDS)) + 1 if seconds > 0 else None


def _until(date: str, epoch: str) -> float:
    try:
        if date:
            return (parsedate_to_datetime(date) - now()).total_seconds()
        return float(epoch) - now().timestamp() if epoch else 0.0
    except (ValueError, TypeError):
        return 0.0


def _encoded(
    body: Any, form: dict[str, Any] | list[tuple[str, str]] | None, content: bytes | None
) -> tuple[bytes | None, dict[str, str]]:
    if body is not None:
        return json.dumps(body).encode(), {"Content-Type": "application/json"}
    if form is not None:
        encoded = urlencode(form, doseq=True).encode()
        return encoded, {"Content-Type": "application/x-www-form-urlencoded"}
    return content, {}


def _multipart(
    form: dict[str, Any] | list[tuple[str, str]] | None, uploads: list[Upload]
) -> tuple[bytes, dict[str, str]]:
    files = {each.field: (each.name, each.content, each.content_type) for each in uploads}
    content, content_type = multipart(dict(form or {}), files)
    return content, {"Content-Type": content_type}


def _json(answer: http.Answer) -> Any:
    if "json" not in answer.content_type or not answer.content:
        return None
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def _detail(answer: VendorAnswer) -> str:
    """The first words among the fields in which vendors say what is wrong."""
    found = answer.data
    for name in (
        "error",
        "errors",
        "message",
        "detail",
        "title",
        "error_description",
        "description",
    ):
        if isinstance(found, list):
            found = found[0] if found else None
        if isinstance(found, dict) and found.get(name):
            found = found[name]
    if isinstance(found, dict):
        found = found.get("message") or found.get("detail")
    return " ".join(found.split())[:MAX_DETAIL_CHARS] if isinstance(found, str) else ""
