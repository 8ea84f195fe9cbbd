"""Turns on channels that may send only so many messages a second; they survive every restart.

A delivery whose turn has not come gets the next free moment of its channel, once: the moments are
given out by one statement, so any number of workers together keep to the pace.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from helpdesk.lib.clock import now
from inbox.connector import get_connector
from inbox.models import Connection, Delivery
from tickets.models import Channel

SLOWEST_PER_SECOND = 0.01
_TAKE = """
UPDATE inbox_connection SET send_next_at = GREATEST(COALESCE(send_next_at, %s), %s) + make_interval(secs => %s)
WHERE channel_id = %s RETURNING send_next_at
"""


def turn_of(delivery: Delivery) -> datetime:
    """When this delivery, whose claim the caller holds, may leave; not later than now: at once."""
    at = now()
    pace = pace_of(delivery.channel)
    if pace is None:
        return at
    if delivery.slot_at is not None:
        Delivery.objects.filter(pk=delivery.pk).update(slot_at=None)
        return min(delivery.slot_at, at)
    Connection.objects.get_or_create(channel=delivery.channel)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [at, at, 1 / pace, delivery.channel_id])
        next_at: datetime = cursor.fetchone()[0]
    return next_at - timedelta(seconds=1 / pace)


def pace_of(channel: Channel) -> float | None:
    """Messages a second: as the admin set it, else the connector's; None is as fast as we can."""
    told = channel.config.get("pace_per_second")
    pace = get_connector(channel.kind).manifest.pace_per_second if told in (None, "") else told
    try:
        return max(float(pace), SLOWEST_PER_SECOND) if pace is not None else None
    except (TypeError, ValueError):
        return None
