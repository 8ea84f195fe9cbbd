"""Messages as ``inbox.outbound`` builds them, for tests of what a connector makes of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from inbox.connector import OutboundFile, OutboundMessage

KINDS = {
    "jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf", "mp4": "video/mp4",
}  # fmt: skip


def outbound(
    text: str, names: Sequence[str] = (), to: str = "", content: bytes = b"bytes", **more: Any
) -> OutboundMessage:
    """A reply with these files to that address."""
    values: dict[str, Any] = {"id": uuid.uuid4(), "external_id": "", **more}
    return OutboundMessage(
        from_address={}, to=[{"name": "Mia", "address": to}], cc=[], bcc=[], subject="",
        text=text, html="",
        files=[OutboundFile(each, KINDS[each[-3:]], lambda: content) for each in names],
        **values,
    )  # fmt: skip


def never() -> None:
    """For ``before_irreversible`` where nothing may leave."""
    raise AssertionError("nothing may leave")
