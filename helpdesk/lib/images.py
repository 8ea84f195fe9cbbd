"""Images of strangers: which bytes may be shown as an image, and fetching them on request."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from helpdesk.lib.errors import ConnectorFailure, NotFound
from helpdesk.lib.http import fetch

MAX_IMAGE_BYTES = 5 * 1024 * 1024
FETCH_SECONDS = 8.0


def raster_type_of(content: bytes) -> str | None:
    """The type by the first bytes, never by name or header; None for anything that is not a
    plain raster image (SVG can carry script)."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def fetch_image(url: str) -> bytes:
    """A remote image without telling who looks: no cookies, no referrer, our own address.

    Raises NotFound when there is none, or it may not be fetched.
    """
    try:
        answer = fetch(
            url,
            headers={"Accept": "image/png,image/jpeg,image/gif,image/webp"},
            max_bytes=MAX_IMAGE_BYTES,
            timeout_seconds=FETCH_SECONDS,
        )
    except ConnectorFailure as error:
        raise NotFound("This image cannot be fetched.") from error
    if answer.status != 200:
        raise NotFound("This image cannot be fetched.")
    return answer.content


def without_metadata(content: bytes) -> bytes:
    """A JPEG, PNG or WebP without EXIF and XMP (place, camera, author); other bytes as they are.

    The picture itself is not touched; a JPEG keeps which way is up. What cannot be read is kept.
    """
    try:
        kind = raster_type_of(content)
        if kind == "image/jpeg":
            return _clean_jpeg(content)
        if kind == "image/png":
            return _clean_png(content)
        if kind == "image/webp":
            return _clean_webp(content)
    except (struct.error, IndexError, ValueError):
        return content
    return content


_PNG_TOLD = {b"eXIf", b"tEXt", b"zTXt", b"iTXt"}
_ORIENTATION = 0x0112


def _clean_jpeg(content: bytes) -> bytes:
    kept = [content[:2]]
    at = 2
    while content[at] == 0xFF and content[at + 1] != 0xDA:
        marker = content[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            kept.append(content[at : at + 1 if marker == 0xFF else at + 2])
            at += 1 if marker == 0xFF else 2
            continue
        (size,) = struct.unpack(">H", content[at + 2 : at + 4])
        segment = content[at : at + 2 + size]
        if marker == 0xE1:
            kept.append(_turned(segment[4:]))
        elif marker != 0xED:
            kept.append(segment)
        at += 2 + size
    return b"".join([*kept, content[at:]])


def _turned(exif: bytes) -> bytes:
    """An EXIF segment that only says which way is up; nothing where that is said nowhere."""
    if not exif.startswith(b"Exif\x00\x00"):
        return b""
    tiff = exif[6:]
    order = "<" if tiff[:2] == b"II" else ">"
    (first,) = struct.unpack(order + "I", tiff[4:8])
    (count,) = struct.unpack(order + "H", tiff[first : first + 2])
    for index in range(count):
        start = first + 2 + 12 * index
        tag, _, _, value, _ = struct.unpack(order + "HHIHH", tiff[start : start + 12])
        if tag == _ORIENTATION and 1 < value <= 8:
            entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, value, 0)
            said = b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + bytes(4)
            return b"\xff\xe1" + struct.pack(">H", len(said) + 2) + said
    return b""


def _clean_png(content: bytes) -> bytes:
    kept = [content[:8]]
    at = 8
    while at + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        if kind not in _PNG_TOLD:
            kept.append(content[at : at + 12 + size])
        at += 12 + size
    return b"".join([*kept, content[at:]])


def _clean_webp(content: bytes) -> bytes:
    kept = []
    for kind, chunk in _riff_chunks(content):
        if kind == b"VP8X":
            flags = chunk[8] & ~0x0C
            kept.append(chunk[:8] + bytes([flags]) + chunk[9:])
        elif kind not in (b"EXIF", b"XMP "):
            kept.append(chunk)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        kind, size = struct.unpack("<4sI", content[at : at + 8])
        end = at + 8 + size + size % 2
        yield kind, content[at:end]
        at = end
