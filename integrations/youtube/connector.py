"""The YouTube connector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import inbox.connector
from helpdesk.lib.errors import PermanentFailure
from inbox.connector import Account, OutboundMessage, Place, Polled, Reach, Renewed, Sent
from inbox.inbound import InboundMessage
from integrations.youtube import client, comments
from integrations.youtube.manifest import MANIFEST
from tickets.models import Channel

MAX_CHARS = 10_000
_STATUS = {"hide": "heldForReview", "unhide": "published", "delete": "rejected"}


class YouTubeConnector:
    """The comments of one channel."""

    manifest = MANIFEST

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """A comment in normal form."""
        return comments.parse(channel, raw)

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """New comments and answers."""
        return comments.poll(channel, cursor)

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """An answer in public, in the thread of the comment."""
        if not message.thread:
            raise PermanentFailure(
                "This customer has not commented on YouTube.", reason_code="no_conversation"
            )
        if message.files:
            raise PermanentFailure(
                "Comments on YouTube take no files.", reason_code="unsupported_files"
            )
        if len(message.text) > MAX_CHARS:
            raise PermanentFailure(
                f"A comment takes {MAX_CHARS:,} characters.", reason_code="too_long"
            )
        api = client.youtube_of(channel)
        body = {
            "snippet": {"parentId": message.thread["top_id"], "textOriginal": message.text},
        }  # fmt: skip
        before_irreversible()
        said = api.say("comments", {"part": "snippet"}, body)
        return Sent(external_id=str(said.get("id") or ""))

    def renew(self, channel: Channel) -> Renewed:
        """A new access token."""
        return client.renew(channel)

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Whose channel it is."""
        found = client.youtube_of(channel).get("channels", {"part": "snippet", "mine": "true"})
        rows = found.get("items") or []
        if not rows:
            raise PermanentFailure("This Google account has no YouTube channel.")
        snippet = rows[0].get("snippet") or {}
        title, handle = str(snippet.get("title") or ""), str(snippet.get("customUrl") or "")
        return Account(f"{title} ({handle})" if handle else title, str(rows[0].get("id") or ""))

    def disconnect(self, channel: Channel) -> None:
        """Nothing at YouTube knows of us but the sign-in, which its owner takes back."""

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """Whether the sign-in is still that channel's."""
        account = self.connect(channel, hook_url)
        if channel.address and account.address != channel.address:
            return ["The sign-in is of another channel now. Press Connect to go on with it."]
        return []

    def reach(self, channel: Channel, place: Place) -> Reach:
        """Comments can always be answered, in public."""
        if not place.thread:
            return Reach(is_reachable=False, reason="no_conversation")
        return Reach(is_reachable=True, modes=("public",))

    def moderate(
        self, channel: Channel, external_id: str, action: str, details: dict[str, Any]
    ) -> None:
        """Hold a comment back, publish it, or reject it for good; YouTube's API likes nothing."""
        if action not in _STATUS:
            raise PermanentFailure("YouTube does not offer that.", reason_code="unsupported")
        query = {"id": external_id, "moderationStatus": _STATUS[action]}
        client.youtube_of(channel).change("comments/setModerationStatus", query)


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(YouTubeConnector())
