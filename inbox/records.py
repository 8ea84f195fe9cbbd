"""Records of the inbound log for the API."""

from __future__ import annotations

from typing import NotRequired, TypedDict, cast

from helpdesk.lib.clock import iso
from inbox.models import Hook, RawInbound


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


class HookOutcome(TypedDict):
    """``became``: arrival, known (it was here already), a state, or why nothing was done."""

    item: str
    became: str
    raw_id: NotRequired[str]


class HookRecord(TypedDict):
    id: str
    channel_id: str
    received_at: str
    processed_at: str | None
    due_at: str
    method: str
    size_bytes: int
    state: str
    reason: str
    attempts: int
    outcome: list[HookOutcome]


class HookPage(TypedDict):
    results: list[HookRecord]
    next: str | None


def hook_record(hook: Hook) -> HookRecord:
    """A call of a vendor and what became of each thing in it; never the body."""
    return {
        "id": str(hook.pk),
        "channel_id": str(hook.channel_id),
        "received_at": cast(str, iso(hook.received_at)),
        "processed_at": iso(hook.processed_at),
        "due_at": cast(str, iso(hook.due_at)),
        "method": hook.method,
        "size_bytes": hook.size_bytes,
        "state": hook.state,
        "reason": hook.reason,
        "attempts": hook.attempts,
        "outcome": cast(list[HookOutcome], hook.outcome),
    }
