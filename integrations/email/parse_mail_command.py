"""`aftercare parse-mail`: files to JSON lines. A bad mail gives a line with `error`, never a stop."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from integrations.email.charsets import decode_text
from integrations.email.mailbox_files import is_mbox, split_mbox
from integrations.email.mime import parse_body, parse_mail
from integrations.email.parsed_mail import MailAddress, ParsedMail

_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")


def parse_mail_lines(
    paths: Iterable[Path | str], *, body: str | None = None
) -> Iterator[dict[str, Any]]:
    """One JSON-ready record per mail, in order. `body` ("text" or "html") means bare bodies.

    An mbox gives one record per mail; `file` of the second ends in `#2` and so on.
    """
    for path in paths:
        yield from _records_of(Path(path), body)


def _records_of(path: Path, body: str | None) -> Iterator[dict[str, Any]]:
    try:
        raw = path.read_bytes()
    except OSError as problem:
        yield {"file": str(path), "error": f"cannot be read: {problem.strerror}"}
        return
    if body is not None:
        yield _record(str(path), parse_body(decode_text(raw, "utf-8")[0], body))
    else:
        for number, mail in enumerate(_mails_in(raw), start=1):
            yield _record(str(path) if number == 1 else f"{path}#{number}", parse_mail(mail))


def _mails_in(raw: bytes) -> list[bytes]:
    """The mails of an mbox; a mail saved with its `From ` line is still one mail."""
    if not is_mbox(raw[:1_000]):
        return [raw]
    mails = list(split_mbox(raw))
    is_box = len(mails) > 1 and all(_FIELD.match(mail.lstrip()) for mail in mails)
    return mails if is_box else [raw]


def _address(address: MailAddress) -> dict[str, str]:
    return {"address": address.address, "name": address.name}


def _record(file: str, mail: ParsedMail) -> dict[str, Any]:
    return {
        "file": file,
        "subject": mail.subject,
        "from": _address(mail.sender_from),
        "to": [_address(one) for one in mail.to],
        "cc": [_address(one) for one in mail.cc],
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "text": mail.text,
        "reply_text": mail.reply_text,
        "html": mail.html,
        "attachments": [
            {"name": one.name, "size": one.size_bytes, "content_type": one.content_type}
            for one in mail.attachments
        ],
        "is_bounce": mail.is_bounce,
        "bounces": [
            {"recipient": one.recipient, "status": one.status, "hard": one.is_hard}
            for one in mail.bounces
        ],
        "is_auto_reply": mail.is_auto_reply,
        "defects": list(mail.defects),
        "error": None,
    }


def main(arguments: list[str] | None = None) -> int:
    """Command line; always 0 so that one bad mail never stops a script."""
    parser = argparse.ArgumentParser(prog="parse-mail", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH")
    parser.add_argument("--files-from", metavar="LIST", help="a file with one path a line")
    parser.add_argument("--jsonl", action="store_true", help="JSON lines (the only format)")
    parser.add_argument("--body", choices=("text", "html"), help="the files are bare bodies")
    options = parser.parse_args(arguments)
    paths = list(options.paths)
    if options.files_from:
        listed = Path(options.files_from).read_text(encoding="utf-8").splitlines()
        paths += [line for line in listed if line.strip()]
    for record in parse_mail_lines(paths, body=options.body):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
