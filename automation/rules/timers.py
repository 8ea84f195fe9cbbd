"""Rules that wait: "15 minutes after our last message, if nobody replies".

A timer is a row that fires once when it is due, to the second, also after hours without a worker.
It is taken back when its reason is gone: somebody answered, the ticket is done with, the rule does
not wait any more, or a person cancels it. What waits is shown on the ticket.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog
from celery import shared_task
from django.conf import settings
from django.db.models import QuerySet
from kombu.exceptions import OperationalError

from automation.rules.compiled import CompiledRule, active_rules
from automation.rules.models import Mode, Rule, RuleTimer, TimerState
from automation.rules.triggers import NO_REPLY
from automation.rules.waiting import parse_wait
from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.models import Event
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import NotFound
from tickets.actions.change import lock_ticket
from tickets.actions.marks import set_timers
from tickets.models import Message, MessageKind, Status, Ticket

OURS, THEIRS = "our_message", "customer_message"
AT_ONCE = 200
_OVER = (Status.CLOSED, Status.SPAM, Status.TRASH)

log = structlog.get_logger()


@subscribes(
    "message.received",
    "message.queued",
    "message.withdrawn",
    "ticket.status_changed",
    "ticket.merged",
    "rule.updated",
    name="automation.timers",
)
def follow(event: Event) -> None:
    """Begin what this event makes wait, and take back what it makes pointless."""
    if event.type == "rule.updated":
        _follow_rule(event)
        return
    waiting = [each for each in active_rules(event.organization_id) if NO_REPLY in each.triggers]
    if event.ticket_id is None or not (waiting or _of(event.ticket_id).exists()):
        return
    try:
        ticket = lock_ticket(event.ticket_id)
    except NotFound:
        return
    if event.type == "ticket.merged" or ticket.status in _OVER:
        _cancel(ticket, _of(ticket.pk), "The ticket is done with.")
    elif event.type == "message.withdrawn":
        _cancel(ticket, _of(ticket.pk).filter(message_id=event.object_id), "It was not sent.")
    elif event.type in ("message.received", "message.queued"):
        _follow_message(event, ticket, waiting)


def fire(timer_id: uuid.UUID) -> bool:
    """Have the rule run now if its timer still waits and is due; False otherwise. Idempotent."""
    found = RuleTimer.objects.filter(pk=timer_id, state=TimerState.WAITING).first()
    if found is None:
        return False
    with unit_of_work():
        try:
            ticket = lock_ticket(found.ticket_id)
        except NotFound:
            return False
        timer = RuleTimer.objects.select_for_update(no_key=True).get(pk=timer_id)
        if timer.state != TimerState.WAITING or timer.due_at > now():
            return False
        timer.state, timer.ended_at = TimerState.FIRED, now()
        timer.save(update_fields=["state", "ended_at"])
        _show(ticket)
        record_due(timer.rule_id, ticket, trigger=NO_REPLY, message_id=timer.message_id)
    return True


def fire_due(limit: int = AT_ONCE) -> int:
    """Fire what is due, and ring for what will be before the next sweep; part of the sweep."""
    soon = now() + timedelta(seconds=settings.SWEEP_SECONDS + 1)
    waiting = RuleTimer.objects.filter(state=TimerState.WAITING, due_at__lte=soon)
    done = 0
    for timer_id, due_at in list(waiting.order_by("due_at").values_list("pk", "due_at")[:limit]):
        left = (due_at - now()).total_seconds()
        if left > 0:
            _ring(timer_id, left)
        else:
            done += fire(timer_id)
    return done


def cancel_timer(ticket: Ticket, timer_id: uuid.UUID, *, user: User) -> Ticket:
    """A person takes it back; raises NotFound where it does not wait any more."""
    with unit_of_work(actor=Actor.of_user(user)):
        locked = lock_ticket(ticket.pk)
        if not _cancel(locked, _of(locked.pk).filter(pk=timer_id), f"Cancelled by {user.name}."):
            raise NotFound("This timer does not wait any more.")
    return locked


def cancel_timers_of(rule: Rule, reason: str) -> None:
    """The rule is gone or waits no more: so do its timers."""
    waiting = RuleTimer.objects.filter(rule=rule, state=TimerState.WAITING)
    for ticket_id in list(waiting.order_by("ticket_id").values_list("ticket_id", flat=True)):
        with unit_of_work():
            ticket = lock_ticket(ticket_id)
            _cancel(ticket, _of(ticket_id).filter(rule=rule), reason)


def record_due(
    rule_id: uuid.UUID,
    ticket: Ticket,
    *,
    trigger: str,
    message_id: uuid.UUID | None = None,
    order_id: uuid.UUID | None = None,
    actor: Actor | None = None,
) -> None:
    """Announce that a rule is to run on the ticket: by a timer, by the clock, by hand, or because
    of an order."""
    with unit_of_work(actor=actor):
        record(
            "rule.due",
            organization_id=ticket.organization_id,
            object_type="rule",
            object_id=rule_id,
            ticket_id=ticket.pk,
            payload=lambda: {
                "ticket_id": str(ticket.pk),
                "rule_id": str(rule_id),
                "trigger": trigger,
                "message_id": str(message_id) if message_id else None,
                "order_id": str(order_id) if order_id else None,
                "team_id": str(ticket.team_id) if ticket.team_id else None,
            },
        )


@shared_task(name="automation.fire_timer", time_limit=60)
def fire_timer_task(timer_id: str) -> None:
    """Rung for the very second."""
    fire(uuid.UUID(timer_id))


def _follow_message(event: Event, ticket: Ticket, rules: list[CompiledRule]) -> None:
    message = Message.objects.filter(pk=event.object_id, ticket=ticket).first()
    if message is None:
        return
    is_theirs = message.kind == MessageKind.CUSTOMER and event.type == "message.received"
    if is_theirs and not message.is_automatic:
        _cancel(ticket, _since(ticket, OURS), "The customer replied.")
        begins = THEIRS
    elif message.kind == MessageKind.REPLY and event.type == "message.queued":
        if not message.is_automatic:
            _cancel(ticket, _since(ticket, THEIRS), "Somebody replied.")
        _cancel(ticket, _since(ticket, OURS), "We wrote again.")
        begins = OURS
    else:
        return
    for rule in rules:
        is_own = event.actor.get("id") == str(rule.id)
        if rule.wait and rule.wait["since"] == begins and not is_own:
            _begin(event, ticket, message, rule)
    _show(ticket)


def _begin(event: Event, ticket: Ticket, message: Message, rule: CompiledRule) -> None:
    """At most one waits per rule and ticket; of two customer messages the first one counts."""
    wait = parse_wait((rule.wait or {}).get("after"))
    if wait is None or _of(ticket.pk).filter(rule_id=rule.id).exists():
        return
    RuleTimer.objects.get_or_create(
        rule_id=rule.id,
        ticket=ticket,
        event_seq=event.seq,
        defaults={
            "organization_id": event.organization_id,
            "message_id": message.pk,
            "due_at": max(message.send_after or message.created_at, message.created_at) + wait,
        },
    )


def _follow_rule(event: Event) -> None:
    rule = Rule.objects.filter(pk=event.object_id).first()
    if rule is not None and not (rule.mode != Mode.OFF and NO_REPLY in rule.triggers):
        cancel_timers_of(rule, "The rule does not wait any more.")


def _cancel(ticket: Ticket, timers: QuerySet[RuleTimer], reason: str) -> int:
    count = timers.update(state=TimerState.CANCELLED, reason=reason[:200], ended_at=now())
    if count:
        _show(ticket)
    return count


def _of(ticket_id: uuid.UUID) -> QuerySet[RuleTimer]:
    return RuleTimer.objects.filter(ticket_id=ticket_id, state=TimerState.WAITING)


def _since(ticket: Ticket, since: str) -> QuerySet[RuleTimer]:
    return _of(ticket.pk).filter(rule__wait__since=since)


def _show(ticket: Ticket) -> None:
    waiting = _of(ticket.pk).select_related("rule").order_by("due_at", "pk")
    set_timers(
        ticket.pk,
        [
            {
                "id": str(each.pk),
                "rule_id": str(each.rule_id),
                "name": each.rule.name,
                "due_at": iso(each.due_at),
            }
            for each in waiting
        ],
    )


def _ring(timer_id: uuid.UUID, in_seconds: float) -> None:
    try:
        fire_timer_task.apply_async((str(timer_id),), countdown=in_seconds, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell.broker_unreachable", error=type(error).__name__)
