"""The bytes of a mail as a tree of parts, with caps. Knows MIME structure, nothing about meaning.

Offsets into the original bytes are kept instead of copies; each level is scanned once.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from integrations.email.headers import HeaderBlock, decode_base64, parse_parameters, split_headers

MAX_PARTS = 200
MAX_DEPTH = 20

_ENVELOPE_LINE = re.compile(rb">?From (?!\s*:)")
_CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+\Z")


@dataclass(slots=True)
class MimePart:
    """One entity: its headers, its type, where its body lies, and its children."""

    raw: bytes
    headers: HeaderBlock
    body_start: int
    body_end: int
    content_type: str
    parameters: dict[str, str]
    children: list[MimePart] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """The body as transferred."""
        return self.raw[self.body_start : self.body_end]

    def content(self) -> bytes:
        """The body with its transfer encoding undone; sloppy encodings are mended."""
        encoding = self.headers.first("content-transfer-encoding").strip().lower()
        encoding = encoding.split(b";")[0].strip().strip(b'"')
        body = self.body
        if encoding == b"base64":
            return decode_base64(body)
        if encoding in (b"quoted-printable", b"quoted-printible", b"qp"):
            return binascii.a2b_qp(body)
        if encoding in (b"x-uuencode", b"uuencode", b"x-uue", b"uue"):
            return decode_uuencoded(body)
        return body

    def disposition(self) -> tuple[str, dict[str, str]]:
        """Content-Disposition and its parameters, ("", {}) when absent."""
        value = self.headers.first("content-disposition")
        return parse_parameters(value) if value else ("", {})

    def filename(self) -> str:
        """The name a sender gave this part, empty without one."""
        _, parameters = self.disposition()
        return parameters.get("filename") or self.parameters.get("name") or ""

    def walk(self) -> Iterator[MimePart]:
        """This part and everything below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True)
class _Budget:
    parts_left: int
    defects: list[str]

    def note(self, defect: str) -> None:
        if defect not in self.defects:
            self.defects.append(defect)


def read_tree(raw: bytes, defects: list[str]) -> MimePart:
    """The tree of a whole mail; what is cut off or broken is added to `defects`."""
    start = 0
    if raw.startswith(b"\xef\xbb\xbf"):
        start = 3
    while raw.startswith((b"\n", b"\r\n"), start):
        start += 1 if raw.startswith(b"\n", start) else 2
    if _ENVELOPE_LINE.match(raw, start):
        newline = raw.find(b"\n", start)
        start = newline + 1 if newline >= 0 else start
    return _read_part(raw, start, len(raw), "text/plain", 0, _Budget(MAX_PARTS, defects))


def _read_part(
    raw: bytes, start: int, end: int, default_type: str, depth: int, budget: _Budget
) -> MimePart:
    headers, body_start = split_headers(raw, start, end)
    for defect in headers.defects:
        budget.note(defect)
    declared = headers.first("content-type")
    content_type, parameters = parse_parameters(declared) if declared else (default_type, {})
    content_type = _mend_type(content_type, default_type)
    part = MimePart(raw, headers, min(body_start, end), end, content_type, parameters)
    if content_type.startswith("multipart/"):
        _read_children(part, depth, budget)
    elif content_type in ("message/rfc822", "message/global") and depth < MAX_DEPTH:
        _read_embedded(part, depth, budget)
    return part


def _mend_type(content_type: str, default_type: str) -> str:
    content_type = content_type.split(",")[0].split("(")[0].strip().strip("\"'")
    if _CONTENT_TYPE.match(content_type):
        return content_type
    if content_type in ("text", "html", "plain"):
        return "text/html" if content_type == "html" else "text/plain"
    return default_type if "/" not in content_type else "application/octet-stream"


