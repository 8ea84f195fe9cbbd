"""What a connector must offer, and the registry that generic code finds it by.

A connector SHALL verify authenticity on the raw body before parsing, SHALL return normal forms,
SHALL NOT touch tickets, customers or the event log, and SHALL NOT sleep or retry: delivery does.

Every connector is a ``ChannelConnector``. What else it can do it shows by having the methods of
``TakesWebhooks``, ``Polls``, ``FetchesFiles``, ``ReadsSettings``, ``Connects``, ``SetsUp``,
``RenewsTokens``, ``KnowsPeople``, ``KnowsReach`` or ``Moderates``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from helpdesk.lib.connecting import Account as Account
from helpdesk.lib.connecting import ConfigField as ConfigField
from helpdesk.lib.connecting import ReadsSettings as ReadsSettings
from helpdesk.lib.connecting import Refused as Refused
from helpdesk.lib.connecting import Settings as Settings
from helpdesk.lib.connecting import Step as Step
from helpdesk.lib.connecting import WebhookAnswer as WebhookAnswer
from helpdesk.lib.connecting import WebhookRequest as WebhookRequest
from inbox.inbound import InboundAttachment, InboundMessage
from tickets.models import Channel


@dataclass(frozen=True)
class OutboundFile:
    """A file to send; ``read`` fetches the bytes when they are needed."""

    name: str
    content_type: str
    read: Callable[[], bytes]
    content_id: str = ""
    is_inline: bool = False
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class OutboundMessage:
    """One message to send, complete.

    ``external_id`` was fixed when it was queued (mail), or is empty until the vendor gives one.
    ``id`` never changes between tries: use it as the idempotency key where a vendor takes one.
    ``to[0]["address"]`` is the value of the customer's handle. ``thread`` is what the newest
    arrival of this conversation left (``InboundMessage.thread``), ``in_reply_to`` that arrival's
    external id and ``last_inbound_at`` its time. ``details`` is what the agent chose beside the
    words: ``{"mode": "public" | "private" | "template", "template": {...}}``.
    """

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
    thread_key: str = ""
    thread: dict[str, Any] = field(default_factory=dict)
    last_inbound_at: datetime | None = None
    details: dict[str, Any] = field(default_factory=dict)
    kind: str = "reply"


@dataclass(frozen=True)
class Began:
    """A conversation that our message opened at the vendor: what answers it is for its ticket."""

    thread_key: str
    address: str
    thread: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """The other side accepted it; ``refused`` are recipients it would not take, with why."""

    external_id: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    delayed: dict[str, str] = field(default_factory=dict)
    began: Began | None = None


@dataclass(frozen=True)
class Manifest:
    """What a connector is and can do; set-up pages and limits are read from here.

    Capabilities: receives, sends, reports_status (delivered, read), webhooks, polls, starts (may
    write first), public (what is answered can be public), files, moderates, html, choices (short
    answers to tap, ``details.quick_replies``).
    ``is_official`` is False where only an unofficial description of the vendor's API exists.
    """

    kind: str
    label: str
    capabilities: frozenset[str]
    config: tuple[ConfigField, ...] = ()
    max_text_chars: int | None = None
    max_attachment_bytes: int | None = None
    reply_window_hours: int | None = None
    docs_url: str = ""
    handle_kind: str = "email"
    icon: str = ""
    group: Literal["mail", "chat", "phone", "social", "community", "other"] = "other"
    summary: str = ""
    steps: tuple[Step, ...] = ()
    max_files: int | None = None
    max_webhook_bytes: int = 1024 * 1024
    poll_seconds: int | None = None
    check_seconds: int = 3600
    pace_per_second: float | None = None
    is_official: bool = True


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


@dataclass(frozen=True)
class Arrived:
    """A message in a webhook or a page of a poll: it goes through the door as ``payload``.

    ``key`` names the message at the vendor, for the log alone: the door tells doubles by
    ``InboundMessage.content_key``. ``account`` is the address of a sister channel of the same
    kind and organization that it belongs to, where one webhook serves several. Where
    ``external_id`` is given, a message that we have under it is passed over: polls that close
    gaps meet mostly old acquaintances. With ``is_account_only`` it is passed over where no such
    channel exists: the vendor's app serves accounts that are not ours, too.
    """

    key: str
    payload: dict[str, Any]
    account: str = ""
    external_id: str = ""
    is_account_only: bool = False


@dataclass(frozen=True)
class ArrivedRaw:
    """The same for what has a form of its own that must not be touched: a mail, byte for byte."""

    key: str
    content: bytes
    envelope: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Confirm:
    """An address of the vendor that must be opened once: so it knows that we want to be called."""

    url: str


@dataclass(frozen=True)
class Reported:
    """How far a message of ours got: ``state`` is sent, delivered, read or failed.

    Named by the vendor's id or by our own. States only move forward.
    """

    state: Literal["sent", "delivered", "read", "failed"]
    external_id: str = ""
    message_id: uuid.UUID | None = None
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Amended:
    """The author changed a message that we have, or took it back (``is_deleted``).

    ``details`` alone (a reaction) may also be about a message of ours. ``files`` came later and
    belong to it. Where the connector is a ``TellsInWords``, the text follows from the details.
    """

    external_id: str
    text: str | None = None
    is_deleted: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    files: tuple[InboundAttachment, ...] = ()


@dataclass(frozen=True)
class Ignored:
    """Nothing to do, and why: an echo of ours, a typing sign, an event we do not know."""

    reason: str


@dataclass(frozen=True)
class Pressed:
    """Somebody of the team pressed a button of a card (``inbox.cards``). ``key`` names the press.

    ``person`` is the vendor's id of who it was, ``place`` where, ``external_id`` the card's post.
    """

    key: str
    action_id: str
    value: str
    person: str
    place: str
    external_id: str


@dataclass(frozen=True)
class AskNow:
    """Something is new there that the call does not prove: the vendor is asked at once (Polls)."""

    reason: str


Item = Arrived | ArrivedRaw | Confirm | Reported | Amended | Pressed | AskNow | Ignored


@runtime_checkable
class TakesWebhooks(Protocol):
    """The vendor calls ``/hooks/<kind>/<channel.hook_token>``; the body is kept, then split."""

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """Raises Refused unless the raw request is proven to be the vendor's."""

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """What the vendor wants to hear, after ``verify`` let it pass; None is an empty 200.

        Called for every request, quickly, without network; handshakes are ``is_final``.
        """

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """What is in it, in order. Pure: no network, no database.

        Raises InvalidInput where the body is not what it should be: it is quarantined then.
        """


