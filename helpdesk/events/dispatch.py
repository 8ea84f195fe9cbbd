"""Runs each background subscriber forward from its own cursor.

The cursor row is locked (SKIP LOCKED: one worker per subscriber and organization), events are
handled in order and the cursor moves in the same transaction as their effects. A batch that fails
is repeated event by event; an event that keeps failing is recorded with its traceback, skipped
after MAX_ATTEMPTS and shown by ``aftercare doctor``.
"""

from __future__ import annotations

import json
import traceback
import uuid
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.utils import OperationalError

from helpdesk.events.models import Event, EventCounter, SubscriberCursor, SubscriberFailure
from helpdesk.events.outbox import unit_of_work
from helpdesk.events.subscribers import Subscriber, all_subscribers, get_subscriber
from helpdesk.lib.clock import now

BATCH = 25
MAX_ATTEMPTS = 5
RETRY_SECONDS = 5

log = structlog.get_logger()


def create_cursors(organization_id: uuid.UUID, *, seq: int = 0) -> None:
    """Give every subscriber a cursor for this organization; existing ones stay where they are."""
    SubscriberCursor.objects.bulk_create(
        [
            SubscriberCursor(organization_id=organization_id, subscriber=each.name, seq=seq)
            for each in all_subscribers()
        ],
        ignore_conflicts=True,
    )


def run_subscribers(organization_id: uuid.UUID) -> int:
    """Run all subscribers of one organization until none is behind; returns events handled.

    A second run beside this one skips what is locked here.
    """
    total = 0
    while True:
        pass_over(organization_id)
        behind = subscribers_behind(organization_id)
        handled = sum(run_subscriber(get_subscriber(name), organization_id) for name in behind)
        total += handled
        if not handled:
            return total


_MOVE_ON = """
UPDATE events_subscribercursor SET seq = %(head)s, moved_at = %(now)s
WHERE id IN (
    SELECT c.id FROM events_subscribercursor c
    WHERE c.organization_id = %(organization)s AND c.seq < %(head)s AND c.retry_at IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM events_event e
        WHERE e.organization_id = c.organization_id AND e.seq > c.seq AND e.seq <= %(head)s
          AND (%(types)s::jsonb -> c.subscriber) ? e.type
      )
    FOR UPDATE SKIP LOCKED
)
"""


def pass_over(organization_id: uuid.UUID) -> None:
    """Move, in one statement, every cursor that has nothing to handle before the head."""
    head = EventCounter.objects.values_list("last_seq", flat=True).get(pk=organization_id)
    types = {each.name: sorted(each.types) for each in all_subscribers()}
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE_ON,
            {
                "head": head,
                "now": now(),
                "organization": organization_id,
                "types": json.dumps(types),
            },
        )


def subscribers_behind(organization_id: uuid.UUID) -> list[str]:
    """Names of this organization's subscribers whose cursor is behind the counter."""
    known = {each.name for each in all_subscribers()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.subscriber FROM events_subscribercursor c "
            "JOIN events_eventcounter n ON n.organization_id = c.organization_id "
            "WHERE c.organization_id = %s AND c.seq < n.last_seq "
            "AND (c.retry_at IS NULL OR c.retry_at <= %s) ORDER BY c.subscriber",
            [organization_id, now()],
        )
        return [name for (name,) in cursor.fetchall() if name in known]


def organizations_behind() -> list[uuid.UUID]:
    """Organizations with at least one subscriber behind; also gives new subscribers a cursor."""
    _adopt_new_subscribers()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.organization_id FROM events_subscribercursor c "
            "JOIN events_eventcounter n ON n.organization_id = c.organization_id "
            "WHERE c.seq < n.last_seq AND (c.retry_at IS NULL OR c.retry_at <= %s)",
            [now()],
        )
        return [row[0] for row in cursor.fetchall()]


