"""The normal form of everything that comes in, whatever the vendor called it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from tickets.models import HandleKind, TicketKind

MAX_SUBJECT_CHARS = 80


def content_key_of(*names: object) -> str:
    """The ``content_key`` of a message by the vendor's names for it."""
    return hashlib.sha256(":".join(str(each) for each in names).encode()).hexdigest()


def first_words(text: str, otherwise: str = "") -> str:
    """What to call a conversation that has no subject."""
    line = " ".join(text[: MAX_SUBJECT_CHARS * 4].split())
    if len(line) <= MAX_SUBJECT_CHARS:
        return line or otherwise
    cut = line[: MAX_SUBJECT_CHARS - 1]
    return f"{cut.rsplit(' ', 1)[0]}…"


@dataclass(frozen=True)
class SenderHandle:
    """Who wrote: an address on a channel, the name they gave, and whether it is proven.

    ``label`` is what people call an address that is an opaque id (``@mia.laurent``).
    """

    kind: str
    value: str
    name: str = ""
    is_verified: bool = False
    label: str = ""

    @property
    def is_email(self) -> bool:
        return self.kind == HandleKind.EMAIL


@dataclass(frozen=True)
class InboundAttachment:
    """A file that came along.

    Where the vendor keeps the bytes, ``source`` is what the connector's ``fetch_file`` needs to
    get them (JSON), and ``content`` is empty: the message is filed at once, the file follows.
    """

    name: str
    content_type: str
    content: bytes = b""
    content_id: str = ""
    is_inline: bool = False
    source: dict[str, Any] | None = None
    size_bytes: int = 0


class Details(TypedDict, total=False):
    """What only some channels know of a message. Shown by the app; readable in rules.

    ``context`` and ``claims`` are what a page said of itself and its visitor, unproven.
    ``is_public``: everybody can read it, and a reply too. ``permalink`` opens it at the vendor.
    ``post`` is what it comments on. ``rating`` is 1 to 5. ``sent_from`` names a vendor's own app.
    """

    is_public: bool
    permalink: str
    post: dict[str, str]
    rating: int
    is_edited: bool
    is_deleted: bool
    previous_texts: list[str]
    reactions: dict[str, int]
    segments: int
    location: dict[str, Any]
    call: dict[str, Any]
    form: dict[str, str]
    page: dict[str, str]
    quick_replies: list[str]
    template: dict[str, Any]
    forwarded: bool
    keyword: str
    contacts: list[dict[str, Any]]
    choice: dict[str, str]
    context: dict[str, Any]
    claims: dict[str, str]


@dataclass(frozen=True)
class FailedRecipient:
    """A line of a delivery report: who could not be reached, with which status, for good or not."""

    address: str
    status: str = ""
    is_permanent: bool = True


@dataclass(frozen=True)
class InboundMessage:
    """One arrival, parsed. ``text`` is what was newly written; nothing else is ever classified.

    ``is_sender_verified`` is None where nobody we trust checked the sender, False where they
    found that the claim is wrong. ``recipients`` are all addresses it was delivered to.
    ``content_key`` is equal for two deliveries of one message and empty where that is not certain.
    ``thread_key`` is the vendor's name of the conversation on this channel; ``thread`` is what an
    answer into it needs to know (JSON) and replaces what was known. ``starts_anew``: whatever was
    open, this begins a ticket. ``opts_out``: they asked not to be written to on this kind of
    channel any more (True), or to be written to again (False).
    """

    sender: SenderHandle
    external_id: str
    subject: str = ""
    text: str = ""
    quoted_text: str = ""
    signature_text: str = ""
    html: str = ""
    to: list[dict[str, str]] = field(default_factory=list)
    cc: list[dict[str, str]] = field(default_factory=list)
    reply_to: list[dict[str, str]] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    attachments: list[InboundAttachment] = field(default_factory=list)
    sent_at: datetime | None = None
    is_bounce: bool = False
    is_auto_reply: bool = False
    is_list_mail: bool = False
    is_truncated: bool = False
    is_sender_verified: bool | None = None
    failed_recipients: list[FailedRecipient] = field(default_factory=list)
    reported_external_id: str = ""
    defects: list[str] = field(default_factory=list)
    content_key: str = ""
    thread_key: str = ""
    thread: dict[str, Any] = field(default_factory=dict)
    details: Details = field(default_factory=Details)
    flags: list[str] = field(default_factory=list)
    ticket_kind: str = TicketKind.REQUEST
    starts_anew: bool = False
    opts_out: bool | None = None
