"""A Mastodon server's API: reads, posts, uploads, and what its refusals mean."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import Upload, VendorAnswer, ask, call, failure_of, post_once
from tickets.models import Channel

SAFE_AGAIN_SECONDS = 30 * 60
"""A server remembers an Idempotency-Key for an hour."""


class MastodonClient:
    """One account on one server."""

    def __init__(self, channel: Channel) -> None:
        base = str(channel.config.get("api_url") or channel.config.get("instance") or "")
        self._base = base.rstrip("/")
        self._token = str(decrypt(channel.secrets).get("token", "")).strip()
        named = str(channel.config.get("instance") or base)
        self.host = urlsplit(named if "://" in named else f"https://{named}").hostname or ""

    def get(self, path: str, **query: Any) -> Any:
        """A read; returns the JSON."""
        return call(
            "GET", self._url(path), query=query or None, headers=self._headers(),
            failure=meaning_of,
        ).data  # fmt: skip

    def listed(self, path: str, query: list[tuple[str, str]]) -> list[dict[str, Any]]:
        """A read with names that repeat (``types[]``); returns a list."""
        asked = "&".join(f"{quote(name, safe='[]')}={quote(value)}" for name, value in query)
        found = call(
            "GET", f"{self._url(path)}?{asked}", headers=self._headers(), failure=meaning_of
        ).data
        return [each for each in found if isinstance(each, dict)] if found else []

    def post_status(self, body: dict[str, Any], key: uuid.UUID) -> dict[str, Any]:
        """A post. Its key makes it one, however often it is asked for within an hour: so where no
        answer came, and the message is young enough, it is simply tried again."""
        try:
            answer = post_once(
                "POST", self._url("/api/v1/statuses"), body=body, failure=meaning_of,
                headers={**self._headers(), "Idempotency-Key": str(key)},
            )  # fmt: skip
        except UncertainOutcome as unknown:
            if now().timestamp() - _made_at(key) > SAFE_AGAIN_SECONDS:
                raise
            raise TemporaryFailure(f"{unknown.message} It is asked for again.") from unknown
        if not isinstance(answer.data, dict) or "id" not in answer.data:
            raise UncertainOutcome("The server gave an answer that cannot be read.")
        return answer.data

    def upload(self, name: str, content_type: str, content: bytes) -> str:
        """A file that no post shows yet; returns its id."""
        answer = call(
            "POST", self._url("/api/v2/media"), headers=self._headers(), failure=meaning_of,
            uploads=[Upload("file", name, content_type, content)],
        )  # fmt: skip
        if answer.status == 202:
            raise TemporaryFailure(
                "The server is still working on the file.", retry_after_seconds=20
            )
        return str((answer.data or {}).get("id", ""))

    def download(self, url: str, max_bytes: int) -> VendorAnswer:
        """A public file, wherever it lies: it gets no token of ours."""
        answer = ask("GET", url, max_bytes=max_bytes, headers={"Accept": "*/*"})
        if not answer.is_ok:
            raise failure_of(answer)
        return answer

    def _url(self, path: str) -> str:
        if not self._base:
            raise PermanentFailure("The address of the server is missing.", reason_code="refused")
        return f"{self._base}{path}"

    def _headers(self) -> dict[str, str]:
        if not self._token:
            raise NeedsReauthorization("The access token is missing.")
        return {"Authorization": f"Bearer {self._token}"}


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """What a refusal means: a wait is told as a date, a reply to something gone as 404."""
    if answer.status == 429:
        return TemporaryFailure(
            "The server asks us to slow down.", retry_after_seconds=_seconds_until(answer.headers)
        )
    if answer.status in (404, 410):
        return PermanentFailure(
            "The post that is answered is not there any more.", reason_code="no_conversation"
        )
    return failure_of(answer)


def _seconds_until(headers: dict[str, str]) -> int | None:
    try:
        reset = datetime.fromisoformat(headers.get("x-ratelimit-reset", ""))
        return max(1, int((reset - now()).total_seconds()) + 1)
    except (ValueError, TypeError):
        said = headers.get("retry-after", "")
        return int(said) + 1 if said.isdigit() else None


def _made_at(message_id: uuid.UUID) -> float:
    """When a message was written: our ids begin with their time (UUID version 7)."""
    return (message_id.int >> 80) / 1000 if message_id.version == 7 else 0.0
