"""The header block of a mail or part: fields, unfolding, RFC 2047 words, RFC 2231 parameters.

Structure is read before encoded words are decoded, so that an encoded `<` or `,` stays text.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from integrations.email.charsets import clean_text, decode_text

MAX_HEADER_BLOCK_BYTES = 1_000_000
MAX_FIELD_BYTES = 100_000
MAX_FIELDS = 2_000

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_END_OF_HEADERS = re.compile(rb"\r?\n[ \t]*\r?\n|\r[ \t]*\r(?!\n)")
_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*)*)\?=")
_CONTROL = re.compile("[\x00-\x1f\x7f]+")
# An encoded word that decodes to these was no text; it is shown as it came.
_BINARY = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]|\x1b(?![$(])")


class HeaderBlock:
    """Fields in order; lookups ignore case. Values are raw bytes, unfolded."""

    __slots__ = ("defects", "fields")

    def __init__(self, fields: list[tuple[str, bytes]], defects: list[str]) -> None:
        self.fields = fields
        self.defects = defects

    def get_all(self, name: str) -> list[bytes]:
        """Every value of a field, first one first."""
        return [value for field, value in self.fields if field == name]

    def first(self, name: str) -> bytes:
        """The first value of a field, empty when absent."""
        for field, value in self.fields:
            if field == name:
                return value
        return b""

    def text(self, name: str) -> str:
        """The first value as decoded text on one line."""
        return decode_header(self.first(name))


def split_headers(raw: bytes, start: int, end: int) -> tuple[HeaderBlock, int]:
    """The header block beginning at `start`, and where the body begins. Never raises."""
    defects: list[str] = []
    if raw.startswith((b"\n", b"\r\n"), start):
        return HeaderBlock([], defects), start + (1 if raw.startswith(b"\n", start) else 2)
    blank = _END_OF_HEADERS.search(raw, start, min(end, start + MAX_HEADER_BLOCK_BYTES))
    if blank:
        stop, body = blank.start(), blank.end()
    elif end - start > MAX_HEADER_BLOCK_BYTES:
        late = _END_OF_HEADERS.search(raw, start, end)
        stop, body = start + MAX_HEADER_BLOCK_BYTES, late.end() if late else end
        defects.append("headers: longer than 1 MB, the rest was not read")
    else:
        stop, body = end, end
    return _read_block(raw, start, stop, body, defects)


def _read_block(
    raw: bytes, start: int, stop: int, body: int, defects: list[str]
) -> tuple[HeaderBlock, int]:
    block = raw[start:stop]
    lines = block.split(b"\n") if b"\n" in block else block.split(b"\r")
    fields: list[tuple[str, bytes]] = []
    current: list[bytes] = []
    position = start
    strays = 0
    for line in lines:
        if line[:1] in (b" ", b"\t") and current:
            current.append(line.rstrip(b"\r"))
        elif match := _FIELD.match(line):
            _close_field(fields, current)
            current = [match[1], line[match.end() :].rstrip(b"\r")]
            if len(fields) >= MAX_FIELDS:
                defects.append(f"headers: more than {MAX_FIELDS} fields, the rest was not read")
                return HeaderBlock(fields, defects), body
        elif line.strip() and not line.startswith((b"From ", b">From ")):
            if not fields and not current:
                defects.append("headers: none, all taken as body")
                return HeaderBlock([], defects), position
            strays += 1
        position += len(line) + 1
    _close_field(fields, current)
    if strays:
        defects.append("headers: line without a field name ignored")
    return HeaderBlock(fields, defects), body


def _close_field(fields: list[tuple[str, bytes]], parts: list[bytes]) -> None:
    if parts:
        value = b"".join(parts[1:])
        fields.append((parts[0].decode("ascii").lower(), value[:MAX_FIELD_BYTES].strip()))


def decode_header(value: bytes) -> str:
    """Text of a header value on one line: encoded words and raw 8-bit bytes decoded."""
    if not value:
        return ""
    if b"=?" not in value:
        return _one_line(decode_text(value)[0])
    pieces: list[str] = []
    pending: list[bytes] = []
    pending_charset = ""
    position = 0
    for word in _WORD.finditer(value):
        gap = value[position : word.start()]
        charset = word[1].split(b"*")[0].decode("ascii", "replace").lower()
        data = _decode_word(word[2], word[3])
        if _BINARY.search(data):
            charset, data = "", word[0]
        if pending and (gap.strip() or charset != pending_charset):
            pieces.append(decode_text(b"".join(pending), pending_charset)[0])
            pending = []
        if gap.strip() or position == 0:
            pieces.append(decode_text(gap)[0])
        pending.append(data)
        pending_charset = charset
        position = word.end()
    if pending:
        pieces.append(decode_text(b"".join(pending), pending_charset)[0])
    pieces.append(decode_text(value[position:])[0])
    return _one_line("".join(pieces))


def _decode_word(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"bB":
        return decode_base64(text)
    return binascii.a2b_qp(text.replace(b" ", b"_"), header=True)


def decode_base64(data: bytes) -> bytes:
    """Bytes of sloppy base64: foreign characters skipped, padding mended, never an exception."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        pass
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _one_line(text: str) -> str:
    return clean_text(_CONTROL.sub(" ", text)).strip()


