"""Calls that were not the vendor's are counted, but a flood of them costs no write per call.

The first is written down at once; those that follow within seconds are kept in memory and written
together. A process that dies in between forgets a few: it is a count for a person's eyes.
"""

from __future__ import annotations

import threading
import time
import uuid
from datetime import datetime

from django.db.models import F

from helpdesk.lib.clock import now
from inbox.models import Connection
from tickets.models import Channel

WRITE_EVERY_SECONDS = 5.0

_lock = threading.Lock()
_kept: dict[uuid.UUID, int] = {}
_last_at: dict[uuid.UUID, datetime] = {}
_written: dict[uuid.UUID, float] = {}


def note(channel: Channel) -> None:
    """One more call was refused."""
    with _lock:
        _kept[channel.pk] = _kept.get(channel.pk, 0) + 1
        _last_at[channel.pk] = now()
        is_due = time.monotonic() - _written.get(channel.pk, float("-inf")) >= WRITE_EVERY_SECONDS
    if is_due:
        _write(channel.pk)


def write_down() -> None:
    """Write what this process kept: somebody wants to see it."""
    for channel_id in list(_kept):
        _write(channel_id)


def _write(channel_id: uuid.UUID) -> None:
    with _lock:
        count, last_at = _kept.pop(channel_id, 0), _last_at.pop(channel_id, now())
        _written[channel_id] = time.monotonic()
    if not count or not Channel.objects.filter(pk=channel_id).exists():
        return
    Connection.objects.get_or_create(channel_id=channel_id)
    Connection.objects.filter(channel_id=channel_id).update(
        refused=F("refused") + count, last_refused_at=last_at
    )
