"""The WhatsApp connector: one kind of channel, two who carry it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any

import inbox.connector
from inbox.connector import (
    Account,
    FetchedFile,
    Item,
    OutboundMessage,
    Place,
    Polled,
    Reach,
    Sent,
    Template,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from integrations.whatsapp import by_meta, by_twilio, window
from integrations.whatsapp.manifest import MANIFEST, TWILIO
from tickets.models import Channel


class WhatsAppConnector:
    """One business number."""

    manifest = MANIFEST

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        _carrier(channel).verify(channel, request)

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        said: WebhookAnswer | None = _carrier(channel).answer(channel, request)
        return said

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        found: list[Item] = _carrier(channel).split(channel, request)
        return found

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        found: InboundMessage = _carrier(channel).parse(raw)
        return found

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        window.check(message)
        sent: Sent = _carrier(channel).send(channel, message, before_irreversible)
        return sent

    def reach(self, channel: Channel, place: Place) -> Reach:
        return window.reach_of(place)

    def templates(self, channel: Channel) -> list[Template]:
        found: list[Template] = _carrier(channel).templates(channel)
        return found

    def find_outgoing(
        self, channel: Channel, message: OutboundMessage, since: datetime
    ) -> list[str]:
        if _carrier(channel) is by_meta:
            return []
        return by_twilio.find_outgoing(channel, message, since)

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        found: FetchedFile = _carrier(channel).fetch_file(channel, source, max_bytes)
        return found

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        found: Polled = _carrier(channel).poll(channel, cursor)
        return found

    def connect(self, channel: Channel, hook_url: str) -> Account:
        account: Account = _carrier(channel).connect(channel, hook_url)
        return account

    def disconnect(self, channel: Channel) -> None:
        _carrier(channel).disconnect(channel)

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        problems: list[str] = _carrier(channel).check(channel, hook_url)
        return problems


def _carrier(channel: Channel) -> ModuleType:
    """Who carries this channel's messages."""
    return by_twilio if channel.config.get("provider") == TWILIO else by_meta


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(WhatsAppConnector())
