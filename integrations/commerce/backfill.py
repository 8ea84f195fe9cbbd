"""Reading the orders a store had before it was connected: in turns, never lost, never in a hurry.

One :class:`Backfill` row per run. Each page and the cursor after it are committed together, so a
worker that is killed costs at most one page, and no order is counted twice. Between turns the
worker is free for others. A platform that says “later” is left alone until then.
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta

import structlog
from django.db.models import F

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    Conflict,
    ConnectorFailure,
    HelpdeskError,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.failpoints import failpoint
from integrations.commerce import connections, doorbell
from integrations.commerce.connector import StoreConnector, find_store_connector
from integrations.commerce.history import take_history
from integrations.commerce.models import Backfill, BackfillState, Store
from integrations.commerce.syncing import Run

LEASE_SECONDS = 60
TURN_SECONDS = 20.0
WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
MAX_REFUSALS = 5
TELL_EVERY_SECONDS = 1.0
OPEN = (BackfillState.RUNNING, BackfillState.PAUSED)

log = structlog.get_logger()


def start(store: Store, *, since: datetime | None = None) -> Backfill:
    """Begin to read the store's history; raises Conflict while another run is open."""
    connector = find_store_connector(store.kind)
    if connector is None or not connector.manifest.capabilities.lists_orders:
        raise Conflict("This kind of store cannot list its orders.", code="not_offered")
    with unit_of_work():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)
        if Backfill.objects.filter(store=store, state__in=OPEN).exists():
            raise Conflict("The history of this store is being read.", code="already_running")
        run = Backfill.objects.create(
            organization_id=store.organization_id, store=store, since=since
        )
        connections.record_store(store)
    doorbell.ring_backfill(store.pk)
    return run


def pause(store: Store) -> None:
    """Stop reading after the page that is being read."""
    _turn(store, BackfillState.RUNNING, BackfillState.PAUSED)


def resume(store: Store) -> None:
    """Go on reading where it stopped, also after it failed."""
    newest = find_newest(store)
    if newest is not None and newest.state == BackfillState.FAILED:
        with unit_of_work():
            Backfill.objects.filter(pk=newest.pk).update(
                state=BackfillState.RUNNING, failures=0, reason="", due_at=now(), finished_at=None
            )
            connections.record_store(store)
    else:
        _turn(store, BackfillState.PAUSED, BackfillState.RUNNING)
    doorbell.ring_backfill(store.pk)


def find_newest(store: Store) -> Backfill | None:
    """The last run, or None."""
    return Backfill.objects.filter(store=store).order_by("-began_at").first()


def ring_due() -> int:
    """Ring a worker for each run that should go on and has none."""
    waiting = Backfill.objects.filter(
        state=BackfillState.RUNNING, due_at__lte=now(), store__is_active=True
    ).exclude(lease_until__gt=now())
    stores = list(waiting.values_list("store_id", flat=True)[:50])
    for store_id in stores:
        doorbell.ring_backfill(store_id)
    return len(stores)


def go_on(store_id: uuid.UUID, *, seconds: float = TURN_SECONDS) -> int:
    """Read on for a while; returns how many orders were read. Two at once: one does nothing."""
    run = _claim(store_id)
    if run is None:
        return 0
    connector = find_store_connector(run.store.kind)
    before = run.done
    try:
        if connector is not None:
            _read_pages(run, connector, Run(connector, seconds))
    except HelpdeskError as failure:
        _note_failure(run, failure)
    except Exception as error:
        log.exception("backfill.crashed", store_id=str(store_id))
        _note_failure(run, TemporaryFailure(f"{type(error).__name__}. The log says more."))
    finally:
        Backfill.objects.filter(pk=run.pk).update(lease_until=None)
    if run.state == BackfillState.RUNNING and run.failures == 0:
        wait = max(0.0, (run.due_at - now()).total_seconds())
        doorbell.ring_backfill(store_id, in_seconds=wait)
    return run.done - before


def _read_pages(run: Backfill, connector: StoreConnector, turn: Run) -> None:
    told_at = float("-inf")
    while not turn.is_over:
        began = time.monotonic()
        as_of = now()
        page = turn.paced(
            lambda: connector.list_orders(run.store, since=run.since, cursor=run.cursor)
        )
        failpoint("backfill.asked")
        with unit_of_work():
            taken = take_history(run.store, page.orders, as_of=as_of)
            run.cursor, run.failures = page.cursor, 0
            run.done += taken
            run.skipped += len(page.orders) - taken
            run.total = page.total if page.total is not None else run.total
            run.busy_seconds += time.monotonic() - began
            if page.wait_seconds:
                run.due_at = now() + timedelta(seconds=page.wait_seconds)
            if not page.cursor:
                run.state, run.finished_at = BackfillState.DONE, now()
                run.total = run.done + run.skipped
            if not _save(run):
                return
            if run.state == BackfillState.DONE or began - told_at >= TELL_EVERY_SECONDS:
                connections.record_store(run.store)
                told_at = began
        failpoint("backfill.page_taken")
        if run.state == BackfillState.DONE or run.due_at > now():
            return


def _save(run: Backfill) -> bool:
    """Write how far it is; False (and nothing more is read) where somebody paused it meanwhile."""
    stored = Backfill.objects.select_for_update().get(pk=run.pk)
    is_paused = stored.state != BackfillState.RUNNING
    if is_paused and run.state != BackfillState.DONE:
        run.state = BackfillState(stored.state)
    run.moved_at = now()
    run.lease_until = now() + timedelta(seconds=LEASE_SECONDS)
    run.save(
        update_fields=[
            "cursor", "failures", "done", "skipped", "total", "busy_seconds", "state",
            "finished_at", "moved_at", "lease_until", "due_at",
        ]
    )  # fmt: skip
    return not is_paused


def _note_failure(run: Backfill, failure: HelpdeskError) -> None:
    """Later, after what the platform asked for; over where only a person can help."""
    run.failures += 1
    asked = timedelta(seconds=getattr(failure, "retry_after_seconds", None) or 0)
    wait = max(asked, min(WAIT * 2 ** min(run.failures - 1, 8), LONGEST_WAIT))
    is_over = isinstance(failure, NeedsReauthorization) or (
        isinstance(failure, PermanentFailure) and run.failures >= MAX_REFUSALS
    )
    with unit_of_work():
        Backfill.objects.filter(pk=run.pk).update(
            failures=F("failures") + 1,
            reason=failure.message[:300],
            due_at=now() + wait,
            **({"state": BackfillState.FAILED, "finished_at": now()} if is_over else {}),
        )
        connections.record_store(run.store)
    if isinstance(failure, ConnectorFailure):
        connections.note_failure(run.store, failure)


def _claim(store_id: uuid.UUID) -> Backfill | None:
    free = Backfill.objects.filter(
        store_id=store_id, state=BackfillState.RUNNING, due_at__lte=now(), store__is_active=True
    ).exclude(lease_until__gt=now())
    if not free.update(lease_until=now() + timedelta(seconds=LEASE_SECONDS)):
        return None
    return Backfill.objects.select_related("store").get(
        store_id=store_id, state=BackfillState.RUNNING
    )


def _turn(store: Store, before: str, after: str) -> None:
    with unit_of_work():
        turned = Backfill.objects.filter(store=store, state=before).update(
            state=after, due_at=now()
        )
        if turned:
            connections.record_store(store)
