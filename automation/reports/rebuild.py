"""Counts everything afresh: after an upgrade, a restored backup or changed hours of business.

When this version counts in another shape than the figures were counted in, the sweep counts them
again by itself, some seconds at a time; until that is done reports say so.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q

from automation.reports.counting import count_tickets
from automation.reports.models import FiguresState
from automation.reports.subscriber import NAME
from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import create_cursors
from helpdesk.events.models import SubscriberCursor
from helpdesk.lib.clock import now
from tickets.models import Ticket

SHAPE = 1
"""What the rows of ``models`` mean. Count up when ``counting`` counts anything differently."""
BATCH = 200
SECONDS_AT_ONCE = 3.0
_FIRST = uuid.UUID(int=0)


@dataclass(frozen=True)
class Progress:
    """How many tickets of how many are counted in the new shape."""

    counted: int
    total: int


def rebuild(organization_id: uuid.UUID) -> int:
    """Make every row of the organization anew; returns how many tickets were looked at.

    Batch by batch, each with the subscriber's cursor locked, so that what happens meanwhile is
    never overwritten by what was true before. A rebuild that was killed is simply run again.
    """
    create_cursors(organization_id)
    counted = sum(_recount(organization_id, each) for each in _batches(organization_id))
    _finish(organization_id, counted)
    return counted


def rebuild_outdated(seconds: float = SECONDS_AT_ONCE) -> int:
    """Count on where the shape is an old one, for so many seconds; part of the sweep.

    Returns how many tickets were counted. Whoever dies in between is followed by the next.
    """
    until = time.monotonic() + seconds
    done = 0
    for organization_id in _outdated():
        counted = 1
        while counted and time.monotonic() < until:
            counted = _count_on(organization_id)
            done += counted
    return done


def is_rebuilding(organization_id: uuid.UUID) -> bool:
    """Whether the figures are not all counted in this version's shape yet."""
    return not FiguresState.objects.filter(
        organization_id=organization_id, shape=SHAPE, finished_at__isnull=False
    ).exists()


def progress_of(organization_id: uuid.UUID) -> Progress | None:
    """How far the figures are; None if they are all there. A shop without tickets lacks none."""
    if not is_rebuilding(organization_id):
        return None
    total = Ticket.objects.filter(organization_id=organization_id).count()
    if not total:
        return None
    state = FiguresState.objects.filter(organization_id=organization_id, shape=SHAPE).first()
    return Progress(min(state.counted, total) if state else 0, total)


def _outdated() -> list[uuid.UUID]:
    finished = FiguresState.objects.filter(shape=SHAPE, finished_at__isnull=False)
    missing = Organization.objects.filter(~Q(pk__in=finished.values("organization")))
    return list(missing.order_by("created_at").values_list("pk", flat=True))


def _count_on(organization_id: uuid.UUID) -> int:
    """The next batch; 0 when none is left or somebody else is at it."""
    create_cursors(organization_id)
    FiguresState.objects.get_or_create(organization_id=organization_id, defaults={"shape": SHAPE})
    FiguresState.objects.filter(~Q(shape=SHAPE), organization_id=organization_id).update(
        shape=SHAPE, after=None, counted=0, finished_at=None
    )
    with transaction.atomic():
        state = (
            FiguresState.objects.select_for_update(skip_locked=True)
            .filter(organization_id=organization_id, finished_at=None)
            .first()
        )
        if state is None:
            return 0
        ids = _after(organization_id, state.after or _FIRST)
        if not ids:
            _finish(organization_id, state.counted)
            return 0
        counted = _recount(organization_id, ids)
        FiguresState.objects.filter(pk=organization_id).update(
            after=ids[-1], counted=F("counted") + counted
        )
    return counted


def _finish(organization_id: uuid.UUID, counted: int) -> None:
    FiguresState.objects.update_or_create(
        organization_id=organization_id,
        defaults={"shape": SHAPE, "counted": counted, "finished_at": now()},
    )


def _batches(organization_id: uuid.UUID) -> Iterator[list[uuid.UUID]]:
    """The ids of every ticket, in their order."""
    after = _FIRST
    while ids := _after(organization_id, after):
        yield ids
        after = ids[-1]


def _after(organization_id: uuid.UUID, after: uuid.UUID) -> list[uuid.UUID]:
    tickets = Ticket.objects.filter(organization_id=organization_id, pk__gt=after).order_by("pk")
    return list(tickets.values_list("pk", flat=True)[:BATCH])


def _recount(organization_id: uuid.UUID, ids: list[uuid.UUID]) -> int:
    with transaction.atomic():
        SubscriberCursor.objects.select_for_update(no_key=True).get(
            organization_id=organization_id, subscriber=NAME
        )
        count_tickets(ids)
    return len(ids)