def _read_embedded(part: MimePart, depth: int, budget: _Budget) -> None:
    """Read a message inside a message when it is there in the clear."""
    encoding = part.headers.first("content-transfer-encoding").strip().lower()
    if budget.parts_left <= 0 or encoding in (b"base64", b"quoted-printable"):
        return
    budget.parts_left -= 1
    start = part.body_start
    while part.raw.startswith((b"\n", b"\r\n"), start) and start < part.body_end:
        start += 1 if part.raw.startswith(b"\n", start) else 2
    part.children.append(
        _read_part(part.raw, start, part.body_end, "text/plain", depth + 1, budget)
    )


def _read_children(part: MimePart, depth: int, budget: _Budget) -> None:
    boundary = part.parameters.get("boundary", "").rstrip()
    if not boundary:
        budget.note("mime: multipart without a boundary, taken as text")
        part.content_type = "text/plain"
        return
    if depth >= MAX_DEPTH:
        budget.note(f"mime: nested deeper than {MAX_DEPTH}, the rest was not read")
        return
    default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    spans = _split_at_boundary(part, boundary.encode("latin-1", "replace"), budget)
    for start, end in spans:
        if budget.parts_left <= 0:
            budget.note(f"mime: more than {MAX_PARTS} parts, the rest was not read")
            return
        budget.parts_left -= 1
        part.children.append(_read_part(part.raw, start, end, default, depth + 1, budget))
    if not part.children:
        budget.note("mime: boundary never appears, taken as text")
        part.content_type = "text/plain"


def _split_at_boundary(part: MimePart, boundary: bytes, budget: _Budget) -> list[tuple[int, int]]:
    """Where the children lie. A missing last delimiter ends the last child with its parent."""
    raw, end = part.raw, part.body_end
    delimiter = b"--" + boundary
    spans: list[tuple[int, int]] = []
    child_start = -1
    position = part.body_start
    while len(spans) <= budget.parts_left:
        found = raw.find(delimiter, position, end)
        if found < 0:
            break
        after = found + len(delimiter)
        position = after
        if found > part.body_start and raw[found - 1] not in b"\r\n":
            continue
        is_last = raw.startswith(b"--", after)
        line_end = raw.find(b"\n", after, end)
        if line_end < 0:
            line_end = raw.find(b"\r", after, end)
        tail = raw[after + 2 * is_last : line_end if line_end >= 0 else end]
        if tail.strip(b" \t\r"):
            continue
        if child_start >= 0:
            spans.append((child_start, _before_newline(raw, found, child_start)))
        child_start = -1 if is_last else (line_end + 1 if line_end >= 0 else end)
        if is_last:
            return spans
        position = child_start
    if child_start >= 0 and len(spans) <= budget.parts_left:
        budget.note("mime: last boundary missing")
        spans.append((child_start, end))
    return spans


def _before_newline(raw: bytes, position: int, lowest: int) -> int:
    """Offset without the line end that belongs to the delimiter."""
    if position > lowest and raw[position - 1] == 10:
        position -= 1
    if position > lowest and raw[position - 1] == 13:
        position -= 1
    return position


_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n", re.MULTILINE)


def find_uuencoded(body: bytes) -> list[tuple[str, bytes, int, int]]:
    """Files uuencoded inside a text: name, content, start and end offset of each."""
    found: list[tuple[str, bytes, int, int]] = []
    position = 0
    while (begin := _UU_BEGIN.search(body, position)) and len(found) < MAX_PARTS:
        end = body.find(b"\nend", begin.end() - 1)
        if end < 0:
            break
        content = decode_uuencoded(body[begin.start() : end])
        position = end + 4
        if content:
            found.append((begin[1].decode("latin-1").strip(), content, begin.start(), position))
    return found


def decode_uuencoded(body: bytes) -> bytes:
    """Decoded uuencoded lines; a broken line ends the file."""
    decoded: list[bytes] = []
    begin = _UU_BEGIN.search(body)
    for line in body[begin.end() if begin else 0 :].splitlines():
        if not line or line == b"end":
            continue
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            size = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                decoded.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                break
    return b"".join(decoded)
