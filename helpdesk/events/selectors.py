"""Reads of the event log: how far it goes, and what came after a cursor."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from helpdesk.events.catalog import TYPES
from helpdesk.events.models import Event, EventCounter
from helpdesk.lib.clock import iso

BATCH_LIMIT = 200
"""At most this many events travel in one batch."""
CATCH_UP_LIMIT = 1000
"""Whoever is further behind loads afresh: that is quicker than so many batches."""


@dataclass(frozen=True)
class Head:
    """The number of the last event, and the epoch that numbers belong to."""

    seq: int
    epoch: str


def head_of(organization_id: uuid.UUID) -> Head:
    """How far the organization's log goes; one row by primary key."""
    found = EventCounter.objects.filter(pk=organization_id).values_list("last_seq", "epoch").first()
    return Head(found[0], str(found[1])) if found else Head(0, "")


def heads_of(organization_ids: list[uuid.UUID]) -> dict[uuid.UUID, Head]:
    """The same for several organizations, in one query."""
    rows = EventCounter.objects.filter(pk__in=organization_ids).values_list(
        "organization_id", "last_seq", "epoch"
    )
    return {organization_id: Head(seq, str(epoch)) for organization_id, seq, epoch in rows}


def events_after(
    organization_id: uuid.UUID, cursor: int, *, limit: int = BATCH_LIMIT
) -> list[Event]:
    """The next events after the cursor in order, at most ``limit``."""
    return list(
        Event.objects.filter(organization_id=organization_id, seq__gt=cursor).order_by("seq")[
            :limit
        ]
    )


def rights_events_after(organization_id: uuid.UUID, cursor: int) -> list[Event]:
    """Those after the cursor that may have changed what somebody sees."""
    return list(
        Event.objects.filter(
            organization_id=organization_id,
            seq__gt=cursor,
            type__in=["user.updated", "team.updated"],
        )
    )


def reset_reason(organization_id: uuid.UUID, head: Head, *, cursor: int, epoch: str) -> str:
    """Why a client with this cursor must load afresh; empty when it can go on.

    ``epoch``: the log was replaced (restored from a backup), numbers may have gone back;
    ``expired``: what it missed is no longer kept; ``far_behind``: a fresh load is quicker.
    """
    if epoch != head.epoch or cursor > head.seq:
        return "epoch"
    if head.seq - cursor > CATCH_UP_LIMIT:
        return "far_behind"
    if cursor < head.seq and not _is_kept(organization_id, cursor + 1):
        return "expired"
    return ""


def event_record(event: Event) -> dict[str, Any]:
    """The event as the socket and GET /events deliver it."""
    return {
        "seq": event.seq,
        "type": event.type,
        "version": event.version,
        "object_type": event.object_type,
        "object_id": str(event.object_id),
        "payload": event.payload,
        "actor": event.actor,
        "client_id": event.client_id or None,
        "cause": event.cause,
        "at": iso(event.at),
    }


def is_known(type_: str) -> bool:
    """Whether this version of the program knows the type; others are passed over."""
    return type_ in TYPES


def _is_kept(organization_id: uuid.UUID, seq: int) -> bool:
    return Event.objects.filter(organization_id=organization_id, seq=seq).exists()
