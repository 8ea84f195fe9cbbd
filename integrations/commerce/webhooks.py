"""What platforms call us with: proven, kept as it came, answered at once, and read afterwards.

``/hooks/stores/<kind>/<hook_token>``: verify the raw body → store it (:class:`StoreHook`, once) →
answer. A worker then splits it: changed orders are put on the list of orders to read again, told
ones are taken over. All of it in one transaction, so a worker that dies repeats it all.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from helpdesk import problems, vendor_calls
from helpdesk.accounts.models import Organization
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib import rate_limit
from helpdesk.lib.clock import now
from helpdesk.lib.connecting import Refused, WebhookRequest
from helpdesk.lib.errors import HelpdeskError, InvalidInput
from helpdesk.lib.failpoints import failpoint
from helpdesk.lib.ids import new_id
from helpdesk.lib.slow_counter import SlowCounter
from integrations.commerce import doorbell
from integrations.commerce.actions import note_return, note_track, upsert_order
from integrations.commerce.connections import (
    ask_to_erase,
    ask_to_read,
    note_access_ended,
    note_event,
)
from integrations.commerce.connector import (
    AccessEnded,
    OrderChanged,
    OrderTold,
    ParcelTold,
    PersonForgotten,
    ReturnChanged,
    ReturnTold,
    ShopperChanged,
    StoreItem,
    TakesStoreWebhooks,
    find_store_connector,
)
from integrations.commerce.models import Store, StoreConnection, StoreHook, StoreHookState
from integrations.commerce.profiles.noticing import note_changed

MAX_ATTEMPTS = 5
WAITS_SECONDS = (2, 10, 60, 300)
MAX_URL_CHARS = 2000
KEPT_FOR = timedelta(days=30)
FORGET_AT_ONCE = 5000
LOCK_SPACE = 0x53484F50

log = structlog.get_logger()


# --- At the door ----------------------------------------------------------------------------------


@csrf_exempt
def receive_store_hook(request: HttpRequest, kind: str, token: str) -> HttpResponse:
    """One call of a platform. Refuses with 4xx and keeps nothing unless it is proven to be theirs."""
    store = Store.objects.filter(hook_token=token, kind=kind).first()
    connector = find_store_connector(kind) if store is not None else None
    if store is None or not isinstance(connector, TakesStoreWebhooks):
        return vendor_calls.no_such_address(request)
    limit = connector.manifest.max_webhook_bytes
    call = vendor_calls.read_call(request, max_bytes=limit)
    if isinstance(call, HttpResponse):
        return call
    try:
        connector.verify(store, call)
        answer = connector.answer(store, call)
        if answer is None or not answer.is_final:
            if not rate_limit.admits(store.pk):
                return vendor_calls.too_many(request)
            keep_call(store, connector, call)
    except HelpdeskError as error:
        return _refuse(request, store, error)
    return vendor_calls.answered(answer)


def keep_call(store: Store, connector: TakesStoreWebhooks, call: WebhookRequest) -> bool:
    """Keep the call; returns whether it is new."""
    key = hashlib.sha256(connector.call_key(store, call).encode()).hexdigest()
    headers = json.dumps(vendor_calls.kept_headers(call)).replace("\\u0000", "")
    values: list[Any] = [
        new_id(), store.organization_id, store.pk, key, call.body, len(call.body), call.method,
        call.url[:MAX_URL_CHARS], headers, now(), now(),
    ]  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        is_new = cursor.fetchone() is not None
        if is_new:
            transaction.on_commit(lambda: doorbell.ring_hooks(store.pk), robust=True)
    failpoint("store_hook.stored")
    return is_new


_STORE = """
INSERT INTO commerce_storehook
  (id, organization_id, store_id, dedupe_key, body, size_bytes, method, url, headers, state,
   reason, outcome, attempts, due_at, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, 'received', '', '[]'::jsonb, 0, %s, %s)
