"""Files of shoppers: judged by their bytes, stripped of where they were taken, seen by few."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from helpdesk.lib import blobs
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.images import without_metadata
from helpdesk.lib.secrets import is_signed, sign
from integrations.chat.models import Line, Upload, Visitor
from integrations.chat.problems import TooLarge, WrongType
from integrations.chat.sites import MAX_FILE_BYTES, MAX_FILES
from tickets.actions.attach import clean_name
from tickets.models import Attachment

SHOWN_SECONDS = 6 * 3600
_PURPOSE = "chat-file"
_ENDINGS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "application/pdf": (".pdf",),
    "video/mp4": (".mp4", ".m4v"),
}
INLINE = frozenset({"image/jpeg", "image/png", "image/webp"})
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_MP4 = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash")


@dataclass(frozen=True)
class Opened:
    """A file that the visitor may see."""

    content: bytes
    name: str
    content_type: str

    @property
    def is_inline(self) -> bool:
        return self.content_type in INLINE


def type_of(content: bytes) -> str | None:
    """The type by the first bytes, never by name or header; None for what is not taken."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content[4:8] == b"ftyp":
        if content[8:12] in _HEIC:
            return "image/heic"
        if content[8:12] in _MP4:
            return "video/mp4"
    return None


def keep_upload(visitor: Visitor, *, name: str, content: bytes) -> Upload:
    """Store a file ahead of its message; raises TooLarge, WrongType or InvalidInput (``file``)."""
    if len(content) > MAX_FILE_BYTES:
        raise TooLarge(f"A file can have {MAX_FILE_BYTES // (1024 * 1024)} MB.")
    if not content:
        raise InvalidInput.field("file", "This file is empty.", code="empty")
    kind = type_of(content)
    if kind is None:
        raise WrongType("Send a picture (JPEG, PNG, WebP, HEIC), a PDF or an MP4.")
    content = _without_place(content, kind)
    return Upload.objects.create(
        visitor=visitor,
        name=_named(clean_name(name), kind),
        content_type=kind,
        size_bytes=len(content),
        sha256=blobs.write(content),
    )


def uploads_of(visitor: Visitor, ids: list[uuid.UUID]) -> list[Upload]:
    """The visitor's own uploads in this order; raises InvalidInput (``attachment_ids``)."""
    if len(ids) > MAX_FILES:
        raise InvalidInput.field("attachment_ids", f"At most {MAX_FILES} files.", code="too_many")
    found = {each.pk: each for each in Upload.objects.filter(visitor=visitor, pk__in=ids)}
    if len(found) < len(set(ids)):
        raise InvalidInput.field(
            "attachment_ids", "A file is gone; add it again.", code="unknown_attachment"
        )
    return [found[each] for each in dict.fromkeys(ids)]


