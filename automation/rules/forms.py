"""What the parameters of an action are asked with, for forms that are drawn from the vocabulary.

Types: text, longtext, email, choice, team, macro. An action that is not named here has a form of
its own.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from automation.rules.ticket_actions import LAST_AGENT, AssignByTurn


class Choice(TypedDict):
    value: str
    label: str


class FormField(TypedDict):
    name: str
    type: str
    label: str
    choices: NotRequired[list[Choice]]


_STRATEGIES = {
    "round_robin": "In turn",
    "least_busy": "Who has the fewest open tickets",
    LAST_AGENT: "Who answered this customer last, else in turn",
}

FORMS: dict[str, list[FormField]] = {
    "reset_tags": [],
    "set_subject": [{"name": "subject", "type": "text", "label": "Subject"}],
    "send_email": [
        {"name": "address", "type": "email", "label": "E-mail address"},
        {"name": "text", "type": "longtext", "label": "Text"},
    ],
    "send_survey": [],
    "run_macro_actions": [{"name": "macro_id", "type": "macro", "label": "Macro"}],
    "assign_by_turn": [
        {"name": "team_id", "type": "team", "label": "Team"},
        {
            "name": "strategy",
            "type": "choice",
            "label": "Who gets it",
            "choices": [
                {"value": each, "label": _STRATEGIES[each]} for each in AssignByTurn.strategies
            ],
        },
    ],
    "merge_into_open": [],
}
