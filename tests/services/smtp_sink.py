"""An SMTP server that keeps what it is given and can be told to misbehave at any phase."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.services.ports import free_port

Phase = Literal["ehlo", "auth", "mail", "rcpt", "data"]
HANG_UP = "hang up"
"""In place of an answer: close the connection without one. At "data" the mail is kept all the same:
the client then cannot know whether it was accepted."""


@dataclass(frozen=True)
class ReceivedMail:
    """One mail that was taken over its final dot."""

    sender: str
    recipients: list[str]
    raw: bytes
    login: str | None = None

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed with today's policy."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class SmtpSink:
    """A server on a private port. ``script`` an answer for a phase; without one all is accepted."""

    username: str = "sender"
    password: str = "linen-and-loom"
    requires_login: bool = False
    port: int = field(default_factory=free_port)
    mails: list[ReceivedMail] = field(default_factory=list)
    forward: Callable[[ReceivedMail], None] | None = None
    """Called with each mail that was taken, for instance to put it into a Dovecot mailbox."""

    def __post_init__(self) -> None:
        self._answers: dict[Phase, deque[str]] = defaultdict(deque)
        self._arrived = threading.Condition()
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        """Address for a channel's settings; with the login where one is required."""
        login = f"{self.username}:{self.password}@" if self.requires_login else ""
        return f"smtp://{login}127.0.0.1:{self.port}"

    def start(self) -> SmtpSink:
        options: dict[str, Any] = {"data_size_limit": 50_000_000}
        if self.requires_login:
            options |= {
                "authenticator": self._authenticate, "auth_required": True,
                "auth_require_tls": False,
            }  # fmt: skip
        controller = Controller(_Handler(self), hostname="127.0.0.1", port=self.port, **options)
        controller.start()
        self._controller = controller
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def script(self, phase: Phase, *answers: str) -> None:
        """Give these answers ("451 4.3.0 later", HANG_UP, …) the next times the phase is reached.

        An answer that is an empty string means the usual one.
        """
        self._answers[phase].extend(answers)

    def wait_for(self, count: int, timeout_seconds: float = 10) -> list[ReceivedMail]:
        """All mails, once there are at least ``count``; raises TimeoutError when they do not come."""
        with self._arrived:
            if self._arrived.wait_for(lambda: len(self.mails) >= count, timeout_seconds):
                return list(self.mails)
        raise TimeoutError(f"{len(self.mails)} of {count} mails after {timeout_seconds} s")

    def next_answer(self, phase: Phase) -> str:
        """The scripted answer for a phase that has been reached; empty where there is none."""
        answers = self._answers[phase]
        return answers.popleft() if answers else ""

    def keep(self, mail: ReceivedMail) -> None:
        """Remember a mail and wake whoever waits for it."""
        if self.forward is not None:
            self.forward(mail)
        with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any
    ) -> AuthResult:
        answer = self.next_answer("auth")
        wanted = LoginPassword(self.username.encode(), self.password.encode())
        if answer:
            return AuthResult(success=False, handled=False, message=answer)
        return AuthResult(success=given == wanted, handled=False, auth_data=given)


class _Handler:
    """aiosmtpd's hooks; their names are given by it."""

    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        session.host_name = hostname
        answer = self._answer(server, "ehlo")
        return [answer] if answer else lines

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._answer(server, "mail")
        if not answer:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._answer(server, "rcpt")
        if not answer:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer or "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.sink.next_answer("data")
        if not answer or answer.startswith("2") or answer == HANG_UP:
            self.sink.keep(_received(session, envelope))
        if answer == HANG_UP:
            _hang_up(server)
        return answer or "250 2.0.0 taken"

    def _answer(self, server: SMTP, phase: Phase) -> str:
        answer = self.sink.next_answer(phase)
        if answer == HANG_UP:
            _hang_up(server)
            return "421 4.3.2 gone"
        return answer


def _received(session: Session, envelope: Envelope) -> ReceivedMail:
    login: bytes | None = getattr(session.auth_data, "login", None)
    content = bytes(envelope.original_content or b"")
    return ReceivedMail(
        envelope.mail_from or "",
        list(envelope.rcpt_tos),
        content,
        login.decode() if login else None,
    )


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()
