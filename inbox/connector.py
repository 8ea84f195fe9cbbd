"""What a connector must offer, and the registry that generic code finds it by.

A connector SHALL verify authenticity on the raw body before parsing, SHALL return normal forms,
SHALL NOT touch tickets, customers or the event log, and SHALL NOT sleep or retry: delivery does.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from inbox.inbound import InboundMessage
from tickets.models import Channel


@dataclass(frozen=True)
class OutboundFile:
    """A file to send; ``read`` fetches the bytes when they are needed."""

    name: str
    content_type: str
    read: Callable[[], bytes]
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True)
class OutboundMessage:
    """One message to send, complete; ``external_id`` was fixed when it was queued."""

    id: uuid.UUID
    external_id: str
    from_address: dict[str, str]
    to: list[dict[str, str]]
    cc: list[dict[str, str]]
    bcc: list[dict[str, str]]
    subject: str
    text: str
    html: str
    signature: str = ""
    quoted: tuple[str, str, str] | None = None
    language: str = ""
    reply_to: str = ""
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    files: list[OutboundFile] = field(default_factory=list)
    is_automatic: bool = False
    recipients_done: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sent:
    """The other side accepted it; ``refused`` are recipients it would not take, with why."""

    external_id: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    delayed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ConfigField:
    """One thing an admin fills in; secrets are stored encrypted and never shown again."""

    name: str
    label: str
    type: str = "text"
    is_secret: bool = False
    is_required: bool = True
    help: str = ""


@dataclass(frozen=True)
class Manifest:
    """What a connector is and can do; set-up pages and limits are read from here."""

    kind: str
    label: str
    capabilities: frozenset[str]
    config: tuple[ConfigField, ...] = ()
    max_text_chars: int | None = None
    max_attachment_bytes: int | None = None
    reply_window_hours: int | None = None
    docs_url: str = ""


class ChannelConnector(Protocol):
    """One kind of channel. No other outcome than the ones named here."""

    manifest: Manifest

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """The raw arrival in normal form; raises helpdesk.lib.errors.InvalidInput if it cannot."""

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """Let the message leave; calls ``before_irreversible`` right before the byte that counts.

        Raises TemporaryFailure, PermanentFailure, UncertainOutcome or NeedsReauthorization.
        """


_registry: dict[str, ChannelConnector] = {}


def register(connector: ChannelConnector) -> None:
    """Make a connector known; ``integrations.apps`` does so at start."""
    _registry[connector.manifest.kind] = connector


def get_connector(kind: str) -> ChannelConnector:
    """The connector of that kind; raises KeyError."""
    return _registry[kind]


def manifests() -> list[Manifest]:
    """Every known kind of channel, by label."""
    return sorted((each.manifest for each in _registry.values()), key=lambda each: each.label)
