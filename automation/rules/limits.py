"""What keeps rules from running for ever, too often, or over one customer."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from automation.rules.compiled import CompiledRule
from automation.rules.edit import lock_rule, touch
from automation.rules.models import Mode, Rule, RuleRun, RunOutcome
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from tickets.models import Ticket

MAX_DEPTH = 5
MAX_ACTIONS_PER_MINUTE = 20
_DONE = (RunOutcome.ACTED, RunOutcome.PARTLY, RunOutcome.SHADOW)


ALARMING = ("Stopped: loop guard.", "Stopped: more than", "Paused:")
"""Reasons that begin so are no ordinary limit: something is wrong with the rules."""


class LoopGuard:
    """What already ran on this ticket because of the same cause, or within the last minute."""

    def __init__(self, event: Event, ticket: Ticket) -> None:
        self.event, self.at = event, now()
        self.ancestors = _ancestors_of(event)
        runs = RuleRun.objects.filter(ticket=ticket).filter(
            Q(event_seq__in=[*self.ancestors, event.seq], organization_id=event.organization_id)
            | Q(at__gte=self.at - timedelta(minutes=1))
        )
        fields = ("rule_id", "rule_name", "event_seq", "outcome", "actions", "at")
        self.runs = list(runs.values(*fields))
        recent = [r for r in self.runs if r["at"] >= self.at - timedelta(minutes=1)]
        self.actions_lately = sum(
            len(each["actions"]) for each in recent if each["outcome"] != RunOutcome.SHADOW
        )
        self._handled = {r["rule_id"] for r in self.runs if r["event_seq"] == event.seq}
        self.ticket = ticket

    def has_run(self, rule: CompiledRule) -> bool:
        """Whether this very event was handled by the rule before (a redelivery)."""
        return rule.id in self._handled

    def why_stopped(self, rule: CompiledRule, actions: int) -> str:
        """The reason not to act now, naming the rules of the loop; empty if there is none."""
        chain = [r for r in self.runs if r["event_seq"] in self.ancestors]
        if any(r["rule_id"] == rule.id for r in chain):
            names = " → ".join(dict.fromkeys(r["rule_name"] for r in chain))
            return f"Stopped: loop guard. This rule already ran in this chain ({names})."[:300]
        if self.event.depth >= MAX_DEPTH:
            return f"Stopped: loop guard. {self.event.depth} changes caused each other."
        if self.actions_lately + actions > MAX_ACTIONS_PER_MINUTE:
            return f"Stopped: more than {MAX_ACTIONS_PER_MINUTE} actions within a minute."
        return self._why_limited(rule)

    def note_actions(self, count: int) -> None:
        """So many more were done just now."""
        self.actions_lately += count

    def _why_limited(self, rule: CompiledRule) -> str:
        runs = RuleRun.objects.filter(rule_id=rule.id, outcome__in=_DONE)
        hours = rule.once_per_ticket_hours
        if hours:
            since = self.at - timedelta(hours=hours)
            if runs.filter(ticket=self.ticket, at__gte=since).exists():
                return f"Stopped: it runs once per ticket within {hours} hours."
        most = rule.limits.get("per_customer_day")
        if most:
            lately = runs.filter(
                ticket__customer_id=self.ticket.customer_id, at__gte=self.at - timedelta(hours=24)
            )
            if lately.count() >= most:
                return f"Stopped: it runs {most}× per customer and day."
        most = rule.limits.get("per_minute")
        if most and runs.filter(at__gte=self.at - timedelta(minutes=1)).count() >= most:
            return _pause(rule, most)
        return ""


def _pause(rule: CompiledRule, most: int) -> str:
    """Switch a rule off that runs away; an admin hears of it and switches it on again."""
    reason = f"Paused: it would run more than {most}× within a minute."
    locked = lock_rule(Rule(pk=rule.id))
    if locked.mode != Mode.OFF:
        locked.mode = Mode.OFF
        locked.paused_at, locked.paused_reason = now(), reason
        touch(locked)
    return reason


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
