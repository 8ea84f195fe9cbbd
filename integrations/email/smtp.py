"""Sending by SMTP with its own eye on the phase: what came before the final dot, what after.

smtplib's ``sendmail`` cannot say whether a failure came before or after the dot, and that is the
one thing that decides whether a mail may be sent again (RFC 5321 4.2.5, 4.5.3.2.6).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from helpdesk.lib.errors import (
    InvalidInput,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from inbox.connector import OutboundMessage, Sent
from integrations.email.compose import compose, recipients_of

CONNECT_SECONDS = 30
COMMAND_SECONDS = 120
FINAL_ANSWER_SECONDS = 600

_MAILBOX_GONE = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}


@dataclass(frozen=True)
class SmtpServer:
    """Where to send by: ``smtp://`` (STARTTLS where offered) or ``smtps://`` (TLS at once)."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_tls: bool = False
    ca_file: str = ""

    @classmethod
    def from_url(cls, url: str, *, ca_file: str = "") -> SmtpServer:
        """Reads ``smtp[s]://user:password@host:port``; raises InvalidInput naming ``smtp``."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise InvalidInput.field("smtp", "Write smtp://user:password@host:port or smtps://….")
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if is_tls else 587),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            is_tls=is_tls,
            ca_file=ca_file,
        )


def send_mail(
    server: SmtpServer, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    """Send to everybody who has not got it; ``before_irreversible`` runs right before the dot.

    Raises TemporaryFailure, PermanentFailure, NeedsReauthorization, or UncertainOutcome when the
    server's answer to the dot never came.
    """
    mail = compose(message)
    recipients = recipients_of(message)
    if not recipients:
        return Sent()
    smtp = connect(server)
    try:
        accepted = _offer(smtp, message.from_address["address"], recipients)
        _send_data(smtp, mail.as_bytes(), before_irreversible)
    finally:
        _leave(smtp)
    return accepted


def connect(server: SmtpServer) -> smtplib.SMTP:
    """A signed-in connection; raises TemporaryFailure or NeedsReauthorization."""
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _open(server)
        if server.user:
            _sign_in(smtp, server)
    except NeedsReauthorization:
        _leave(smtp)
        raise
    except (OSError, smtplib.SMTPException) as error:
        _leave(smtp)
        raise TemporaryFailure(f"{server.host} cannot be reached: {_words(error)}") from error
    _set_timeout(smtp, COMMAND_SECONDS)
    return smtp


def _open(server: SmtpServer) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file or None)
    if server.is_tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=CONNECT_SECONDS, context=context)
    smtp = smtplib.SMTP(server.host, server.port, timeout=CONNECT_SECONDS)
    try:
        smtp.ehlo_or_helo_if_needed()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
    except (OSError, smtplib.SMTPException):
        smtp.close()
        raise
    return smtp


def _sign_in(smtp: smtplib.SMTP, server: SmtpServer) -> None:
    if server.host not in ("localhost", "127.0.0.1", "::1") and not _is_encrypted(smtp):
        raise NeedsReauthorization(
            f"{server.host} offers no encryption; the password was not sent. Use smtps://."
        )
    try:
        smtp.login(server.user, server.password)
    except smtplib.SMTPAuthenticationError as error:
        raise NeedsReauthorization(
            f"{server.host} refused the password: {_words(error)}"
        ) from error


def _is_encrypted(smtp: smtplib.SMTP) -> bool:
    return isinstance(smtp.sock, ssl.SSLSocket)


def _offer(smtp: smtplib.SMTP, sender: str, recipients: list[str]) -> Sent:
    """MAIL and RCPT; raises unless somebody is accepted. Says who was refused or put off."""
    try:
        code, text = smtp.mail(sender)
        if code >= 400:
            raise _failure(code, text)
        refused: dict[str, str] = {}
        delayed: dict[str, str] = {}
        for recipient in recipients:
            code, text = smtp.rcpt(recipient)
            if code >= 500:
                refused[recipient] = _line(code, text)
            elif code >= 400:
                delayed[recipient] = _line(code, text)
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryFailure(f"The connection broke: {_words(error)}") from error
    if len(refused) == len(recipients):
        first = next(iter(refused.values()))
        raise PermanentFailure(first, reason_code=_reason_code(first))
    if len(refused) + len(delayed) == len(recipients):
        raise TemporaryFailure(next(iter(delayed.values())))
    return Sent(refused=refused, delayed=delayed)


def _send_data(smtp: smtplib.SMTP, content: bytes, before_irreversible: Callable[[], None]) -> None:
    try:
        code, text = smtp.docmd("DATA")
        if code != 354:
            raise _failure(code, text)
        smtp.send(_dot_stuffed(content))
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryFailure(f"The connection broke: {_words(error)}") from error
    before_irreversible()
    try:
        _set_timeout(smtp, FINAL_ANSWER_SECONDS)
        smtp.send(b".\r\n")
        code, text = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise UncertainOutcome(
            f"The mail server did not answer after the whole message was sent ({_words(error)})."
        ) from error
    if code >= 400 or code < 200:
        raise _failure(code, text)


def _dot_stuffed(content: bytes) -> bytes:
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    stuffed = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"\r\n".join(stuffed) + b"\r\n"


def _failure(code: int, text: bytes | str) -> TemporaryFailure | PermanentFailure:
    line = _line(code, text)
    if code >= 500:
        return PermanentFailure(line, reason_code=_reason_code(line))
    return TemporaryFailure(line)


def _reason_code(line: str) -> str:
    words = line.split()
    status = next((each for each in words[:3] if each.count(".") == 2), "")
    return "unknown_mailbox" if status in _MAILBOX_GONE else "refused"


def _line(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"[:280]


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text: Any = error.smtp_error
        return _line(error.smtp_code, text)
    return f"{type(error).__name__}: {error}"[:200]


def _set_timeout(smtp: smtplib.SMTP, seconds: int) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _leave(smtp: smtplib.SMTP | None) -> None:
    if smtp is None:
        return
    with suppress(OSError, smtplib.SMTPException):
        _set_timeout(smtp, 5)
        smtp.quit()
    smtp.close()
