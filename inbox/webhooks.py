"""What vendors call us with: proven, kept as it came, answered at once, and read afterwards.

``/hooks/<kind>/<hook_token>``: verify the raw body → store it (:class:`Hook`, once) → answer. A
worker then splits it into arrivals (which go through ``inbox.door`` like any other), reports about
our own messages, and changes; all of it in one transaction, so a worker that dies repeats it all.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from helpdesk import problems, vendor_calls
from helpdesk.kept_calls import WAITS_SECONDS, CallBook
from helpdesk.lib import http, rate_limit
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError, InvalidInput
from inbox import doorbell, presses, raw, refusals
from inbox.connector import (
    Amended,
    Arrived,
    ArrivedRaw,
    AskNow,
    Confirm,
    Ignored,
    Item,
    NamesCalls,
    Pressed,
    Refused,
    Reported,
    TakesWebhooks,
    TellsInWords,
    WebhookRequest,
    get_connector,
)
from inbox.models import Connection, Hook, HookState
from tickets.actions.amend import amend
from tickets.actions.delivery import set_delivery_state
from tickets.actions.receive import StoredFile
from tickets.models import Channel, DeliveryState, Direction, Message

_STATES = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "failed": DeliveryState.BOUNCED,
}

log = structlog.get_logger()


# --- At the door ----------------------------------------------------------------------------------


@csrf_exempt
def receive_hook(request: HttpRequest, kind: str, token: str) -> HttpResponse:
    """One call of a vendor. Refuses with 4xx and keeps nothing unless it is proven to be theirs."""
    channel = Channel.objects.filter(hook_token=token, kind=kind).first()
    connector = get_connector(kind) if channel is not None else None
    if channel is None or not isinstance(connector, TakesWebhooks):
        return vendor_calls.no_such_address(request)
    call = vendor_calls.read_call(request, max_bytes=connector.manifest.max_webhook_bytes)
    if isinstance(call, HttpResponse):
        return call
    try:
        connector.verify(channel, call)
        answer = connector.answer(channel, call)
        if answer is None or not answer.is_final:
            if not rate_limit.admits(channel.pk):
                return vendor_calls.too_many(request)
            store_hook(channel, call)
    except HelpdeskError as error:
        return _refuse(request, channel, error)
    return vendor_calls.answered(answer)


def store_hook(channel: Channel, call: WebhookRequest) -> tuple[uuid.UUID, bool]:
    """Keep the call; returns its id and whether it is new. The same body is the same call."""
    return CALLS.keep(channel.organization_id, channel.pk, _call_key(channel, call), call)


def _call_key(channel: Channel, call: WebhookRequest) -> str:
    connector = get_connector(channel.kind)
    if isinstance(connector, NamesCalls):
        return hashlib.sha256(connector.call_key(channel, call).encode()).hexdigest()
    return hashlib.sha256(call.body + b"\x00" + call.url.encode()).hexdigest()


def hook_url(channel: Channel) -> str:
    """The address to give to the vendor."""
    return f"{settings.PUBLIC_URL}/hooks/{channel.kind}/{channel.hook_token}"


def _refuse(request: HttpRequest, channel: Channel, error: HelpdeskError) -> HttpResponse:
    status = 401 if isinstance(error, Refused) else error.status
    refusals.note(channel)
    log.warning("hook.refused", channel_id=str(channel.pk), code=error.code)
    return problems.page(request, status, error.code, error.message)


# --- Reading it -----------------------------------------------------------------------------------


def process_hooks(channel_id: uuid.UUID, *, limit: int = 500) -> int:
    """Read the channel's calls that are due, in the order they came; returns how many were."""
    return CALLS.process(channel_id, limit=limit)


def process_due() -> int:
    """Read what nobody rang for."""
    return sum(process_hooks(each) for each in CALLS.owners_due())


def replay_hook(hook_id: uuid.UUID) -> bool:
    """Read a call again that was quarantined or processed; returns whether there was one.

    What it brought before is known by its content: it is not brought twice.
    """
    channel_id = CALLS.take_again(hook_id)
    if channel_id is not None:
        process_hooks(channel_id)
    return channel_id is not None


def forget_old_hooks() -> int:
    """Delete calls that were read long ago; what is in quarantine stays. Returns how many went."""
    return CALLS.forget_old()


def _read(hook: Hook) -> None:
    connector = get_connector(hook.channel.kind)
    if not isinstance(connector, TakesWebhooks):
        raise InvalidInput("This kind of channel takes no webhooks.")
    outcome = take_in(
        hook.channel, connector.split(hook.channel, hook.request()), at=hook.received_at
    )
    # A report can be faster than our own note of the id it names: it is looked for again.
    waits = [each for each in outcome if each["became"] == "unknown message"]
    if waits and hook.attempts < len(WAITS_SECONDS):
        hook.state = HookState.WAITING
        hook.due_at = now() + timedelta(seconds=WAITS_SECONDS[hook.attempts])
        hook.attempts += 1
    else:
        hook.state, hook.processed_at = HookState.PROCESSED, now()
    hook.outcome = outcome
    hook.save(update_fields=["state", "due_at", "attempts", "outcome", "processed_at"])
    connection_row, _ = Connection.objects.get_or_create(channel=hook.channel)
    Connection.objects.filter(pk=connection_row.pk).update(last_hook_at=hook.received_at)


CALLS = CallBook(
    "hook", Hook, "channel", lock_space=0x4F4F4B, read=_read,
    ring=doorbell.ring_hooks,
    due_states=(HookState.RECEIVED, HookState.WAITING), along=("channel__organization",),
)  # fmt: skip


