"""YouTube's Data API v3: where it is, who we are there, and what its refusals mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, failure_of, post_once
from inbox.connector import Renewed
from tickets.models import Channel

API = "https://youtube.googleapis.com"
TOKENS = "https://oauth2.googleapis.com"
QUOTA_SECONDS = 3600
_QUOTA = {"quotaExceeded", "dailyLimitExceeded", "rateLimitExceeded", "userRateLimitExceeded"}
_RIGHTS = {"insufficientPermissions", "authError", "youtubeSignupRequired", "accessNotConfigured"}


@dataclass(frozen=True)
class YouTubeApi:
    """The API in the name of the channel's owner."""

    base: str
    token: str

    def get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """Read."""
        return _data(call("GET", self._url(path), query=query, **self._common()))

    def say(self, path: str, query: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """Say something to people: never repeated blindly."""
        return _data(post_once("POST", self._url(path), query=query, body=body, **self._common()))

    def change(self, path: str, query: dict[str, Any]) -> None:
        """Change something; doing it twice is the same as doing it once."""
        call("POST", self._url(path), query=query, **self._common())

    def _url(self, path: str) -> str:
        return f"{self.base}/youtube/v3/{path}"

    def _common(self) -> dict[str, Any]:
        return {"headers": {"Authorization": f"Bearer {self.token}"}, "failure": meaning_of}


def youtube_of(channel: Channel) -> YouTubeApi:
    """The API with this channel's token."""
    base = str(channel.config.get("api_url") or API).rstrip("/")
    return YouTubeApi(base, str(decrypt(channel.secrets).get("access_token") or ""))


def renew(channel: Channel) -> Renewed:
    """A new access token, good for an hour; the refresh token stays."""
    secrets = decrypt(channel.secrets)
    base = str(channel.config.get("token_url") or channel.config.get("api_url") or TOKENS)
    answer = call(
        "POST", f"{base.rstrip('/')}/token", failure=_refused_refresh,
        form={
            "grant_type": "refresh_token",
            "client_id": str(channel.config.get("client_id") or ""),
            "client_secret": str(secrets.get("client_secret") or ""),
            "refresh_token": str(secrets.get("refresh_token") or ""),
        },
    )  # fmt: skip
    said = _data(answer)
    ends = now() + timedelta(seconds=int(said.get("expires_in") or 3600))
    return Renewed({"access_token": str(said.get("access_token") or "")}, ends)


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """What a refusal means: Google says with 403 that the quota is used up, too."""
    told = answer.data.get("error") if isinstance(answer.data, dict) else None
    if not isinstance(told, dict):
        return failure_of(answer)
    rows = told.get("errors") if isinstance(told.get("errors"), list) else []
    reasons = {str(each.get("reason")) for each in rows or [] if isinstance(each, dict)}
    words = " ".join(str(told.get("message") or "").split())[:200]
    if reasons & _QUOTA:
        return TemporaryFailure(
            f"YouTube's quota is used up for now. {words}", retry_after_seconds=QUOTA_SECONDS
        )
    if answer.status == 401 or reasons & _RIGHTS:
        return NeedsReauthorization(f"YouTube does not accept our sign-in for this. {words}")
    if answer.status == 429 or answer.status >= 500:
        return failure_of(answer)
    code = next(iter(sorted(reasons)), f"refused_{answer.status}")
    return PermanentFailure(f"YouTube refused it. {words}", reason_code=code[:40])


def _refused_refresh(answer: VendorAnswer) -> ConnectorFailure:
    failure = failure_of(answer)
    if isinstance(failure, PermanentFailure):
        return NeedsReauthorization("Google does not take our refresh token. Sign in again.")
    return failure


def _data(answer: VendorAnswer) -> dict[str, Any]:
    return answer.data if isinstance(answer.data, dict) else {}
