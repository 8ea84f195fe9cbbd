"""Mail by SMTP to this very process: stored before it is acknowledged, refused at RCPT if not ours.

Off unless AFTERCARE_SMTP_LISTEN says where. Only channels with ``listen`` in their settings take mail
here. It does not relay, does not authenticate and does not bounce: what it takes, it keeps.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import DatabaseError, InterfaceError

from helpdesk.lib.clock import now
from helpdesk.lib.errors import Misconfigured
from helpdesk.lib.failpoints import failpoint
from helpdesk.lib.ids import new_id
from inbox import raw
from inbox.reply_tokens import base_address
from tickets.models import Channel

MAX_MAIL_BYTES = 40 * 1024 * 1024
MAX_RECIPIENTS = 100
TRY_LATER = "451 4.3.0 Cannot be stored just now, try again later"
UNKNOWN = "550 5.1.1 No such mailbox here"

log = structlog.get_logger()


class MailListener:
    """An SMTP server on one port between ``start`` and ``stop``."""

    def __init__(self, host: str, port: int) -> None:
        self._controller = Controller(
            _Handler(), hostname=host, port=port, data_size_limit=MAX_MAIL_BYTES,
            ident="Aftercare", enable_SMTPUTF8=True,
        )  # fmt: skip

    def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        try:
            self._controller.start()
        except OSError:
            self._controller.loop.close()
            raise

    def stop(self) -> None:
        self._controller.stop()


class _Handler:
    """aiosmtpd's hooks; their names are given by it."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            is_ours = await asyncio.to_thread(_has_channel, address)
        except (DatabaseError, InterfaceError):
            log.warning("smtp.database_away")
            return TRY_LATER
        if not is_ours:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server
        content = envelope.original_content or b""
        peer = session.peer[0] if session.peer else ""
        try:
            stored = await asyncio.to_thread(_store, content, envelope, str(peer))
        except (DatabaseError, InterfaceError, OSError):
            log.warning("smtp.not_stored", exc_info=True)
            return TRY_LATER
        failpoint("smtp.stored")
        return "250 2.0.0 Stored" if stored else UNKNOWN


def start_listener() -> None:
    """Listen where the settings say; does nothing when AFTERCARE_SMTP_LISTEN is empty.

    Raises Misconfigured when that is no ``host:port`` or the port is taken.
    """
    global _listener  # noqa: PLW0603 (one per process)
    if not settings.SMTP_LISTEN or _listener is not None:
        return
    host, _, port = settings.SMTP_LISTEN.rpartition(":")
    if not port.isdigit():
        raise Misconfigured("AFTERCARE_SMTP_LISTEN must look like 127.0.0.1:2525.")
    listener = MailListener(host.strip("[]") or "127.0.0.1", int(port))
    try:
        listener.start()
    except OSError as error:
        raise Misconfigured(
            f"AFTERCARE_SMTP_LISTEN: {settings.SMTP_LISTEN} cannot be used ({error}); "
            "choose another port."
        ) from error
    _listener = listener


def stop_listener() -> None:
    """Stop what :func:`start_listener` started; calling it twice is harmless."""
    global _listener  # noqa: PLW0603
    if _listener is not None:
        _listener.stop()
        _listener = None


_listener: MailListener | None = None


def channels_for(address: str) -> list[Channel]:
    """Channels that listen and own this address, with or without a plus part."""
    wanted = {address.lower(), base_address(address)}
    listening = Channel.objects.select_related("organization").filter(
        kind="email", is_active=True, config__listen=True
    )
    return [each for each in listening if not wanted.isdisjoint(each.own_addresses)]


def _has_channel(address: str) -> bool:
    try:
        return bool(channels_for(address))
    finally:
        connection.close()


def _store(content: bytes, envelope: Envelope, peer: str) -> int:
    """Store one copy per channel addressed, all in one transaction; returns how many."""
    content = with_message_id(content)
    try:
        addressed: dict[uuid.UUID, tuple[Channel, list[str]]] = {}
        for address in envelope.rcpt_tos:
            for channel in channels_for(address):
                addressed.setdefault(channel.pk, (channel, []))[1].append(address)
        with transaction.atomic():
            for channel, addresses in addressed.values():
                raw.store(
                    channel, content, source="smtp", envelope=_facts(envelope, addresses, peer)
                )
        return len(addressed)
    finally:
        connection.close()


def _facts(envelope: Envelope, addresses: list[str], peer: str) -> dict[str, Any]:
    return {
        "source": "smtp",
        "mail_from": _clean(envelope.mail_from or "").strip("<>"),
        "rcpt_to": [_clean(each) for each in addresses],
        "peer": peer,
    }


def _clean(address: str) -> str:
    """Text that JSON and PostgreSQL take."""
    return address.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")[:320]


def with_message_id(content: bytes) -> bytes:
    """A mail without Message-ID gets one, and a date, as from any submission server (RFC 6409 8).

    Otherwise two equal short notes would be taken for one mail delivered twice.
    """
    head = content.partition(b"\r\n\r\n")[0].lower()
    if head.startswith(b"message-id:") or b"\nmessage-id:" in head:
        return content
    added = f"Message-ID: <{new_id().hex}@listener.aftercare.invalid>\r\n"
    if not head.startswith(b"date:") and b"\ndate:" not in head:
        added += f"Date: {now():%a, %d %b %Y %H:%M:%S +0000}\r\n"
    return added.encode() + content
