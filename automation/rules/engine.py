"""Runs the rules: one snapshot per event, every rule judged on it in order, then actions.

This is the subscriber that first understands a customer's message, because rules ask for its
intent. It runs inside the dispatcher's transaction: local and quick, no network. A rule runs at
most once per event, and at most once per ticket in a chain of causes.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import structlog
from django.db.models import Q

from automation.orders import OrdersAtHand, ReadOrders
from automation.rules.acting import Judged, act
from automation.rules.compiled import CompiledRule, active_rules
from automation.rules.conditions import CANNOT_EVALUATE, Verdict, evaluate
from automation.rules.limits import LoopGuard
from automation.rules.models import RuleRun
from automation.rules.snapshot import Snapshot, change_by_field
from automation.rules.timers import record_due
from automation.rules.triggers import EVENTS, is_meant, loyalty_triggers, order_triggers
from automation.rules.understanding import understand_ahead, understand_message
from helpdesk.events.models import Event
from helpdesk.events.outbox import current_unit
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound
from tickets.actions.change import lock_ticket
from tickets.actions.delivery import lock_many, lock_message
from tickets.models import Message, MessageKind, Status, Ticket

RUNS_KEPT_DAYS = 90
MAX_TICKETS = 20
"""Of one customer, that a change of an order or a membership may concern."""

log = structlog.get_logger()


def read_batch(events: list[Event]) -> None:
    """Lock and read what the rules will look at: a few queries for a whole batch of events."""
    rules = active_rules(events[0].organization_id)
    wanted = {"message.received"}.union(*(rule.triggers for rule in rules))
    heard = [
        each
        for each in events
        if each.type in wanted and each.ticket_id is not None and is_meant(each.type, each.payload)
    ]
    lock_many(
        [each.ticket_id for each in heard if each.ticket_id is not None],
        [each.object_id for each in heard if each.object_type == "message"],
    )
    arrived = [(Message, each.object_id) for each in heard if each.type == "message.received"]
    unit = current_unit()
    if unit is None:
        return
    understand_ahead([unit.kept[key] for key in arrived if key in unit.kept])
    tickets = [unit.kept.get((Ticket, each.ticket_id)) for each in heard]
    unit.kept[OrdersAtHand] = OrdersAtHand(each.customer for each in tickets if each is not None)


@subscribes(*EVENTS, name="automation.rules", prepare=read_batch)
def run_rules(event: Event) -> None:
    """Understand the message of the event, then run the rules that listen to it."""
    rules = [r for r in active_rules(event.organization_id) if event.type in r.triggers]
    if event.ticket_id is None or not (rules or event.type == "message.received"):
        return
    if not is_meant(event.type, event.payload):
        return
    try:
        ticket, message = _subject_of(event, event.ticket_id)
    except NotFound:
        return
    if ticket.merged_into_id is not None:
        return
    if message is not None and event.type == "message.received":
        understand_message(message, _orders_at_hand())
    if message is not None and message.is_automatic:
        rules = [rule for rule in rules if rule.runs_on_automatic]
    if rules:
        _run(event, rules, Snapshot(ticket, message, at=now(), orders=_orders_at_hand()))


@subscribes("rule.due", name="automation.due_rules")
def run_due_rule(event: Event) -> None:
    """Run the one rule whose time has come, on the ticket as it is now."""
    said = event.payload
    rules = [
        each
        for each in active_rules(event.organization_id)
        if each.id == event.object_id and said["trigger"] in each.triggers
    ]
    if event.ticket_id is None or not rules:
        return
    try:
        ticket = lock_ticket(event.ticket_id)
    except NotFound:
        return
    if ticket.merged_into_id is not None:
        return
    message = _message_of(ticket, said.get("message_id"))
    order_id = uuid.UUID(said["order_id"]) if said.get("order_id") else None
    _run(event, rules, Snapshot(ticket, message, at=now(), order_id=order_id))


@subscribes("order.updated", name="automation.order_rules")
def run_order_rules(event: Event) -> None:
    """Have the rules about this change run on the customer's open tickets about that order."""
    became = order_triggers(event.payload.get("change", {}))
    rules = [each for each in active_rules(event.organization_id) if each.triggers & became]
    customer_id = event.payload.get("customer_id")
    if not rules or not customer_id:
        return
    about = Q(order_id=None) | Q(order_id=event.object_id)
    for ticket in _open_tickets(event.organization_id, customer_id, about):
        message = _message_of(ticket, None)
        meant = Snapshot(ticket, message, at=now()).order_meant.order
        if meant is None or meant.pk != event.object_id:
            continue
        for rule in rules:
            trigger = min(rule.triggers & became)
            record_due(
                rule.id,
                ticket,
                trigger=trigger,
                message_id=message.pk if message else None,
                order_id=event.object_id,
            )


