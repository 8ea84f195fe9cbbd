"""`parse-mail` gives a line per mail whatever it is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations.email.parse_mail_command import main, parse_mail_lines


def test_each_file_gives_one_record_with_the_promised_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(b"From: Eva <eva@kunde.example>\nTo: h@l.example\nSubject: Hi\n\nhello\n")
    [record] = parse_mail_lines([path])
    assert record["file"] == str(path)
    assert record["from"] == {"address": "eva@kunde.example", "name": "Eva"}
    assert record["to"] == [{"address": "h@l.example", "name": ""}]
    assert record["error"] is None
    assert set(record) == {
        "file", "subject", "from", "to", "cc", "message_id", "in_reply_to", "references", "text",
        "reply_text", "html", "attachments", "is_bounce", "bounces", "is_auto_reply", "defects", "error",
    }  # fmt: skip


def test_a_missing_file_gives_an_error_and_the_rest_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "good.eml"
    good.write_bytes(b"Subject: x\n\nhi")
    listing = tmp_path / "list"
    listing.write_text(f"{tmp_path / 'absent.eml'}\n{good}\n")
    assert main(["--files-from", str(listing), "--jsonl"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["error"].startswith("cannot be read")
    assert second["subject"] == "x"


def test_an_mbox_gives_a_record_per_mail(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(
        b"From a@b Tue Mar  4 09:15:00 2025\nSubject: one\n\nhi\n>From here\n\n"
        b"From a@b Tue Mar  4 09:16:00 2025\nSubject: two\n\nho\n"
    )
    records = list(parse_mail_lines([path]))
    assert [(one["file"], one["subject"]) for one in records] == [
        (str(path), "one"),
        (f"{path}#2", "two"),
    ]
    assert "\nFrom here" in records[0]["text"]


def test_bare_bodies_are_split_without_headers(tmp_path: Path) -> None:
    path = tmp_path / "body.txt"
    path.write_text("Yes.\n\nOn 4 Mar 2025, at 09:15, L <l@l.example> wrote:\n> ok?\n")
    [record] = parse_mail_lines([path], body="text")
    assert record["reply_text"] == "Yes."
