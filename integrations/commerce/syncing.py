"""Asking platforms: orders that changed, one by one and all that changed lately, and the line.

One worker at a time asks a store (a lease on its :class:`StoreConnection`). A pass over what
changed since the last one remembers its cursor with each page, so a worker that dies goes on. A
platform that fails is asked less and less often; nothing here is ever waited for by a person.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.db.models import Q

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    ConnectorFailure,
    InvalidInput,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
)
from integrations.commerce import connections, doorbell, tracking
from integrations.commerce.actions import note_return, upsert_order
from integrations.commerce.connector import (
    ConnectsStore,
    HearsNews,
    KnowsReturns,
    KnowsShoppers,
    OrderPage,
    ReturnPage,
    StoreConnector,
    TracksParcels,
    find_store_connector,
)
from integrations.commerce.models import OrderToRead, Store, StoreConnection
from integrations.commerce.profiles import reading, telling
from integrations.commerce.profiles.models import Profile, Tiding, TidingState
from integrations.commerce.returns import ReturnTrackData
from integrations.commerce.webhooks import hook_url

LEASE_SECONDS = 120
LONGEST_RUN_SECONDS = 30.0
OVERLAP = timedelta(minutes=2)
"""Clocks differ: what changed shortly before the last pass began is asked for once more."""
MAX_READS = 5
AGAIN_AFTER = timedelta(days=1)
CHECK_EVERY = timedelta(minutes=15)

Told = TypeVar("Told")
log = structlog.get_logger()


def ring_due() -> int:
    """Ring a worker for each store whose time has come; returns how many."""
    _make_connections()
    at = now()
    free = (
        StoreConnection.objects.filter(store__is_active=True, needs_attention=False)
        .exclude(lease_until__gt=at)
        .exclude(ask_next_at__gt=at)
    )
    waiting = OrderToRead.objects.filter(due_at__lte=at).values("store_id")
    to_read = Profile.objects.filter(due_at__lte=at).values("store_id")
    to_tell = Tiding.objects.filter(state=TidingState.WAITING, due_at__lte=at).values("store_id")
    due = free.filter(
        Q(sync_due_at__lte=at)
        | Q(check_due_at__lte=at)
        | Q(store_id__in=waiting)
        | Q(store_id__in=to_read)
        | Q(store_id__in=to_tell)
    ).values_list("store_id", flat=True)
    stores = list(due[:200])
    for store_id in stores:
        doorbell.ring_store(store_id)
    return len(stores)


def ask_store(store_id: uuid.UUID) -> int:
    """Ask the platform what is due, if nobody else does; returns how many orders were looked at."""
    line = connections.claim(store_id, seconds=LEASE_SECONDS)
    if line is None:
        return 0
    count = 0
    try:
        count = _ask(line)
    except ConnectorFailure as failure:
        connections.note_failure(line.store, failure)
    except Exception as error:
        log.exception("store.asking_crashed", store_id=str(store_id))
        words = f"{type(error).__name__} while asking. The log says more."
        connections.note_failure(line.store, TemporaryFailure(words))
    finally:
        connections.give_back(store_id)
    return count


def _ask(line: StoreConnection) -> int:
    connector = find_store_connector(line.store.kind)
    if connector is None:
        return 0
    run = Run(connector)
    count = _read_orders(line.store, connector, run)
    if isinstance(connector, KnowsShoppers):
        count += reading.read_due(line.store, connector, run)
    if isinstance(connector, HearsNews):
        count += telling.tell_due(line.store, connector, run)
    if line.sync_due_at is not None and line.sync_due_at <= now():
        if isinstance(connector, TracksParcels):
            count += tracking.ask_for_open(line.store, connector, run)
            every = timedelta(seconds=min(connector.manifest.poll_seconds, 900))
            _remember(line.store, last_sync_at=now(), sync_due_at=now() + every)
        else:
            count += _pass(line, connector, run)
    if isinstance(connector, ConnectsStore) and line.check_due_at and line.check_due_at <= now():
        problems = run.paced(lambda: connector.check(line.store, hook_url(line.store)))
        connections.note_check(line.store, problems, due_at=now() + CHECK_EVERY)
    if run.calls:
        connections.note_success(line.store)
    return count


class Run:
    """One turn of a worker at a store: it keeps the platform's pace, and it ends."""

    def __init__(self, connector: StoreConnector, seconds: float = LONGEST_RUN_SECONDS) -> None:
        pace = connector.manifest.pace_per_second
        self._gap = 1 / pace if pace else 0.0
        self._next = time.monotonic()
        self._end = time.monotonic() + seconds
        self.calls = 0

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end

    def paced(self, call: Callable[[], Told]) -> Told:
        """What the platform says; asked when its pace allows the next call."""
        ahead = self._next - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        self._next = time.monotonic() + self._gap
        self.calls += 1
        return call()


def _read_orders(store: Store, connector: StoreConnector, run: Run) -> int:
    """Read orders again that changed, the one that was said first comes first."""
    count = 0
    while not run.is_over:
        row = (
            OrderToRead.objects.filter(store=store, due_at__lte=now())
            .order_by("due_at", "pk")
            .first()
        )
        if row is None:
            break
        _read_order(store, connector, run, row)
        count += 1
    return count