ON CONFLICT (store_id, dedupe_key) DO NOTHING
RETURNING id
"""


def hook_url(store: Store) -> str:
    """The address to give to the platform."""
    return f"{settings.PUBLIC_URL}/hooks/stores/{store.kind}/{store.hook_token}"


def _refuse(request: HttpRequest, store: Store, error: HelpdeskError) -> HttpResponse:
    status = 401 if isinstance(error, Refused) else error.status
    refused_calls.note(store.pk)
    log.warning("store_hook.refused", store_id=str(store.pk), code=error.code)
    return problems.page(request, status, error.code, error.message)


def _add_refused(store_id: uuid.UUID, count: int, last_at: datetime) -> None:
    if not Store.objects.filter(pk=store_id).exists():
        return
    StoreConnection.objects.get_or_create(store_id=store_id)
    StoreConnection.objects.filter(store_id=store_id).update(
        refused=F("refused") + count, last_refused_at=last_at
    )


refused_calls = SlowCounter(_add_refused)


# --- Reading it -----------------------------------------------------------------------------------


def process_hooks(store_id: uuid.UUID, *, limit: int = 500) -> int:
    """Read the store's calls that are due, in the order they came; returns how many were.

    Safe to run twice and beside itself: one worker reads a store's calls at a time.
    """
    done = 0
    while done < limit and _process_next(store_id):
        done += 1
    if done:
        doorbell.ring_store(store_id)
    return done


def process_due() -> int:
    """Read what nobody rang for."""
    waiting = StoreHook.objects.filter(
        state=StoreHookState.RECEIVED, due_at__lte=now(), store__is_active=True
    )
    stores = list(waiting.values_list("store_id", flat=True).distinct())
    return sum(process_hooks(each) for each in stores)


def replay_hook(hook_id: uuid.UUID) -> bool:
    """Read a call again that was quarantined or processed; returns whether there was one.

    What it said before is known: orders change only by what is newer.
    """
    done = [StoreHookState.QUARANTINED, StoreHookState.PROCESSED]
    hook = StoreHook.objects.filter(pk=hook_id, state__in=done).first()
    if hook is None:
        return False
    StoreHook.objects.filter(pk=hook_id, state__in=done).update(
        state=StoreHookState.RECEIVED, attempts=0, reason="", due_at=now(), processed_at=None
    )
    process_hooks(hook.store_id)
    return True


def forget_old_hooks() -> int:
    """Delete calls that were read long ago; what is in quarantine stays. Returns how many went."""
    before, gone = now() - KEPT_FOR, 0
    for organization_id in Organization.objects.values_list("pk", flat=True):
        old = StoreHook.objects.filter(
            organization_id=organization_id, state=StoreHookState.PROCESSED, received_at__lt=before
        )
        chosen = list(old.order_by("received_at").values_list("pk", flat=True)[:FORGET_AT_ONCE])
        gone += StoreHook.objects.filter(pk__in=chosen).delete()[0]
    return gone


def _process_next(store_id: uuid.UUID) -> bool:
    """Read one call; False when none is due. One that cannot be read is quarantined."""
    seen = uuid.UUID(int=0)
    try:
        with unit_of_work():
            if not _is_alone(store_id):
                return False
            hook = (
                StoreHook.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("store")
                .filter(
                    store_id=store_id, store__is_active=True, due_at__lte=now(),
                    state=StoreHookState.RECEIVED,
                )
                .order_by("received_at", "id")
                .first()
            )  # fmt: skip
            if hook is None:
                return False
            seen = hook.pk
            _read(hook)
    except InvalidInput as problem:
        _quarantine(seen, problem.message)
    except Exception as error:
        log.exception("store_hook.reading_failed", hook_id=str(seen))
        _try_later(seen, f"{type(error).__name__}. The log says more.")
    return True


def _is_alone(store_id: uuid.UUID) -> bool:
    """Whether no other worker reads this store's calls now; it would go on with ours, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, str(store_id)]
        )
        return bool(cursor.fetchone()[0])


def _read(hook: StoreHook) -> None:
    connector = find_store_connector(hook.store.kind)
    if not isinstance(connector, TakesStoreWebhooks):
        raise InvalidInput("This kind of store takes no webhooks.")
    call = WebhookRequest(
        hook.method, hook.url, vendor_calls.query_of(hook.url), hook.headers, bytes(hook.body),
        hook.dedupe_key,
    )  # fmt: skip
    items = connector.split(hook.store, call)
    hook.outcome = [_take_in(hook, each) for each in items]
    hook.state, hook.processed_at = StoreHookState.PROCESSED, now()
    hook.save(update_fields=["state", "outcome", "processed_at"])
    note_event(hook.store, hook.received_at)


def _take_in(hook: StoreHook, item: StoreItem) -> dict[str, str]:
    """Do what the item asks for; returns what it was and what became of it."""
    store = hook.store
    if isinstance(item, OrderChanged):
        ask_to_read(store, [item.external_id])
        return {"item": item.topic or "order", "about": item.external_id, "became": "to be read"}
    if isinstance(item, OrderTold):
        order = upsert_order(store, item.order, as_of=hook.received_at)
        return {"item": item.topic or "order", "about": order.number, "became": "known"}
    if isinstance(item, AccessEnded):
        note_access_ended(store, item.reason)
        return {"item": "access", "about": item.reason[:200], "became": "needs a person"}
    if isinstance(item, PersonForgotten):
        ask_to_erase(hook, item.external_id, item.email, is_whole_shop=item.is_whole_shop)
        about = "the whole shop" if item.is_whole_shop else "a buyer"
        return {"item": "erasure", "about": about, "became": "will be erased"}
    if isinstance(item, ParcelTold):
        moved = note_track(store.organization_id, item.track, as_of=hook.received_at)
        became = f"moved on {moved} orders" if moved else "known"
        return {"item": "parcel", "about": item.track.number, "became": became}
    if isinstance(item, ReturnTold):
        moved = note_return(store.organization_id, item.back, as_of=hook.received_at)
        became = f"shown at {moved} orders" if moved else "known"
        return {"item": "return", "about": item.back.external_id, "became": became}
    if isinstance(item, ReturnChanged):
        ask_to_read(store, [item.external_id])
        return {"item": item.topic or "return", "about": item.external_id, "became": "to be read"}
    if isinstance(item, ShopperChanged):
        became = "to be read" if note_changed(store, item.email) else "no customer of ours"
        return {"item": item.topic or "person", "about": item.email[:200], "became": became}
    return {"item": "passed", "about": "", "became": item.reason[:200]}


def _quarantine(hook_id: uuid.UUID, reason: str) -> None:
    StoreHook.objects.filter(pk=hook_id).update(
        state=StoreHookState.QUARANTINED, reason=reason[:300], processed_at=now()
    )
    log.warning("store_hook.quarantined", hook_id=str(hook_id))


def _try_later(hook_id: uuid.UUID, reason: str) -> None:
    hook = StoreHook.objects.filter(pk=hook_id).first()
    if hook is None:
        return
    if hook.attempts + 1 >= MAX_ATTEMPTS:
        _quarantine(hook_id, reason)
        return
    StoreHook.objects.filter(pk=hook_id).update(
        attempts=F("attempts") + 1,
        reason=reason[:300],
        due_at=now() + timedelta(seconds=WAITS_SECONDS[hook.attempts]),
    )
