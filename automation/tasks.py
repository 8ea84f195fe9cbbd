"""Automation's share of the sweep. A second run changes nothing."""

from __future__ import annotations

from automation.csat.surveys import send_due_surveys
from automation.rules.by_hand import run_scheduled
from automation.rules.engine import forget_old_runs
from automation.rules.timers import fire_due
from helpdesk.sweep import sweeps


@sweeps("csat.send")
def send_surveys() -> int:
    """Send the surveys whose delay is over."""
    return send_due_surveys()


@sweeps("rules.timers")
def fire_timers() -> int:
    """Run the rules whose timers are due, and ring for those that soon will be."""
    return fire_due()


@sweeps("rules.schedule")
def run_by_the_clock() -> int:
    """Run the rules whose hour has come."""
    return run_scheduled()


@sweeps("rules.forget", every_seconds=3600)
def forget_runs() -> int:
    """Delete runs of rules that are older than runs are kept."""
    return forget_old_runs()
