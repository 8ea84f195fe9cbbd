"""Yotpo's API: where it is, who we are there, and what its refusals mean."""

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

API = "https://api.yotpo.com"
GONE = "gone"
LIFE = timedelta(days=1)
"""Yotpo's tokens are good for 14 days, and it does not say so in its answer."""


@dataclass(frozen=True)
class YotpoApi:
    """The API of one store."""

    base: str
    store_id: str
    token: str

    def reviews(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """A page of the store's reviews."""
        path = f"{self.base}/v1/apps/{self.store_id}/reviews"
        said = _data(call("GET", path, query={"utoken": self.token, **query}, failure=meaning_of))
        within = said.get("response")
        rows = (within if isinstance(within, dict) else said).get("reviews")
        if not isinstance(rows, list):
            raise TemporaryFailure("Yotpo gave an answer that cannot be read.")
        return [each for each in rows if isinstance(each, dict)]

    def review(self, review_id: str) -> dict[str, Any]:
        """One review with its author, its product and our comment on it."""
        query = {"utoken": self.token}
        said = _data(call("GET", self._url(review_id), query=query, failure=meaning_of))
        return _within(said, "review")

    def comment(self, review_id: str, text: str) -> str:
        """Answer a review in public, once; returns the comment's id."""
        body = {"utoken": self.token, "app_key": self.store_id, "comment": _public(text)}
        path = f"{self._url(review_id)}/comments"
        said = _data(post_once("POST", path, body=body, failure=meaning_of))
        return str(_within(said, "comment").get("id") or "")

    def change_comment(self, review_id: str, comment_id: str, text: str) -> None:
        """Let our comment say something else; twice is the same as once."""
        body = {"utoken": self.token, "comment": _public(text)}
        path = f"{self._url(review_id)}/comments/{comment_id}"
        call("PUT", path, body=body, failure=meaning_of)

    def _url(self, review_id: str) -> str:
        return f"{self.base}/reviews/{review_id}"


def yotpo_of(channel: Channel, token: str | None = None) -> YotpoApi:
    """The API with this channel's token, or another."""
    mine = str(decrypt(channel.secrets).get("utoken") or "")
    return YotpoApi(_base(channel), channel.address, mine if token is None else token)


def renew(channel: Channel) -> Renewed:
    """A new token for the store's secret key."""
    secret = str(decrypt(channel.secrets).get("secret_key") or "")
    body = {
        "client_id": channel.address, "client_secret": secret, "grant_type": "client_credentials",
    }  # fmt: skip
    answer = call("POST", f"{_base(channel)}/oauth/token", body=body, failure=_refused_sign_in)
    token = str(_data(answer).get("access_token") or "")
    if not token:
        raise TemporaryFailure("Yotpo gave an answer that cannot be read.")
    return Renewed({"utoken": token}, now() + LIFE)


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """What a refusal means."""
    if answer.status in (404, 410):
        return PermanentFailure("Yotpo has this review no more.", reason_code=GONE)
    return failure_of(answer)


def _refused_sign_in(answer: VendorAnswer) -> ConnectorFailure:
    failure = failure_of(answer)
    if isinstance(failure, PermanentFailure | NeedsReauthorization):
        return NeedsReauthorization(
            "Yotpo does not accept this store ID with this secret key. Fill in the current ones."
        )
    return failure


def _public(text: str) -> dict[str, Any]:
    return {"content": text, "public": True}


def _base(channel: Channel) -> str:
    return str(channel.config.get("api_url") or API).rstrip("/")


def _data(answer: VendorAnswer) -> dict[str, Any]:
    return answer.data if isinstance(answer.data, dict) else {}


def _within(said: dict[str, Any], name: str) -> dict[str, Any]:
    response = said.get("response")
    found = response.get(name) if isinstance(response, dict) else None
    return found if isinstance(found, dict) else {}
