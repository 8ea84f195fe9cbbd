"""The Facebook and Instagram connectors: two kinds of channel, one API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import inbox.connector
from helpdesk.lib import http
from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from inbox.connector import (
    Account,
    FetchedFile,
    Item,
    Manifest,
    OutboundMessage,
    Person,
    Place,
    Polled,
    Reach,
    Renewed,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from integrations.meta import asking, messages, sending, setting_up, webhooks
from integrations.meta.manifest import FACEBOOK, INSTAGRAM
from tickets.models import Channel

_GONE = (401, 403, 404, 410)


class MetaConnector:
    """A page with its Messenger, or an Instagram account."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """An arrival in normal form; the words of a mention are asked for, the rest is pure.

        Raises TemporaryFailure or NeedsReauthorization where Meta does not tell them now.
        """
        return messages.parse(channel, _with_words(channel, raw))

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """An answer, in private or in public as its conversation is."""
        return sending.send(channel, message, before_irreversible)

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """Raises Refused unless the call is Meta's."""
        webhooks.verify(channel, request)

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """The challenge of the handshake."""
        return webhooks.answer(request)

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """What a call holds."""
        return webhooks.split(channel, request)

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """What lost webhooks would have told."""
        return asking.poll(channel, cursor)

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        """A file from the address that Meta gave; such addresses end after a while."""
        said = http.fetch(str(source.get("url") or ""), max_bytes=max_bytes)
        if said.status in _GONE:
            raise PermanentFailure("Meta does not have this file any more.", reason_code="gone")
        if said.status != 200:
            raise TemporaryFailure(f"The file cannot be fetched now ({said.status}).")
        return FetchedFile(said.content, said.content_type)

    def person(self, channel: Channel, value: str) -> Person:
        """What somebody is called who wrote to us; ids are those this account knows them by."""
        return asking.person(channel, value)

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Try the token and subscribe the app."""
        return setting_up.connect(channel)

    def disconnect(self, channel: Channel) -> None:
        """Take the subscription back."""
        setting_up.disconnect(channel)

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """What is wrong at Meta now."""
        return setting_up.check(channel)

    def renew(self, channel: Channel) -> Renewed:
        """A new token of an Instagram login."""
        return setting_up.renew(channel)

    def reach(self, channel: Channel, place: Place) -> Reach:
        """Whether an answer can go, until when, and whether in public or private."""
        return sending.reach(channel, place)

    def moderate(
        self, channel: Channel, external_id: str, action: str, details: dict[str, Any]
    ) -> None:
        """Hide, unhide, like, unlike or delete."""
        sending.moderate(channel, external_id, action)


def _with_words(channel: Channel, raw: bytes) -> bytes:
    """Webhooks about mentions name the place alone: ask what was said there, if Meta tells."""
    if b'"mention"' not in raw:
        return raw
    try:
        told = json.loads(raw)
        if told.get("form") != "mention" or told.get("words"):
            return raw
        told["words"] = asking.words_of_mention(channel, told["value"])
        return json.dumps(told).encode()
    except (TemporaryFailure, NeedsReauthorization):
        if _says_enough(told["value"]):
            return raw
        raise
    except (ConnectorFailure, ValueError, KeyError, AttributeError, TypeError):
        return raw


def _says_enough(value: dict[str, Any]) -> bool:
    """Facebook tells words and author with some mentions; Instagram never does."""
    return bool(value.get("message") and value.get("sender_id"))


def register() -> None:
    """Make both kinds known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(MetaConnector(FACEBOOK))
    inbox.connector.register(MetaConnector(INSTAGRAM))
