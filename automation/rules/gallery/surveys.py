"""Templates about ratings."""

from __future__ import annotations

from typing import Any

from automation.rules.gallery.parts import Macros, Template, answer, priority, tagged
from automation.rules.shipped import action, leaf


def _csat(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["csat.answered"],
        "conditions": {
            "all": [
                leaf("ticket.csat_score", "is_present", None),
                leaf("ticket.csat_score", "less_than", 3),
            ]
        },
        "actions": [
            action("set_status", status="open"),
            tagged("recovery"),
            priority("high"),
        ],
        "once_per_ticket_hours": 24,
    }


def _happy(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["csat.answered"],
        "conditions": {
            "all": [
                leaf("survey.kind", "is", "csat"),
                leaf("survey.score", "more_than", 3),
                leaf("loyalty.is_member", "is", value=True),
            ]
        },
        "actions": [tagged("happy"), answer(macros, "review-invite")],
        "once_per_ticket_hours": 720,
        "limits": {"per_customer_day": 1},
    }


def _happy_invite(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["csat.answered"],
        "conditions": {
            "all": [
                leaf("survey.kind", "is", "csat"),
                leaf("survey.score", "more_than", 3),
                leaf("loyalty.is_member", "is", value=False),
            ]
        },
        "actions": [tagged("happy"), answer(macros, "loyalty-invite")],
        "once_per_ticket_hours": 720,
        "limits": {"per_customer_day": 1},
    }


def _detractor(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["csat.answered"],
        "conditions": {"all": [leaf("survey.nps_group", "is", "detractor")]},
        "actions": [
            action("set_status", status="open"),
            tagged("detractor"),
            priority("high"),
            action("turn_survey_off"),
        ],
        "once_per_ticket_hours": 24,
    }


TEMPLATES = (
    Template(
        "csat-review",
        "Four or five stars: ask for a review",
        "A good score of somebody in your loyalty programme: they are asked for a product review.",
        _happy,
        macros=("review-invite",),
    ),
    Template(
        "csat-loyalty",
        "Four or five stars: invite to the loyalty programme",
        "A good score of somebody who is no member yet: they are invited.",
        _happy_invite,
        macros=("loyalty-invite",),
    ),
    Template(
        "nps-detractor",
        "Would not recommend us: win them back",
        "Nought to six of ten opens the ticket again, lifts it and asks no more.",
        _detractor,
    ),
    Template(
        "csat-recovery",
        "One or two stars: win them back",
        "A bad score opens the ticket again and lifts it.",
        _csat,
    ),
)