@runtime_checkable
class NamesCalls(Protocol):
    """Callers that may well say the same thing twice and mean it: people."""

    def call_key(self, channel: Channel, request: WebhookRequest) -> str:
        """What is equal for two deliveries of one call, and differs otherwise.

        Where a connector does not say, two calls with the same body are one.
        """


@dataclass(frozen=True)
class Polled:
    """A page: what is new, where to go on, and whether there is more right now.

    ``wait_seconds`` is when to ask again, where that is not the manifest's ``poll_seconds``.
    """

    items: list[Item]
    cursor: dict[str, Any]
    has_more: bool = False
    wait_seconds: int | None = None


@runtime_checkable
class Polls(Protocol):
    """Asked every ``manifest.poll_seconds``: vendors without webhooks, and to close gaps."""

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """What came since ``cursor`` ({} the first time: begin now, or a little before).

        Overlap is fine, gaps are not. Raises the errors of ``helpdesk.lib.vendor_api.call``.
        """


@runtime_checkable
class TellsInWords(Protocol):
    """Messages that grow: what they say is told from what is known of them by now (calls)."""

    def tell(self, channel: Channel, details: dict[str, Any]) -> str:
        """The text of a message with these details; the order in which they came is no matter."""


@runtime_checkable
class FindsOutgoing(Protocol):
    """Vendors who can be asked what we sent: whether an uncertain message left."""

    def find_outgoing(
        self, channel: Channel, message: OutboundMessage, since: datetime
    ) -> list[str]:
        """Their ids of messages equal to this one that left since then; raises like ``poll``."""


@dataclass(frozen=True)
class FetchedFile:
    """The bytes of a file that lay with the vendor."""

    content: bytes
    content_type: str = ""
    name: str = ""


@runtime_checkable
class FetchesFiles(Protocol):
    """Files come as ``InboundAttachment.source`` and are fetched after the message is filed."""

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        """The bytes; raises TemporaryFailure or PermanentFailure (``too_large``)."""


