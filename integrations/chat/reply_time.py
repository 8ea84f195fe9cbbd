"""How long an answer takes at this hour: what really happened, or nothing."""

from __future__ import annotations

import math
import time
import uuid

from django.db import connection

from helpdesk.lib.clock import now
from tickets.models import Channel

MIN_ANSWERS = 20
KEPT_SECONDS = 300.0
_kept: dict[uuid.UUID, tuple[float, int | None]] = {}

_MEDIAN = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited)
FROM (
  SELECT extract(epoch FROM answer.created_at - first.created_at) AS waited
  FROM tickets_message first
  JOIN LATERAL (
    SELECT created_at FROM tickets_message
    WHERE ticket_id = first.ticket_id AND kind = 'reply' AND user_id IS NOT NULL
      AND NOT is_automatic AND delivery_state <> 'withdrawn' AND position > first.position
    ORDER BY position LIMIT 1
  ) answer ON true
  WHERE first.channel_id = %(channel)s AND first.kind = 'customer' AND first.position = 1
    AND first.organization_id = %(organization)s
    AND first.created_at > %(at)s - interval '7 days'
    AND extract(hour FROM first.created_at) = extract(hour FROM %(at)s::timestamptz)
) waits
"""


def expected_minutes(channel: Channel) -> int | None:
    """The median of first answers in the last seven days at this hour, in minutes; None below 20."""
    kept = _kept.get(channel.pk)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    minutes = _measured(channel)
    _kept[channel.pk] = (time.monotonic() + KEPT_SECONDS, minutes)
    return minutes


def forget() -> None:
    """Measure afresh next time (tests)."""
    _kept.clear()


def _measured(channel: Channel) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            _MEDIAN,
            {"channel": channel.pk, "organization": channel.organization_id, "at": now()},
        )
        count, seconds = cursor.fetchone()
    if count < MIN_ANSWERS or seconds is None:
        return None
    return max(1, math.ceil(float(seconds) / 60))
