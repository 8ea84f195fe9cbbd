"""What a rule says, as one object: checked, compared and put into the rule's columns.

``{name, description, triggers, wait, schedule, conditions, actions, else_actions, stop_after,
runs_on_automatic, once_per_ticket_hours, limits}``. Drafts, versions and dry runs hold it whole.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from automation.rules.actions import ACTIONS, MAX_ACTIONS, clean_actions
from automation.rules.fields import check_conditions
from automation.rules.models import Definition, Rule
from automation.rules.triggers import TRIGGERS
from automation.rules.waiting import clean_schedule, clean_wait
from helpdesk.lib.errors import FieldError, InvalidInput

EMPTY: Definition = {
    "name": "",
    "description": "",
    "triggers": [],
    "wait": None,
    "schedule": None,
    "conditions": {},
    "actions": [],
    "else_actions": [],
    "stop_after": False,
    "runs_on_automatic": False,
    "once_per_ticket_hours": 0,
    "limits": {},
}
NAMES = tuple(EMPTY)
SAFETY = ("messages", "money", "outside")
_BEHAVIOUR = tuple(name for name in NAMES if name not in ("name", "description"))
_LIMITS = {"per_customer_day": 1000, "per_minute": 10_000}
MAX_HOURS = 8760


def clean_definition(
    organization_id: uuid.UUID, given: Any, *, is_complete: bool = True
) -> Definition:
    """The definition as it is stored; raises InvalidInput naming every wrong place.

    ``is_complete`` False is for a draft: it may lack its trigger and actions, but what is there
    must be right.
    """
    if not isinstance(given, dict):
        raise InvalidInput.field("definition", "A definition is an object.")
    unknown = sorted(set(given) - set(NAMES))
    if unknown:
        raise InvalidInput.field(unknown[0], "A rule has no such part.", code="unknown")
    definition, errors = dict(EMPTY), []
    for name in NAMES:
        if name not in given and not (is_complete and name in ("name", "triggers")):
            continue
        value = given.get(name)
        if not is_complete and name in ("name", "triggers") and not value:
            continue
        try:
            definition[name] = _CLEAN[name](organization_id, value)
        except InvalidInput as error:
            errors += error.errors
    errors = errors or _contradictions_of(definition, is_complete=is_complete)
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)
    return definition


def definition_of(rule: Rule) -> Definition:
    """What the live version says."""
    return {name: getattr(rule, name) for name in NAMES}


def write_definition(rule: Rule, definition: Mapping[str, Any]) -> None:
    """Put a checked definition into the rule's columns; does not save."""
    for name in NAMES:
        setattr(rule, name, definition.get(name, EMPTY[name]))


def unsaved_rule(organization_id: uuid.UUID, definition: Mapping[str, Any]) -> Rule:
    """A rule that says this and is stored nowhere: to describe or try it."""
    rule = Rule(organization_id=organization_id)
    write_definition(rule, definition)
    return rule


def digest_of(definition: Mapping[str, Any]) -> str:
    """The same for definitions that behave the same: name and description do not count."""
    said = {name: definition.get(name, EMPTY[name]) for name in _BEHAVIOUR}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def safety_of(definition: Mapping[str, Any]) -> dict[str, bool]:
    """Whether it messages customers, moves money or other things at the shop, calls outside."""
    found: set[str] = set()
    for each in (*definition.get("actions", ()), *definition.get("else_actions", ())):
        if each["type"] in ACTIONS:
            found |= ACTIONS[each["type"]].dangers(each["params"])
    return {name: name in found for name in SAFETY}


def is_dangerous(definition: Mapping[str, Any]) -> bool:
    """Whether it must be tried before it is published."""
    safety = safety_of(definition)
    return safety["messages"] or safety["money"]