def file_url(site: str, visitor: Visitor, file_id: uuid.UUID) -> str:
    """An address that shows the file to this visitor for some hours."""
    ends = str(int(time.time()) // 3600 * 3600 + SHOWN_SECONDS)
    signature = sign(_PURPOSE, site, str(visitor.pk), str(file_id), ends, size_bytes=16)
    return f"/widget/v1/{site}/files/{file_id}?v={visitor.pk.hex}&e={ends}&s={signature}"


def open_file(site: str, file_id: uuid.UUID, *, visitor: str, ends: str, signature: str) -> Opened:
    """The file behind a genuine address; raises NotFound, always in the same words."""
    gone = NotFound("This file is not here any more.")
    try:
        visitor_id = uuid.UUID(hex=visitor)
    except ValueError as error:
        raise gone from error
    parts = (site, str(visitor_id), str(file_id), ends)
    is_genuine = is_signed(signature, _PURPOSE, *parts, size_bytes=16)
    if not is_genuine or not ends.isdigit() or int(ends) < time.time():
        raise gone
    upload = Upload.objects.filter(pk=file_id, visitor_id=visitor_id).first()
    if upload is not None:
        return Opened(blobs.read(upload.sha256), upload.name, upload.content_type)
    attachment = Attachment.objects.filter(
        pk=file_id,
        message__in=Line.objects.filter(conversation__visitor_id=visitor_id).values("message"),
    ).first()
    if attachment is None:
        raise gone
    content = blobs.read(attachment.sha256)
    return Opened(content, attachment.name, type_of(content) or "application/octet-stream")


def _named(name: str, kind: str) -> str:
    """The name with an ending that says what the bytes are."""
    endings = _ENDINGS[kind]
    return name if name.lower().endswith(endings) else f"{name[:180]}{endings[0]}"


def _without_place(content: bytes, kind: str) -> bytes:
    """Without what a camera wrote about where, when and with what it was taken."""
    if kind in ("image/heic", "video/mp4"):
        return _without_boxes(content)
    return without_metadata(content)


_PLACES = (b"\xa9xyz", b"loci", b"com.apple.quicktime.location.ISO6709")


def _without_boxes(content: bytes) -> bytes:
    """HEIC and MP4 with their EXIF blocks and position atoms overwritten: sizes must not change.

    The EXIF of a HEIC lies among its data and is found by its own header; positions in an MP4
    stand anywhere but among the pictures.
    """
    edited = bytearray(content)
    at = edited.find(b"Exif\x00\x00")
    while at >= 0:
        _blank_tiff(edited, at + 6)
        at = edited.find(b"Exif\x00\x00", at + 6)
    for begin, end in _boxes_beside_pictures(content):
        for name in _PLACES:
            _blank_place(edited, name, begin, end)
    return bytes(edited)


def _blank_place(edited: bytearray, name: bytes, begin: int, end: int) -> None:
    at = edited.find(name, begin, end)
    while at >= 0:
        size = int.from_bytes(edited[at - 4 : at], "big") if at >= 4 else 0
        stop = at - 4 + size if 8 < size < 4096 else at + len(name) + 64
        after = at + len(name)
        stop = max(after, min(stop, end))
        edited[after:stop] = bytes(stop - after)
        at = edited.find(name, after, end)


def _boxes_beside_pictures(content: bytes) -> list[tuple[int, int]]:
    """Where the outer boxes lie, without the one that holds pictures and sound."""
    found, at = [], 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        end = len(content) if size < 8 else min(at + size, len(content))
        if content[at + 4 : at + 8] != b"mdat":
            found.append((at, end))
        at = end
    return found


def _blank_tiff(edited: bytearray, at: int) -> None:
    """Overwrite a TIFF block's directories: its head stays, nothing in it is said any more."""
    if bytes(edited[at : at + 2]) not in (b"II", b"MM"):
        return
    order = "little" if bytes(edited[at : at + 2]) == b"II" else "big"
    first = int.from_bytes(edited[at + 4 : at + 8], order)  # type: ignore[arg-type]
    begin, end = at + first, min(at + 64 * 1024, len(edited))
    if not 8 <= first < 4096 or begin + 2 > end:
        return
    stop = _end_of_tiff(edited, at, first, order)
    edited[begin : min(stop, end)] = bytes(max(0, min(stop, end) - begin))


def _end_of_tiff(edited: bytearray, at: int, first: int, order: str) -> int:
    """Where the last value that a directory of this block names ends."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
    stop, todo = at + first + 2, [first]
    seen: set[int] = set()
    while todo and len(seen) < 8:
        offset = todo.pop()
        if offset in seen or offset < 8:
            continue
        seen.add(offset)
        begin = at + offset
        count = int.from_bytes(edited[begin : begin + 2], order)  # type: ignore[arg-type]
        stop = max(stop, begin + 2 + 12 * min(count, 200) + 4)
        for index in range(min(count, 200)):
            entry = begin + 2 + 12 * index
            tag, kind, many, value = (
                int.from_bytes(edited[entry + a : entry + b], order)  # type: ignore[arg-type]
                for a, b in ((0, 2), (2, 4), (4, 8), (8, 12))
            )
            size = sizes.get(kind, 1) * min(many, 65536)
            if size > 4:
                stop = max(stop, at + value + size)
            if tag in (0x8769, 0x8825, 0xA005):
                todo.append(value)
    return min(stop, len(edited))
