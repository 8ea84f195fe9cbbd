"""Records of the inbound log for the API."""

from __future__ import annotations

from typing import TypedDict, cast

from helpdesk.lib.clock import iso
from inbox.models import RawInbound


class InboundRecord(TypedDict):
    id: str
    channel_id: str
    received_at: str
    size_bytes: int
    from_address: str | None
    subject: str | None
    state: str
    fate: str | None
    reason: str | None
    ticket_id: str | None
    message_id: str | None
    attempts: int


class InboundPage(TypedDict):
    results: list[InboundRecord]
    next: str | None


def inbound_record(raw: RawInbound) -> InboundRecord:
    """What came in, when, and what became of it; never the bytes."""
    return {
        "id": str(raw.pk),
        "channel_id": str(raw.channel_id),
        "received_at": cast(str, iso(raw.received_at)),
        "size_bytes": raw.size_bytes,
        "from_address": raw.from_address or None,
        "subject": raw.subject or None,
        "state": raw.state,
        "fate": raw.fate or None,
        "reason": raw.reason or None,
        "ticket_id": str(raw.ticket_id) if raw.ticket_id else None,
        "message_id": str(raw.message_id) if raw.message_id else None,
        "attempts": raw.attempts,
    }
