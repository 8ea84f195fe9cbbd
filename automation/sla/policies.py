"""The policies of an organization: read once per change, and which one holds for a ticket."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Sum

from automation.rules.deciding import Decide, compile_tree
from automation.rules.snapshot import Snapshot
from automation.sla.calendars import Calendars
from automation.sla.models import Hours, SlaPolicy, Target
from helpdesk.events.outbox import current_unit
from tickets.models import Ticket


@dataclass(frozen=True)
class Policy:
    """What an active policy promises."""

    id: uuid.UUID
    name: str
    version: int
    goals: dict[str, int]
    hours: str
    calendar_id: uuid.UUID | None
    pauses_while_waiting: bool
    pauses_while_snoozed: bool
    warnings: tuple[dict[str, int], ...]
    alerts: dict[str, Any]
    decide: Decide

    @classmethod
    def of(cls, policy: SlaPolicy) -> Policy:
        goals = {each: getattr(policy, each) for each in Target.values}
        return cls(
            policy.pk,
            policy.name,
            policy.version,
            {target: goal for target, goal in goals.items() if goal},
            policy.hours,
            policy.calendar_id,
            policy.pauses_while_waiting,
            policy.pauses_while_snoozed,
            tuple(policy.warnings),
            policy.alerts,
            compile_tree(policy.conditions),
        )

    def calendar_for(self, ticket: Ticket, calendars: Calendars) -> uuid.UUID | None:
        """The calendar that its targets count in on this ticket; None: around the clock."""
        if self.hours == Hours.CALENDAR:
            return self.calendar_id
        if self.hours == Hours.TICKET:
            return calendars.id_for(channel=ticket.channel_id, team=ticket.team_id)
        return None

    def warns_at(self, goal: float) -> list[float]:
        """The seconds spent at which somebody is to be warned, the first one first."""
        moments = (
            goal * each["percent"] / 100 if "percent" in each else goal - 60 * each["minutes"]
            for each in self.warnings
        )
        return sorted({each for each in moments if 0 < each < goal})


Finder = Callable[[Ticket, datetime], Policy | None]

_kept: dict[uuid.UUID, tuple[tuple[Any, ...], list[Policy]]] = {}
_lock = threading.Lock()


def find_policy(ticket: Ticket, at: datetime) -> Policy | None:
    """The first active policy whose conditions hold for the ticket, or None."""
    facts: Snapshot | None = None
    for policy in active_policies(ticket.organization_id):
        if facts is None:
            facts = Snapshot(ticket, None, at=at)
        try:
            if policy.decide(facts.get, {}, at) is True:
                return policy
        except (KeyError, TypeError, ValueError):
            continue
    return None


def has_policies(organization_id: uuid.UUID) -> bool:
    """Whether there ever was a policy, so that clocks may run."""
    return bool(_stamp_of(organization_id)[0])


def active_policies(organization_id: uuid.UUID) -> list[Policy]:
    """The active policies in their order; one small query per unit of work."""
    stamp = _stamp_of(organization_id)
    with _lock:
        kept = _kept.get(organization_id)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    found = SlaPolicy.objects.filter(organization_id=organization_id, is_active=True)
    policies = [Policy.of(each) for each in found]
    with _lock:
        _kept[organization_id] = (stamp, policies)
    return policies


def _stamp_of(organization_id: uuid.UUID) -> tuple[Any, ...]:
    unit = current_unit()
    seen = unit.kept if unit else {}
    key = (SlaPolicy, organization_id)
    if key not in seen:
        row = SlaPolicy.objects.filter(organization_id=organization_id).aggregate(
            Count("pk"), Sum("version"), Max("updated_at")
        )
        seen[key] = tuple(row.values())
    stamp: tuple[Any, ...] = seen[key]
    return stamp
