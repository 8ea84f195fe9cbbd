"""What a mail is after parsing: plain frozen values, the normal form every other mail module uses.

Nothing here reads bytes; `mime.parse_mail` makes these. All text is valid UTF-8 without NUL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MailAddress:
    """One mailbox of an address header; `address` is empty where none could be read safely."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """One file of a mail; `content` is decoded. `is_inline` parts are shown inside the body."""

    name: str
    content_type: str
    size_bytes: int
    content: bytes
    content_id: str | None = None
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """A recipient a mail server could not reach.

    `is_hard` means that the address itself is dead: never set for policy, size or full mailboxes.
    """

    recipient: str
    status: str | None = None
    is_hard: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReplyParts:
    """A body split into what the person newly wrote and the rest, which is only folded.

    `quote_start` is the offset in the text where the trailing quote begins, None without one.
    """

    reply_text: str
    quoted_text: str = ""
    signature_text: str = ""
    quote_start: int | None = None


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """Everything read from one mail. Broken input shows in `defects`, never as an exception.

    `trace` holds Received and Authentication-Results from the top down, for `authentication`.
    """

    subject: str = ""
    sender_from: MailAddress = MailAddress("")
    sender: MailAddress | None = None
    reply_to: tuple[MailAddress, ...] = ()
    to: tuple[MailAddress, ...] = ()
    cc: tuple[MailAddress, ...] = ()
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    date: datetime | None = None
    text: str = ""
    html: str = ""
    reply_text: str = ""
    quoted_text: str = ""
    signature_text: str = ""
    quote_start: int | None = None
    attachments: tuple[MailAttachment, ...] = ()
    trace: tuple[tuple[str, str], ...] = ()
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    is_bounce: bool = False
    bounces: tuple[BouncedRecipient, ...] = ()
    bounced_message_id: str | None = None
    is_auto_reply: bool = False
    is_list_mail: bool = False
    is_report: bool = False
    defects: tuple[str, ...] = ()

    @property
    def has_trustworthy_from(self) -> bool:
        """Whether the From header named exactly one well-formed address (RELIABILITY A8, A9)."""
        return bool(self.sender_from.address) and not any(
            d.startswith("from:") for d in self.defects
        )
