"""Meta's Graph API: where it is, who we are there, and what its refusals mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import (
    VendorAnswer,
    call,
    failure_of,
    multipart,
    post_once,
    retry_after_seconds,
)
from tickets.models import Channel

VERSION = "v25.0"
FACEBOOK_API = "https://graph.facebook.com"
INSTAGRAM_API = "https://graph.instagram.com"
BLOCKED_SECONDS = 3600
MAX_PAGES = 40

_TOKEN = {102, 190, 463, 467}
_LIMITS = {4, 17, 32, 341, 613, 80001, 80002, 80006}
_SHORT_TROUBLE = {1, 2}
_WINDOW = {2018278, 2534022}
_NOBODY = {2018001, 2018108, 1545041, 2534014, 2534037}
_ANSWERED = {10900, 2018292}
_PERMISSION = {3, 10, *range(200, 300)}


@dataclass(frozen=True)
class Graph:
    """One account's way to the API."""

    base: str
    token: str
    proof: str = ""

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Read an object or an edge."""
        return _data(call("GET", self._url(path), query=self._with_proof(query), **self._common()))

    def profile(self, person_id: str, **query: Any) -> dict[str, Any]:
        """A person, as far as they let us see; refused, it says nothing about our token."""
        common = {**self._common(), "failure": _meaning_of_profile}
        return _data(call("GET", self._url(person_id), query=self._with_proof(query), **common))

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """The objects of an edge, page after page."""
        for _ in range(MAX_PAGES):
            page = self.get(path, **query)
            yield from (each for each in page.get("data") or [] if isinstance(each, dict))
            after = ((page.get("paging") or {}).get("cursors") or {}).get("after")
            if not after or not (page.get("paging") or {}).get("next"):
                return
            query["after"] = after

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Change something; doing it twice is the same as doing it once."""
        return _data(call("POST", self._url(path), body=self._with_proof(body), **self._common()))

    def delete(self, path: str) -> dict[str, Any]:
        """Take something away."""
        return _data(call("DELETE", self._url(path), query=self._with_proof(), **self._common()))

    def post_once(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Say something to people: never repeated blindly."""
        answer = post_once(
            "POST", self._url(path), body=self._with_proof(body), **self._common()
        )  # fmt: skip
        return _data(answer)

    def upload(
        self, path: str, fields: dict[str, str], name: str, file: tuple[str, bytes, str]
    ) -> dict[str, Any]:
        """Lay a file down there; nobody sees it yet."""
        content, content_type = multipart(self._with_proof(fields), {name: file})
        common = self._common()
        common["headers"] = {**common["headers"], "Content-Type": content_type}
        return _data(call("POST", self._url(path), content=content, timeout_seconds=60, **common))

    def _url(self, path: str) -> str:
        return f"{self.base}/{path}"

    def _with_proof(self, given: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**(given or {}), **({"appsecret_proof": self.proof} if self.proof else {})}

    def _common(self) -> dict[str, Any]:
        return {"headers": {"Authorization": f"Bearer {self.token}"}, "failure": meaning_of}


def graph_of(channel: Channel) -> Graph:
    """The API with this channel's token."""
    secrets = decrypt(channel.secrets)
    token, secret = str(secrets.get("access_token", "")), str(secrets.get("app_secret", ""))
    is_instagram_login = uses_instagram_login(channel)
    default = INSTAGRAM_API if is_instagram_login else FACEBOOK_API
    base = str(channel.config.get("api_url") or default).rstrip("/")
    proof = "" if is_instagram_login or not secret else _proof(token, secret)
    return Graph(f"{base}/{VERSION}", token, proof)


def app_graph(channel: Channel) -> Graph | None:
    """The API in the name of the app itself, to ask about tokens; None without its id."""
    secret = str(decrypt(channel.secrets).get("app_secret", ""))
    app_id = str(channel.config.get("app_id") or "")
    if not app_id or not secret or uses_instagram_login(channel):
        return None
    return Graph(graph_of(channel).base, f"{app_id}|{secret}")


def uses_instagram_login(channel: Channel) -> bool:
    """Whether the account was connected without a Facebook page."""
    return channel.kind == "instagram" and channel.config.get("login") == "instagram"


def sender_node(channel: Channel) -> str:
    """Who sends messages in the API's eyes: the page, or the account with its own login."""
    if channel.kind == "instagram" and not uses_instagram_login(channel):
        return str(channel.config.get("page_id") or "me")
    return channel.address


def refresh_instagram_token(channel: Channel) -> tuple[str, int]:
    """A new token of an Instagram login, and for how many seconds it lasts."""
    base = str(channel.config.get("api_url") or INSTAGRAM_API).rstrip("/")
    said = _data(
        call(
            "GET", f"{base}/refresh_access_token", failure=meaning_of,
            query={
                "grant_type": "ig_refresh_token",
                "access_token": str(decrypt(channel.secrets).get("access_token", "")),
            },
        )
    )  # fmt: skip
    return str(said.get("access_token", "")), int(said.get("expires_in") or 0)


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """What an error of the Graph API means, by its code and subcode."""
    said = answer.data.get("error") if isinstance(answer.data, dict) else None
    if not isinstance(said, dict):
        return failure_of(answer)
    code, subcode = _number(said.get("code")), _number(said.get("error_subcode"))
    words = " ".join(str(said.get("error_user_msg") or said.get("message") or "").split())[:200]
    if subcode in _WINDOW:
        return PermanentFailure(
            f"The time to answer here is over. {words}", reason_code="window_closed"
        )
    if code == 551 or subcode in _NOBODY:
        return PermanentFailure(f"This person cannot be written to. {words}", reason_code="left")
    if code in _ANSWERED or subcode in _ANSWERED:
        return PermanentFailure(
            f"This was answered privately before. {words}", reason_code="limit_reached"
        )
    if code in _LIMITS or answer.status == 429:
        return TemporaryFailure(
            f"Meta asks us to slow down. {words}", retry_after_seconds=_pause_seconds(answer)
        )
    if code == 368:
        return TemporaryFailure(
            f"Meta has blocked this for a while. {words}", retry_after_seconds=BLOCKED_SECONDS
        )
    if code in _TOKEN or code in _PERMISSION or answer.status == 401:
        return NeedsReauthorization(f"Meta does not accept our access token for this. {words}")
    if code in _SHORT_TROUBLE or said.get("is_transient") or answer.status >= 500:
        return TemporaryFailure(
            f"Meta cannot do it now. {words}", retry_after_seconds=_pause_seconds(answer)
        )
    return PermanentFailure(f"Meta refused it. {words}", reason_code=f"refused_{code or 400}")


def _meaning_of_profile(answer: VendorAnswer) -> ConnectorFailure:
    said = answer.data.get("error") if isinstance(answer.data, dict) else None
    if isinstance(said, dict) and _number(said.get("code")) in _PERMISSION:
        return PermanentFailure("This person does not let us see their name.")
    return meaning_of(answer)


def _pause_seconds(answer: VendorAnswer) -> int | None:
    """What ``Retry-After`` or the usage headers say about when calls are taken again."""
    asked = retry_after_seconds(answer.headers)
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        rows = [row for each in usage.values() for row in each]
        minutes = max((int(row["estimated_time_to_regain_access"]) for row in rows), default=0)
    except (ValueError, TypeError, KeyError, AttributeError):
        minutes = 0
    return asked or (minutes * 60 or None)


def _proof(token: str, secret: str) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _data(answer: VendorAnswer) -> dict[str, Any]:
    if isinstance(answer.data, dict):
        return answer.data
    return {"success": True} if answer.data is True else {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


__all__ = [
    "Graph", "app_graph", "graph_of", "meaning_of", "refresh_instagram_token",
    "sender_node", "uses_instagram_login",
]  # fmt: skip
