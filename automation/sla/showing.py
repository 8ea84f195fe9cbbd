"""What a ticket shows of its clocks, and the events that say one is late or soon will be."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from automation.sla.models import ClockState, SlaClock
from automation.sla.policies import active_policies
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import iso
from tickets.actions.marks import Level, set_sla
from tickets.models import SlaState, Ticket
from tickets.records import ticket_payload


def show(ticket: Ticket) -> None:
    """Let the ticket say how it stands to its most pressing target."""
    live = Q(state__in=(ClockState.RUNNING, ClockState.PAUSED))
    rows = list(SlaClock.objects.filter(ticket=ticket).filter(live))
    if rows:
        pressing = min(rows, key=_urgency)
        set_sla(ticket.pk, _level(pressing))
        return
    last = (
        SlaClock.objects.filter(ticket=ticket, state=ClockState.DONE)
        .order_by("-stopped_at", "-pk")
        .first()
    )
    set_sla(ticket.pk, _level(last) if last else Level())


def announce(type_: str, ticket: Ticket, clock: SlaClock) -> None:
    """Tell everybody that listens: ``sla.warned`` or ``sla.breached``."""
    said = {
        "target": clock.target,
        "policy": clock.policy_name,
        "policy_id": str(clock.policy_id) if clock.policy_id else None,
        "due_at": iso(clock.due_at),
        "tell": _people_told(ticket, clock),
    }
    with unit_of_work():
        record(
            type_,
            organization_id=ticket.organization_id,
            object_type="ticket",
            object_id=ticket.pk,
            ticket_id=ticket.pk,
            payload=lambda: {**ticket_payload(ticket), **said},
        )


def _people_told(ticket: Ticket, clock: SlaClock) -> list[str]:
    """Whom the policy names."""
    policies = active_policies(ticket.organization_id)
    policy = next((each for each in policies if each.id == clock.policy_id), None)
    return list(policy.alerts.get("people", ())) if policy else []


def _urgency(clock: SlaClock) -> tuple[Any, ...]:
    """Late ones first, then the soonest, then those that stand still."""
    due = clock.breached_at or clock.due_at
    return (clock.breached_at is None, due is None, due or clock.started_at, str(clock.pk))


def _level(clock: SlaClock) -> Level:
    if clock.breached_at is not None:
        due = clock.breached_at if clock.is_live else None
        return Level(SlaState.BREACHED, clock.target, clock.policy_name, due)
    if clock.state == ClockState.DONE:
        return Level(SlaState.MET, clock.target, clock.policy_name)
    state = SlaState.PAUSED if clock.state == ClockState.PAUSED else SlaState.RUNNING
    return Level(state, clock.target, clock.policy_name, clock.due_at, clock.amber_at)
