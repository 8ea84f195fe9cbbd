"""Records of the inbound log for the API."""

from __future__ import annotations

from typing import Any

from helpdesk.lib.clock import iso
from inbox.models import RawInbound


def inbound_record(raw: RawInbound) -> dict[str, Any]:
    """What came in, when, and what became of it; never the bytes."""
    return {
        "id": str(raw.pk),
        "channel_id": str(raw.channel_id),
        "received_at": iso(raw.received_at),
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
