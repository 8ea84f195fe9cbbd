"""How long a text is as Bluesky counts, where its links are, and keys of our own for posts."""

from __future__ import annotations

import re
import unicodedata
import uuid
from typing import Any

MAX_GRAPHEMES = 300
MAX_MESSAGE_GRAPHEMES = 1000
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}']")
_TAG = re.compile(r"(?<![\w&/#])#(\w*[^\W\d]\w*)")
_JOINER, _FIRST_FLAG, _LAST_FLAG = "\u200d", "\U0001f1e6", "\U0001f1ff"


def graphemes(text: str) -> int:
    """How many signs a reader sees: marks, joined emoji and flags are one each."""
    count = flags = 0
    is_joined = False
    for sign in text:
        is_joined = is_joined and unicodedata.category(sign) == "So"
        extends = unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Mc")
        is_flag = _FIRST_FLAG <= sign <= _LAST_FLAG
        is_tone = "\U0001f3fb" <= sign <= "\U0001f3ff"
        if extends or sign == _JOINER or is_tone or is_joined:
            is_joined = sign == _JOINER
            continue
        flags = flags + 1 if is_flag else 0
        count += 0 if is_flag and flags % 2 == 0 else 1
    return count


def facets_of(text: str) -> list[dict[str, Any]]:
    """Links and hashtags by their place in the UTF-8 bytes: without them Bluesky shows no links."""
    found = [
        _facet(text, each.start(), each.end(), "link", uri=each.group(0))
        for each in _LINK.finditer(text)
    ]
    links = [(each.start(), each.end()) for each in _LINK.finditer(text)]
    found += [
        _facet(text, each.start(), each.end(), "tag", tag=each.group(1))
        for each in _TAG.finditer(text)
        if len(each.group(1)) <= 64 and not any(a <= each.start() < b for a, b in links)
    ]
    return sorted(found, key=lambda each: int(each["index"]["byteStart"]))


def key_of(message_id: uuid.UUID) -> str:
    """A timestamp identifier (TID) made from a message's id: the same for every try."""
    number = message_id.int
    microseconds = (number >> 80) * 1000 + ((number >> 52) & 0x3FF) % 1000
    value = (microseconds & ((1 << 53) - 1)) << 10 | (number & 0x3FF)
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(60, -1, -5))


def _facet(text: str, start: int, end: int, kind: str, **feature: str) -> dict[str, Any]:
    before = len(text[:start].encode())
    return {
        "index": {"byteStart": before, "byteEnd": before + len(text[start:end].encode())},
        "features": [{"$type": f"app.bsky.richtext.facet#{kind}", **feature}],
    }
