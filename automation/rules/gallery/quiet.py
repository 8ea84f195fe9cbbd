"""Templates about tickets on which nobody writes."""

from __future__ import annotations

from typing import Any

from automation.rules.gallery.parts import Macros, Template, priority, tagged
from automation.rules.shipped import action, leaf


def _stale(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["no_reply"],
        "wait": {"after": "7d", "since": "our_message"},
        "conditions": {"all": [leaf("ticket.status", "is_any_of", ["open", "snoozed"])]},
        "actions": [tagged("no-answer"), action("set_status", status="closed")],
    }


def _unanswered(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["no_reply"],
        "wait": {"after": "4h", "since": "customer_message"},
        "conditions": {"all": [leaf("ticket.status", "is", "open")]},
        "actions": [tagged("overdue"), priority("high")],
        "once_per_ticket_hours": 24,
    }


TEMPLATES = (
    Template(
        "stale-close",
        "No answer for a week: close",
        "We wrote, the customer did not answer for seven days: closed; their next message opens it.",
        _stale,
    ),
    Template(
        "unanswered",
        "A customer waits for four hours",
        "Nobody of us answered for four hours: tagged and lifted.",
        _unanswered,
    ),
)
