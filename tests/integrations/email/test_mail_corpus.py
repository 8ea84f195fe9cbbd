"""The public corpus: every mail is taken in, and each score keeps its floor.

The floors are what was measured when they were set; they only go up.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from integrations.email.mime import parse_mail
from integrations.email.parse_mail_command import parse_mail_lines

FLOORS = {
    "answered": 1.0,
    "clean_text": 1.0,
    "subject": 0.98,
    "from_address": 0.97,
    "from_name": 0.98,
    "to": 1.0,
    "message_id": 0.97,
    "text_body": 0.97,
    "text_body_contains": 0.91,
    "attachments": 0.81,
    "attachment_count": 1.0,
    "bounce_found": 0.99,
    "bounce_not_claimed": 1.0,
    "bounce_recipient": 0.94,
    "auto_reply_found": 1.0,
    "reply_exact": 0.95,
    "reply_exact_html": 1.0,
    "reply_never_empty": 1.0,
    "reply_keeps_all_new_text": 0.95,
    "reply_contains": 1.0,
}


@pytest.fixture(scope="module")
def listed(corpora: Path) -> dict[str, list[Path]]:
    """The corpus files by kind."""
    kinds: dict[str, list[Path]] = {}
    lines = (corpora / "email" / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        kinds.setdefault(row["kind"], []).append(corpora / "email" / row["file"])
    return kinds


def test_every_mail_of_the_corpus_is_read_cleanly_in_time(listed: dict[str, list[Path]]) -> None:
    """G1.4, G4.1: under 5 seconds each, valid UTF-8, no NUL."""
    for path in listed["rfc822"]:
        raw = path.read_bytes()
        start = time.process_time()
        mail = parse_mail(raw)
        assert time.process_time() - start < 5, path
        for text in (mail.subject, mail.text, mail.html, mail.reply_text, mail.quoted_text):
            assert "\x00" not in text, path
            text.encode("utf-8")


def test_no_words_of_the_corpus_are_lost_between_reply_quote_and_signature(
    listed: dict[str, list[Path]],
) -> None:
    """G5.2: quotes are folded, never dropped."""
    for path in listed["rfc822"]:
        mail = parse_mail(path.read_bytes())
        parts = f"{mail.reply_text} {mail.quoted_text} {mail.signature_text}"
        wanted = set(re.findall(r"\w{4,}", mail.text))
        assert wanted <= set(re.findall(r"\w{4,}", parts)) | set(
            re.findall(r"\w{4,}", mail.html)
        ), path


def test_each_score_on_the_corpus_keeps_its_floor(
    corpora: Path, listed: dict[str, list[Path]], tmp_path: Path
) -> None:
    """G4, G5, G6"""
    out = tmp_path / "out.jsonl"
    bodies = {"rfc822": None, "mbox": None, "plain-body": "text", "html-body": "html"}
    with out.open("w", encoding="utf-8") as lines:
        for kind, body in bodies.items():
            for record in parse_mail_lines(listed[kind], body=body):
                lines.write(json.dumps(record) + "\n")
    done = subprocess.run(
        [sys.executable, str(corpora / "eval_mail.py"), str(corpora / "email"), str(out)],
        capture_output=True,
        text=True,
        check=True,
    )
    scores = json.loads(done.stdout.splitlines()[-1])
    below = {name: scores[name] for name, floor in FLOORS.items() if scores[name] < floor}
    assert below == {}
