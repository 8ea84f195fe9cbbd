"""Warnings and breaches, when their time has come. Their times are rows: they come once each,
also after hours without a worker."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import structlog
from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from automation.sla.calendars import calendars_of
from automation.sla.clock import OLD_NEWS, next_at
from automation.sla.models import ClockState, SlaClock
from automation.sla.policies import active_policies
from automation.sla.showing import announce, show
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound
from tickets.actions.change import lock_ticket

AT_ONCE = 200

log = structlog.get_logger()


def fire_due(limit: int = AT_ONCE) -> int:
    """Say what is due, and ring for what will be before the next sweep; part of the sweep."""
    soon = now() + timedelta(seconds=settings.SWEEP_SECONDS + 1)
    waiting = SlaClock.objects.filter(state=ClockState.RUNNING, next_at__lte=soon)
    done = 0
    for clock_id, due in list(waiting.order_by("next_at").values_list("pk", "next_at")[:limit]):
        left = (due - now()).total_seconds() if due else 0
        if left > 0:
            _ring(clock_id, left)
        else:
            done += fire(clock_id)
    return done


def fire(clock_id: uuid.UUID, *, at: datetime | None = None) -> bool:
    """Warn of the clock, or note its breach, if that is due; False otherwise. Idempotent.

    ``at`` is given only where history is brought in.
    """
    found = SlaClock.objects.filter(pk=clock_id).first()
    if found is None:
        return False
    with unit_of_work():
        try:
            ticket = lock_ticket(found.ticket_id)
        except NotFound:
            return False
        clock = SlaClock.objects.get(pk=clock_id)
        at = at or now()
        if clock.state != ClockState.RUNNING or clock.next_at is None or clock.next_at > at:
            return False
        is_late = clock.due_at is not None and clock.due_at <= at
        if is_late:
            clock.breached_at, clock.next_at = clock.due_at, None
        else:
            clock.warned += 1
            policies = active_policies(ticket.organization_id)
            policy = next((each for each in policies if each.id == clock.policy_id), None)
            calendar = calendars_of(ticket.organization).get(clock.calendar_id)
            clock.next_at = next_at(clock, calendar, policy)
        clock.save(update_fields=["breached_at", "next_at", "warned"])
        show(ticket)
        if clock.due_at is not None and at - clock.due_at < OLD_NEWS:
            announce("sla.breached" if is_late else "sla.warned", ticket, clock)
    return True


@shared_task(name="automation.fire_sla_clock", time_limit=60)
def fire_clock_task(clock_id: str) -> None:
    """Rung for the very second."""
    fire(uuid.UUID(clock_id))


def _ring(clock_id: uuid.UUID, in_seconds: float) -> None:
    try:
        fire_clock_task.apply_async((str(clock_id),), countdown=in_seconds, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell.broker_unreachable", error=type(error).__name__)
