"""Outlook's winmail.dat (MS-OXTNEF): the files in it and its body, as far as it is plain.

Bounded by the size of the input: every length is checked before it is believed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from integrations.email.charsets import decode_text

CONTENT_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SIGNATURE = 0x223E9F78
_BODY = 0x800C
_MESSAGE_PROPERTIES = 0x9003
_ATTACH_START = 0x9002
_ATTACH_DATA = 0x800F
_ATTACH_TITLE = 0x8010
_ATTACH_PROPERTIES = 0x9005
_CODEPAGE = 0x9007
_PR_BODY = 0x1000
_PR_BODY_HTML = 0x1013
_PR_ATTACH_LONG_NAME = 0x3707
_PR_ATTACH_NAME = 0x3704
_PR_ATTACH_DATA = 0x3701
_FIXED_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_MAX_FILES = 200


@dataclass(slots=True)
class WinMail:
    """What a winmail.dat holds."""

    text: str = ""
    html: str = ""
    files: list[tuple[str, bytes]] = field(default_factory=list)


def unpack(data: bytes) -> WinMail | None:
    """The contents, or None when these bytes are no readable TNEF."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return None
    mail = WinMail()
    codepage = "cp1252"
    for attribute, content in _attributes(data):
        if attribute == _CODEPAGE and len(content) >= 4:
            codepage = f"cp{struct.unpack_from('<I', content)[0]}"
        elif attribute == _BODY:
            mail.text = decode_text(content.rstrip(b"\0"), codepage)[0]
        elif attribute == _MESSAGE_PROPERTIES:
            _read_message(content, mail, codepage)
        elif attribute == _ATTACH_START and len(mail.files) < _MAX_FILES:
            mail.files.append(("", b""))
        elif mail.files:
            mail.files[-1] = _read_file(attribute, content, mail.files[-1], codepage)
    mail.files = [(name or "attachment", content) for name, content in mail.files if content]
    return mail


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6
    while position + 9 <= len(data):
        attribute, _, length = struct.unpack_from("<HHI", data, position + 1)
        start = position + 9
        if start + length > len(data):
            return
        yield attribute, data[start : start + length]
        position = start + length + 2


def _read_message(content: bytes, mail: WinMail, codepage: str) -> None:
    for tag, kind, value in _properties(content):
        if tag == _PR_BODY and not mail.text:
            mail.text = _text(kind, value, codepage)
        elif tag == _PR_BODY_HTML:
            mail.html = _text(kind, value, codepage)


def _read_file(
    attribute: int, content: bytes, file: tuple[str, bytes], codepage: str
) -> tuple[str, bytes]:
    name, data = file
    if attribute == _ATTACH_DATA:
        return name, content
    if attribute == _ATTACH_TITLE:
        return name or decode_text(content.rstrip(b"\0"), codepage)[0], data
    if attribute == _ATTACH_PROPERTIES:
        for tag, kind, value in _properties(content):
            if tag == _PR_ATTACH_LONG_NAME:
                name = _text(kind, value, codepage) or name
            elif tag == _PR_ATTACH_DATA and not data:
                data = value
    return name, data


def _text(kind: int, value: bytes, codepage: str) -> str:
    if kind == 0x1F:
        return decode_text(value, "utf-16-le")[0].rstrip("\0")
    return decode_text(value.rstrip(b"\0"), codepage)[0]


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Tag, type and value of each MAPI property; stops at the first one that makes no sense."""
    position = 4
    while position + 4 <= len(data):
        kind, tag = struct.unpack_from("<HH", data, position)
        position += 4
        if tag >= 0x8000:
            position = _skip_name(data, position)
        base = kind & 0x0FFF
        if base in _FIXED_SIZES:
            size = _FIXED_SIZES[base]
            yield tag, kind, data[position : position + size]
            position += size
            continue
        if position + 8 > len(data):
            return
        count, length = struct.unpack_from("<II", data, position)
        if count != 1 or position + 8 + length > len(data):
            return
        yield tag, kind, data[position + 8 : position + 8 + length]
        position += 8 + length + (-length % 4)


def _skip_name(data: bytes, position: int) -> int:
    if position + 24 > len(data):
        return len(data)
    is_string, value = struct.unpack_from("<II", data, position + 16)
    return position + 24 + ((value + (-value % 4)) if is_string == 1 else 0)
