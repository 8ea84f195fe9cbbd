"""TikTok's Business API: where it is, who we are there, and what its refusals mean.

It answers 200 to nearly everything; whether it did what was asked says ``code``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, post_once
from tickets.models import Channel

API = "https://business-api.tiktok.com"
VERSION = "/open_api/v1.3"
_TOO_FAST = {40100, 40133, 40016}
_TOKEN = {40001, 40101, 40102, 40103, 40104, 40105}


@dataclass(frozen=True)
class TikTokApi:
    """The API in the name of one advertiser."""

    base: str
    token: str

    def get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """Read."""
        return _data(call("GET", self._url(path), query=query, headers=self._headers()))

    def change(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change something; doing it twice is the same as doing it once."""
        return _data(call("POST", self._url(path), body=body, headers=self._headers()))

    def say(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Say something to people: never repeated blindly."""
        answer = post_once("POST", self._url(path), body=body, headers=self._headers())
        if _code(answer) >= 50000:
            raise UncertainOutcome("TikTok failed while taking the comment.")
        return _data(answer)

    def _url(self, path: str) -> str:
        return f"{self.base}{VERSION}{path}"

    def _headers(self) -> dict[str, str]:
        return {"Access-Token": self.token}


def tiktok_of(channel: Channel) -> TikTokApi:
    """The API with this channel's token."""
    base = str(channel.config.get("api_url") or API).rstrip("/")
    return TikTokApi(base, str(decrypt(channel.secrets).get("access_token") or ""))


def _data(answer: VendorAnswer) -> dict[str, Any]:
    code = _code(answer)
    if code:
        raise _meaning_of(code, answer)
    found = answer.data.get("data") if isinstance(answer.data, dict) else None
    return found if isinstance(found, dict) else {}


def _code(answer: VendorAnswer) -> int:
    code = answer.data.get("code") if isinstance(answer.data, dict) else 0
    return code if isinstance(code, int) else 0


def _meaning_of(code: int, answer: VendorAnswer) -> ConnectorFailure:
    words = " ".join(str(answer.data.get("message") or "").split())[:200]
    if code in _TOO_FAST:
        return TemporaryFailure(f"TikTok asks us to slow down. {words}", retry_after_seconds=60)
    if code in _TOKEN:
        return NeedsReauthorization(f"TikTok does not accept our access token. {words}")
    if code >= 50000:
        return TemporaryFailure(f"TikTok cannot do it now. {words}")
    return PermanentFailure(f"TikTok refused it. {words}", reason_code=f"refused_{code}")
