"""Celery tasks of automation and its share of the sweep. A second run changes nothing."""

from __future__ import annotations

import uuid

from celery import shared_task

from automation.csat.surveys import send_due_reminders, send_due_surveys
from automation.reports.mails.sending import send_due as send_due_reports
from automation.reports.rebuild import rebuild_outdated
from automation.rules import time_machine
from automation.rules.by_hand import run_scheduled
from automation.rules.engine import forget_old_runs
from automation.rules.outside import forget_old_calls, send_due
from automation.rules.timers import fire_due
from automation.sla.clock import settle_changed
from automation.sla.firing import fire_due as fire_due_clocks
from helpdesk.sweep import sweeps


@sweeps("csat.send")
def send_surveys() -> int:
    """Send the surveys whose delay is over."""
    return send_due_surveys()


@sweeps("csat.remind", every_seconds=300)
def remind_of_surveys() -> int:
    """Remind once of surveys that wait for their answer."""
    return send_due_reminders()


@sweeps("rules.timers")
def fire_timers() -> int:
    """Run the rules whose timers are due, and ring for those that soon will be."""
    return fire_due()


@sweeps("sla.clocks")
def say_what_is_late() -> int:
    """Warn of targets that will soon be missed, and note those that are."""
    return fire_due_clocks()


@sweeps("sla.policies")
def follow_changed_policies() -> int:
    """Aim running clocks at what their policies say now."""
    return settle_changed()


@sweeps("rules.schedule")
def run_by_the_clock() -> int:
    """Run the rules whose hour has come."""
    return run_scheduled()


@sweeps("rules.calls")
def send_calls() -> int:
    """Send the calls of rules to outside addresses that are due."""
    return send_due()


@sweeps("rules.forget", every_seconds=3600)
def forget_runs() -> int:
    """Delete runs of rules that are older than runs are kept."""
    return forget_old_runs() + forget_old_calls()


@shared_task(name="rules.dry_run", time_limit=120)
def dry_run_task(run_id: str) -> None:
    """Go on with a dry run, and ring again if it takes longer than one task may."""
    if time_machine.go_on(uuid.UUID(run_id)):
        time_machine.ring(uuid.UUID(run_id))


@sweeps("rules.dry_runs")
def go_on_with_dry_runs() -> int:
    """Go on with dry runs that a killed worker or a lost ring left behind."""
    return time_machine.go_on_with_waiting()


@sweeps("rules.forget_dry_runs", every_seconds=3600)
def forget_dry_runs() -> int:
    """Delete dry runs that nobody looks at any more."""
    return time_machine.forget_old()


@sweeps("reports.rebuild", every_seconds=5)
def count_in_new_shape() -> int:
    """Count afresh what an older version counted otherwise."""
    return rebuild_outdated()


@sweeps("reports.mail", every_seconds=5)
def send_reports() -> int:
    """Send the reports whose hour has come."""
    return send_due_reports()
