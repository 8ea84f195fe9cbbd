"""Mails as tests write them: few words, real headers."""

from __future__ import annotations

import itertools
from email.message import EmailMessage
from email.utils import format_datetime

from helpdesk.lib.clock import now
from inbox import door, raw
from inbox.models import RawInbound
from tickets.models import Channel

_numbers = itertools.count(1)


def write_mail(
    text: str = "Where is my parcel?",
    *,
    sender: str = "Mia Laurent <mia@posteo.example>",
    to: str = "help@shop.example",
    subject: str = "My order",
    message_id: str | None = None,
    in_reply_to: str = "",
    references: list[str] | None = None,
    files: list[tuple[str, bytes]] | None = None,
    **headers: str,
) -> bytes:
    """One mail; headers are named with underscores. ``message_id=""`` means none."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now())
    if message_id != "":
        mail["Message-ID"] = f"<{message_id or f'mail-{next(_numbers)}@posteo.example'}>"
    if in_reply_to:
        mail["In-Reply-To"] = f"<{in_reply_to}>"
    if references:
        mail["References"] = " ".join(f"<{each}>" for each in references)
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    for name, content in files or []:
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def take_in(channel: Channel, content: bytes, **envelope: object) -> RawInbound:
    """Store one mail and process it as a worker does; returns the arrival."""
    arrival, _ = raw.store(channel, content, source="test", envelope=dict(envelope))
    return door.process(arrival.pk)
