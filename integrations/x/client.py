"""X's API version 2: where it is, who we are there, and what its refusals mean."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, failure_of, multipart, post_once
from inbox.connector import Renewed
from tickets.models import Channel

API = "https://api.x.com"
MAX_PAGES = 20
UPLOAD_SECONDS = 60
_NO_RIGHT = ("client-forbidden", "unsupported-authentication", "oauth1-permissions", "scope")


@dataclass(frozen=True)
class XApi:
    """The API with one token: the account's own, or the app's."""

    base: str
    token: str

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Read."""
        return _data(call("GET", self._url(path), query=query, **self._common()))

    def pages(self, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Page after page of an answer that has many."""
        for _ in range(MAX_PAGES):
            page = self.get(path, **query)
            yield page
            token = (page.get("meta") or {}).get("next_token")
            if not token:
                return
            query = {**query, "pagination_token": token}

    def change(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Change something; doing it twice is the same as doing it once."""
        return _data(call(method, self._url(path), body=body, **self._common()))

    def say(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Say something to people: never repeated blindly."""
        answer = post_once("POST", self._url(path), body=body, **self._common())
        return _data(answer)

    def upload(self, category: str, file: tuple[str, bytes, str]) -> str:
        """Lay a picture down there; nobody sees it yet. Returns its id."""
        content, content_type = multipart({"media_category": category}, {"media": file})
        common = self._common()
        common["headers"] = {**common["headers"], "Content-Type": content_type}
        answer = call(
            "POST", self._url("/2/media/upload"), content=content,
            timeout_seconds=UPLOAD_SECONDS, **common,
        )  # fmt: skip
        return str((_data(answer).get("data") or {}).get("id") or "")

    def file(self, path: str, max_bytes: int) -> VendorAnswer:
        """The bytes of something that only the account may see."""
        return call("GET", self._url(path), max_bytes=max_bytes, **self._common())

    def _url(self, path: str) -> str:
        return f"{self.base}{path}"

    def _common(self) -> dict[str, Any]:
        return {"headers": {"Authorization": f"Bearer {self.token}"}, "failure": meaning_of}


def account_api(channel: Channel) -> XApi:
    """The API in the name of the account."""
    return XApi(_base(channel), str(decrypt(channel.secrets).get("access_token", "")))


def app_api(channel: Channel) -> XApi | None:
    """The API in the name of the app, which owns the webhook; None without its token."""
    token = str(decrypt(channel.secrets).get("bearer_token") or "")
    return XApi(_base(channel), token) if token else None


def renew(channel: Channel) -> Renewed:
    """New tokens for the refresh token, which is good for one use."""
    secrets = decrypt(channel.secrets)
    refresh, client_id = str(secrets.get("refresh_token") or ""), channel.config.get("client_id")
    if not refresh or not client_id:
        return Renewed({}, now() + timedelta(days=365))
    headers = {}
    if secrets.get("client_secret"):
        basic = base64.b64encode(f"{client_id}:{secrets['client_secret']}".encode()).decode()
        headers["Authorization"] = f"Basic {basic}"
    said = _data(
        call(
            "POST", f"{_base(channel)}/2/oauth2/token", headers=headers, failure=_refused_refresh,
            form={
                "grant_type": "refresh_token", "refresh_token": refresh, "client_id": client_id,
            },
        )
    )  # fmt: skip
    token = str(said.get("access_token") or "")
    if not token:
        raise NeedsReauthorization("X gave no new token. Sign in to the app again.")
    ends = now() + timedelta(seconds=int(said.get("expires_in") or 7200))
    kept = str(said.get("refresh_token") or refresh)
    return Renewed({"access_token": token, "refresh_token": kept}, ends)


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """What a refusal means. A 403 is mostly about this one message, not about our token."""
    if answer.status != 403:
        return failure_of(answer)
    told = answer.data if isinstance(answer.data, dict) else {}
    words = " ".join(str(told.get("detail") or told.get("title") or "").split())[:200]
    kind = str(told.get("type") or told.get("reason") or "").lower()
    if any(each in kind for each in _NO_RIGHT):
        return NeedsReauthorization(f"X does not let our app do this. {words}")
    if "duplicate" in words.lower():
        return PermanentFailure(f"X takes no text twice. {words}", reason_code="duplicate")
    return PermanentFailure(f"X does not allow it. {words}", reason_code="refused_403")


def _refused_refresh(answer: VendorAnswer) -> ConnectorFailure:
    failure = failure_of(answer)
    if isinstance(failure, PermanentFailure):
        return NeedsReauthorization("X does not take our refresh token. Sign in to the app again.")
    return failure


def _base(channel: Channel) -> str:
    return str(channel.config.get("api_url") or API).rstrip("/")


def _data(answer: VendorAnswer) -> dict[str, Any]:
    return answer.data if isinstance(answer.data, dict) else {}
