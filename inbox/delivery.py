"""The only way for a message to leave.

``queued → claimed → dot_sent → accepted | temp_failed | perm_failed | uncertain``. The phase
before the irreversible byte is committed before that byte goes out: a worker that dies earlier
has certainly sent nothing and the message is tried again; one that dies later may have, so the
message becomes *uncertain* and is never repeated without a person.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.models import Event
from helpdesk.events.outbox import current_unit, unit_of_work
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    Conflict,
    ConnectorFailure,
    HelpdeskError,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.failpoints import failpoint
from helpdesk.lib.workers import dead_workers, worker_number
from inbox import doorbell, pacing, tokens
from inbox.connector import FindsOutgoing, Sent, get_connector
from inbox.models import Delivery, DeliveryAttempt, DeliveryPhase
from inbox.outbound import EMAIL, build, fix_external_id
from inbox.threads import note_departure
from tickets.actions import delivery as message_delivery
from tickets.actions.customers import note_opt_out
from tickets.actions.drafts import put_back
from tickets.actions.hand_over import hand_on
from tickets.actions.respond import restore_ticket
from tickets.models import DeliveryState, Draft, Handle, Message, MessageKind, Ticket

CLAIM_SECONDS = 120
FINAL_ANSWER_SECONDS = 660
RINGS_AHEAD_SECONDS = 300
"""What is due later is left to the sweep: brokers keep long countdowns badly."""
FIRST_RETRY_SECONDS = 60
LAST_RETRY_SECONDS = 4 * 60 * 60
GIVE_UP_AFTER = timedelta(days=5)
CHECK_UNCERTAIN_SECONDS = (60, 300, 1800)
OPTED_OUT = "opted_out"

_UNTRIED = (DeliveryState.HELD, DeliveryState.QUEUED)
_TRYABLE = (DeliveryPhase.QUEUED, DeliveryPhase.TEMP_FAILED)
_UNFINISHED = (*_TRYABLE, DeliveryPhase.CLAIMED, DeliveryPhase.DOT_SENT)

log = structlog.get_logger()


@subscribes("message.queued", name="inbox.delivery")
def plan_delivery(event: Event) -> None:
    """Make the one Delivery of a queued message; a second run finds it there."""
    delivery, is_new = _plan(event.object_id)
    if delivery is not None and is_new:
        delivery_id, wait = delivery.pk, max(0.0, (delivery.due_at - now()).total_seconds())
        if wait <= RINGS_AHEAD_SECONDS:
            transaction.on_commit(
                lambda: doorbell.ring_delivery(delivery_id, in_seconds=wait), robust=True
            )


def send_at_once(message_id: uuid.UUID) -> None:
    """Let a message leave now, in this thread: somebody sits there and waits.

    For channels that need no network. Whoever dies here leaves a queued message, which the
    subscriber plans and a worker sends as any other.
    """
    delivery, _ = _plan(message_id)
    if delivery is not None and delivery.due_at <= now():
        deliver(delivery.pk)


def _plan(message_id: uuid.UUID) -> tuple[Delivery | None, bool]:
    message = Message.objects.select_related("channel", "ticket").filter(pk=message_id).first()
    if message is None or message.channel is None:
        return None, False
    if message.delivery_state not in (DeliveryState.HELD, DeliveryState.QUEUED):
        return None, False
    fix_external_id(message)
    due_at = message.send_after or now()
    delivery, is_new = Delivery.objects.get_or_create(
        message=message,
        defaults={
            "organization_id": message.organization_id,
            "ticket_id": message.ticket_id,
            "channel": message.channel,
            "due_at": due_at,
        },
    )
    return delivery, is_new


@subscribes("message.moved", name="inbox.moved")
def follow_message(event: Event) -> None:
    """The message is on another ticket now: it leaves in the order of that one."""
    Delivery.objects.filter(message_id=event.object_id).update(ticket_id=event.ticket_id)


def deliver(delivery_id: uuid.UUID) -> bool:
    """Try to send one delivery that is due; returns whether this call had the claim.

    Safe to run twice and beside itself: the claim is one conditional update.
    """
    delivery = _claim(delivery_id)
    if delivery is None:
        return False
    failpoint("delivery.claimed")
    message = _message_of(delivery)
    if message.delivery_state == DeliveryState.WITHDRAWN:
        _set_phase(delivery, DeliveryPhase.WITHDRAWN)
        return True
    if message.delivery_state in _UNTRIED and (_was_answered(message) or _is_orphaned(message)):
        _stop(message.pk, held=delivery)
        return True
    turn = pacing.turn_of(delivery)
    if turn > now():
        _wait_for_turn(delivery, turn)
        return True
    attempt = DeliveryAttempt.objects.create(
        delivery=delivery, number=delivery.attempts, outcome=DeliveryPhase.CLAIMED
    )
    try:
        _check_opted_out(message, delivery)
        connector = get_connector(delivery.channel.kind)
        tokens.keep_fresh(delivery.channel)
        sent = connector.send(
            delivery.channel, build(message, delivery), lambda: _begin_irreversible(delivery)
        )
    except _ClaimLost:
        return True
    except ConnectorFailure as failure:
        if isinstance(failure, NeedsReauthorization):
            tokens.note_refused(delivery.channel)
        _fail(delivery, attempt, failure)
    except Exception as error:
        log.exception("delivery.crashed", delivery_id=str(delivery.pk))
        _fail(delivery, attempt, _as_failure(delivery, error))
    else:
        failpoint("delivery.accepted")
        _accept(delivery, attempt, sent)
    return True


def deliver_due(limit: int = 50) -> int:
    """Send everything that is due, in order per ticket; returns how many were tried."""
    tried = 0
    for delivery_id in due_deliveries(limit):
        tried += deliver(delivery_id)
    return tried


def due_deliveries(limit: int = 50) -> list[uuid.UUID]:
    """Deliveries whose time has come and whose ticket has no earlier one unfinished."""
    return list(
        Delivery.objects.filter(_first_of_ticket(), phase__in=_TRYABLE, due_at__lte=now())
        .order_by("due_at")
        .values_list("pk", flat=True)[:limit]
    )


def recover_claims() -> int:
    """Take back the claims of workers that died: before the dot → again, after → uncertain."""
    claimed = Delivery.objects.filter(phase__in=[DeliveryPhase.CLAIMED, DeliveryPhase.DOT_SENT])
    held = list(claimed.values("pk", "phase", "fence", "worker", "lease_until"))
    dead = dead_workers({each["worker"] for each in held if each["worker"]})
    count = 0
    for each in held:
        if each["worker"] in dead or each["lease_until"] is None or each["lease_until"] < now():
            count += _recover(each["pk"], each["phase"], each["fence"])
    return count


def check_uncertain(limit: int = 20) -> int:
    """Ask connectors that can tell whether uncertain messages really left; returns how many did."""
    due = Delivery.objects.select_related("channel", "message").filter(
        phase=DeliveryPhase.UNCERTAIN, due_at__lte=now(), checks__lt=len(CHECK_UNCERTAIN_SECONDS)
    )
    found = 0
    for delivery in due[:limit]:
        is_sent, external_id = _look_for(delivery)
        if is_sent:
            _resolve_as_sent(delivery, external_id)
            found += 1
        else:
            _plan_next_check(delivery)
    return found


def _look_for(delivery: Delivery) -> tuple[bool, str]:
    """Whether the vendor has the uncertain message, and under which id if we did not know it."""
    connector = get_connector(delivery.channel.kind)
    if isinstance(connector, FindsOutgoing):
        try:
            found = connector.find_outgoing(
                delivery.channel, build(_message_of(delivery), delivery), _dot_at(delivery)
            )
        except HelpdeskError:
            return False, ""
        known = set(
            Message.objects.filter(
                organization_id=delivery.organization_id, external_id__in=found
            ).values_list("external_id", flat=True)
        )
        external_id = next((each for each in found if each not in known), "")
        return bool(external_id), external_id
    find_sent = getattr(connector, "find_sent", None)
    if find_sent is None:
        return False, ""
    return bool(find_sent(delivery.channel, delivery.message.external_id)), ""


def _dot_at(delivery: Delivery) -> datetime:
    """When the try began whose end nobody knows."""
    newest = delivery.tries.order_by("-number").values_list("began_at", flat=True).first()
    return newest or delivery.created_at


def withdraw(message_id: uuid.UUID, user: User) -> tuple[Message, Draft]:
    """Undo sending in time: the message is withdrawn and its text is the agent's draft again.

    Withdrawing and claiming compete for one row; raises Conflict when the message has left.
    """
    with unit_of_work(actor=Actor.of_user(user)):
        message, ticket = message_delivery.lock_message(message_id)
        if message.user_id != user.pk or message.kind != MessageKind.REPLY:
            raise Conflict("Only the person who sent this reply can undo it.", code="not_yours")
        if message.channel is None:
            raise Conflict("This message was never to be sent.", code="not_sent")
        delivery, is_new = Delivery.objects.get_or_create(
            message=message,
            defaults={
                "organization_id": message.organization_id,
                "ticket_id": message.ticket_id,
                "channel": message.channel,
                "phase": DeliveryPhase.WITHDRAWN,
            },
        )
        won = is_new or Delivery.objects.filter(
            pk=delivery.pk, phase=DeliveryPhase.QUEUED, attempts=0
        ).update(phase=DeliveryPhase.WITHDRAWN, finished_at=now())
        if not won:
            raise Conflict("This message has already left.", code="already_sent")
        message = message_delivery.withdraw(message_id)
        restore_ticket(message, ticket)
        draft = _restore_draft(message, ticket, user)
    return message, draft


def _read_scheduled(events: list[Event]) -> None:
    """Find in one query which tickets of a batch have anything scheduled: hardly any."""
    unit = current_unit()
    if unit is not None:
        ticket_ids = {each.ticket_id for each in events if each.ticket_id is not None}
        waiting = _to_stop(ticket_ids).values_list("ticket_id", flat=True)
        unit.kept[stop_scheduled] = set(waiting)


@subscribes("message.received", name="inbox.scheduled", prepare=_read_scheduled)
def stop_scheduled(event: Event) -> None:
    """The customer wrote: what was scheduled for later and should stop then is a draft again."""
    told = event.payload["message"]
    if told["kind"] != MessageKind.CUSTOMER or event.ticket_id is None:
        return
    unit = current_unit()
    if unit is not None and event.ticket_id not in unit.kept.get(stop_scheduled, {event.ticket_id}):
        return
    waiting = _to_stop({event.ticket_id}).filter(position__lt=told["position"])
    for message_id in waiting.values_list("pk", flat=True):
        _stop(message_id)


def _to_stop(ticket_ids: set[uuid.UUID]) -> QuerySet[Message]:
    return Message.objects.filter(
        ticket_id__in=ticket_ids, delivery_state=DeliveryState.HELD, stops_on_reply=True
    )


def send_now(message_id: uuid.UUID, user: User) -> Message:
    """Let a scheduled message leave at once; raises Conflict when it is not one of this person."""
    with unit_of_work(actor=Actor.of_user(user)):
        message, _ = message_delivery.lock_message(message_id)
        if message.user_id != user.pk:
            raise Conflict("Only the person who scheduled this can send it.", code="not_yours")
        message = message_delivery.send_now(message_id)
        delivery = Delivery.objects.filter(
            message=message, phase=DeliveryPhase.QUEUED, attempts=0
        ).first()
        if delivery is not None:
            Delivery.objects.filter(pk=delivery.pk).update(due_at=now(), created_at=now())
            delivery_id = delivery.pk
            transaction.on_commit(lambda: doorbell.ring_delivery(delivery_id), robust=True)
    return message


def retry(message_id: uuid.UUID, user: User) -> Message:
    """A person decides to send a failed or uncertain message again, with the same Message-ID.

    Raises Conflict if the message is neither.
    """
    with unit_of_work(actor=Actor.of_user(user)):
        message_delivery.lock_message(message_id)
        changed = Delivery.objects.filter(
            message_id=message_id,
            phase__in=[
                DeliveryPhase.PERM_FAILED,
                DeliveryPhase.UNCERTAIN,
                DeliveryPhase.TEMP_FAILED,
            ],
        ).update(phase=DeliveryPhase.QUEUED, due_at=now(), finished_at=None, created_at=now())
        if not changed:
            raise Conflict("This message is not waiting for a decision.", code="not_failed")
        message = message_delivery.set_delivery_state(
            message_id, DeliveryState.QUEUED, is_retry=True
        )
        delivery_id = Delivery.objects.values_list("pk", flat=True).get(message_id=message_id)
        transaction.on_commit(lambda: doorbell.ring_delivery(delivery_id), robust=True)
    if message is None:
        raise Conflict("This message is not waiting for a decision.", code="not_failed")
    return message


def mark_sent(message_id: uuid.UUID, user: User) -> Message:
    """A person knows that an uncertain message arrived; raises Conflict if it is not uncertain."""
    with unit_of_work(actor=Actor.of_user(user)):
        message_delivery.lock_message(message_id)
        delivery = Delivery.objects.filter(
            message_id=message_id, phase=DeliveryPhase.UNCERTAIN
        ).first()
        if delivery is None:
            raise Conflict("This message is not uncertain.", code="not_uncertain")
        message = _resolve_as_sent(delivery)
    if message is None:
        raise Conflict("This message is not uncertain.", code="not_uncertain")
    return message


class _ClaimLost(Exception):
    """Recovery took the claim away before anything irreversible was done."""


def _first_of_ticket() -> Exists:
    """No earlier one on the same way out is unfinished.

    Those that wait for a time that was chosen hold up nobody, and neither does another channel: a
    mail server that is away must not silence the chat.
    """
    earlier = Delivery.objects.filter(
        ticket_id=OuterRef("ticket_id"),
        channel_id=OuterRef("channel_id"),
        phase__in=_UNFINISHED,
        created_at__lt=OuterRef("created_at"),
    ).exclude(phase=DeliveryPhase.QUEUED, due_at__gt=now(), message__is_scheduled=True)
    return ~Exists(earlier)  # type: ignore[return-value]


def _claim(delivery_id: uuid.UUID) -> Delivery | None:
    number = worker_number()
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("channel")
            .filter(_first_of_ticket(), pk=delivery_id, phase__in=_TRYABLE, due_at__lte=now())
            .first()
        )
        if delivery is None:
            return None
        delivery.phase = DeliveryPhase.CLAIMED
        delivery.attempts += 1
        delivery.fence += 1
        delivery.worker = number
        delivery.lease_until = now() + timedelta(seconds=CLAIM_SECONDS)
        delivery.save(update_fields=["phase", "attempts", "fence", "worker", "lease_until"])
    return delivery


def _begin_irreversible(delivery: Delivery) -> None:
    """Commit that the next byte counts; raises _ClaimLost if the claim is no longer ours."""
    failpoint("delivery.before_dot")
    changed = Delivery.objects.filter(
        pk=delivery.pk, phase=DeliveryPhase.CLAIMED, fence=delivery.fence
    ).update(
        phase=DeliveryPhase.DOT_SENT, lease_until=now() + timedelta(seconds=FINAL_ANSWER_SECONDS)
    )
    if not changed:
        raise _ClaimLost
    delivery.phase = DeliveryPhase.DOT_SENT
    failpoint("delivery.dot_committed")


def _accept(delivery: Delivery, attempt: DeliveryAttempt, sent: Sent) -> None:
    detail = "; ".join(f"{who}: {why}" for who, why in sent.refused.items())
    done = [*delivery.recipients_done, *_accepted_recipients(delivery, sent)]
    if sent.delayed:
        _plan_rest(delivery, attempt, sent, done)
        return
    with unit_of_work():
        message_delivery.lock_message(delivery.message_id)
        if not _finish(delivery, DeliveryPhase.ACCEPTED, recipients_done=done, reason=detail):
            return
        _end_attempt(attempt, DeliveryPhase.ACCEPTED, detail)
        message_delivery.set_delivery_state(
            delivery.message_id,
            DeliveryState.SENT,
            reason=f"Not accepted for {detail}" if detail else "",
            external_id=sent.external_id,
        )
        if sent.began is not None:
            note_departure(delivery.channel_id, delivery.ticket_id, sent.began)


def _plan_rest(delivery: Delivery, attempt: DeliveryAttempt, sent: Sent, done: list[str]) -> None:
    """Some recipients were accepted, others asked us to come back: only those are tried again."""
    Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence).update(recipients_done=done)
    detail = "; ".join(f"{who}: {why}" for who, why in sent.delayed.items())
    delivery.recipients_done = done
    _plan_retry(delivery, attempt, TemporaryFailure(detail))


def _accepted_recipients(delivery: Delivery, sent: Sent) -> list[str]:
    message = _message_of(delivery)
    everybody = [each["address"].lower() for each in (*message.to, *message.cc, *message.bcc)]
    return [each for each in everybody if each not in sent.refused and each not in sent.delayed]


def _fail(delivery: Delivery, attempt: DeliveryAttempt, failure: ConnectorFailure) -> None:
    if isinstance(failure, UncertainOutcome):
        _park(delivery, attempt, failure.message)
    elif isinstance(failure, PermanentFailure):
        _give_up(delivery, attempt, failure.reason_code, failure.message)
    elif isinstance(failure, TemporaryFailure | NeedsReauthorization):
        _plan_retry(delivery, attempt, failure)
    else:
        _plan_retry(delivery, attempt, TemporaryFailure(failure.message))


def _as_failure(delivery: Delivery, error: Exception) -> ConnectorFailure:
    """An unforeseen error: before the dot nothing left; after it nobody knows."""
    text = f"{type(error).__name__} while sending."
    if delivery.phase == DeliveryPhase.DOT_SENT:
        return UncertainOutcome(text)
    return TemporaryFailure(text)


def _wait_for_turn(delivery: Delivery, turn: datetime) -> None:
    """Give the claim back until then; it was no try."""
    changed = Delivery.objects.filter(
        pk=delivery.pk, fence=delivery.fence, phase=DeliveryPhase.CLAIMED
    ).update(
        phase=DeliveryPhase.TEMP_FAILED if delivery.attempts > 1 else DeliveryPhase.QUEUED,
        attempts=delivery.attempts - 1, due_at=turn, slot_at=turn, lease_until=None, worker=None,
    )  # fmt: skip
    wait = (turn - now()).total_seconds()
    if changed and wait <= RINGS_AHEAD_SECONDS:
        doorbell.ring_delivery(delivery.pk, in_seconds=max(0.0, wait))


def _check_opted_out(message: Message, delivery: Delivery) -> None:
    """Raises PermanentFailure if the customer asked not to be written to on this kind of channel."""
    channel = delivery.channel
    if channel.kind == EMAIL:
        return
    addresses = [each["address"] for each in message.to]
    refusing = Handle.objects.filter(
        organization_id=message.organization_id, kind=channel.handle_kind, value__in=addresses,
        opted_out__contains=[channel.kind],
    )  # fmt: skip
    if refusing.exists():
        raise PermanentFailure(
            "They asked not to be written to here (STOP). They can undo it by writing START.",
            reason_code=OPTED_OUT,
        )


def _note_opt_out(delivery: Delivery) -> None:
    """The vendor knows that they do not want to hear from us: now we do, too."""
    for each in delivery.message.to:
        note_opt_out(
            delivery.organization_id, delivery.channel.handle_kind, each["address"],
            channel_kind=delivery.channel.kind, is_out=True,
        )  # fmt: skip


def _plan_retry(delivery: Delivery, attempt: DeliveryAttempt, failure: ConnectorFailure) -> None:
    if now() - _wanted_since(delivery) > GIVE_UP_AFTER:
        _give_up(delivery, attempt, "expired", f"Given up after five days. {failure.message}")
        return
    wait = _retry_seconds(delivery.attempts, getattr(failure, "retry_after_seconds", None))
    with unit_of_work():
        message_delivery.lock_message(delivery.message_id)
        if not _finish(
            delivery,
            DeliveryPhase.TEMP_FAILED,
            due_at=now() + timedelta(seconds=wait),
            reason=failure.message[:300],
            finished_at=None,
        ):
            return
        _end_attempt(attempt, DeliveryPhase.TEMP_FAILED, failure.message)
        message_delivery.set_delivery_state(
            delivery.message_id, DeliveryState.DELAYED, reason=failure.message
        )


def _wanted_since(delivery: Delivery) -> datetime:
    """When it should first have left: a message scheduled long ago has all its tries before it."""
    send_after = delivery.message.send_after
    return max(delivery.created_at, send_after) if send_after else delivery.created_at


def _give_up(delivery: Delivery, attempt: DeliveryAttempt, code: str, message: str) -> None:
    with unit_of_work():
        message_delivery.lock_message(delivery.message_id)
        if not _finish(delivery, DeliveryPhase.PERM_FAILED, reason_code=code, reason=message[:300]):
            return
        _end_attempt(attempt, DeliveryPhase.PERM_FAILED, message)
        if code == OPTED_OUT:
            _note_opt_out(delivery)
        message_delivery.set_delivery_state(
            delivery.message_id, DeliveryState.FAILED, reason=message
        )


def _park(delivery: Delivery, attempt: DeliveryAttempt | None, message: str) -> None:
    with unit_of_work():
        message_delivery.lock_message(delivery.message_id)
        if not _finish(
            delivery,
            DeliveryPhase.UNCERTAIN,
            reason=message[:300],
            due_at=now() + timedelta(seconds=CHECK_UNCERTAIN_SECONDS[0]),
        ):
            return
        if attempt is not None:
            _end_attempt(attempt, DeliveryPhase.UNCERTAIN, message)
        message_delivery.set_delivery_state(
            delivery.message_id, DeliveryState.UNCERTAIN, reason=message
        )


def _recover(delivery_id: uuid.UUID, phase: str, fence: int) -> int:
    delivery = Delivery.objects.select_related("channel").get(pk=delivery_id)
    if delivery.phase != phase or delivery.fence != fence:
        return 0
    attempt = delivery.tries.filter(number=delivery.attempts).first()
    if phase == DeliveryPhase.CLAIMED:
        changed = Delivery.objects.filter(pk=delivery_id, phase=phase, fence=fence).update(
            phase=DeliveryPhase.TEMP_FAILED, due_at=now(), lease_until=None, worker=None
        )
        if changed and attempt is not None:
            _end_attempt(attempt, DeliveryPhase.TEMP_FAILED, "The worker stopped before sending.")
        return changed
    _park(delivery, attempt, "The worker stopped while the mail server was answering.")
    return 1


def _resolve_as_sent(delivery: Delivery, external_id: str = "") -> Message | None:
    with unit_of_work():
        message_delivery.lock_message(delivery.message_id)
        Delivery.objects.filter(pk=delivery.pk, phase=DeliveryPhase.UNCERTAIN).update(
            phase=DeliveryPhase.ACCEPTED, finished_at=now()
        )
        return message_delivery.set_delivery_state(
            delivery.message_id, DeliveryState.SENT, external_id=external_id
        )


def _plan_next_check(delivery: Delivery) -> None:
    checks = delivery.checks + 1
    wait = CHECK_UNCERTAIN_SECONDS[min(checks, len(CHECK_UNCERTAIN_SECONDS) - 1)]
    Delivery.objects.filter(pk=delivery.pk, phase=DeliveryPhase.UNCERTAIN).update(
        checks=checks, due_at=now() + timedelta(seconds=wait)
    )


def _finish(delivery: Delivery, phase: str, **fields: Any) -> int:
    """Leave the claim with this outcome; 0 if recovery was faster and said otherwise."""
    mine = Q(phase__in=[DeliveryPhase.CLAIMED, DeliveryPhase.DOT_SENT, DeliveryPhase.UNCERTAIN])
    values: dict[str, Any] = {"lease_until": None, "worker": None, "finished_at": now(), **fields}
    return Delivery.objects.filter(mine, pk=delivery.pk, fence=delivery.fence).update(
        phase=phase, **values
    )


def _set_phase(delivery: Delivery, phase: str) -> None:
    Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence).update(
        phase=phase, lease_until=None, worker=None, finished_at=now()
    )


def _end_attempt(attempt: DeliveryAttempt, outcome: str, detail: str) -> None:
    DeliveryAttempt.objects.filter(pk=attempt.pk).update(
        outcome=outcome, detail=detail[:500], ended_at=now()
    )


def _retry_seconds(attempts: int, asked: int | None) -> float:
    planned = min(FIRST_RETRY_SECONDS * 2 ** min(attempts - 1, 12), LAST_RETRY_SECONDS)
    jittered = planned * random.uniform(0.8, 1.2)  # noqa: S311 (spreading load, not a secret)
    return max(jittered, asked or 0)


def _message_of(delivery: Delivery) -> Message:
    return (
        Message.objects.select_related("body", "ticket", "ticket__customer", "channel", "user")
        .prefetch_related("attachments")
        .get(pk=delivery.message_id)
    )


def _was_answered(message: Message) -> bool:
    """Whether the customer wrote since this message was scheduled, and it should stop then."""
    return (
        message.stops_on_reply
        and Message.objects.filter(
            ticket_id=message.ticket_id, kind=MessageKind.CUSTOMER, position__gt=message.position
        ).exists()
    )


def _is_orphaned(message: Message) -> bool:
    """Whether it was scheduled by somebody who has left: nobody stands behind it any more."""
    return message.is_scheduled and message.user is not None and not message.user.is_active


def _stop(message_id: uuid.UUID, *, held: Delivery | None = None) -> None:
    """Make a scheduled message a draft again; ``held`` is its delivery if we have the claim.

    Of somebody who has left it becomes a note on a ticket that waits for a colleague.
    """
    with unit_of_work():
        message, ticket = message_delivery.lock_message(message_id)
        if held is not None:
            _set_phase(held, DeliveryPhase.WITHDRAWN)
        elif not Delivery.objects.filter(
            message=message, phase=DeliveryPhase.QUEUED, attempts=0
        ).update(phase=DeliveryPhase.WITHDRAWN, finished_at=now()):
            return
        author = message.user
        if author is not None and not author.is_active:
            message = message_delivery.withdraw(message_id, reason=f"{author} has left.")
            hand_on(message, ticket, author)
            return
        message = message_delivery.withdraw(message_id, reason="The customer wrote first.")
        if author is not None:
            _restore_draft(message, ticket, author)


def _restore_draft(message: Message, ticket: Ticket, user: User) -> Draft:
    files = [str(each) for each in message.attachments.values_list("pk", flat=True)]
    message.attachments.update(message=None, uploaded_by=user, is_inline=False, content_id="")
    content = {
        "text": message.body.text,
        "html": message.body.html or None,
        "to": message.to,
        "cc": message.cc,
        "bcc": message.bcc,
        "subject": message.subject,
        "attachment_ids": files,
        "macro_id": str(message.macro_id) if message.macro_id else None,
        "order_action": message.details.get("order_action"),
        "channel_id": str(message.channel_id) if message.channel_id else None,
    }
    return put_back(ticket, user, content)


def oldest_waiting() -> datetime | None:
    """When the longest-waiting due message was queued, for doctor and alarms."""
    return (
        Delivery.objects.filter(phase__in=_UNFINISHED, due_at__lte=now())
        .order_by("created_at")
        .values_list("created_at", flat=True)
        .first()
    )
