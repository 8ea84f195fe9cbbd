"""Gives the demo hours of business and targets, and lets their clocks run through its history."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from automation.sla.clock import follow
from automation.sla.edit import save_calendar, save_policy
from automation.sla.firing import fire
from automation.sla.models import ClockState, SlaClock
from helpdesk.accounts.models import Organization, Team
from helpdesk.events.actor import SYSTEM
from helpdesk.events.outbox import UnitOfWork, unit_of_work

HOUR = 60 * 60
_HEARD = frozenset(
    {
        "message.received",
        "message.queued",
        "ticket.status_changed",
        "ticket.priority_changed",
        "ticket.snoozed",
    }
)
"""What moves a clock of the demo; the rest says nothing new to one."""
_PRESSING = {
    "any": [
        {"field": "ticket.priority", "operator": "is", "value": "urgent"},
        {"field": "ticket.priority", "operator": "is", "value": "high"},
        {"field": "customer.is_vip", "operator": "is", "value": True},
    ]
}


def seed_policies(organization: Organization, opened_at: datetime) -> None:
    """Two calendars, two policies: what is pressing counts at night too."""
    days = ("mon", "tue", "wed", "thu", "fri")
    save_calendar(organization, _studio(days, opened_at))
    returns = Team.objects.get(organization=organization, name="Returns")
    warehouse = {
        "name": "Returns desk",
        "week": {day: [["08:00", "12:00"], ["13:00", "16:00"]] for day in days},
        "country": "PT",
        "uses": [{"kind": "team", "id": str(returns.pk)}],
    }
    save_calendar(organization, warehouse)
    pressing = {
        "name": "Urgent and VIP",
        "conditions": _PRESSING,
        "hours": "always",
        "first_reply": 3 * HOUR,
        "next_reply": 4 * HOUR,
        "resolution": 48 * HOUR,
        "warnings": [{"percent": 75}],
    }
    save_policy(organization, pressing)
    everybody = {
        "name": "Everybody else",
        "first_reply": 6 * HOUR,
        "next_reply": 9 * HOUR,
        "pauses_while_snoozed": True,
        "warnings": [{"percent": 75}, {"minutes": 30}],
    }
    save_policy(organization, everybody)


def keep_clocks(unit: UnitOfWork, known: int) -> None:
    """Settle the clocks to what was recorded since the first ``known`` events of this unit."""
    for event in [each for each in unit.numbered[known:] if each.type in _HEARD]:
        with unit_of_work(actor=SYSTEM, at=event.at):
            follow(event)
            unit.flush()


def ring_clocks(unit: UnitOfWork, *, until: datetime, ticket_id: uuid.UUID | None = None) -> None:
    """Warn and breach what was due by then, each at its own moment."""
    waiting = SlaClock.objects.filter(state=ClockState.RUNNING, next_at__lte=until)
    if ticket_id is not None:
        waiting = waiting.filter(ticket_id=ticket_id)
    while True:
        due = waiting.order_by("next_at").values_list("pk", "next_at").first()
        if due is None or due[1] is None:
            return
        with unit_of_work(actor=SYSTEM, at=due[1]):
            fire(due[0], at=due[1])
            unit.flush()


def _studio(days: tuple[str, ...], opened_at: datetime) -> dict[str, Any]:
    """The shop's hours, with its holidays and a day for counting the shelves next month."""
    closed = (opened_at + timedelta(days=30)).date()
    return {
        "name": "Studio hours",
        "week": {**{day: [["09:00", "18:00"]] for day in days}, "sat": [["10:00", "14:00"]]},
        "country": "PT",
        "closed_days": [{"date": closed.isoformat(), "name": "We count the shelves"}],
        "is_default": True,
    }
