"""``idle``: waits until no durable work is due. For scripts and acceptance tests."""

from __future__ import annotations

import time

from django.db import connection

DUE = """
SELECT (SELECT count(*) FROM inbox_rawinbound WHERE state = 'received')
     + (SELECT count(*) FROM inbox_delivery
         WHERE phase IN ('claimed', 'dot_sent')
            OR (phase IN ('queued', 'temp_failed') AND due_at <= now()))
     + (SELECT count(*) FROM events_subscribercursor c
          JOIN events_eventcounter n ON n.organization_id = c.organization_id
         WHERE c.seq < n.last_seq)
     + (SELECT count(*) FROM automation_csatsurvey WHERE state = 'planned' AND send_at <= now())
"""


def work_due() -> int:
    """How many pieces of durable work are waiting for a worker right now."""
    with connection.cursor() as cursor:
        cursor.execute(DUE)
        return int(cursor.fetchone()[0])


def wait_until_idle(timeout_seconds: float) -> bool:
    """Whether everything was done within the time; work must be found done twice in a row."""
    deadline = time.monotonic() + timeout_seconds
    quiet = 0
    while time.monotonic() < deadline:
        quiet = quiet + 1 if work_due() == 0 else 0
        if quiet >= 2:
            return True
        time.sleep(0.1)
    return False
