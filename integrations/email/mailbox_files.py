"""Mails on disk: single files, mbox files, Maildir folders and folders of any of them."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from helpdesk.lib.errors import InvalidInput

_MAILDIR = ("new", "cur")
# A line "From …" begins a mail where a mail header follows: at the start of the file or after an
# empty line whatever it holds, elsewhere only with what programs write ("-", or address and time).
_SEPARATOR = re.compile(
    rb"(?:(?:\A(?:\xef\xbb\xbf)?|(?<=\n\n)|(?<=\n\r\n)|(?<=\r\r))From [^\r\n]{0,998}"
    rb"|(?<=\n)From (?:-|[^\s@]{1,200}@\S{1,200} [^\r\n]{0,200}\d\d:\d\d)[^\r\n]{0,200})"
    rb"(?:\r\n|\n|\r)(?=(?i:"
    rb"x-[!-9;-~]{1,70}|return-path|received|delivered-to|from|sender|to|cc|subject|date|message-id"
    rb"|mime-version|content-[a-z-]{1,30}|reply-to|status|dkim-signature|authentication-results"
    rb"|arc-[a-z-]{1,40}|list-[a-z-]{1,30}|envelope-to|original-to|user-agent|references"
    rb"|in-reply-to|precedence|resent-[a-z-]{1,20}|auto-submitted):)"
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_mails(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Every mail below the paths with the name of where it came from, in a fixed order.

    A file called ``.eml`` is one mail, whatever it quotes; others are looked into for mboxes.
    Raises InvalidInput naming a path that does not exist, before anything is read from it.
    """
    for path in paths:
        if not path.exists():
            raise InvalidInput.field("paths", f"{path} does not exist.", code="not_found")
        yield from _read(path)


def split_mbox(content: bytes | mmap.mmap) -> Iterator[bytes]:
    """The mails of an mbox, without separator lines and with ``>From `` unquoted."""
    starts = [(each.start(), each.end()) for each in _SEPARATOR.finditer(content)]
    ends = [start for start, _ in starts[1:]] + [len(content)]
    for (_, begin), end in zip(starts, ends, strict=True):
        mail = bytes(content[begin:end])
        if mail.strip():
            yield _QUOTED_FROM.sub(rb"\1", _without_last_line_end(mail))


def is_mbox(head: bytes) -> bool:
    """Whether a file that begins so is an mbox: a separator line, then a header."""
    return bool(_SEPARATOR.match(head))


def _read(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for child in _children(path):
            yield from _read(child)
        return
    with path.open("rb") as file:
        if path.suffix.lower() == ".eml" or not is_mbox(file.read(2000)):
            file.seek(0)
            yield str(path), file.read()
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for number, mail in enumerate(split_mbox(content), start=1):
                yield f"{path}#{number}", mail


def _children(folder: Path) -> list[Path]:
    """What to read in a folder: of a Maildir its mails and sub-folders, else everything visible."""
    if all((folder / each).is_dir() for each in _MAILDIR):
        mails = [child for part in _MAILDIR for child in (folder / part).iterdir()]
        nested = [each for each in folder.iterdir() if each.is_dir() and _is_maildir(each)]
        return [*sorted(mails, key=lambda each: each.name), *sorted(nested)]
    return sorted(each for each in folder.iterdir() if not each.name.startswith("."))


def _is_maildir(folder: Path) -> bool:
    return all((folder / each).is_dir() for each in _MAILDIR)


def _without_last_line_end(mail: bytes) -> bytes:
    """An mbox puts one empty line after each mail; it is not part of it."""
    for ending in (b"\r\n\r\n", b"\n\n"):
        if mail.endswith(ending):
            return mail[: -len(ending) // 2]
    return mail
