"""The Bluesky connector: posts and messages → normal form; an answer → a post or a message."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import inbox.connector
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    ConnectorFailure,
    InvalidInput,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from inbox.connector import Account, FetchedFile, OutboundMessage, Polled, Renewed, Sent
from inbox.inbound import InboundMessage
from integrations.bluesky.client import POST, BlueskyClient, claims_of, ends_at
from integrations.bluesky.manifest import MANIFEST
from integrations.bluesky.posts import inbound_of
from integrations.bluesky.reading import read
from integrations.bluesky.text import (
    MAX_GRAPHEMES,
    MAX_MESSAGE_GRAPHEMES,
    facets_of,
    graphemes,
    key_of,
)
from tickets.models import Channel

PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
PLAIN_SCOPE = "com.atproto.appPass"
"""Of an app password that was not given access to direct messages."""
_NO_DIRECT = (
    "This app password does not open direct messages: make one with “Allow access to your direct "
    "messages” to read them here."
)


class BlueskyConnector:
    """One account, which is asked."""

    manifest = MANIFEST

    def renew(self, channel: Channel) -> Renewed:
        """A session: by the refresh token, or else by handle and app password."""
        client = BlueskyClient(channel)
        session: dict[str, Any] | None = None
        if client.can_refresh:
            try:
                session = client.refresh()
            except TemporaryFailure:
                raise
            except ConnectorFailure:
                session = None
        session = session or client.sign_in()
        return Renewed(
            {
                "access": session["accessJwt"], "refresh": session.get("refreshJwt", ""),
                "did": session["did"],
            },
            ends_at(session["accessJwt"]),
        )  # fmt: skip

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """What was written to us and deleted since."""
        return read(channel, cursor)

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """A post or a direct message."""
        try:
            return inbound_of(json.loads(raw), channel.address)
        except ValueError as error:
            raise InvalidInput("This is not a post of Bluesky.") from error

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        """From Bluesky's public pictures."""
        answer = BlueskyClient(channel).download(str(source.get("url") or ""), max_bytes)
        return FetchedFile(answer.content, answer.headers.get("content-type", ""))

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """A post below theirs, or a message in their conversation: never the one for the other."""
        client = BlueskyClient(channel)
        if message.thread.get("convo_id"):
            return _send_message(client, message, before_irreversible)
        if not message.thread.get("parent"):
            raise PermanentFailure(
                "Nobody has written on Bluesky on this ticket.", reason_code="no_conversation"
            )
        _check_length(message.text, MAX_GRAPHEMES)
        record = _record(message)
        pictures = [_picture(client, each.content_type, each.read()) for each in _files(message)]
        if pictures:
            record["embed"] = {"$type": "app.bsky.embed.images", "images": pictures}
        before_irreversible()
        return Sent(external_id=client.create_post(key_of(message.id), record))

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Whose app password it is, and whether it opens direct messages."""
        try:
            session = BlueskyClient(channel).sign_in()
        except (NeedsReauthorization, PermanentFailure) as refusal:
            raise InvalidInput.field("app_password", refusal.message) from refusal
        handle = str(session.get("handle", ""))
        opens = claims_of(str(session["accessJwt"])).get("scope") != PLAIN_SCOPE
        return Account(
            label=f"@{handle}",
            address=f"@{handle}",
            config={"did": str(session["did"]), "direct_messages": opens},
            notes=() if opens else (_NO_DIRECT,),
        )

    def disconnect(self, channel: Channel) -> None:
        """Nothing was set at Bluesky; the app password can be revoked there."""

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """Whether the session still is good; raises NeedsReauthorization if not."""
        BlueskyClient(channel).get("app.bsky.notification.listNotifications", {"limit": 1})
        return []


def _send_message(
    client: BlueskyClient, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    if message.files:
        raise PermanentFailure(
            "Direct messages on Bluesky take no files.", reason_code="unsupported_file"
        )
    _check_length(message.text, MAX_MESSAGE_GRAPHEMES)
    body: dict[str, Any] = {"text": message.text}
    if facets_of(message.text):
        body["facets"] = facets_of(message.text)
    convo_id = str(message.thread["convo_id"])
    before_irreversible()
    return Sent(external_id=f"{convo_id}:{client.send_message(convo_id, body)}")


def _record(message: OutboundMessage) -> dict[str, Any]:
    record: dict[str, Any] = {
        "$type": POST,
        "text": message.text,
        "createdAt": now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "reply": {"root": message.thread["root"], "parent": message.thread["parent"]},
    }
    facets = facets_of(message.text)
    return {**record, "facets": facets} if facets else record


def _files(message: OutboundMessage) -> list[Any]:
    if len(message.files) > (MANIFEST.max_files or 0):
        raise PermanentFailure("A post takes four pictures.", reason_code="too_many_files")
    if any(each.content_type not in PICTURES for each in message.files):
        raise PermanentFailure("A post takes pictures only.", reason_code="unsupported_file")
    return message.files


def _picture(client: BlueskyClient, content_type: str, content: bytes) -> dict[str, Any]:
    if len(content) > (MANIFEST.max_attachment_bytes or 0):
        raise PermanentFailure("Bluesky takes pictures up to 2 MB.", reason_code="too_large")
    return {"image": client.upload(content, content_type), "alt": ""}


def _check_length(text: str, allowed: int) -> None:
    if graphemes(text) > allowed:
        raise PermanentFailure(f"Bluesky takes {allowed} characters here.", reason_code="too_long")


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(BlueskyConnector())