@subscribes("profile.updated", name="automation.loyalty_rules")
def run_loyalty_rules(event: Event) -> None:
    """Have the rules about this change of a membership run on the customer's open tickets."""
    became = loyalty_triggers(event.payload.get("change", {}))
    rules = [each for each in active_rules(event.organization_id) if each.triggers & became]
    customer_id = event.payload.get("customer_id")
    if not rules or not customer_id:
        return
    for ticket in _open_tickets(event.organization_id, customer_id, Q()):
        message = _message_of(ticket, None)
        for rule in rules:
            record_due(
                rule.id,
                ticket,
                trigger=min(rule.triggers & became),
                message_id=message.pk if message else None,
            )


def forget_old_runs(limit: int = 5000) -> int:
    """Delete runs older than RUNS_KEPT_DAYS; returns how many. Part of the sweep."""
    old = RuleRun.objects.filter(at__lt=now() - timedelta(days=RUNS_KEPT_DAYS)).order_by("at")
    count, _ = RuleRun.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[:limit])
    ).delete()
    return count


def _orders_at_hand() -> ReadOrders | None:
    """What the batch reads together; None outside of one."""
    unit = current_unit()
    return unit.kept.get(OrdersAtHand) if unit else None


def _open_tickets(organization_id: uuid.UUID, customer_id: str, about: Q) -> list[Ticket]:
    """The customer's newest tickets that somebody still works on."""
    found = Ticket.objects.filter(
        about,
        organization_id=organization_id,
        customer_id=customer_id,
        status__in=(Status.OPEN, Status.SNOOZED),
        merged_into=None,
    )
    newest = found.select_related("customer").order_by("-last_message_at")
    return list(newest[:MAX_TICKETS])


def _subject_of(event: Event, ticket_id: uuid.UUID) -> tuple[Ticket, Message | None]:
    if event.object_type != "message":
        return lock_ticket(ticket_id), None
    message, ticket = lock_message(event.object_id, ticket_id=ticket_id)
    return ticket, message


def _message_of(ticket: Ticket, message_id: str | None) -> Message | None:
    """This message, or the customer's newest one."""
    found = Message.objects.filter(ticket=ticket)
    if message_id:
        found = found.filter(pk=message_id)
    else:
        found = found.filter(kind=MessageKind.CUSTOMER)
    return (
        found.select_related("body").prefetch_related("attachments").order_by("-position").first()
    )


def _run(event: Event, rules: list[CompiledRule], snapshot: Snapshot) -> None:
    change = change_by_field(event.payload.get("change", {}))
    hits = judge(rules, snapshot, change)
    if not hits:
        return
    guard = LoopGuard(event, snapshot.ticket)
    for hit in hits:
        if guard.has_run(hit.rule):
            continue
        act(event, hit, snapshot, change, guard)
        if snapshot.ticket.merged_into_id is not None:
            break
        if hit.rule.stop_after and hit.verdict.is_match and not hit.rule.is_shadow:
            break


def judge(rules: list[CompiledRule], snapshot: Snapshot, change: dict[str, Any]) -> list[Judged]:
    """The rules that have something to do at this moment, in their order, each with its trace."""
    worth = [rule for rule in rules if _may_do_something(rule, snapshot, change)]
    judged = [_judge(rule, snapshot, change) for rule in worth]
    return [each for each in judged if each.branch is not None]


def _may_do_something(rule: CompiledRule, snapshot: Snapshot, change: dict[str, Any]) -> bool:
    """False for the many rules that neither match nor have another branch to take."""
    if rule.decide is None:
        return True
    try:
        truth = rule.decide(snapshot.get, change, snapshot.at)
    except CANNOT_EVALUATE:
        return True
    return truth is True or (truth is False and bool(rule.else_actions))


def _judge(rule: CompiledRule, snapshot: Snapshot, change: dict[str, Any]) -> Judged:
    """An error is an error: neither a match nor no match."""
    try:
        return Judged(rule, evaluate(rule.conditions, snapshot, change, at=snapshot.at))
    except CANNOT_EVALUATE as error:
        log.exception("rules.cannot_be_evaluated", rule=str(rule.id))
        return Judged(rule, Verdict(is_match=False), f"{type(error).__name__}: {error}")
