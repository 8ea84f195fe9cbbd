"""Every write about how a store's line to its platform is: news, failures, what is to be read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, NeedsReauthorization
from integrations.commerce import doorbell
from integrations.commerce.models import (
    Erasure,
    Order,
    OrderToRead,
    Store,
    StoreConnection,
    StoreHook,
)
from integrations.commerce.store_records import connected_store_record

FAILS_BEFORE_TOLD = 3
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=15)
FRESH_FOR = timedelta(minutes=5)
MAX_FRESHENED = 5


def connection_of(store: Store) -> StoreConnection:
    """The store's line; made if there is none yet."""
    found, _ = StoreConnection.objects.get_or_create(store=store)
    return found


def ask_to_read(store: Store, external_ids: Iterable[str]) -> None:
    """These orders changed at the platform: each is read once, however often this is said."""
    rows: list[list[Any]] = [
        [store.pk, each[:120], now(), now()] for each in dict.fromkeys(external_ids) if each
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_ASK, rows)


_ASK = """
INSERT INTO commerce_ordertoread
  (store_id, external_id, asks, attempts, reason, asked_at, due_at)
VALUES (%s, %s, 1, 0, '', %s, %s)
ON CONFLICT (store_id, external_id) DO UPDATE SET asks = commerce_ordertoread.asks + 1,
  attempts = 0, reason = '', due_at = excluded.due_at
"""


def freshen(orders: Iterable[Order]) -> int:
    """Somebody looks at these orders: the newest of them whose copies are old are read again in the
    background, where the shop can be asked. Returns how many; nobody waits for it.
    """
    at = now()
    old = [each for each in orders if _is_old(each, at)][:MAX_FRESHENED]
    if not old:
        return 0
    stores = set(
        StoreConnection.objects.filter(
            store_id__in={each.store_id for each in old},
            store__is_active=True,
            needs_attention=False,
            failing_since=None,
        ).values_list("store_id", flat=True)
    )
    asked = [each for each in old if each.store_id in stores]
    OrderToRead.objects.bulk_create(
        [OrderToRead(store_id=each.store_id, external_id=each.external_id) for each in asked],
        ignore_conflicts=True,
    )
    for store_id in {each.store_id for each in asked}:
        doorbell.ring_store(store_id)
    return len(asked)


def _is_old(order: Order, at: datetime) -> bool:
    known_at = max(order.as_of, order.store.synced_at or order.as_of)
    return order.store.is_active and at - known_at > FRESH_FOR


def ask_to_erase(
    hook: StoreHook, external_id: str, email: str, *, is_whole_shop: bool = False
) -> None:
    """The platform asked to erase this buyer, or everything; once per call."""
    asked = {
        "store": hook.store,
        "external_id": external_id[:120],
        "email": email.strip().lower()[:320],
        "is_whole_shop": is_whole_shop,
    }
    Erasure.objects.get_or_create(hook=hook, defaults=asked)


def note_event(store: Store, at: datetime) -> None:
    """The platform called: the line is alive."""
    connection_of(store)
    StoreConnection.objects.filter(store=store).update(last_hook_at=at, last_event_at=now())


def note_lag(store: Store, changed_at: datetime) -> None:
    """How old the newest change was when we came to know it."""
    lag = max((now() - changed_at).total_seconds(), 0.0)
    connection_of(store)
    StoreConnection.objects.filter(store=store).update(lag_seconds=lag, last_event_at=now())


def note_success(store: Store) -> None:
    """The platform answers; announced only where it did not before."""
    connection_of(store)
    with unit_of_work():
        told: dict[str, Any] = {"failures": 0, "failing_since": None, "failure": ""}
        mine = StoreConnection.objects.filter(store=store)
        if mine.exclude(failing_since=None).update(**told, needs_attention=False):
            record_store(store)
        else:
            mine.filter(failures__gt=0).update(failures=0)


def note_failure(store: Store, failure: ConnectorFailure) -> None:
    """The platform did not answer as it should: asked later, told when it is news.

    Credentials that ended are told at once, and nothing is asked until somebody renewed them.
    """
    connection_of(store)
    with unit_of_work():
        line = StoreConnection.objects.select_for_update().get(store=store)
        line.failures += 1
        line.ask_next_at = now() + _wait(line.failures, failure)
        is_over = isinstance(failure, NeedsReauthorization)
        line.needs_attention = line.needs_attention or is_over
        is_told = is_over or line.failures >= FAILS_BEFORE_TOLD
        is_news = is_told and (line.failing_since is None or line.failure != failure.message[:300])
        if is_told:
            line.failing_since = line.failing_since or now()
            line.failure = failure.message[:300]
        line.save(
            update_fields=[
                "failures", "ask_next_at", "needs_attention", "failing_since", "failure",
            ]
        )  # fmt: skip
        if is_news:
            record_store(store)


def _wait(failures: int, failure: ConnectorFailure) -> timedelta:
    asked = timedelta(seconds=getattr(failure, "retry_after_seconds", None) or 0)
    return max(asked, min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT))


def note_access_ended(store: Store, reason: str) -> None:
    """The app was taken away at the platform: a person must connect it again."""
    note_failure(store, NeedsReauthorization(reason or "The platform ended our access."))


def note_check(store: Store, problems: list[str], *, due_at: datetime) -> None:
    """What the platform says about the line, in words; announced when that changed."""
    connection_of(store)
    with unit_of_work():
        line = StoreConnection.objects.select_for_update().get(store=store)
        is_news = line.problems != problems
        line.problems, line.last_check_at, line.check_due_at = problems, now(), due_at
        line.save(update_fields=["problems", "last_check_at", "check_due_at"])
        if is_news:
            record_store(store)


def record_store(store: Store, *, is_deleted: bool = False) -> None:
    """Announce the store as it is at the end of this unit of work, or that it is gone."""
    store_id, gone = store.pk, {"is_deleted": True} if is_deleted else {}
    last = connected_store_record(store) if is_deleted else None
    StoreConnection.objects.filter(store=store).update(version=F("version") + 1)

    def payload() -> dict[str, Any]:
        return {"store": last or connected_store_record(Store.objects.get(pk=store_id)), **gone}

    record(
        "store.updated",
        organization_id=store.organization_id,
        object_type="store",
        object_id=store_id,
        payload=payload,
    )


def claim(store_id: uuid.UUID, *, seconds: int) -> StoreConnection | None:
    """The store's line for one worker alone, or None if another one has it or it is not to be asked."""
    free = (
        StoreConnection.objects.filter(
            store_id=store_id, store__is_active=True, needs_attention=False
        )
        .exclude(lease_until__gt=now())
        .exclude(ask_next_at__gt=now())
    )
    if not free.update(lease_until=now() + timedelta(seconds=seconds)):
        return None
    return StoreConnection.objects.select_related("store").get(store_id=store_id)


def give_back(store_id: uuid.UUID) -> None:
    """Let others ask again."""
    StoreConnection.objects.filter(store_id=store_id).update(lease_until=None)
