"""What everybody, and what an admin, is shown of a store: never its secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal, TypedDict, cast

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncDate

from helpdesk.events.payloads import BackfillRecord, ConnectedStoreRecord, Iso, StoreHealth
from helpdesk.lib.clock import iso, now
from integrations.commerce.acting import ActionKind
from integrations.commerce.models import (
    Backfill,
    BackfillState,
    Order,
    OrderToRead,
    Store,
    StoreConnection,
    StoreHook,
    StoreHookState,
)

ACTIVITY_DAYS = 14


def connected_store_record(store: Store) -> ConnectedStoreRecord:
    """The store as everybody sees it."""
    line = StoreConnection.objects.filter(store=store).first()
    run = Backfill.objects.filter(store=store).order_by("-began_at", "-pk").first()
    return {
        "id": str(store.pk),
        "slug": store.slug,
        "kind": store.kind,
        "name": store.name,
        "address": store.address,
        "currency": store.currency,
        "is_active": store.is_active,
        "health": _health(store, line),
        "backfill": backfill_record(run) if run else None,
        "version": line.version if line else 0,
    }


def backfill_record(run: Backfill) -> BackfillRecord:
    """How far the run is; the pace is measured while it is busy, not while it waits."""
    pace = run.done / run.busy_seconds if run.done and run.busy_seconds > 0 else None
    is_open = run.state in (BackfillState.RUNNING, BackfillState.PAUSED)
    left = None
    if pace and is_open and run.total is not None:
        left = round(max(run.total - run.done - run.skipped, 0) / pace, 1)
    waits = is_open and run.due_at > now()
    return {
        "state": cast(Literal["running", "paused", "done", "failed"], str(run.state)),
        "done": run.done,
        "skipped": run.skipped,
        "total": run.total,
        "per_second": round(pace, 1) if pace else None,
        "seconds_left": left,
        "waits_until": iso(run.due_at) if waits else None,
        "reason": run.reason if run.state != BackfillState.DONE else "",
        "began_at": cast(str, iso(run.began_at)),
        "finished_at": iso(run.finished_at),
    }


def _health(store: Store, line: StoreConnection | None) -> StoreHealth:
    last_sync_at = iso(line.last_sync_at) if line else None
    state, detail = "unknown", ""
    if store.disconnected_at is not None:
        state = "disconnected"
    elif not store.is_active:
        state = "paused"
    elif line is None:
        state = "ok" if store.synced_at else "unknown"
    elif line.needs_attention:
        state, detail = "attention", line.failure
    elif line.failing_since is not None:
        state, detail = "failing", line.failure
    elif line.problems:
        state, detail = "ok", str(line.problems[0])
    elif line.last_sync_at or store.synced_at:
        state = "ok"
    is_trouble = line is not None and state in ("failing", "attention")
    health = {
        "state": state,
        "detail": detail,
        "failing_since": iso(line.failing_since) if line and is_trouble else None,
        "last_sync_at": last_sync_at,
    }
    return cast(StoreHealth, health)


# --- For admins -----------------------------------------------------------------------------------


class StoreFieldRecord(TypedDict):
    name: str
    label: str
    type: Literal[
        "text", "list", "number", "flag", "choice", "url", "phone", "mailbox", "webhook_key"
    ]
    is_secret: bool
    is_required: bool
    is_made: bool
    help: str
    choices: list[str]
    default: Any


class StoreStepRecord(TypedDict):
    text: str
    copy: str
    link: str


class MissingActionRecord(TypedDict):
    """An action that others have, and why this platform has not."""

    kind: str
    reason: str


class StoreConnectorRecord(TypedDict):
    """A platform; ``can_test`` is whether there is somebody to sign in to."""

    kind: str
    label: str
    group: Literal["shop", "shipping", "returns", "loyalty", "marketing"]
    icon: str
    summary: str
    actions: list[str]
    missing: list[MissingActionRecord]
    has_webhooks: bool
    config: list[StoreFieldRecord]
    steps: list[StoreStepRecord]
    is_official: bool
    can_test: bool
    docs_url: str


class StoreConnectorPage(TypedDict):
    results: list[StoreConnectorRecord]
    next: str | None


class StorePage(TypedDict):
    results: list[ConnectedStoreRecord]
    next: str | None


class StoreLine(TypedDict):
    """How the line is. ``lag_seconds``: how old the newest change was when we had it."""

    last_event_at: Iso | None
    last_hook_at: Iso | None
    last_sync_at: Iso | None
    last_check_at: Iso | None
    next_sync_at: Iso | None
    waits_until: Iso | None
    lag_seconds: float | None
    failures: int
    refused: int
    last_refused_at: Iso | None
    problems: list[str]
    is_called: bool
    hooks_waiting: int
    hooks_quarantined: int
    oldest_waiting_at: Iso | None
    orders_waiting: int
    orders_unreadable: int


class StoreDay(TypedDict):
    """How many calls came on a day (UTC), and how many of them could not be read."""

    day: str
    events: int
    failures: int


class StoreSettings(ConnectedStoreRecord):
    """``secrets`` says which are set, never what they are; ``missing`` names what is needed yet."""

    time_zone: str
    number_pattern: str
    config: dict[str, Any]
    secrets: dict[str, bool]
    missing: list[str]
    hook_url: str
    steps: list[StoreStepRecord]
    connection: StoreLine
    activity: list[StoreDay]
    order_count: int
    created_at: Iso


class StoreTestError(TypedDict):
    path: str
    code: str
    message: str


class StoreTest(TypedDict):
    """``account`` is whose shop it is; ``errors`` name fields."""

    is_ok: bool
    detail: str
    account: str
    notes: list[str]
    errors: list[StoreTestError]


class StoreDisconnected(TypedDict):
    store: StoreSettings
    left_over: str


class StoreHookOutcome(TypedDict):
    item: str
    about: str
    became: str


class StoreHookRecord(TypedDict):
    id: str
    store_id: str
    received_at: Iso
    processed_at: Iso | None
    due_at: Iso
    method: str
    size_bytes: int
    state: str
    reason: str
    attempts: int
    outcome: list[StoreHookOutcome]


class StoreHookPage(TypedDict):
    results: list[StoreHookRecord]
    next: str | None


def line_record(store: Store, *, is_called: bool) -> StoreLine:
    """How the store's line is, with what waits on it."""
    row = StoreConnection.objects.filter(store=store).first() or StoreConnection(store=store)
    hooks = StoreHook.objects.filter(store=store).exclude(state=StoreHookState.PROCESSED)
    is_waiting = Q(state=StoreHookState.RECEIVED)
    counts = hooks.aggregate(
        waiting=Count("pk", filter=is_waiting),
        quarantined=Count("pk", filter=Q(state=StoreHookState.QUARANTINED)),
        oldest=Min("received_at", filter=is_waiting),
    )
    orders = OrderToRead.objects.filter(store=store).aggregate(
        waiting=Count("pk", filter=Q(reason="")), unreadable=Count("pk", filter=~Q(reason=""))
    )
    waits = row.ask_next_at if row.ask_next_at and row.ask_next_at > now() else None
    return {
        "last_event_at": iso(row.last_event_at),
        "last_hook_at": iso(row.last_hook_at),
        "last_sync_at": iso(row.last_sync_at),
        "last_check_at": iso(row.last_check_at),
        "next_sync_at": iso(row.sync_due_at),
        "waits_until": iso(waits),
        "lag_seconds": row.lag_seconds,
        "failures": row.failures,
        "refused": row.refused,
        "last_refused_at": iso(row.last_refused_at),
        "problems": list(row.problems),
        "is_called": is_called,
        "hooks_waiting": counts["waiting"],
        "hooks_quarantined": counts["quarantined"],
        "oldest_waiting_at": iso(counts["oldest"]),
        "orders_waiting": orders["waiting"],
        "orders_unreadable": orders["unreadable"],
    }