@runtime_checkable
class Connects(Protocol):
    """Trying the credentials. Where a vendor is to call us, be a ``SetsUp``."""

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Sign in, subscribe the webhook where the API can; safe to repeat.

        ``config`` of the answer is merged into the channel's. Raises connector failures in words
        for an admin, InvalidInput naming a field.
        """


@runtime_checkable
class SetsUp(Connects, Protocol):
    """Telling the vendor where to call, and seeing to it that it goes on calling."""

    def disconnect(self, channel: Channel) -> None:
        """Take the webhook back; raises connector failures."""

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """What is wrong at the vendor now, in words for an admin: [] if nothing.

        Called every ``manifest.check_seconds``: a webhook that was disabled, a token that ends.
        """


@dataclass(frozen=True)
class Renewed:
    """New tokens: merged into the channel's secrets; ``expires_at`` is None where nobody knows."""

    secrets: dict[str, Any]
    expires_at: datetime | None = None


@runtime_checkable
class RenewsTokens(Protocol):
    """Vendors whose tokens end after hours. ``inbox.tokens`` calls it before they do."""

    def renew(self, channel: Channel) -> Renewed:
        """Sign in or refresh. The first time, shortly before the end, and after a refusal.

        Raises NeedsReauthorization where a person must give new credentials.
        """


@dataclass(frozen=True)
class Person:
    """What somebody is called at the vendor; empty where nobody knows."""

    name: str = ""
    label: str = ""


@runtime_checkable
class KnowsPeople(Protocol):
    """Vendors that tell people by id alone. ``inbox.names`` asks, every ``poll_seconds``."""

    def person(self, channel: Channel, value: str) -> Person:
        """Who has this handle. Raises the errors of ``helpdesk.lib.vendor_api.call``."""


@dataclass(frozen=True)
class Place:
    """Where an answer would go."""

    address: str
    thread: dict[str, Any] = field(default_factory=dict)
    last_inbound_at: datetime | None = None
    messages_since: int = 0
    """How many of ours left since the customer's newest."""
    was_answered_privately: bool = False
    """One of those was a private answer to something public, which many vendors allow once."""


@dataclass(frozen=True)
class Reach:
    """Whether an answer can go there now, why not, until when, and in which ways (``modes``).

    ``reason`` is a code that the app has words for: window_closed, no_conversation, opted_out, left_unknown,
    limit_reached, left, paused, not_verified. ``max_public_chars`` is given where a public answer may
    have fewer characters than ``manifest.max_text_chars``.
    """

    is_reachable: bool
    reason: str = ""
    closes_at: datetime | None = None
    modes: tuple[str, ...] = ()
    max_public_chars: int | None = None


@runtime_checkable
class KnowsReach(Protocol):
    """Channels where more than ``manifest.reply_window_hours`` decides whether one may write."""

    def reach(self, channel: Channel, place: Place) -> Reach:
        """Whether and how an answer can go; no network."""


@dataclass(frozen=True)
class Template:
    """A text that the vendor approved; ``{{name}}`` stands for each of its variables."""

    name: str
    language: str
    text: str
    header: str = ""
    footer: str = ""
    variables: tuple[str, ...] = ()
    header_variables: tuple[str, ...] = ()
    category: str = ""
    id: str = ""


@runtime_checkable
class HasTemplates(Protocol):
    """Channels where one may write first, or late, only in words that the vendor approved."""

    def templates(self, channel: Channel) -> list[Template]:
        """Those that can be sent now; asks the vendor, raises like ``poll``."""


@runtime_checkable
class Moderates(Protocol):
    """Public places: hide, unhide, like, unlike, delete."""

    def moderate(
        self, channel: Channel, external_id: str, action: str, details: dict[str, Any]
    ) -> None:
        """Do it at the vendor; raises connector failures."""


_registry: dict[str, ChannelConnector] = {}


def register(connector: ChannelConnector) -> None:
    """Make a connector known; ``integrations.apps`` does so at start."""
    _registry[connector.manifest.kind] = connector


def get_connector(kind: str) -> ChannelConnector:
    """The connector of that kind; raises KeyError."""
    return _registry[kind]


def find_connector(kind: str) -> ChannelConnector | None:
    """The connector of that kind, if there is one."""
    return _registry.get(kind)


def manifests() -> list[Manifest]:
    """Every known kind of channel, by label."""
    return sorted((each.manifest for each in _registry.values()), key=lambda each: each.label)
