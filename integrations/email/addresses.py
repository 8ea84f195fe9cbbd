"""Address headers: RFC 5322 mailboxes and groups, read so that a trick never yields a wrong address.

`alice@good.com <bob@evil.com>` is bob, with a defect (CVE-2023-27043); two candidates for one
mailbox give none. Encoded words are decoded only after the structure is known. Linear in length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from integrations.email.headers import decode_header
from integrations.email.parsed_mail import MailAddress

# Quoted strings, comments and the specials; every other run is a word. No nested quantifiers.
# A string nobody closes runs to the end, so that every byte is read once.
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)("?)|([<>(),;:])|([^"<>(),;:]+)', re.DOTALL)
_LOCAL_NAME = re.compile(rb"[A-Za-z0-9._+-]{1,64}\Z")
_ADDRESS = re.compile(
    r"(?:[^\s\"(),:;<>@\[\]\\]+|\"[^\"]*\")@"
    r"(?:[^\s\"(),:;<>@\[\]\\/!]+|\[[0-9A-Za-z:.]+\])\Z"
)
_BIDI = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ADDRESS_LIKE = re.compile(rb"[^\s\"<>@]@[^\s\"<>@]")


@dataclass(slots=True)
class _Mailbox:
    """The tokens of one mailbox while it is being read."""

    phrase: list[bytes] = field(default_factory=list)
    angle: list[bytes] | None = None
    comment: list[bytes] = field(default_factory=list)
    is_broken: bool = False
    has_at: bool = False

    def is_empty(self) -> bool:
        has_text = any(piece.strip() for piece in (*self.phrase, *(self.angle or ())))
        return not has_text and not self.comment


def parse_addresses(value: bytes, *, limit: int) -> tuple[list[MailAddress], list[str]]:
    """Mailboxes of an address header in order, and defects in words.

    A mailbox whose address cannot be read safely keeps its name and an empty address. Reading
    stops after `limit` mailboxes.
    """
    addresses: list[MailAddress] = []
    defects: list[str] = []
    for mailbox in _MailboxReader().read(value):
        if len(addresses) >= limit:
            defects.append(f"more than {limit} addresses, the rest was not read")
            break
        address, defect = _finish(mailbox)
        if defect:
            defects.append(defect)
        if address is not None:
            addresses.append(address)
    return _join_torn_names(addresses), defects


def _join_torn_names(addresses: list[MailAddress]) -> list[MailAddress]:
    """`Doe, John <j@x.org>` without quotes is one person; the part before the comma has no `@`."""
    joined: list[MailAddress] = []
    for address in addresses:
        before = joined[-1] if joined else None
        is_torn = before and not before.address and before.name and "@" not in before.name
        if before and is_torn and address.address and address.name:
            joined[-1] = MailAddress(address.address, f"{before.name}, {address.name}")
        else:
            joined.append(address)
    return joined


class _MailboxReader:
    """Cuts a header value into mailboxes at commas, semicolons and group colons."""

    def __init__(self) -> None:
        self.box = _Mailbox()
        self.comment_depth = 0
        self.is_in_angle = False

    def read(self, value: bytes) -> Iterator[_Mailbox]:
        """Yield each mailbox that holds anything."""
        for match in _TOKEN.finditer(value):
            quoted, closing, special, word = match.groups()
            if self.comment_depth:
                self._comment(match[0])
            elif quoted is not None:
                self._target().append(b'"' + quoted + b'"')
                self.box.is_broken |= not closing
            elif word is not None:
                self._target().append(word)
                self.box.has_at |= b"@" in word
            elif special in (b",", b";") and not self.is_in_angle:
                if not self.box.is_empty():
                    yield self.box
                self.box = _Mailbox()
            else:
                self._special(special)
        self.box.is_broken |= self.is_in_angle or self.comment_depth > 0
        if not self.box.is_empty():
            yield self.box

    def _target(self) -> list[bytes]:
        if self.is_in_angle and self.box.angle is not None:
            return self.box.angle
        return self.box.phrase

    def _comment(self, token: bytes) -> None:
        self.comment_depth += (token == b"(") - (token == b")")
        if self.comment_depth:
            self.box.comment.append(token)

    def _special(self, special: bytes) -> None:
        if special == b"(":
            self.comment_depth = 1
        elif special == b")":
            self.box.is_broken = True
        elif special == b"<":
            self.box.is_broken |= self.box.angle is not None
            self.box.angle = self.box.angle or []
            self.is_in_angle = True
        elif special == b">":
            self.box.is_broken |= not self.is_in_angle
            self.is_in_angle = False
        elif self.is_in_angle:
            self._target().append(special)
        elif self.box.has_at or self.box.angle:
            self.box.phrase.append(special)
        else:
            self.box = _Mailbox()


def _finish(box: _Mailbox) -> tuple[MailAddress | None, str | None]:
    phrase = b"".join(box.phrase).strip()
    if box.angle is None:
        return _finish_bare(box, phrase)
    inside = b"".join(box.angle).strip()
    if inside.startswith(b"@") and b":" in inside:
        inside = inside.partition(b":")[2]
    address = _read_address(inside)
    name = _display_name(phrase)
    if box.is_broken and phrase and _unquoted_at(phrase):
        return MailAddress("", name), "malformed address"
    if not inside:
        return (MailAddress("", name), "empty address") if name else (None, "empty address")
    if not address and not box.is_broken and _LOCAL_NAME.match(inside):
        return MailAddress(inside.decode("ascii"), name), "address without a domain"
    if not address:
        return MailAddress("", name), "malformed address"
    if box.is_broken:
        return MailAddress(address, name), "malformed address"
    if name.lower() != address.lower() and _unquoted_at(phrase):
        return MailAddress(address, name), "display name holds another address"
    return MailAddress(address, name), None


def _finish_bare(box: _Mailbox, phrase: bytes) -> tuple[MailAddress | None, str | None]:
    comment = decode_header(b"".join(box.comment).strip())
    address = _read_address(phrase)
    if address and not box.is_broken:
        return MailAddress(address, comment), None
    name = _display_name(phrase) or comment
    if not name:
        return None, "malformed address"
    found = [word for word in phrase.split() if b"@" in word]
    if len(found) == 1 and not box.is_broken and not box.comment:
        lone = _read_address(found[0].strip(b"'\"[],"))
        rest = _display_name(phrase.replace(found[0], b" "))
        if lone:
            return MailAddress(lone, rest), "address without angle brackets"
    return MailAddress("", name), "malformed address"


def _read_address(data: bytes) -> str:
    """The address of an addr-spec, its domain in lower case; empty when it is not one."""
    text = decode_header(data) if not data.isascii() or b"=?" in data else data.decode("ascii")
    text = _BIDI.sub("", text.strip().strip("'"))
    if text.lower().startswith("mailto:"):
        text = text[7:]
    if " " in text and '"' not in text:
        text = re.sub(r"\s*([@.])\s*", r"\1", text)
    if len(text) > 500 or not _ADDRESS.match(text):
        return ""
    local, _, domain = text.rpartition("@")
    return f"{local}@{domain.rstrip('.').lower()}"


def _display_name(phrase: bytes) -> str:
    if b'"' in phrase:
        phrase = re.sub(rb'"((?:[^"\\]|\\.)*)"', lambda m: re.sub(rb"\\(.)", rb"\1", m[1]), phrase)
    name = _BIDI.sub("", decode_header(phrase)).strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return re.sub(r"\s+", " ", name)[:300]


def _unquoted_at(phrase: bytes) -> bool:
    if b"@" not in phrase:
        return False
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", phrase)
    return bool(_ADDRESS_LIKE.search(bare))
