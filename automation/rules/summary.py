"""A rule in one sentence, made from its parts, so that a reader need not trust its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.rules.actions import describe_actions
from automation.rules.fields import labels_in
from automation.rules.models import Rule
from automation.rules.trace import duration_words, text_of
from automation.rules.triggers import TRIGGERS

_SINCE = {
    "our_message": "the customer does not reply within {} of our message",
    "customer_message": "nobody replies within {} of a customer’s message",
}
_DAYS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday",
    "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip


def summary_of(rule: Rule) -> str:
    """``When a message comes in and intent is cancel_order: add tags urgent.``"""
    when = " or ".join(trigger_words(each, rule.wait, rule.schedule) for each in rule.triggers)
    conditions = words_of_tree(rule.conditions, labels_in(rule.conditions, rule.organization_id))
    done = _actions(rule.actions)
    said = f"When {when or 'something happens'}{' and ' + conditions if conditions else ''}: "
    other = f" Otherwise: {_actions(rule.else_actions)}." if rule.else_actions else ""
    return f"{said}{done or 'do nothing'}.{other}"


def trigger_words(trigger: str, wait: Any, schedule: Any) -> str:
    """One trigger with what belongs to it, as it stands in a sentence."""
    if trigger == "no_reply" and wait:
        return _SINCE[wait["since"]].format(duration_words(wait["after"]))
    if trigger == "schedule" and schedule:
        days = schedule["days"]
        on = "every day" if len(days) == 7 else f"on {', '.join(_DAYS[each] for each in days)}"
        return f"it is {schedule['at']} {on}"
    return _lower(TRIGGERS.get(trigger, trigger))


def words_of_tree(node: dict[str, Any], labels: Mapping[str, str]) -> str:
    """Conditions in words; empty where there are none."""
    if "all" in node:
        return " and ".join(_part(child, labels) for child in node["all"])
    if "any" in node:
        return " or ".join(_part(child, labels) for child in node["any"])
    if "none" in node:
        return f"none of ({', '.join(_part(child, labels) for child in node['none'])})"
    if "not" in node:
        return f"not ({words_of_tree(node['not'], labels)})"
    if not node:
        return ""
    return _lower(text_of(node["field"], node["operator"], node.get("value"), labels))


def _actions(actions: list[dict[str, Any]]) -> str:
    return ", ".join(_lower(each["description"]) for each in describe_actions(actions))


def _part(node: dict[str, Any], labels: Mapping[str, str]) -> str:
    words = words_of_tree(node, labels)
    return f"({words})" if "all" in node or "any" in node else words


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
