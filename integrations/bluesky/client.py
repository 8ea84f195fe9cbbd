"""Bluesky's XRPC: sessions, reads, posts, direct messages, and what its refusals mean."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, ask, call, failure_of, post_once
from tickets.models import Channel

API = "https://bsky.social"
CHAT = {"atproto-proxy": "did:web:api.bsky.chat#bsky_chat"}
POST = "app.bsky.feed.post"

_CREDENTIALS = {
    "ExpiredToken", "InvalidToken", "AuthenticationRequired", "AuthMissing", "AccountTakedown",
    "AuthFactorTokenRequired",
}  # fmt: skip
_BLOCKED = ("block", "cannot message", "not followed", "disabled incoming")


class BlueskyClient:
    """One account."""

    def __init__(self, channel: Channel) -> None:
        config = channel.config
        self._api = str(config.get("api_url") or config.get("service") or API).rstrip("/")
        self._secrets = decrypt(channel.secrets)
        self._handle = str(config.get("handle") or channel.address).strip().lstrip("@")
        self.did = str(config.get("did") or self._secrets.get("did") or "")

    # Sessions

    def sign_in(self) -> dict[str, Any]:
        """A new session by handle and app password: few are allowed a day."""
        body = {"identifier": self._handle, "password": str(self._secrets.get("app_password", ""))}
        return _session(
            call("POST", self._url("com.atproto.server.createSession"), body=body,
                 failure=meaning_of)
        )  # fmt: skip

    def refresh(self) -> dict[str, Any]:
        """A new session by the old one's refresh token, which is good once."""
        headers = {"Authorization": f"Bearer {self._secrets.get('refresh', '')}"}
        return _session(
            call("POST", self._url("com.atproto.server.refreshSession"), headers=headers,
                 failure=meaning_of)
        )  # fmt: skip

    @property
    def can_refresh(self) -> bool:
        """Whether there was a session before."""
        return bool(self._secrets.get("refresh"))

    # Reads

    def get(
        self, name: str, query: dict[str, Any], *, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """A query; lists in ``query`` are repeated."""
        answer = call(
            "GET", self._url(name), query=query or None, failure=meaning_of,
            headers={**self._bearer(), **(headers or {})},
        )  # fmt: skip
        return answer.data if isinstance(answer.data, dict) else {}

    def chat(self, name: str, query: dict[str, Any]) -> dict[str, Any]:
        """A query to the service of direct messages."""
        return self.get(f"chat.bsky.convo.{name}", query, headers=CHAT)

    def download(self, url: str, max_bytes: int) -> VendorAnswer:
        """A public picture, without our token."""
        answer = ask("GET", url, max_bytes=max_bytes, headers={"Accept": "*/*"})
        if not answer.is_ok:
            raise failure_of(answer)
        return answer

    # Writes

    def upload(self, content: bytes, content_type: str) -> dict[str, Any]:
        """A picture that no post shows yet."""
        answer = call(
            "POST", self._url("com.atproto.repo.uploadBlob"), content=content, failure=meaning_of,
            headers={**self._bearer(), "Content-Type": content_type},
        )  # fmt: skip
        blob: dict[str, Any] = (answer.data or {}).get("blob") or {}
        return blob

    def create_post(self, rkey: str, record: dict[str, Any]) -> str:
        """A post under a key of ours: there can be one only, however often it is asked for.

        Where no answer came, or the server says no, it is looked for. Raises TemporaryFailure
        where it is not there: asking again is safe.
        """
        body = {"repo": self.did, "collection": POST, "rkey": rkey, "record": record}
        try:
            answer = post_once(
                "POST", self._url("com.atproto.repo.createRecord"), body=body,
                headers=self._bearer(), failure=meaning_of,
            )  # fmt: skip
        except UncertainOutcome as unknown:
            if self._is_there(rkey):
                return self._uri(rkey)
            raise TemporaryFailure(f"{unknown.message} It is asked for again.") from unknown
        except PermanentFailure:
            if self._is_there(rkey):
                return self._uri(rkey)
            raise
        return str((answer.data or {}).get("uri") or self._uri(rkey))

    def send_message(self, convo_id: str, message: dict[str, Any]) -> str:
        """A direct message; returns its id. The service knows no key."""
        answer = post_once(
            "POST", self._url("chat.bsky.convo.sendMessage"), failure=meaning_of,
            headers={**self._bearer(), **CHAT}, body={"convoId": convo_id, "message": message},
        )  # fmt: skip
        if not isinstance(answer.data, dict) or "id" not in answer.data:
            raise UncertainOutcome("Bluesky gave an answer that cannot be read.")
        return str(answer.data["id"])

    def _is_there(self, rkey: str) -> bool:
        asked = {"repo": self.did, "collection": POST, "rkey": rkey}
        try:
            return bool(self.get("com.atproto.repo.getRecord", asked).get("uri"))
        except ConnectorFailure:
            return False

    def _uri(self, rkey: str) -> str:
        return f"at://{self.did}/{POST}/{rkey}"

    def _url(self, name: str) -> str:
        return f"{self._api}/xrpc/{name}"

    def _bearer(self) -> dict[str, str]:
        token = str(self._secrets.get("access") or "")
        if not token:
            raise NeedsReauthorization("Not signed in to Bluesky.")
        return {"Authorization": f"Bearer {token}"}


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """XRPC's error names in our words."""
    said = answer.data if isinstance(answer.data, dict) else {}
    name, words = str(said.get("error") or ""), str(said.get("message") or "")[:200]
    if answer.status == 429:
        return TemporaryFailure(
            "Bluesky asks us to slow down.", retry_after_seconds=_seconds_until(answer.headers)
        )
    if answer.status == 401 or name in _CREDENTIALS:
        return NeedsReauthorization(f"Bluesky does not accept the app password. {words}".strip())
    if any(each in words.lower() for each in _BLOCKED):
        return PermanentFailure(
            f"This person does not take messages from us. {words}", reason_code="blocked"
        )
    if answer.status < 500 and name:
        return PermanentFailure(f"Bluesky refused it: {words or name}", reason_code="refused")
    return failure_of(answer)


def claims_of(token: str) -> dict[str, Any]:
    """What a session's token says of itself; {} if it cannot be read. Proves nothing."""
    try:
        part = token.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def ends_at(token: str) -> datetime | None:
    """When a session's token ends; None if it does not say."""
    end = claims_of(token).get("exp")
    return datetime.fromtimestamp(end, UTC) if isinstance(end, int) else None


def _session(answer: VendorAnswer) -> dict[str, Any]:
    said = answer.data if isinstance(answer.data, dict) else {}
    if not said.get("accessJwt") or not said.get("did"):
        raise TemporaryFailure("Bluesky gave an answer that cannot be read.")
    return said


def _seconds_until(headers: dict[str, str]) -> int | None:
    for name in ("retry-after", "ratelimit-reset"):
        said = headers.get(name, "")
        if said.isdigit():
            seconds = int(said)
            if name == "ratelimit-reset":
                seconds -= int(datetime.now(UTC).timestamp())
            return max(1, seconds + 1)
    return None
