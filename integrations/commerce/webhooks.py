"""What platforms call us with: proven, kept as it came, answered at once, and read afterwards.

``/hooks/stores/<kind>/<hook_token>``: verify the raw body → store it (:class:`StoreHook`, once) →
answer. A worker then splits it: changed orders are put on the list of orders to read again, told
ones are taken over. All of it in one transaction, so a worker that dies repeats it all.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

import structlog
from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from helpdesk import problems, vendor_calls
from helpdesk.kept_calls import CallBook
from helpdesk.lib import rate_limit
from helpdesk.lib.clock import now
from helpdesk.lib.connecting import Refused, WebhookRequest
from helpdesk.lib.errors import HelpdeskError, InvalidInput
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
    return CALLS.keep(store.organization_id, store.pk, key, call)[1]


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
    """Read the store's calls that are due, in the order they came; returns how many were."""
    done = CALLS.process(store_id, limit=limit)
    if done:
        doorbell.ring_store(store_id)
    return done


def process_due() -> int:
    """Read what nobody rang for."""
    return sum(process_hooks(each) for each in CALLS.owners_due())


def replay_hook(hook_id: uuid.UUID) -> bool:
    """Read a call again that was quarantined or processed; returns whether there was one.

    What it said before is known: orders change only by what is newer.
    """
    store_id = CALLS.take_again(hook_id)
    if store_id is not None:
        process_hooks(store_id)
    return store_id is not None


def forget_old_hooks() -> int:
    """Delete calls that were read long ago; what is in quarantine stays. Returns how many went."""
    return CALLS.forget_old()


def _read(hook: StoreHook) -> None:
    connector = find_store_connector(hook.store.kind)
    if not isinstance(connector, TakesStoreWebhooks):
        raise InvalidInput("This kind of store takes no webhooks.")
    items = connector.split(hook.store, hook.request())
    hook.outcome = [_take_in(hook, each) for each in items]
    hook.state, hook.processed_at = StoreHookState.PROCESSED, now()
    hook.save(update_fields=["state", "outcome", "processed_at"])
    note_event(hook.store, hook.received_at)


CALLS = CallBook(
    "store_hook", StoreHook, "store", lock_space=0x53484F50, read=_read,
    ring=doorbell.ring_hooks,
)  # fmt: skip


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