def _read_order(store: Store, connector: StoreConnector, run: Run, row: OrderToRead) -> None:
    """Read it, and take it from the list unless it was asked for once more meanwhile."""
    as_of = now()
    this_ask = OrderToRead.objects.filter(pk=row.pk, asks=row.asks)
    try:
        ask = connector.get_return if isinstance(connector, KnowsReturns) else connector.get_order
        data = run.paced(lambda: ask(store, row.external_id))
        with unit_of_work():
            if isinstance(data, ReturnTrackData):
                note_return(store.organization_id, data, as_of=as_of)
            else:
                upsert_order(store, data, as_of=as_of)
            this_ask.delete()
        connections.note_lag(store, data.updated_at)
    except TemporaryFailure:
        this_ask.update(due_at=now() + timedelta(seconds=30))  # others come first next time
        raise
    except NotFound:
        this_ask.delete()  # our copy stays: it is what there was
    except (InvalidInput, PermanentFailure) as problem:
        attempts = row.attempts + 1
        is_given_up = attempts >= MAX_READS
        wait = AGAIN_AFTER if is_given_up else timedelta(seconds=30 * attempts)
        this_ask.update(attempts=attempts, reason=problem.message[:300], due_at=now() + wait)
        log.warning("order.unreadable", store_id=str(store.pk), attempts=attempts)


def _pass(line: StoreConnection, connector: StoreConnector, run: Run) -> int:
    """Bring what changed since the last pass; goes on where an earlier worker stopped."""
    store, count = line.store, 0
    began_at = line.sync_began_at or now()
    cursor = line.sync_cursor
    since = _since(line, connector)
    while True:
        page = run.paced(lambda: _page(connector, store, since, cursor))  # noqa: B023 (at once)
        count += (
            take_returns(store, page) if isinstance(page, ReturnPage) else take_page(store, page)
        )
        cursor = page.cursor
        if not cursor:
            break
        _remember(store, sync_began_at=began_at, sync_cursor=cursor)
        if page.wait_seconds:
            at = now() + timedelta(seconds=page.wait_seconds)
            StoreConnection.objects.filter(store=store).update(ask_next_at=at)
            return count
        if run.is_over:
            doorbell.ring_store(store.pk)
            return count
    every = timedelta(seconds=min(connector.manifest.poll_seconds, 900))
    with unit_of_work():
        Store.objects.filter(pk=store.pk).update(synced_at=began_at)
        _remember(
            store, sync_began_at=None, sync_cursor="", last_sync_at=now(),
            sync_due_at=now() + every,
        )  # fmt: skip
    store.synced_at = began_at
    return count


def _since(line: StoreConnection, connector: StoreConnector) -> datetime | None:
    """From when on is asked. The past of a shop is read by its backfill; that of a service that
    knows returns is short and is read by its first pass."""
    if isinstance(connector, KnowsReturns) and line.last_sync_at is None:
        return None
    return (line.store.synced_at or line.store.created_at) - OVERLAP


def _page(
    connector: StoreConnector, store: Store, since: datetime | None, cursor: str
) -> OrderPage | ReturnPage:
    ask = connector.list_returns if isinstance(connector, KnowsReturns) else connector.list_orders
    try:
        return ask(store, since=since, cursor=cursor)
    except PermanentFailure:
        if not cursor:
            raise
        log.warning("store.cursor_refused", store_id=str(store.pk))
        return ask(store, since=since, cursor="")


def take_page(store: Store, page: OrderPage, *, as_of: datetime | None = None) -> int:
    """Take over the page's orders, each in its own transaction; returns how many could be."""
    as_of, taken = as_of or now(), 0
    for data in page.orders:
        try:
            upsert_order(store, data, as_of=as_of)
        except InvalidInput as problem:
            log.warning("order.unreadable", store_id=str(store.pk), reason=problem.message)
        else:
            taken += 1
    return taken


def take_returns(store: Store, page: ReturnPage) -> int:
    """Take over the page's returns, each in its own transaction; returns how many could be."""
    as_of, taken = now(), 0
    for data in page.returns:
        try:
            note_return(store.organization_id, data, as_of=as_of)
        except InvalidInput as problem:
            log.warning("return.unreadable", store_id=str(store.pk), reason=problem.message)
        else:
            taken += 1
    return taken


def _remember(store: Store, **fields: object) -> None:
    StoreConnection.objects.filter(store=store).update(**fields)


def _make_connections() -> None:
    """Give stores whose connector is asked a row to remember it by."""
    bare = Store.objects.filter(connection=None, is_active=True)
    for store in bare[:200]:
        begin_asking(store)


def begin_asking(store: Store) -> None:
    """Let the store be asked from now on."""
    connector = find_store_connector(store.kind)
    connections.connection_of(store)
    if connector is None:
        return
    is_checked = isinstance(connector, ConnectsStore)
    is_asked = connector.manifest.capabilities.lists_orders or isinstance(
        connector, TracksParcels | KnowsReturns
    )
    StoreConnection.objects.filter(store=store, sync_due_at=None).update(
        sync_due_at=now() if is_asked else None,
        check_due_at=now() + CHECK_EVERY if is_checked else None,
    )
