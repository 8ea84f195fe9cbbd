"""What a rule would do, without doing it: the same judgement, nothing written, nothing sent.

Judged on the newest customer message of each ticket and the ticket as it is now. A message that
was never understood (it is older than the rules) counts with the intent it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automation.macros.models import Macro
from automation.rules import order_actions
from automation.rules.conditions import evaluate
from automation.rules.fields import labels_in
from automation.rules.models import Rule
from automation.rules.snapshot import Snapshot
from automation.rules.trace import StepRecord, trace_records
from automation.rules.would import Scene, macros_of, told_actions
from helpdesk.lib.clock import iso, now
from tickets.models import Message, MessageKind, Ticket


@dataclass(frozen=True)
class Trial:
    """What the rule would have made of one ticket."""

    ticket: Ticket
    message: Message | None
    is_match: bool
    trace: list[StepRecord]
    actions: list[dict[str, Any]] = field(default_factory=list)


def dry_run(rule: Rule, ticket: Ticket) -> Trial:
    """Judge the rule on the ticket as it is now; what it would do to an order is quoted."""
    labels = labels_in(rule.conditions, rule.organization_id)
    run = _judge(rule, ticket, _newest_messages([ticket]).get(ticket.pk), labels,
                 macros_of(rule.actions))  # fmt: skip
    for told, action in zip(run.actions, rule.actions, strict=False):
        if run.is_match and action["type"] == order_actions.TYPE:
            told["outcome"] = order_actions.would(action["params"], ticket, run.message)
    return run


def trials_of(rule: Rule, tickets: list[Ticket]) -> list[Trial]:
    """Judge the rule on each of them as it is now, in a few queries for all of them."""
    messages = _newest_messages(tickets)
    labels = labels_in(rule.conditions, rule.organization_id)
    macros = macros_of(rule.actions)
    return [_judge(rule, each, messages.get(each.pk), labels, macros) for each in tickets]


def dry_run_record(rule: Rule, run: Trial) -> dict[str, Any]:
    """In the shape of a run; every outcome is ``would``."""
    return {
        "id": None,
        "rule_id": str(rule.pk),
        "rule_name": rule.name,
        "rule_version": rule.live_version,
        "ticket_id": str(run.ticket.pk),
        "ticket_number": run.ticket.number,
        "ticket_subject": run.ticket.subject,
        "message_id": str(run.message.pk) if run.message else None,
        "at": iso(now()),
        "outcome": "test",
        "reason": "",
        "is_match": run.is_match,
        "branch": "then",
        "trace": run.trace,
        "actions": run.actions,
        "duration_ms": 0,
        "can_undo": False,
        "undone_at": None,
        "undone_by": None,
    }


def _judge(
    rule: Rule,
    ticket: Ticket,
    message: Message | None,
    labels: Mapping[str, str],
    macros: Mapping[str, Macro],
) -> Trial:
    snapshot = Snapshot(ticket, message, at=now())
    verdict = evaluate(rule.conditions, snapshot, {}, at=snapshot.at)
    is_match = verdict.is_match and (
        rule.runs_on_automatic or message is None or not message.is_automatic
    )
    scene = Scene(ticket, message, snapshot.order_meant, snapshot.at, macros, rule.triggers)
    actions = told_actions(rule.actions, scene if is_match else None)
    return Trial(ticket, message, is_match, trace_records(verdict.trace, labels), actions)


def _newest_messages(tickets: list[Ticket]) -> dict[Any, Message]:
    """The newest customer message of each ticket, in two queries."""
    newest = (
        Message.objects.filter(ticket__in=tickets, kind=MessageKind.CUSTOMER)
        .order_by("ticket_id", "-position")
        .distinct("ticket_id")
        .select_related("body")
        .prefetch_related("attachments")
    )
    return {message.ticket_id: message for message in newest}
