"""Automation's share of the sweep. A second run changes nothing."""

from __future__ import annotations

from automation.csat.surveys import send_due_surveys
from automation.rules.engine import forget_old_runs
from helpdesk.sweep import sweeps


@sweeps("csat.send")
def send_surveys() -> int:
    """Send the surveys whose delay is over."""
    return send_due_surveys()


@sweeps("rules.forget", every_seconds=3600)
def forget_runs() -> int:
    """Delete runs of rules that are older than runs are kept."""
    return forget_old_runs()
