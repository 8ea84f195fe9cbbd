"""The Yotpo connector."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import inbox.connector
from helpdesk.lib.errors import PermanentFailure
from inbox.connector import (
    Account,
    Item,
    OutboundMessage,
    Place,
    Polled,
    Reach,
    Renewed,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from integrations.yotpo import client, reviews
from integrations.yotpo.manifest import MANIFEST
from tickets.models import Channel

MAX_CHARS = 4000


class YotpoConnector:
    """The reviews of one store."""

    manifest = MANIFEST

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """A review in normal form; one that a call named is asked for first.

        Raises TemporaryFailure or NeedsReauthorization where Yotpo does not answer now.
        """
        return reviews.parse(channel, reviews.asked_for(channel, raw))

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """Yotpo signs nothing: the address is the secret, and nothing of a call is believed."""

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """Nothing but 200."""
        return None

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """The id of the review, to be asked for."""
        return reviews.named_in(request.body, channel.address)

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """New reviews, edited ones, and those that were taken from the page."""
        return reviews.poll(channel, cursor)

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """The public comment under the review; where one of ours stands, it is changed."""
        if not message.thread:
            raise PermanentFailure(
                "This customer has written no review on Yotpo.", reason_code="no_conversation"
            )
        if message.files:
            raise PermanentFailure(
                "Comments on Yotpo take no files.", reason_code="unsupported_files"
            )
        if len(message.text) > MAX_CHARS:
            raise PermanentFailure(
                f"A comment takes {MAX_CHARS:,} characters.", reason_code="too_long"
            )
        api, review_id = client.yotpo_of(channel), message.thread["review_id"]
        standing = _comment(api, review_id)
        before_irreversible()
        if standing.get("id"):
            comment_id = str(standing["id"])
            api.change_comment(review_id, comment_id, message.text)
        else:
            comment_id = api.comment(review_id, message.text)
        return Sent(external_id=f"comment:{comment_id}" if comment_id else "")

    def find_outgoing(
        self, channel: Channel, message: OutboundMessage, since: datetime
    ) -> list[str]:
        """Our comment under the review, if it says what this message says."""
        told = _comment(client.yotpo_of(channel), message.thread["review_id"])
        if not told.get("id") or str(told.get("content")).strip() != message.text.strip():
            return []
        return [f"comment:{told['id']}"]

    def renew(self, channel: Channel) -> Renewed:
        """A new token."""
        return client.renew(channel)

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Sign in and read a review."""
        token = client.renew(channel).secrets["utoken"]
        client.yotpo_of(channel, token).reviews({"count": 1})
        return Account(f"Yotpo store {channel.address}", channel.address)

    def disconnect(self, channel: Channel) -> None:
        """Nothing at Yotpo knows of us but the secret key, which its owner changes."""

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """Whether the store's reviews can still be read; raises NeedsReauthorization."""
        client.yotpo_of(channel).reviews({"count": 1})
        return []

    def reach(self, channel: Channel, place: Place) -> Reach:
        """A review can always be answered, in public."""
        if not place.thread:
            return Reach(is_reachable=False, reason="no_conversation")
        return Reach(is_reachable=True, modes=("public",))


def _comment(api: client.YotpoApi, review_id: str) -> dict[str, Any]:
    found = api.review(review_id).get("comment")
    return found if isinstance(found, dict) else {}


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(YotpoConnector())
