"""Runs the rules: one snapshot per event, every rule judged on it in order, then actions.

This is the subscriber that first understands a customer's message, because rules ask for its
intent. It runs inside the dispatcher's transaction: local and quick, no network. A rule runs at
most once per event, and at most once per ticket in a chain of causes.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db.models import Q

from automation.rules.actions import ACTIONS, ActionContext
from automation.rules.compiled import CompiledRule, active_rules
from automation.rules.conditions import Verdict, evaluate
from automation.rules.fields import labels_in
from automation.rules.models import RuleRun, RunOutcome
from automation.rules.snapshot import Snapshot, change_by_field
from automation.rules.trace import trace_records
from automation.rules.triggers import TRIGGERS
from automation.rules.understanding import understand_ahead, understand_message
from helpdesk.events.actor import Actor
from helpdesk.events.models import Event
from helpdesk.events.outbox import current_unit, record, unit_of_work
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError, NotFound
from helpdesk.lib.ids import new_id
from tickets.actions.change import lock_ticket
from tickets.actions.delivery import lock_many, lock_message
from tickets.models import Message, Ticket

MAX_DEPTH = 5
MAX_ACTIONS_PER_MINUTE = 20
RUNS_KEPT_DAYS = 90
MAX_WHY_CHARS = 500

log = structlog.get_logger()


@dataclass(frozen=True)
class _Judged:
    rule: CompiledRule
    verdict: Verdict
    error: str = ""


def read_batch(events: list[Event]) -> None:
    """Lock and read what the rules will look at: a few queries for a whole batch of events."""
    rules = active_rules(events[0].organization_id)
    wanted = {"message.received"}.union(*(rule.triggers for rule in rules))
    heard = [each for each in events if each.type in wanted and each.ticket_id is not None]
    lock_many(
        [each.ticket_id for each in heard if each.ticket_id is not None],
        [each.object_id for each in heard if each.object_type == "message"],
    )
    arrived = [(Message, each.object_id) for each in heard if each.type == "message.received"]
    unit = current_unit()
    understand_ahead([unit.kept[key] for key in arrived if unit and key in unit.kept])


@subscribes(*TRIGGERS, name="automation.rules", prepare=read_batch)
def run_rules(event: Event) -> None:
    """Understand the message of the event, then run the rules that listen to it."""
    rules = [r for r in active_rules(event.organization_id) if event.type in r.triggers]
    if event.ticket_id is None or not (rules or event.type == "message.received"):
        return
    try:
        ticket, message = _subject_of(event, event.ticket_id)
    except NotFound:
        return
    if ticket.merged_into_id is not None:
        return
    if message is not None and event.type == "message.received":
        understand_message(message)
    if message is not None and message.is_automatic:
        rules = [rule for rule in rules if rule.runs_on_automatic]
    if rules:
        _run(event, rules, ticket, message)


def forget_old_runs(limit: int = 5000) -> int:
    """Delete runs older than RUNS_KEPT_DAYS; returns how many. Part of the sweep."""
    old = RuleRun.objects.filter(at__lt=now() - timedelta(days=RUNS_KEPT_DAYS)).order_by("at")
    count, _ = RuleRun.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[:limit])
    ).delete()
    return count


def _subject_of(event: Event, ticket_id: uuid.UUID) -> tuple[Ticket, Message | None]:
    if event.object_type != "message":
        return lock_ticket(ticket_id), None
    message, ticket = lock_message(event.object_id, ticket_id=ticket_id)
    return ticket, message


def _run(event: Event, rules: list[CompiledRule], ticket: Ticket, message: Message | None) -> None:
    snapshot = Snapshot(ticket, message, at=now())
    change = change_by_field(event.payload.get("change", {}))
    judged = [_judge(rule, snapshot, change) for rule in rules]
    hits = [each for each in judged if each.error or each.verdict.is_match]
    if not hits:
        return
    guard = _LoopGuard(event, ticket)
    for hit in hits:
        if guard.has_run(hit.rule):
            continue
        _act(event, hit, snapshot, change, guard)
        if hit.rule.stop_after and not hit.error:
            break


def _judge(rule: CompiledRule, snapshot: Snapshot, change: dict[str, Any]) -> _Judged:
    """An error is an error: neither a match nor no match."""
    try:
        return _Judged(rule, evaluate(rule.conditions, snapshot, change, at=snapshot.at))
    except (KeyError, TypeError, ValueError) as error:
        log.exception("rules.cannot_be_evaluated", rule=str(rule.id))
        return _Judged(rule, Verdict(is_match=False), f"{type(error).__name__}: {error}")


def _act(
    event: Event, hit: _Judged, snapshot: Snapshot, change: dict[str, Any], guard: _LoopGuard
) -> None:
    run = RuleRun(
        id=new_id(),
        organization_id=event.organization_id,
        rule_id=hit.rule.id,
        rule_name=hit.rule.name,
        rule_version=hit.rule.version,
        ticket=snapshot.ticket,
        message_id=snapshot.message.pk if snapshot.message else None,
        event_seq=event.seq,
        outcome=RunOutcome.ACTED,
        is_match=hit.verdict.is_match,
        trace=trace_records(
            hit.verdict.trace, labels_in(hit.rule.conditions, event.organization_id)
        ),
        at=now(),
    )
    stopped = guard.why_stopped(hit.rule)
    with unit_of_work(actor=Actor("rule", str(hit.rule.id), hit.rule.name)):
        if hit.error:
            run.outcome, run.reason = RunOutcome.ERROR, hit.error[:300]
        elif stopped:
            run.outcome, run.reason = RunOutcome.STOPPED, stopped
        else:
            _apply_actions(run, hit.rule, snapshot, change)
            guard.note_actions(len(run.actions))
        run.save(force_insert=True)
        _record_run(run)


def _apply_actions(
    run: RuleRun, rule: CompiledRule, snapshot: Snapshot, change: dict[str, Any]
) -> None:
    def still_holds() -> bool:
        fresh = snapshot.with_fresh_order()
        return evaluate(rule.conditions, fresh, change, at=snapshot.at).is_match

    context = ActionContext(
        organization_id=run.organization_id,
        ticket_id=run.ticket_id,
        message=snapshot.message,
        order_meant=snapshot.order_meant,
        run_id=run.pk,
        still_holds=still_holds,
        source=f"the rule “{rule.name}”",
        why=", ".join(each["text"] for each in run.trace if each["is_true"])[:MAX_WHY_CHARS],
    )
    for each in rule.actions:
        action = ACTIONS[each["type"]]
        try:
            outcome = action.apply(context, each["params"])
        except HelpdeskError as error:
            outcome, run.outcome = f"failed: {error.message}", RunOutcome.PARTLY
        description = action.describe(each["params"])
        run.actions.append({"type": action.type, "description": description, "outcome": outcome})


def _record_run(run: RuleRun) -> None:
    lines = [_line(each) for each in run.actions] or [run.reason]
    record(
        "rule.ran",
        organization_id=run.organization_id,
        object_type="rule_run",
        object_id=run.pk,
        ticket_id=run.ticket_id,
        payload=lambda: {
            "ticket_id": str(run.ticket_id),
            "run_id": str(run.pk),
            "rule_id": str(run.rule_id),
            "rule_name": run.rule_name,
            "rule_version": run.rule_version,
            "actions": lines,
            "team_id": _team_of(run.ticket_id),
        },
    )


def _team_of(ticket_id: uuid.UUID) -> str | None:
    """Whose ticket it is when all is done: decides who may hear of the run."""
    team_id = lock_ticket(ticket_id).team_id
    return str(team_id) if team_id else None


def _line(action: dict[str, str]) -> str:
    done = action["outcome"] in ("done", "sent")
    return action["description"] if done else f"{action['description']}: {action['outcome']}"


class _LoopGuard:
    """What already ran on this ticket because of the same cause, or within the last minute."""

    def __init__(self, event: Event, ticket: Ticket) -> None:
        self.event, self.at = event, now()
        self.ancestors = _ancestors_of(event)
        runs = RuleRun.objects.filter(ticket=ticket).filter(
            Q(event_seq__in=[*self.ancestors, event.seq], organization_id=event.organization_id)
            | Q(at__gte=self.at - timedelta(minutes=1))
        )
        self.runs = list(runs.values("rule_id", "rule_name", "event_seq", "actions", "at"))
        recent = [r for r in self.runs if r["at"] >= self.at - timedelta(minutes=1)]
        self.actions_lately = sum(len(each["actions"]) for each in recent)
        self.ticket = ticket

    def has_run(self, rule: CompiledRule) -> bool:
        """Whether this very event was handled by the rule before (a redelivery)."""
        return any(r["rule_id"] == rule.id and r["event_seq"] == self.event.seq for r in self.runs)

    def why_stopped(self, rule: CompiledRule) -> str:
        """The reason not to act now, naming the rules of the loop; empty if there is none."""
        chain = [r for r in self.runs if r["event_seq"] in self.ancestors]
        if any(r["rule_id"] == rule.id for r in chain):
            names = " → ".join(dict.fromkeys(r["rule_name"] for r in chain))
            return f"Stopped: loop guard. This rule already ran in this chain ({names})."[:300]
        if self.event.depth >= MAX_DEPTH:
            return f"Stopped: loop guard. {self.event.depth} changes caused each other."
        if self.actions_lately + len(rule.actions) > MAX_ACTIONS_PER_MINUTE:
            return f"Stopped: more than {MAX_ACTIONS_PER_MINUTE} actions within a minute."
        return self._why_limited(rule)

    def note_actions(self, count: int) -> None:
        self.actions_lately += count

    def _why_limited(self, rule: CompiledRule) -> str:
        hours = rule.once_per_ticket_hours
        if not hours:
            return ""
        since = self.at - timedelta(hours=hours)
        ran = RuleRun.objects.filter(
            ticket=self.ticket, rule_id=rule.id, at__gte=since, outcome=RunOutcome.ACTED
        )
        return f"Stopped: it runs once per ticket within {hours} hours." if ran.exists() else ""


def _ancestors_of(event: Event) -> list[int]:
    """Numbers of the events that led to this one, nearest first."""
    found: list[int] = []
    cause = event.cause
    while cause is not None and len(found) < MAX_DEPTH + 2:
        found.append(cause)
        cause = (
            Event.objects.filter(organization_id=event.organization_id, seq=cause)
            .values_list("cause", flat=True)
            .first()
        )
    return found
