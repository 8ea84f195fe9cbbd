"""Files that agents add to what they write."""

from __future__ import annotations

import re
import unicodedata

from helpdesk.accounts.models import User
from helpdesk.lib import blobs
from helpdesk.lib.images import without_metadata
from tickets.models import Attachment

MAX_NAME_CHARS = 200
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\]|[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def keep_upload(user: User, *, name: str, content_type: str, content: bytes) -> Attachment:
    """Store an uploaded file for a message that is being written; nobody else sees it before.

    The name is only ever shown: the bytes lie under their hash. A photograph loses what it says
    about where and with what it was taken.
    """
    content = without_metadata(content)
    return Attachment.objects.create(
        organization_id=user.organization_id,
        uploaded_by=user,
        name=clean_name(name),
        content_type=clean_type(content_type),
        size_bytes=len(content),
        sha256=blobs.write(content),
    )


def clean_name(name: str) -> str:
    """A name that shows what it is: one line, no path, no invisible or turning characters."""
    flat = _NOT_IN_NAMES.sub("", unicodedata.normalize("NFC", name)).strip(" .")
    if len(flat) <= MAX_NAME_CHARS:
        return flat or "file"
    stem, dot, ending = flat.rpartition(".")
    if not dot or len(ending) > 12:
        return flat[:MAX_NAME_CHARS]
    return f"{stem[: MAX_NAME_CHARS - len(ending) - 1]}.{ending}"


def clean_type(content_type: str) -> str:
    """A media type without parameters; what is none is unknown bytes."""
    kind = content_type.split(";", 1)[0].strip().lower()
    is_type = re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,59}", kind)
    return kind if is_type else "application/octet-stream"
