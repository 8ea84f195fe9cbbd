"""Keeping what arrived, byte for byte, before anybody is told that we have it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from helpdesk.lib.clock import now
from helpdesk.lib.failpoints import failpoint
from helpdesk.lib.workers import worker_number
from inbox import doorbell
from inbox.models import RawInbound
from tickets.models import Channel

LEASE_SECONDS = 120


def store(
    channel: Channel,
    raw: bytes,
    *,
    source: str = "",
    envelope: dict[str, Any] | None = None,
    is_claimed: bool = False,
    rings: bool = True,
    received_at: datetime | None = None,
) -> tuple[RawInbound, bool]:
    """Keep the bytes; returns the row and whether it is new.

    The same bytes on the same channel are the same arrival. With ``is_claimed`` the caller
    processes the new row himself, at once; otherwise a worker is rung for after the commit, unless
    the caller rings once for many (``rings=False``: a ring is for all that waits on the channel).
    ``received_at`` is when we first had it, for what was read out of something larger.
    Joins the caller's transaction (a mailbox cursor moves in it); alone, it is committed on return.
    """
    row = _row(channel, raw, source, envelope or {}, is_claimed=is_claimed)
    row.received_at = received_at or row.received_at
    is_new = _insert(row)
    failpoint("raw.stored")
    if not is_new:
        known = RawInbound.objects.defer("raw").get(channel_id=channel.pk, sha256=row.sha256)
        known.channel = channel
        return known, False
    if rings and not is_claimed:
        ring_for(row)
    return row, True


def ring_for(row: RawInbound) -> None:
    """Ring a worker for the row's channel after the commit."""
    transaction.on_commit(lambda: doorbell.ring_raw(row.pk), robust=True)


def _row(
    channel: Channel, raw: bytes, source: str, envelope: dict[str, Any], *, is_claimed: bool
) -> RawInbound:
    row = RawInbound(
        organization_id=channel.organization_id,
        channel=channel,
        sha256=hashlib.sha256(raw).hexdigest(),
        source=source.replace("\x00", "")[:300],
        raw=raw,
        size_bytes=len(raw),
        envelope=envelope,
    )
    if is_claimed:
        row.attempts = 1
        row.worker = worker_number()
        row.lease_until = now() + timedelta(seconds=LEASE_SECONDS)
    return row


_INSERT = """
INSERT INTO inbox_rawinbound
  (id, organization_id, channel_id, sha256, source, raw, size_bytes, envelope, state, fate, reason,
   from_address, subject, attempts, worker, lease_until, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, '', '', '', '', %s, %s, %s, %s)
ON CONFLICT (channel_id, sha256) DO NOTHING
RETURNING id
"""


def _insert(row: RawInbound) -> bool:
    """Insert unless the channel has these bytes already: one statement, so no race is lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                row.pk, row.organization_id, row.channel_id, row.sha256, row.source, bytes(row.raw),
                row.size_bytes, json.dumps(row.envelope), row.state, row.attempts, row.worker,
                row.lease_until, row.received_at,
            ],
        )  # fmt: skip
        return cursor.fetchone() is not None
