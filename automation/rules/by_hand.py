"""Rules that a person runs on a ticket with a button, and those that run by the clock."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from automation.rules.dry_run import dry_run, dry_run_record, trials_of
from automation.rules.edit import set_next
from automation.rules.models import Mode, Rule
from automation.rules.timers import record_due
from automation.rules.triggers import MANUAL, SCHEDULE
from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict
from tickets.models import Ticket

MAX_TICKETS = 1000
LOOKS_BACK = timedelta(days=90)


def run_by_hand(rule: Rule, ticket: Ticket, *, user: User) -> dict[str, Any]:
    """Have the rule run on the ticket if its conditions hold now; returns the judgement.

    Raises Conflict where it cannot be run by hand, or is off.
    """
    if MANUAL not in rule.triggers:
        raise Conflict("This rule is not run by hand.", code="not_manual")
    if rule.mode == Mode.OFF:
        raise Conflict("This rule is switched off.", code="rule_off")
    trial = dry_run(rule, ticket)
    if trial.is_match:
        record_due(
            rule.pk,
            ticket,
            trigger=MANUAL,
            message_id=trial.message.pk if trial.message else None,
            actor=Actor.of_user(user),
        )
    return dry_run_record(rule, trial)


def run_scheduled() -> int:
    """Run every rule whose hour has come, once however late; returns on how many tickets."""
    due = Rule.objects.filter(next_at__lte=now()).order_by("next_at")
    return sum(_run_scheduled(rule_id) for rule_id in list(due.values_list("pk", flat=True)[:20]))


def _run_scheduled(rule_id: uuid.UUID) -> int:
    with unit_of_work():
        found = Rule.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        rule = found.select_related("organization").filter(pk=rule_id, next_at__lte=now()).first()
        if rule is None:
            return 0
        set_next(rule)
        rule.save(update_fields=["next_at"])
        if rule.next_at is None:
            return 0
        matching = [each for each in trials_of(rule, _candidates(rule)) if each.is_match]
        for each in matching:
            message_id = each.message.pk if each.message else None
            record_due(rule.pk, each.ticket, trigger=SCHEDULE, message_id=message_id)
        return len(matching)


def _candidates(rule: Rule) -> list[Ticket]:
    tickets = Ticket.objects.filter(
        organization_id=rule.organization_id,
        merged_into=None,
        updated_at__gte=now() - LOOKS_BACK,
    )
    return list(tickets.select_related("customer").order_by("-updated_at", "pk")[:MAX_TICKETS])
