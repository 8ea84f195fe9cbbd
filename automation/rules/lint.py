"""What is odd about the rules together: shown to admins, decides nothing.

Two rules that set the same field on the same tickets, a rule behind another that stops, rules that
undo each other, and what a rule names that is gone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import combinations
from typing import Any, TypedDict

from automation.macros.models import Macro
from automation.rules.actions import clean_actions
from automation.rules.contradictions import can_hold_together, leaves_of_all
from automation.rules.fields import check_conditions
from automation.rules.models import Mode, Rule
from helpdesk.lib.errors import InvalidInput
from tickets.models import Tag

_WRITES = {
    "set_priority": "ticket.priority",
    "set_status": "ticket.status",
    "snooze": "ticket.status",
    "assign_person": "ticket.assignee",
    "assign_team": "ticket.team",
    "assign_by_turn": "ticket.team",
    "set_subject": "ticket.subject",
}
_CAUSES = {
    "ticket.priority": "ticket.priority_changed",
    "ticket.status": "ticket.status_changed",
    "ticket.assignee": "ticket.assigned",
    "ticket.team": "ticket.assigned",
    "ticket.tags": "ticket.tagged",
    "ticket.subject": "ticket.updated",
}
MAX_FOUND = 200


class Finding(TypedDict):
    """``code`` is same_field, unreachable, loop or deleted_reference."""

    code: str
    rule_ids: list[str]
    field: str
    detail: str


def lint(organization_id: uuid.UUID) -> list[Finding]:
    """Everything odd about the rules that are on, in the order they run."""
    found = Rule.objects.filter(organization_id=organization_id).exclude(mode=Mode.OFF)
    rules = list(found)
    findings = [each for rule in rules for each in _gone(rule)]
    for first, second in combinations(rules, 2):
        findings += _between(first, second)
        if len(findings) >= MAX_FOUND:
            break
    return findings[:MAX_FOUND]


def _between(first: Rule, second: Rule) -> Iterator[Finding]:
    if _loops(first, second):
        names = f"“{first.name}” and “{second.name}”"
        detail = f"{names} undo each other. A guard stops them after one round."
        yield _finding("loop", [first, second], _opposed(first, second), detail)
    if not set(first.triggers) & set(second.triggers):
        return
    if first.stop_after and _implies(second.conditions, first.conditions):
        detail = f"“{second.name}” never runs: “{first.name}” matches the same and stops."
        yield _finding("unreachable", [first, second], "stop_after", detail)
        return
    for field in sorted(_written(first).keys() & _written(second).keys()):
        values = _written(first)[field], _written(second)[field]
        together = can_hold_together(first.conditions, second.conditions)
        if values[0] != values[1] and together and not first.stop_after:
            detail = (
                f"“{first.name}” and “{second.name}” both set {field.partition('.')[2]} on the "
                "same tickets: the later one wins."
            )
            yield _finding("same_field", [first, second], field, detail)


def _gone(rule: Rule) -> Iterator[Finding]:
    try:
        check_conditions(rule.conditions, organization_id=rule.organization_id)
        for path in ("actions", "else_actions"):
            clean_actions(rule.organization_id, getattr(rule, path), path=path)
    except InvalidInput as error:
        for each in error.errors:
            yield _finding("deleted_reference", [rule], each.path, each.message)
    yield from _gone_macros(rule)
    yield from _unknown_tags(rule)


def _gone_macros(rule: Rule) -> Iterator[Finding]:
    for path in ("actions", "else_actions"):
        for index, each in enumerate(getattr(rule, path)):
            macro_id = each["params"].get("macro_id")
            if macro_id and Macro.objects.filter(pk=macro_id, is_active=False).exists():
                detail = f"The macro “{each['params'].get('name', '')}” is switched off."
                place = f"{path}.{index}.params.macro_id"
                yield _finding("deleted_reference", [rule], place, detail)


def _unknown_tags(rule: Rule) -> Iterator[Finding]:
    """Conditions that need a tag which no ticket has and nobody gives."""
    for path, leaf in leaves_of_all(rule.conditions):
        if leaf["field"] != "ticket.tags" or leaf["operator"] == "contains_none_of":
            continue
        value = leaf.get("value")
        names = {str(each) for each in (value if isinstance(value, list) else [value]) if each}
        known = Tag.objects.filter(organization_id=rule.organization_id, name__in=names)
        for name in sorted(names - set(known.values_list("name", flat=True))):
            detail = f"There is no tag “{name}”."
            yield _finding("deleted_reference", [rule], f"{path}.value", detail)


def _written(rule: Rule) -> dict[str, Any]:
    return {
        _WRITES[each["type"]]: each["params"] for each in rule.actions if each["type"] in _WRITES
    }


def _tags(rule: Rule, kind: str) -> set[str]:
    return {tag for each in rule.actions if each["type"] == kind for tag in each["params"]["tags"]}


def _opposed(first: Rule, second: Rule) -> str:
    """The field that one sets and the other sets back; empty where there is none."""
    if _tags(first, "add_tags") & _tags(second, "remove_tags"):
        return "ticket.tags"
    if _tags(second, "add_tags") & _tags(first, "remove_tags"):
        return "ticket.tags"
    mine, theirs = _written(first), _written(second)
    return next((name for name in mine if name in theirs and mine[name] != theirs[name]), "")


def _loops(first: Rule, second: Rule) -> bool:
    field = _opposed(first, second)
    event = _CAUSES.get(field)
    return event is not None and event in first.triggers and event in second.triggers


def _implies(tree: Any, wider: Any) -> bool:
    """Whether whatever matches ``tree`` certainly matches ``wider``."""
    if not wider:
        return True
    if wider == tree:
        return True
    asked = [leaf for _, leaf in leaves_of_all(tree)]
    needed = list(wider["all"]) if set(wider) == {"all"} else [wider]
    return all("field" in each and each in asked for each in needed)


def _finding(code: str, rules: list[Rule], field: str, detail: str) -> Finding:
    return {
        "code": code,
        "rule_ids": [str(each.pk) for each in rules],
        "field": field,
        "detail": detail,
    }
