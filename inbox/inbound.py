"""The normal form of everything that comes in, whatever the vendor called it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tickets.models import HandleKind


@dataclass(frozen=True)
class SenderHandle:
    """Who wrote: an address on a channel, the name they gave, and whether it is proven."""

    kind: str
    value: str
    name: str = ""
    is_verified: bool = False

    @property
    def is_email(self) -> bool:
        return self.kind == HandleKind.EMAIL


@dataclass(frozen=True)
class InboundAttachment:
    """A file that came along."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False


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
