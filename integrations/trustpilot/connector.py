"""The Trustpilot connector."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import inbox.connector
from helpdesk.lib.errors import PermanentFailure
from inbox.connector import Account, OutboundMessage, Place, Polled, Reach, Renewed, Sent
from inbox.inbound import InboundMessage
from integrations.trustpilot import client, products, reviews
from integrations.trustpilot.manifest import MANIFEST
from tickets.models import Channel

MAX_CHARS = 4000


class TrustpilotConnector:
    """The reviews of one business."""

    manifest = MANIFEST

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """A review in normal form."""
        return reviews.parse(channel, raw)

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """New reviews, edited ones, and those that are gone; of products, too, where wanted."""
        found = reviews.poll(channel, cursor)
        if not channel.config.get("product_reviews"):
            return found
        items, after = products.news(channel, cursor.get("products") or {})
        return Polled([*found.items, *items], {**found.cursor, "products": after})

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """The one public reply to the review. A later one takes the place of the earlier."""
        if not message.thread:
            raise PermanentFailure(
                "This customer has written no review on Trustpilot.", reason_code="no_conversation"
            )
        if message.files:
            raise PermanentFailure(
                "Replies on Trustpilot take no files.", reason_code="unsupported_files"
            )
        if len(message.text) > MAX_CHARS:
            raise PermanentFailure(
                f"A reply takes {MAX_CHARS:,} characters.", reason_code="too_long"
            )
        if message.thread.get("form") == products.FORM:
            return products.send(channel, message, before_irreversible)
        api, review_id = client.trustpilot_of(channel), message.thread["review_id"]
        body = {
            "authorBusinessUserId": str(channel.config.get("business_user_id") or ""),
            "message": message.text,
        }
        before_irreversible()
        api.say(f"private/reviews/{review_id}/reply", body)
        return Sent(external_id=f"{review_id}:reply")

    def find_outgoing(
        self, channel: Channel, message: OutboundMessage, since: datetime
    ) -> list[str]:
        """The reply that stands under the review, if it says what this message says."""
        if message.thread.get("form") == products.FORM:
            return products.find_comments(channel, message)
        review_id = message.thread["review_id"]
        review = client.trustpilot_of(channel).get(f"private/reviews/{review_id}")
        told = review.get("companyReply")
        if not isinstance(told, dict) or str(told.get("text")).strip() != message.text.strip():
            return []
        return [f"{review_id}:reply@{told.get('updatedAt') or told.get('createdAt') or ''}"]

    def renew(self, channel: Channel) -> Renewed:
        """New tokens."""
        return client.renew(channel)

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Sign in, find the business, and read one of its reviews as only its users may."""
        token = client.sign_in(channel).secrets["access_token"]
        return _account(client.trustpilot_of(channel, token), channel.address)

    def disconnect(self, channel: Channel) -> None:
        """Nothing at Trustpilot knows of us but the application, which its owner deletes."""

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """Whether the business user may still read the reviews; raises NeedsReauthorization."""
        _account(client.trustpilot_of(channel), channel.address)
        return []

    def reach(self, channel: Channel, place: Place) -> Reach:
        """A review can always be answered, in public."""
        if not place.thread:
            return Reach(is_reachable=False, reason="no_conversation")
        return Reach(is_reachable=True, modes=("public",))


def _account(api: client.TrustpilotApi, address: str) -> Account:
    unit_id = client.unit_id_of(api, address)
    said = api.get(f"private/business-units/{unit_id}/reviews", {"perPage": 1})
    unit: Any = next(iter(said.get("reviews") or []), {})
    name = str((unit.get("businessUnit") or {}).get("displayName") or address)
    return Account(name, unit_id)


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(TrustpilotConnector())
