"""Parsing in a limited child process: one hostile mail must not stop a queue (RELIABILITY D9, F10).

`LimitedParser` is the parent's side, `python -m integrations.email.parser_child` the child's. They
speak length-prefixed msgpack over pipes. The child never imports Django, has little memory and no
say over how long it may take, and ends with its parent.
"""

from __future__ import annotations

import math
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgpack

from helpdesk.lib.errors import InvalidInput
from integrations.email.mime import MAX_MAIL_BYTES, parse_mail
from integrations.email.parsed_mail import (
    BouncedRecipient,
    MailAddress,
    MailAttachment,
    ParsedMail,
)

MAX_MEMORY_BYTES = 512 * 1024 * 1024
TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 256 * 1024 * 1024
_LENGTH = struct.Struct(">Q")


class Unparsable(InvalidInput):
    """A mail that the parser could not take in; its raw bytes belong into quarantine.

    `reason` is one of "overran", "died" and "failed".
    """

    code = "unparsable_mail"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LimitedParser:
    """Parses mails in up to `size` children, started when first needed; any thread may call.

    A child that dies or overruns is replaced before the next mail; a waiting caller waits for a
    free child only.
    """

    def __init__(
        self,
        *,
        size: int = 1,
        timeout_seconds: float = TIMEOUT_SECONDS,
        memory_bytes: int = MAX_MEMORY_BYTES,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._idle: list[_Child] = []
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(size)
        self._owner = os.getpid()

    def parse(self, raw: bytes) -> ParsedMail:
        """The parsed mail. Raises `Unparsable` when the child overran, failed, or died on it twice.

        Dying once is not held against a mail: something else may have ended the child.
        """
        with self._slots:
            try:
                return self._parse_once(raw)
            except Unparsable as problem:
                if problem.reason != "died":
                    raise
            return self._parse_once(raw)

    def _parse_once(self, raw: bytes) -> ParsedMail:
        child = self._take()
        is_usable = False
        try:
            mail = child.parse(raw, self._timeout_seconds)
            is_usable = True
        except _ChildFailed as problem:
            is_usable = True
            raise Unparsable("failed", f"The parser failed: {problem}") from None
        finally:
            if is_usable and child.is_alive():
                with self._lock:
                    self._idle.append(child)
            else:
                child.kill()
        return mail

    def close(self) -> None:
        """End all idle children; those at work end when their mail is done."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.kill()

    def _take(self) -> _Child:
        with self._lock:
            if self._owner != os.getpid():
                self._idle, self._owner = [], os.getpid()
            while self._idle:
                child = self._idle.pop()
                if child.is_alive():
                    return child
                child.kill()
        return _Child(self._memory_bytes, self._timeout_seconds)


class _ChildFailed(Exception):
    """The child answered that parsing raised; it lives on."""


class _Child:
    """One parser process and its two pipes."""

    def __init__(self, memory_bytes: int, timeout_seconds: float) -> None:
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [
                sys.executable,
                *("-m", "integrations.email.parser_child"),
                *(str(memory_bytes), str(math.ceil(timeout_seconds) + 5)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=root,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(root), "LC_ALL": "C.UTF-8"},
            close_fds=True,
        )
        self._pipes = [pipe for pipe in (self._process.stdin, self._process.stdout) if pipe]
        self._in, self._out = (pipe.fileno() for pipe in self._pipes)
        os.set_blocking(self._in, False)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process at once and close its pipes; calling it twice is harmless."""
        self._process.kill()
        for pipe in self._pipes:
            with suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()

    def parse(self, raw: bytes, timeout_seconds: float) -> ParsedMail:
        """Send one mail, await its answer. Raises `Unparsable` or `_ChildFailed`."""
        deadline = time.monotonic() + timeout_seconds
        try:
            raw = raw[: MAX_MAIL_BYTES + 1]
            self._write(_LENGTH.pack(len(raw)) + raw, deadline)
            size = _LENGTH.unpack(self._read(_LENGTH.size, deadline))[0]
            if size > MAX_ANSWER_BYTES:
                raise Unparsable("failed", "The parser's answer is larger than 256 MB.")
            answer = msgpack.unpackb(self._read(size, deadline), raw=False, strict_map_key=False)
        except TimeoutError:
            message = f"Parsing took longer than {timeout_seconds:g} seconds."
            raise Unparsable("overran", message) from None
        except (EOFError, BrokenPipeError):
            raise Unparsable("died", "The parser process died on this mail.") from None
        if isinstance(answer, str):
            raise _ChildFailed(answer)
        return unpack_mail(answer)

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            self._await([], [self._in], deadline)
            try:
                view = view[os.write(self._in, view[:1_000_000]) :]
            except BlockingIOError:
                continue

    def _read(self, size: int, deadline: float) -> bytes:
        pieces: list[bytes] = []
        while size:
            self._await([self._out], [], deadline)
            piece = os.read(self._out, min(size, 1_000_000))
            if not piece:
                raise EOFError
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _await(self, reading: list[int], writing: list[int], deadline: float) -> None:
        left = deadline - time.monotonic()
        poll = select.poll()
        for descriptor in reading:
            poll.register(descriptor, select.POLLIN)
        for descriptor in writing:
            poll.register(descriptor, select.POLLOUT)
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError


_ADDRESS_TUPLES = ("reply_to", "to", "cc")
_FIELD_NAMES = tuple(one.name for one in fields(ParsedMail))
_ATTACHMENT_NAMES = tuple(one.name for one in fields(MailAttachment))


def pack_mail(mail: ParsedMail) -> bytes:
    """A parsed mail as msgpack; `unpack_mail` gives an equal one back."""
    values = {name: getattr(mail, name) for name in _FIELD_NAMES}
    values["sender_from"] = (mail.sender_from.address, mail.sender_from.name)
    values["sender"] = mail.sender and (mail.sender.address, mail.sender.name)
    for name in _ADDRESS_TUPLES:
        values[name] = [(one.address, one.name) for one in values[name]]
    values["attachments"] = [
        [getattr(one, name) for name in _ATTACHMENT_NAMES] for one in mail.attachments
    ]
    values["bounces"] = [
        (one.recipient, one.status, one.is_hard, one.reason) for one in mail.bounces
    ]
    values["date"] = mail.date and mail.date.isoformat()
    return msgpack.packb(values, use_bin_type=True)


def unpack_mail(values: dict[str, Any]) -> ParsedMail:
    """The mail behind an unpacked answer of the child."""
    values["sender_from"] = MailAddress(*values["sender_from"])
    values["sender"] = MailAddress(*values["sender"]) if values["sender"] else None
    for name in _ADDRESS_TUPLES:
        values[name] = tuple(MailAddress(*one) for one in values[name])
    values["attachments"] = tuple(MailAttachment(*one) for one in values["attachments"])
    values["bounces"] = tuple(BouncedRecipient(*one) for one in values["bounces"])
    values["date"] = datetime.fromisoformat(values["date"]) if values["date"] else None
    values["headers"] = {name: tuple(found) for name, found in values["headers"].items()}
    values["trace"] = tuple((name, value) for name, value in values["trace"])
    for name in ("references", "defects"):
        values[name] = tuple(values[name])
    return ParsedMail(**values)


def serve(
    source: IO[bytes],
    sink: IO[bytes],
    parse: Callable[[bytes], ParsedMail],
    *,
    alarm_seconds: int = 0,
) -> None:
    """The child's loop: a mail in, a mail or an error text out, until the parent closes the pipe.

    `alarm_seconds` ends a child that works on one mail for so long after its parent has gone.
    """
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        raw = source.read(_LENGTH.unpack(head)[0])
        signal.alarm(alarm_seconds)
        try:
            answer = pack_mail(parse(raw))
        except (MemoryError, RecursionError) as problem:
            answer = msgpack.packb(type(problem).__name__)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the parent must hear of it
            answer = msgpack.packb(f"{type(problem).__name__}: {problem}"[:500])
        signal.alarm(0)
        del raw
        sink.write(_LENGTH.pack(len(answer)))
        sink.write(answer)
        sink.flush()


def limit_this_process(memory_bytes: int) -> None:
    """Cap memory, forbid writing files and cores; Ctrl-C is the parent's business.

    The parent's end closes the pipe, which ends the child. PR_SET_PDEATHSIG is not used: it fires
    when the *thread* that started the child ends.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    limit_this_process(int(sys.argv[1]))
    serve(sys.stdin.buffer, sys.stdout.buffer, parse_mail, alarm_seconds=int(sys.argv[2]))
