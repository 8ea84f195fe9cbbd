"""One hostile mail never stops the next: the child is killed, replaced, and ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integrations.email.mime import parse_mail
from integrations.email.parser_child import LimitedParser, Unparsable

MAIL = (
    b"From: Eva <eva@kunde.example>\nTo: help@linden.example\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"
    b"Date: Tue, 4 Mar 2025 09:15:00 +0100\nContent-Type: multipart/mixed; boundary=b\n\n"
    b"--b\n\nHello\n--b\nContent-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\n"
    b"AAEC/w==\n--b--\n"
)


@pytest.fixture
def parser() -> Iterator[LimitedParser]:
    parser = LimitedParser(timeout_seconds=2)
    yield parser
    parser.close()


@pytest.fixture
def patient() -> Iterator[LimitedParser]:
    parser = LimitedParser()
    yield parser
    parser.close()


def test_a_child_gives_the_same_mail_as_parsing_here(parser: LimitedParser) -> None:
    mail = parser.parse(MAIL)
    assert mail == parse_mail(MAIL)
    assert mail.attachments[0].content == b"\x00\x01\x02\xff"
    assert mail.date is not None


def test_an_empty_mail_is_a_mail(parser: LimitedParser) -> None:
    assert parser.parse(b"") == parse_mail(b"")


def test_a_child_that_stalls_is_killed_and_the_next_mail_is_parsed_within_a_second(
    parser: LimitedParser,
) -> None:
    """F10"""
    parser.parse(MAIL)
    stalled = parser._idle[0]
    os.kill(stalled._process.pid, signal.SIGSTOP)
    with pytest.raises(Unparsable) as caught:
        parser.parse(MAIL)
    assert caught.value.reason == "overran"
    assert stalled._process.poll() is not None
    start = time.monotonic()
    assert parser.parse(MAIL).subject == "Grüße"
    assert time.monotonic() - start < 1


def test_a_child_killed_between_mails_is_replaced_unnoticed(parser: LimitedParser) -> None:
    for _ in range(3):
        parser.parse(MAIL)
        os.kill(parser._idle[0]._process.pid, signal.SIGKILL)
        assert parser.parse(MAIL).subject == "Grüße"


def test_a_mail_that_needs_too_much_memory_is_refused_and_the_next_one_parsed() -> None:
    """F10, F36"""
    parser = LimitedParser(memory_bytes=150_000_000)
    parser.parse(MAIL)
    with pytest.raises(Unparsable) as caught:
        parser.parse(b"Subject: x\n\n" + b"x" * 120_000_000)
    assert caught.value.reason in ("failed", "died")
    assert parser.parse(MAIL).subject == "Grüße"
    parser.close()


def test_a_mail_larger_than_the_cap_is_cut_and_says_so(patient: LimitedParser) -> None:
    """F11"""
    raw = MAIL.replace(b"AAEC/w==\n", b"QUJD" * 18 + b"\n") + b"A" * 41_000_000
    mail = patient.parse(raw)
    assert "size: larger than 40 MB, the rest was not read" in mail.defects
    assert mail.text == "Hello"


def test_many_threads_share_a_small_pool() -> None:
    parser = LimitedParser(size=2)
    mails = [b"Subject: %d\n\nhi" % number for number in range(60)]
    with ThreadPoolExecutor(8) as threads:
        subjects = [mail.subject for mail in threads.map(parser.parse, mails)]
    assert subjects == [str(number) for number in range(60)]
    assert len(parser._idle) <= 2
    parser.close()


def test_a_child_outlives_the_thread_that_started_it(parser: LimitedParser) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(parser.parse, MAIL).result()
    child = parser._idle[0]
    assert parser.parse(MAIL).subject == "Grüße"
    assert parser._idle == [child]


def test_a_child_ends_with_its_parent() -> None:
    code = (
        "import sys, os\nfrom integrations.email.parser_child import LimitedParser\n"
        "parser = LimitedParser()\nparser.parse(b'')\n"
        "print(parser._idle[0]._process.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    child = int(done.stdout)
    deadline = time.monotonic() + 5
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_running(child)


def test_a_child_starts_without_django() -> None:
    code = "import integrations.email.parser_child, sys; print('django' in sys.modules)"
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
