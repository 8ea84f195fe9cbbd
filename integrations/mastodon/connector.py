"""The Mastodon connector: mentions → normal form; an answer → a post in the conversation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import inbox.connector
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, PermanentFailure
from inbox.connector import Account, FetchedFile, OutboundMessage, Polled, Sent
from inbox.inbound import InboundMessage
from integrations.mastodon.client import MastodonClient
from integrations.mastodon.manifest import MANIFEST
from integrations.mastodon.posts import external_id_of, full_name, inbound_of
from integrations.mastodon.reading import read
from integrations.mastodon.text import URL_CHARS, length
from tickets.models import Channel

MAX_CHARS = 500


class MastodonConnector:
    """One account on one server, which is asked."""

    manifest = MANIFEST

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """What was written to us, heard and changed since."""
        return read(channel, cursor)

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """A post and how we heard of it."""
        try:
            return inbound_of(json.loads(raw), str(channel.config.get("account_id", "")))
        except ValueError as error:
            raise InvalidInput("This is not a post of Mastodon.") from error

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        """From the server's public files."""
        answer = MastodonClient(channel).download(str(source.get("url") or ""), max_bytes)
        return FetchedFile(answer.content)

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """A post that names whom it answers, as public as theirs was and never more."""
        place = message.thread
        if not place.get("status_id"):
            raise PermanentFailure(
                "Nobody has written on Mastodon on this ticket.", reason_code="no_conversation"
            )
        text = _addressed(message.text, str(place["acct"]))
        allowed = int(channel.config.get("max_chars") or MAX_CHARS)
        urls = int(channel.config.get("url_chars") or URL_CHARS)
        if length(text, url_chars=urls) + len(str(place.get("spoiler_text") or "")) > allowed:
            raise PermanentFailure(
                f"A post on this server may have {allowed} characters, the name included.",
                reason_code="too_long",
            )
        if len(message.files) > (MANIFEST.max_files or 0):
            raise PermanentFailure("A post takes four files.", reason_code="too_many_files")
        client = MastodonClient(channel)
        body: dict[str, Any] = {
            "status": text, "in_reply_to_id": str(place["status_id"]),
            "visibility": _visibility(message),
        }  # fmt: skip
        if place.get("spoiler_text"):
            body["spoiler_text"] = place["spoiler_text"]
        if message.files:
            body["media_ids"] = [
                client.upload(each.name, each.content_type or "image/jpeg", each.read())
                for each in message.files
            ]
        before_irreversible()
        said = client.post_status(body, message.id)
        return Sent(external_id=external_id_of(client.host, said["id"]))

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Whose token it is, and how long posts may be on this server."""
        client = MastodonClient(channel)
        try:
            account = client.get("/api/v1/accounts/verify_credentials")
        except NeedsReauthorization as refusal:
            raise InvalidInput.field("token", refusal.message) from refusal
        except PermanentFailure as refusal:
            words = "This does not answer like a Mastodon server."
            raise InvalidInput.field("instance", words) from refusal
        if not isinstance(account, dict) or "acct" not in account:
            words = "This does not answer like a Mastodon server."
            raise InvalidInput.field("instance", words)
        name = full_name(account, client.host)
        limits = _limits(client)
        return Account(
            label=f"{account.get('display_name') or name} (@{name})",
            address=f"@{name}",
            config={"account_id": str(account["id"]), **limits},
            notes=(f"Posts on this server may have {limits['max_chars']} characters.",),
        )

    def disconnect(self, channel: Channel) -> None:
        """Nothing was set at the server; the application can be deleted there."""

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """Whether the token still is good; raises NeedsReauthorization if not."""
        MastodonClient(channel).get("/api/v1/accounts/verify_credentials")
        return []


def _addressed(text: str, acct: str) -> str:
    """A post reaches people by naming them."""
    return text if f"@{acct}".lower() in text.lower() else f"@{acct} {text}".strip()


def _visibility(message: OutboundMessage) -> str:
    """As theirs was; ``private`` makes it direct, and nothing makes a direct one public."""
    theirs = str(message.thread.get("visibility") or "public")
    return "direct" if message.details.get("mode") == "private" else theirs


def _limits(client: MastodonClient) -> dict[str, int]:
    try:
        told = client.get("/api/v2/instance") or {}
        statuses = told["configuration"]["statuses"]
        return {
            "max_chars": int(statuses["max_characters"]),
            "url_chars": int(statuses.get("characters_reserved_per_url") or URL_CHARS),
        }
    except (PermanentFailure, KeyError, TypeError, ValueError):
        return {"max_chars": MAX_CHARS, "url_chars": URL_CHARS}


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(MastodonConnector())