def take_in(channel: Channel, items: list[Item], *, at: Any = None) -> list[dict[str, str]]:
    """Keep what arrived and apply what was reported, in the caller's unit of work.

    Returns a line per item: what it was and what became of it. Doing it twice changes nothing.
    """
    outcome = []
    for index, item in enumerate(items):
        if isinstance(item, Arrived):
            outcome.append(_keep(channel, item, at, index))
        elif isinstance(item, ArrivedRaw):
            outcome.append(_keep_raw(channel, item, at, index))
        elif isinstance(item, Confirm):
            outcome.append(_confirm(item))
        elif isinstance(item, Reported):
            outcome.append(_report(channel, item))
        elif isinstance(item, Amended):
            outcome.append(_amend(channel, item))
        elif isinstance(item, Pressed):
            outcome.append(presses.keep(channel, item))
        elif isinstance(item, AskNow):
            outcome.append(_ask_now(channel, item))
        elif isinstance(item, Ignored):
            outcome.append({"item": "ignored", "became": item.reason[:200]})
    if any(isinstance(each, Arrived | ArrivedRaw) for each in items):
        Connection.objects.get_or_create(channel=channel)
        Connection.objects.filter(channel=channel).update(last_event_at=now())
    return outcome


def _keep(channel: Channel, item: Arrived, at: Any, index: int) -> dict[str, str]:
    if item.external_id and _is_known(channel, item.external_id):
        return {"item": item.key, "became": "known"}
    target = _sister(channel, item.account)
    if item.is_account_only and target.address != item.account:
        return {"item": item.key, "became": "another account's"}
    row, is_new = raw.store(
        target,
        json.dumps(item.payload, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace"),
        source=f"{channel.kind}:{item.key}",
        envelope={"source": "webhook", "key": item.key},
        received_at=at + timedelta(microseconds=index) if at else None,
    )
    return {"item": item.key, "became": "arrival" if is_new else "known", "raw_id": str(row.pk)}


def _keep_raw(channel: Channel, item: ArrivedRaw, at: Any, index: int) -> dict[str, str]:
    row, is_new = raw.store(
        channel,
        item.content,
        source=f"{channel.kind}:{item.key}",
        envelope={"source": "webhook", "key": item.key, **item.envelope},
        received_at=at + timedelta(microseconds=index) if at else None,
    )
    return {"item": item.key, "became": "arrival" if is_new else "known", "raw_id": str(row.pk)}


def _confirm(item: Confirm) -> dict[str, str]:
    """Open the address after the commit; one that fails is asked for anew at the vendor."""

    def open_it() -> None:
        http.fetch(item.url)

    transaction.on_commit(open_it, robust=True)
    return {"item": "confirmation", "became": "address opened"}


def _ask_now(channel: Channel, item: AskNow) -> dict[str, str]:
    """A vendor that fails is not asked sooner than planned: anybody may call us often."""
    Connection.objects.filter(channel=channel, failures=0, poll_due_at__gt=now()).update(
        poll_due_at=now()
    )
    transaction.on_commit(lambda: doorbell.ring_poll(channel.pk), robust=True)
    return {"item": item.reason[:200], "became": "asked for"}


def _is_known(channel: Channel, external_id: str) -> bool:
    return Message.objects.filter(
        organization_id=channel.organization_id, direction=Direction.IN, external_id=external_id,
        channel__kind=channel.kind,
    ).exists()  # fmt: skip


def _sister(channel: Channel, account: str) -> Channel:
    """The channel of the account that an item is for, where one webhook serves several."""
    if not account or account == channel.address:
        return channel
    found = Channel.objects.filter(
        organization_id=channel.organization_id, kind=channel.kind, address=account
    ).first()
    return found or channel


def _report(channel: Channel, item: Reported) -> dict[str, str]:
    message_id = _find_own(channel, item.external_id, item.message_id)
    name = item.external_id or str(item.message_id or "")
    if message_id is None:
        return {"item": name, "became": "unknown message"}
    set_delivery_state(
        message_id, _STATES[item.state], reason=item.reason, at=item.at,
        external_id=item.external_id,
    )  # fmt: skip
    return {"item": name, "became": item.state}


def _find_own(channel: Channel, external_id: str, message_id: uuid.UUID | None) -> uuid.UUID | None:
    ours = Message.objects.filter(
        organization_id=channel.organization_id, direction=Direction.OUT,
        channel__kind=channel.kind,
    )  # fmt: skip
    named = ours.filter(pk=message_id) if message_id else ours.filter(external_id=external_id)
    found: uuid.UUID | None = (
        named.values_list("pk", flat=True).first() if message_id or external_id else None
    )
    return found


def _amend(channel: Channel, item: Amended) -> dict[str, str]:
    found = _find_amended(channel, item)
    if found is None:
        return {"item": item.external_id, "became": "unknown message"}
    connector = get_connector(channel.kind)
    tell = partial(connector.tell, channel) if isinstance(connector, TellsInWords) else None
    amend(
        found, text=item.text, is_deleted=item.is_deleted, details=item.details, tell=tell,
        files=[
            StoredFile(each.name, each.content_type, each.size_bytes, "", source=each.source)
            for each in item.files
        ],
    )  # fmt: skip
    return {"item": item.external_id, "became": "deleted" if item.is_deleted else "amended"}


def _find_amended(channel: Channel, item: Amended) -> uuid.UUID | None:
    """A message that came; nobody outside changes the words of ours, but may react to them."""
    named = Message.objects.filter(
        organization_id=channel.organization_id, channel__kind=channel.kind,
        external_id=item.external_id,
    )  # fmt: skip
    if item.text is not None or item.is_deleted or item.files:
        named = named.filter(direction=Direction.IN)
    found: uuid.UUID | None = named.values_list("pk", flat=True).first()
    return found