@lru_cache(maxsize=512)
def parse_parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """Lower-case main value and parameters of Content-Type or Content-Disposition.

    RFC 2231 continuations and charsets are joined; encoded words in values are decoded too.
    """
    pieces = _split_parameters(value)
    head, *squeezed = pieces[0].strip().split(None, 1)[:2] or [b""]
    if squeezed and b"=" in squeezed[0]:
        pieces.insert(1, squeezed[0])
    main = (head if squeezed else pieces[0].strip()).decode("latin-1").lower()
    found: dict[str, list[tuple[int, bool, bytes]]] = {}
    plain: dict[str, str] = {}
    for piece in pieces[1:]:
        name_bytes, _, content = piece.partition(b"=")
        name = name_bytes.strip().decode("latin-1").lower()
        content = _unquote(content.strip())
        base, *rest = name.split("*")
        if not rest:
            plain.setdefault(name, decode_header(content))
        else:
            index = int(rest[0]) if rest[0].isdigit() and len(rest[0]) < 4 else 0
            found.setdefault(base, []).append((index, rest[-1] == "", content))
    for base, parts in found.items():
        plain[base] = _join_continuations(parts)
    return main, plain


def _join_continuations(parts: list[tuple[int, bool, bytes]]) -> str:
    parts.sort(key=lambda part: part[0])
    charset = ""
    data: list[bytes] = []
    for position, (_, is_encoded, content) in enumerate(parts):
        if is_encoded and position == 0 and content.count(b"'") >= 2:
            label, _, content = content.split(b"'", 2)
            charset = label.decode("ascii", "replace")
        data.append(unquote_to_bytes(content) if is_encoded else content)
    joined = b"".join(data)
    if not charset and b"=?" in joined:
        return decode_header(joined)
    return _one_line(decode_text(joined, charset)[0])


def _split_parameters(value: bytes) -> list[bytes]:
    """Pieces between semicolons outside quotes; linear in the length."""
    if b'"' not in value:
        return value.split(b";")
    pieces: list[bytes] = []
    start = position = 0
    in_quotes = False
    for match in re.finditer(rb'\\.|["; ]', value, re.DOTALL):
        token, position = match[0], match.start()
        if token == b'"':
            in_quotes = not in_quotes
        elif token == b";" and not in_quotes:
            pieces.append(value[start:position])
            start = position + 1
    pieces.append(value[start:])
    return pieces


def _unquote(value: bytes) -> bytes:
    if value.startswith(b'"'):
        end = value.rfind(b'"')
        value = value[1:end] if end > 0 else value[1:]
        return re.sub(rb'\\(["\\])', rb"\1", value)
    return value


_MONTHS = {
    name: number
    for number, name in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1
    )
}
_DATE = re.compile(
    r"(\d{1,2})[ \-]+([A-Za-z]{3})[A-Za-z]*\.?[ \-,]+(\d{2,4})(?!\d)"
    r"(?:[ ,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?[ ]*([+-]\d{4}|[A-Za-z]{1,5})?"
)
_ASCTIME = re.compile(
    r"([A-Za-z]{3})[ ]+(\d{1,2})[ ]+(\d{1,2}):(\d{2}):(\d{2})[ ]+(?:([+-]\d{4}|[A-Z]{1,4})[ ]+)?(\d{4})"
)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})")
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}


def parse_date(value: bytes) -> datetime | None:
    """The aware time of a Date header; None when it names no possible time."""
    text = value[:200].decode("latin-1").strip()
    try:
        if match := _DATE.search(text):
            day, month, year, hour, minute, second, zone = match.groups()
        elif match := _ASCTIME.search(text):
            month, day, hour, minute, second, zone, year = match.groups()
        elif match := _ISO_DATE.search(text):
            return datetime(*(int(part) for part in match.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
        else:
            return None
        number = int(year)
        number += 0 if number > 99 else (2000 if number < 70 else 1900)
        return datetime(
            number,
            _MONTHS[month.lower()],
            int(day),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),
            tzinfo=_zone(zone),
        )
    except (ValueError, KeyError, OverflowError):
        return None


def _zone(zone: str | None) -> timezone:
    if zone and zone[0] in "+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        offset = min(offset, timedelta(hours=23, minutes=59))
        return timezone(-offset if zone[0] == "-" else offset)
    return timezone(timedelta(hours=_ZONES.get((zone or "").upper(), 0)))


_MESSAGE_ID = re.compile(r"<[^<>\s]{1,998}>")


def parse_message_ids(value: bytes, *, limit: int) -> tuple[list[str], bool]:
    """Message ids without their angle brackets, and whether the limit cut some off."""
    text = decode_header(value)
    ids: list[str] = []
    for match in _MESSAGE_ID.finditer(text):
        if len(ids) == limit:
            return ids, True
        ids.append(match[0][1:-1])
    if not ids and text:
        words = [word.strip("<>,;\"'") for word in text.split()[:limit]]
        ids = [word for word in words if "@" in word and len(word) < 1000]
        if not ids and len(text) < 1000 and " " not in text:
            ids = [text.strip("<>")]
    return [word for word in ids if word], False
