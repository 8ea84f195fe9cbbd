"""Automation's share of the sweep. A second run changes nothing."""

from __future__ import annotations

from automation.csat.surveys import send_due_surveys
from helpdesk.sweep import sweeps


@sweeps("csat.send")
def send_surveys() -> int:
    """Send the surveys whose delay is over."""
    return send_due_surveys()