def _contradictions_of(definition: Definition, *, is_complete: bool) -> list[FieldError]:
    """What fits alone, but not together."""
    errors = []
    for trigger, name, words in (
        ("no_reply", "wait", "Say how long to wait for a reply."),
        ("schedule", "schedule", "Say on which days and when."),
    ):
        is_listening = trigger in definition["triggers"]
        if is_listening and definition[name] is None and is_complete:
            errors.append(FieldError(name, "required", words))
        if not is_listening and definition[name] is not None:
            definition[name] = None
    if is_complete and not definition["actions"] and not definition["else_actions"]:
        errors.append(FieldError("actions", "required", "Say what the rule does."))
    if len(definition["actions"]) + len(definition["else_actions"]) > MAX_ACTIONS:
        message = f"A rule has at most {MAX_ACTIONS} actions."
        errors.append(FieldError("else_actions", "too_many", message))
    return errors


def _clean_name(_: uuid.UUID, name: Any) -> str:
    cleaned = " ".join(str(name or "").replace("\x00", "").split())
    if not 0 < len(cleaned) <= 120:
        raise InvalidInput.field("name", "A name has between 1 and 120 characters.")
    return cleaned


def _clean_description(_: uuid.UUID, description: Any) -> str:
    cleaned = str(description or "").replace("\x00", "").strip()
    if len(cleaned) > 500:
        raise InvalidInput.field("description", "A description has at most 500 characters.")
    return cleaned


def _clean_triggers(_: uuid.UUID, triggers: Any) -> list[str]:
    if not isinstance(triggers, list) or not triggers:
        raise InvalidInput.field("triggers", "Choose when the rule runs.", code="required")
    for index, each in enumerate(triggers):
        if not isinstance(each, str) or each not in TRIGGERS:
            message = f"There is no event “{each}” that a rule can listen to."
            raise InvalidInput.field(f"triggers.{index}", message, code="unknown_trigger")
    return list(dict.fromkeys(triggers))


def _clean_conditions(organization_id: uuid.UUID, conditions: Any) -> dict[str, Any]:
    check_conditions(conditions, organization_id=organization_id)
    cleaned: dict[str, Any] = conditions
    return cleaned


def _clean_else(organization_id: uuid.UUID, actions: Any) -> list[dict[str, Any]]:
    return clean_actions(organization_id, actions, path="else_actions")


def _clean_flag(name: str) -> Callable[[uuid.UUID, Any], bool]:
    def clean(_: uuid.UUID, value: Any) -> bool:
        if not isinstance(value, bool):
            raise InvalidInput.field(name, "Choose yes or no.")
        return value

    return clean


def _clean_hours(_: uuid.UUID, hours: Any) -> int:
    if not _is_whole(hours, most=MAX_HOURS):
        raise InvalidInput.field("once_per_ticket_hours", f"Between 0 and {MAX_HOURS} hours.")
    return int(hours)


def _clean_limits(_: uuid.UUID, limits: Any) -> dict[str, int]:
    if not isinstance(limits, dict) or set(limits) - set(_LIMITS):
        raise InvalidInput.field("limits", f"Limits are: {', '.join(_LIMITS)}.")
    errors = [
        FieldError(f"limits.{name}", "invalid", f"A whole number from 1 to {_LIMITS[name]}.")
        for name, value in limits.items()
        if value is not None and not (_is_whole(value, most=_LIMITS[name]) and value)
    ]
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)
    return {name: value for name, value in limits.items() if value is not None}


def _is_whole(value: Any, *, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


_CLEAN: dict[str, Callable[[uuid.UUID, Any], Any]] = {
    "name": _clean_name,
    "description": _clean_description,
    "triggers": _clean_triggers,
    "wait": lambda _, value: clean_wait(value),
    "schedule": lambda _, value: clean_schedule(value),
    "conditions": _clean_conditions,
    "actions": clean_actions,
    "else_actions": _clean_else,
    "stop_after": _clean_flag("stop_after"),
    "runs_on_automatic": _clean_flag("runs_on_automatic"),
    "once_per_ticket_hours": _clean_hours,
    "limits": _clean_limits,
}
