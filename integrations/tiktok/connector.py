"""The TikTok connector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import inbox.connector
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.connector import Account, OutboundMessage, Place, Polled, Reach, Sent
from inbox.inbound import InboundMessage
from integrations.tiktok import client, comments
from integrations.tiktok.manifest import MANIFEST
from tickets.models import Channel

MAX_CHARS = 150
_NEEDED = ("ad_id", "tiktok_item_id", "comment_id")


class TikTokConnector:
    """The comments under one advertiser's ads."""

    manifest = MANIFEST

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """A comment in normal form."""
        return comments.parse(channel, raw)

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """New comments."""
        return comments.poll(channel, cursor)

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """An answer in public, under the comment."""
        if not all(message.thread.get(name) for name in _NEEDED):
            raise PermanentFailure(
                "This customer has not commented on an ad of yours.", reason_code="no_conversation"
            )
        if message.files:
            raise PermanentFailure(
                "Comments on TikTok take no files.", reason_code="unsupported_files"
            )
        if len(message.text) > MAX_CHARS:
            raise PermanentFailure(
                f"A comment on TikTok takes {MAX_CHARS} characters.", reason_code="too_long"
            )
        body = {
            "advertiser_id": channel.address,
            **{name: message.thread[name] for name in _NEEDED},
            "comment_type": "REPLY",
            "text": message.text,
            "identity_type": str(channel.config.get("identity_type") or "TT_USER"),
            "identity_id": str(channel.config.get("identity_id") or ""),
        }
        api = client.tiktok_of(channel)
        before_irreversible()
        said = api.say("/comment/post/", body)
        return Sent(external_id=str(said.get("comment_id") or ""))

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Whether the comments of the first ad group can be read with this token."""
        groups = channel.config.get("ad_groups")
        if not isinstance(groups, list) or not groups:
            raise InvalidInput.field("ad_groups", "Fill in at least one ad group.")
        day = f"{now():%Y-%m-%d}"
        query = {
            "advertiser_id": channel.address, "search_field": "ADGROUP_ID", "page_size": 10,
            "search_value": str(groups[0]), "start_time": day, "end_time": day,
        }  # fmt: skip
        client.tiktok_of(channel).get("/comment/list/", query)
        return Account(f"Advertiser {channel.address}", channel.address)

    def disconnect(self, channel: Channel) -> None:
        """Nothing at TikTok knows of us but the token, which its owner takes back."""

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """Whether comments can still be read."""
        self.connect(channel, hook_url)
        return []

    def reach(self, channel: Channel, place: Place) -> Reach:
        """Comments can always be answered, in public."""
        if not place.thread:
            return Reach(is_reachable=False, reason="no_conversation")
        return Reach(is_reachable=True, modes=("public",))

    def moderate(
        self, channel: Channel, external_id: str, action: str, details: dict[str, Any]
    ) -> None:
        """Hide a comment or show it again."""
        operation = {"hide": "HIDDEN", "unhide": "PUBLIC"}.get(action)
        if operation is None:
            raise PermanentFailure("TikTok does not offer that.", reason_code="unsupported")
        body = {
            "advertiser_id": channel.address, "comment_ids": [external_id], "operation": operation,
        }  # fmt: skip
        client.tiktok_of(channel).change("/comment/status/update/", body)


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(TikTokConnector())