def run_subscriber(subscriber: Subscriber, organization_id: uuid.UUID) -> int:
    """Handle the subscriber's next batch; returns how far the cursor moved (0: nothing, locked)."""
    try:
        return _run_batch(subscriber, organization_id, BATCH)
    except Exception:
        log.warning("dispatch.batch_failed", subscriber=subscriber.name, exc_info=True)
    return _run_one_by_one(subscriber, organization_id)


def _run_batch(subscriber: Subscriber, organization_id: uuid.UUID, size: int) -> int:
    with unit_of_work():
        cursor = _lock_cursor(subscriber, organization_id)
        if cursor is None:
            return 0
        head = EventCounter.objects.values_list("last_seq", flat=True).get(pk=organization_id)
        events = list(_wanted_after(subscriber, cursor).filter(seq__lte=head)[:size])
        if subscriber.prepare is not None and events:
            subscriber.prepare(events)
        for event in events:
            _handle(subscriber, event)
        upto = events[-1].seq if len(events) == size else head
        moved = upto - cursor.seq
        if not moved:
            return 0
        cursor.seq, cursor.moved_at, cursor.retry_at = upto, now(), None
        cursor.save(update_fields=["seq", "moved_at", "retry_at"])
        return moved


def _handle(subscriber: Subscriber, event: Event) -> None:
    with unit_of_work(cause=event.seq, depth=event.depth + 1):
        subscriber.handle(event)


def _run_one_by_one(subscriber: Subscriber, organization_id: uuid.UUID) -> int:
    moved = 0
    for _ in range(BATCH):
        try:
            step = _run_batch(subscriber, organization_id, 1)
        except OperationalError:
            raise  # the database is away or two transactions met: the sweep comes back
        except Exception:
            log.exception("dispatch.event_failed", subscriber=subscriber.name)
            step = _note_failure(subscriber, organization_id, traceback.format_exc())
        if not step:
            break
        moved += step
    return moved


def _note_failure(subscriber: Subscriber, organization_id: uuid.UUID, trace: str) -> int:
    """Count the failure of the next event; returns 1 if it was given up and skipped."""
    with transaction.atomic():
        cursor = _lock_cursor(subscriber, organization_id)
        if cursor is None:
            return 0
        event = _wanted_after(subscriber, cursor).first()
        if event is None:
            return 0
        failure, _ = SubscriberFailure.objects.get_or_create(
            subscriber=subscriber.name,
            organization_id=organization_id,
            seq=event.seq,
            defaults={"traceback": trace},
        )
        failure.attempts += 1
        failure.traceback, failure.last_at = trace, now()
        failure.is_skipped = failure.attempts >= MAX_ATTEMPTS
        failure.save(update_fields=["attempts", "traceback", "last_at", "is_skipped"])
        if failure.is_skipped:
            log.error("dispatch.event_skipped", subscriber=subscriber.name, seq=event.seq)
            cursor.seq, cursor.retry_at = event.seq, None
        else:
            cursor.retry_at = now() + timedelta(seconds=RETRY_SECONDS * 2**failure.attempts)
        cursor.save(update_fields=["seq", "retry_at"])
        return 1 if failure.is_skipped else 0


def _wanted_after(subscriber: Subscriber, cursor: SubscriberCursor) -> QuerySet[Event]:
    """The events of the subscriber's types behind its cursor, in order."""
    return Event.objects.filter(
        organization_id=cursor.organization_id, seq__gt=cursor.seq, type__in=subscriber.types
    ).order_by("seq")


def _lock_cursor(subscriber: Subscriber, organization_id: uuid.UUID) -> SubscriberCursor | None:
    return (
        SubscriberCursor.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(subscriber=subscriber.name, organization_id=organization_id)
        .first()
    )


def _adopt_new_subscribers() -> None:
    """A subscriber that is new since an upgrade starts at the head of each log, not in the past."""
    names = [each.name for each in all_subscribers()]
    for counter in EventCounter.objects.all():
        have = SubscriberCursor.objects.filter(
            organization_id=counter.pk, subscriber__in=names
        ).count()
        if have < len(names):
            create_cursors(counter.pk, seq=counter.last_seq)
