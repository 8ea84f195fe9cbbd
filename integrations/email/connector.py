"""The e-mail connector: raw mail → normal form, normal form → SMTP. Tickets are none of its business."""

from __future__ import annotations

import atexit
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import inbox.connector
from helpdesk.lib.html import is_cut
from inbox.connector import (
    Account,
    Item,
    OutboundMessage,
    Sent,
    Settings,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import FailedRecipient, InboundAttachment, InboundMessage, SenderHandle
from integrations.email.authentication import SenderVerdict, get_sender_verdict
from integrations.email.channels import (
    provider_notes,
    read_settings,
    smtp_server_of,
    test_connection,
)
from integrations.email.manifest import MANIFEST
from integrations.email.parsed_mail import MailAddress, MailAttachment, ParsedMail
from integrations.email.parser_child import LimitedParser, Unparsable
from integrations.email.providers import mails_in
from integrations.email.providers import verify as verify_provider
from integrations.email.sent_folder import is_in_sent_folder
from integrations.email.smtp import send_mail
from tickets.models import Channel, HandleKind

PARSERS = 2
_DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")


class EmailConnector:
    """One mailbox in, one SMTP server out."""

    manifest = MANIFEST

    def __init__(self) -> None:
        self._parser = LimitedParser(size=PARSERS)
        atexit.register(self._parser.close)

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """The mail in normal form; raises Unparsable when the parser could not take it in."""
        return as_inbound(channel, self._parse(raw), envelope)

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """Send by the channel's SMTP server; see ``smtp.send_mail`` for what it raises."""
        return send_mail(smtp_server_of(channel), message, before_irreversible)

    def read_settings(self, settings: Settings) -> Settings:
        """Servers as addresses; see ``channels.read_settings`` for what it raises."""
        return read_settings(settings)

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Sign in to both servers; see ``channels.test_connection`` for what it raises."""
        test_connection(channel)
        return Account(label=channel.address, notes=provider_notes(channel))

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """A provider that posts mail; see ``providers.verify``."""
        verify_provider(channel, request)

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """Nothing but 200."""
        return None

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """The mails in the provider's call, as raw as it gives them."""
        return mails_in(channel, request)

    def find_sent(self, channel: Channel, external_id: str) -> bool:
        """Whether the mailbox keeps a copy of what we sent under this Message-ID."""
        return is_in_sent_folder(channel, external_id)

    def _parse(self, raw: bytes) -> ParsedMail:
        """A parser that was killed from outside may not cost the mail: it gets a second one."""
        try:
            return self._parser.parse(raw)
        except Unparsable as problem:
            if problem.reason != "died":
                raise
        return self._parser.parse(raw)


def as_inbound(channel: Channel, mail: ParsedMail, envelope: dict[str, Any]) -> InboundMessage:
    """A parsed mail as the inbox knows messages."""
    verdict = _verdict(channel, mail, envelope)
    return InboundMessage(
        sender=_sender(mail, envelope, is_verified=verdict is SenderVerdict.PASS),
        external_id=mail.message_id or "",
        subject=mail.subject,
        text=_newly_written(mail),
        quoted_text=mail.quoted_text,
        signature_text=mail.signature_text,
        html=mail.html,
        to=_records(mail.to),
        cc=_records(mail.cc),
        reply_to=_records(mail.reply_to),
        recipients=_recipients(mail, envelope),
        in_reply_to=mail.in_reply_to or "",
        references=list(mail.references),
        attachments=[_attachment(each) for each in mail.attachments],
        sent_at=mail.date,
        is_bounce=mail.is_bounce,
        is_auto_reply=not mail.is_bounce and _is_automatic(mail, envelope),
        is_list_mail=mail.is_list_mail,
        is_truncated=is_cut(mail.html)
        or any(each.startswith(("size:", "text:")) for each in mail.defects),
        is_sender_verified=_KNOWN[verdict],
        failed_recipients=[
            FailedRecipient(each.recipient, each.status or "", is_permanent=_is_final(each.status))
            for each in mail.bounces
        ],
        reported_external_id=mail.bounced_message_id or "",
        defects=list(mail.defects),
        content_key=content_key_of(mail),
    )


_KNOWN = {SenderVerdict.PASS: True, SenderVerdict.FAIL: False, SenderVerdict.UNKNOWN: None}


def content_key_of(mail: ParsedMail) -> str:
    """Equal for two deliveries of one mail, whatever servers wrote on top of it.

    All that its author's program wrote goes in: two mails that merely share a Message-ID differ.
    Without Message-ID or Date two mails cannot be told to be one: then it is empty.
    """
    if not mail.message_id and (mail.date is None or not mail.text.strip()):
        return ""
    pieces = [
        mail.message_id, mail.date, mail.subject, mail.sender_from, mail.sender, mail.reply_to,
        mail.to, mail.cc, mail.in_reply_to, mail.references, mail.is_auto_reply, mail.text,
        mail.html, mail.bounced_message_id, mail.bounces,
    ]  # fmt: skip
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(repr(piece).encode("utf-8", "backslashreplace") + b"\x1f")
    for each in mail.attachments:
        digest.update(each.name.encode("utf-8", "backslashreplace") + b"\x1f")
        digest.update(hashlib.sha256(each.content).digest())
    return digest.hexdigest()


def _verdict(channel: Channel, mail: ParsedMail, envelope: dict[str, Any]) -> SenderVerdict:
    """What a server we trust found; the demo's own listener may be told to trust everybody."""
    is_submitted = envelope.get("source") == "smtp" and mail.has_trustworthy_from
    if is_submitted and channel.config.get("trusts_submitted_mail"):
        return SenderVerdict.PASS
    return get_sender_verdict(mail, trusted_ids=channel.config.get("authserv_ids", []))


def _sender(mail: ParsedMail, envelope: dict[str, Any], *, is_verified: bool) -> SenderHandle:
    """The From address; only where there is none the envelope's. Never Reply-To: it is a claim."""
    address = mail.sender_from.address
    if not address and "@" in str(envelope.get("mail_from", "")):
        address, is_verified = str(envelope["mail_from"]), False
    return SenderHandle(HandleKind.EMAIL, address, mail.sender_from.name, is_verified)


def _is_automatic(mail: ParsedMail, envelope: dict[str, Any]) -> bool:
    """Programs say so, or write with an empty return path (RFC 3834 2, RFC 5321 4.5.5)."""
    if mail.is_auto_reply or mail.is_report or envelope.get("mail_from") == "":
        return True
    return any(each.strip() == "<>" for each in mail.headers.get("return-path", ()))


def _is_final(status: str | None) -> bool:
    """Whether the server gave up (5.x.x), rather than saying that it keeps trying."""
    return not (status or "").startswith("4")


def _newly_written(mail: ParsedMail) -> str:
    """What the person wrote; the whole text where the split found nothing new in it."""
    return mail.reply_text if mail.reply_text.strip() or mail.quoted_text else mail.text


def _recipients(mail: ParsedMail, envelope: dict[str, Any]) -> list[str]:
    """Every address it was delivered to, as the envelope and the servers on the way say."""
    named = [str(each) for each in envelope.get("rcpt_to", [])]
    for header in _DELIVERED_TO:
        named.extend(value.strip(" <>") for value in mail.headers.get(header, ()))
    named.extend(each.address for each in (*mail.to, *mail.cc))
    return list(dict.fromkeys(each.lower() for each in named if each))


def _records(addresses: Iterable[MailAddress]) -> list[dict[str, str]]:
    return [{"name": each.name, "address": each.address} for each in addresses if each.address]


def _attachment(file: MailAttachment) -> InboundAttachment:
    return InboundAttachment(
        name=file.name,
        content_type=file.content_type,
        content=file.content,
        content_id=file.content_id or "",
        is_inline=file.is_inline,
    )


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(EmailConnector())