def activity_of(store: Store) -> list[StoreDay]:
    """The calls of the last days, oldest first, every day once."""
    today = now().date()
    days = [today - timedelta(days=back) for back in range(ACTIVITY_DAYS - 1, -1, -1)]
    mine = StoreHook.objects.filter(
        organization_id=store.organization_id,
        store=store,
        received_at__gte=now() - timedelta(days=ACTIVITY_DAYS),
    )
    by_day: dict[Any, dict[str, Any]] = {
        row["day"]: dict(row)
        for row in mine.annotate(day=TruncDate("received_at"))
        .values("day")
        .annotate(n=Count("pk"), bad=Count("pk", filter=Q(state=StoreHookState.QUARANTINED)))
    }
    return [
        {
            "day": day.isoformat(),
            "events": by_day.get(day, {}).get("n", 0),
            "failures": by_day.get(day, {}).get("bad", 0),
        }
        for day in days
    ]


def hook_record(hook: StoreHook) -> StoreHookRecord:
    """A call of a platform and what became of each thing in it; never the body."""
    return {
        "id": str(hook.pk),
        "store_id": str(hook.store_id),
        "received_at": cast(str, iso(hook.received_at)),
        "processed_at": iso(hook.processed_at),
        "due_at": cast(str, iso(hook.due_at)),
        "method": hook.method,
        "size_bytes": hook.size_bytes,
        "state": hook.state,
        "reason": hook.reason,
        "attempts": hook.attempts,
        "outcome": cast(list[StoreHookOutcome], hook.outcome),
    }


def count_orders(store: Store) -> int:
    """How many orders of the store we know."""
    return Order.objects.filter(store=store).count()


def missing_actions(missing: dict[ActionKind, str]) -> list[MissingActionRecord]:
    """What the platform cannot do, in a steady order."""
    return [{"kind": kind.value, "reason": missing[kind]} for kind in ActionKind if kind in missing]
