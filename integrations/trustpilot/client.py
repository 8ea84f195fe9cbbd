"""Trustpilot's API: where it is, who we are there, and what its refusals mean."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, failure_of, post_once
from inbox.connector import Renewed
from tickets.models import Channel

API = "https://api.trustpilot.com"
GONE = "gone"
LIFE = timedelta(hours=1)
_UNIT_ID = re.compile(r"^[0-9a-f]{24}$")
_OAUTH = "oauth/oauth-business-users-for-applications"


@dataclass(frozen=True)
class TrustpilotApi:
    """The API in the name of the business user."""

    base: str
    key: str
    token: str

    def get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        """Read what is ours alone."""
        return _data(call("GET", self._url(path), query=query, **self._private()))

    def look_up(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """Read what everybody may."""
        headers = {"apikey": self.key}
        answer = call("GET", self._url(path), query=query, headers=headers, failure=meaning_of)
        return _data(answer)

    def begin(self, path: str) -> None:
        """Begin what may be begun twice."""
        call("POST", self._url(path), **self._private())

    def say(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Say something to everybody: never repeated blindly."""
        return _data(post_once("POST", self._url(path), body=body, **self._private()))

    def _private(self) -> dict[str, Any]:
        return {"headers": {"Authorization": f"Bearer {self.token}"}, "failure": meaning_of}

    def _url(self, path: str) -> str:
        return f"{self.base}/v1/{path}"


def trustpilot_of(channel: Channel, token: str | None = None) -> TrustpilotApi:
    """The API with this channel's token, or another."""
    mine = str(decrypt(channel.secrets).get("access_token") or "")
    key = str(channel.config.get("api_key") or "")
    return TrustpilotApi(_base(channel), key, mine if token is None else token)


def unit_id_of(api: TrustpilotApi, address: str) -> str:
    """The business unit's id, which an admin may have named by its domain."""
    if _UNIT_ID.match(address):
        return address
    domain = address.lower().strip().removeprefix("https://").rstrip("/").removeprefix("www.")
    found = api.look_up("business-units/search", {"query": domain})
    for each in found.get("businessUnits") or []:
        names = each.get("name") if isinstance(each, dict) else None
        name = str((names or {}).get("identifying") or "").lower().removeprefix("www.")
        if name == domain and _UNIT_ID.match(str(each.get("id"))):
            return str(each["id"])
    raise PermanentFailure(f"Trustpilot knows no business called {domain}.", reason_code=GONE)


def renew(channel: Channel) -> Renewed:
    """New tokens: by the refresh token while it is good, else by signing in."""
    token = str(decrypt(channel.secrets).get("refresh_token") or "")
    if token:
        try:
            return _tokens(channel, "refresh", refresh_token=token, grant_type="refresh_token")
        except NeedsReauthorization:
            pass
    return sign_in(channel)


def sign_in(channel: Channel) -> Renewed:
    """Tokens for the business user; raises NeedsReauthorization where Trustpilot does not know it."""
    return _tokens(
        channel, "accesstoken", grant_type="password",
        username=str(channel.config.get("username") or ""),
        password=str(decrypt(channel.secrets).get("password") or ""),
    )  # fmt: skip


def _tokens(channel: Channel, what: str, **form: str) -> Renewed:
    pair = f"{channel.config.get('api_key') or ''}:{decrypt(channel.secrets).get('api_secret', '')}"
    said = _data(
        call(
            "POST", f"{_base(channel)}/v1/{_OAUTH}/{what}", form=form, failure=_refused_sign_in,
            headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
        )
    )  # fmt: skip
    secrets = {"access_token": str(said.get("access_token") or "")}
    if said.get("refresh_token"):
        secrets["refresh_token"] = str(said["refresh_token"])
    try:
        life = timedelta(seconds=int(said.get("expires_in") or 0)) or LIFE
    except (TypeError, ValueError, OverflowError):
        life = LIFE
    return Renewed(secrets, now() + life)


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """What a refusal means."""
    if answer.status in (404, 410):
        return PermanentFailure("Trustpilot has this review no more.", reason_code=GONE)
    return failure_of(answer)


def _refused_sign_in(answer: VendorAnswer) -> ConnectorFailure:
    failure = failure_of(answer)
    if isinstance(failure, PermanentFailure | NeedsReauthorization):
        return NeedsReauthorization(
            "Trustpilot does not accept the API key and secret with this business user. "
            "Fill in the current ones."
        )
    return failure


def _base(channel: Channel) -> str:
    return str(channel.config.get("api_url") or API).rstrip("/")


def _data(answer: VendorAnswer) -> dict[str, Any]:
    return answer.data if isinstance(answer.data, dict) else {}
