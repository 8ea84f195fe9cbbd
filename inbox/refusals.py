"""Calls that were not the vendor's are counted, but a flood of them costs no write per call."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import F

from helpdesk.lib.slow_counter import SlowCounter
from inbox.models import Connection
from tickets.models import Channel


def note(channel: Channel) -> None:
    """One more call was refused."""
    _counter.note(channel.pk)


def write_down() -> None:
    """Write what this process kept: somebody wants to see it."""
    _counter.write_down()


def _add(channel_id: uuid.UUID, count: int, last_at: datetime) -> None:
    if not Channel.objects.filter(pk=channel_id).exists():
        return
    Connection.objects.get_or_create(channel_id=channel_id)
    Connection.objects.filter(channel_id=channel_id).update(
        refused=F("refused") + count, last_refused_at=last_at
    )


_counter = SlowCounter(_add)
