"""What a rule does once it is judged: its actions one by one, kept as a run with the reason why."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

from automation.rules.actions import ACTIONS, ActionContext
from automation.rules.compiled import CompiledRule
from automation.rules.conditions import Verdict, evaluate
from automation.rules.fields import labels_in
from automation.rules.limits import ALARMING, LoopGuard
from automation.rules.models import Branch, RuleRun, RunOutcome
from automation.rules.snapshot import Snapshot
from automation.rules.trace import trace_records
from helpdesk.events.actor import Actor
from helpdesk.events.models import Event
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError
from helpdesk.lib.ids import new_id
from tickets.actions.change import lock_ticket
from tickets.actions.taking_back import difference, photograph

MAX_WHY_CHARS = 500
_UNDONE = {"status", "snoozed_until", "assignee_id", "team_id", "tags", "priority", "subject",
           "merged_into_id"}  # fmt: skip
"""What undoing a run takes back; other fields only follow from these."""


@dataclass(frozen=True)
class Judged:
    """A rule and what its conditions came to."""

    rule: CompiledRule
    verdict: Verdict
    error: str = ""

    @property
    def branch(self) -> Branch | None:
        """Which actions are to be done; None: nothing is. An error counts as the first branch."""
        if self.error or self.verdict.is_match:
            return Branch.THEN
        return Branch.ELSE if self.rule.else_actions and self.verdict.is_known else None

    @property
    def actions(self) -> tuple[dict[str, Any], ...]:
        """What is to be done."""
        return self.rule.else_actions if self.branch == Branch.ELSE else self.rule.actions


def act(
    event: Event, hit: Judged, snapshot: Snapshot, change: dict[str, Any], guard: LoopGuard
) -> None:
    """Do what the rule says, or keep what stopped it; in the shadow only what it would do."""
    began = time.perf_counter()
    run = _new_run(event, hit, snapshot)
    stopped = guard.why_stopped(hit.rule, len(hit.actions))
    with unit_of_work(actor=Actor("rule", str(hit.rule.id), hit.rule.name)):
        if hit.error:
            run.outcome, run.reason = RunOutcome.ERROR, hit.error[:300]
        elif stopped:
            run.outcome, run.reason = RunOutcome.STOPPED, stopped
        elif hit.rule.is_shadow:
            run.outcome = RunOutcome.SHADOW
            run.actions = [_told(each, "would be done") for each in hit.actions]
        else:
            before = photograph(lock_ticket(run.ticket_id))
            _apply_actions(run, hit, snapshot, change, _trigger_of(event))
            changed = difference(before, lock_ticket(run.ticket_id))
            run.changed = changed if set(changed) & _UNDONE else {}
            guard.note_actions(len(run.actions))
        run.duration_ms = round((time.perf_counter() - began) * 1000)
        run.save(force_insert=True)
        if not hit.rule.is_shadow:
            record_run(run, _notices(run, hit))


def record_run(run: RuleRun, notices: list[dict[str, Any]]) -> None:
    """Announce what the rule did, to those who see the ticket when all is done; ``notices`` are
    the parameters of its actions that notify."""
    lines = [_line(each) for each in run.actions] or [run.reason]
    more: dict[str, Any] = {"notify": notices} if notices else {}
    trouble = trouble_of(run)
    if trouble:
        more["trouble"] = trouble
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
            **more,
        },
    )


def record_again(run: RuleRun) -> None:
    """Announce a run that came to something else than was known when it ran."""
    with unit_of_work(actor=Actor("rule", str(run.rule_id), run.rule_name)):
        record_run(run, [])


def trouble_of(run: RuleRun) -> str:
    """What an admin must know of the run: an error, a loop, a pause, an action that failed."""
    if run.outcome == RunOutcome.ERROR:
        return f"It could not be evaluated: {run.reason}"
    if run.outcome == RunOutcome.STOPPED:
        return run.reason if run.reason.startswith(ALARMING) else ""
    failed = [each for each in run.actions if each["outcome"].startswith("failed")]
    return "; ".join(_line(each) for each in failed)


def _new_run(event: Event, hit: Judged, snapshot: Snapshot) -> RuleRun:
    labels = labels_in(hit.rule.conditions, event.organization_id)
    return RuleRun(
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
        branch=hit.branch or Branch.THEN,
        trace=trace_records(hit.verdict.trace, labels),
        at=now(),
    )


def _trigger_of(event: Event) -> str:
    """What made the rule run: the event, or what an announced run says of itself."""
    return str(event.payload["trigger"] if event.type == "rule.due" else event.type)


def _apply_actions(
    run: RuleRun, hit: Judged, snapshot: Snapshot, change: dict[str, Any], trigger: str
) -> None:
    rule = hit.rule

    def still_holds() -> bool:
        fresh = snapshot.with_fresh_order()
        again = evaluate(rule.conditions, fresh, change, at=snapshot.at)
        return Judged(rule, again).branch == hit.branch

    context = ActionContext(
        organization_id=run.organization_id,
        ticket_id=run.ticket_id,
        message=snapshot.message,
        order_meant=snapshot.order_meant,
        run_id=run.pk,
        still_holds=still_holds,
        source=f"the rule “{rule.name}”",
        trigger=trigger,
        why=_why(run),
    )
    for each in hit.actions:
        try:
            outcome = ACTIONS[each["type"]].apply(context, each["params"])
        except HelpdeskError as error:
            outcome, run.outcome = f"failed: {error.message}", RunOutcome.PARTLY
        run.actions.append(_told(each, outcome))


def _notices(run: RuleRun, hit: Judged) -> list[dict[str, Any]]:
    if run.outcome not in (RunOutcome.ACTED, RunOutcome.PARTLY):
        return []
    return [
        {name: each["params"][name] for name in ("user_ids", "team_ids", "text")}
        for each in hit.actions
        if each["type"] == "notify"
    ]


def _why(run: RuleRun) -> str:
    wanted = run.branch == Branch.THEN
    said = (each["text"] for each in run.trace if each["is_true"] is wanted)
    return ", ".join(said)[:MAX_WHY_CHARS]


def _told(action: dict[str, Any], outcome: str) -> dict[str, str]:
    description = ACTIONS[action["type"]].describe(action["params"])
    return {"type": action["type"], "description": description, "outcome": outcome}


def _team_of(ticket_id: uuid.UUID) -> str | None:
    """Whose ticket it is when all is done: decides who may hear of the run."""
    team_id = lock_ticket(ticket_id).team_id
    return str(team_id) if team_id else None


def _line(action: dict[str, str]) -> str:
    done = action["outcome"] in ("done", "sent")
    return action["description"] if done else f"{action['description']}: {action['outcome']}"
