"""A rule in one sentence, made from its parts, so that a reader need not trust its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.rules.actions import describe_actions
from automation.rules.fields import labels_in
from automation.rules.models import Rule
from automation.rules.trace import text_of
from automation.rules.triggers import TRIGGERS


def summary_of(rule: Rule) -> str:
    """``When a message comes in and intent is cancel_order: add tags urgent.``"""
    when = " or ".join(_lower(TRIGGERS.get(each, each)) for each in rule.triggers)
    conditions = _conditions(rule.conditions, labels_in(rule.conditions, rule.organization_id))
    done = ", ".join(_lower(each["description"]) for each in describe_actions(rule.actions))
    return f"When {when}{' and ' + conditions if conditions else ''}: {done or 'do nothing'}."


def _conditions(node: dict[str, Any], labels: Mapping[str, str]) -> str:
    if "all" in node:
        return " and ".join(_part(child, labels) for child in node["all"])
    if "any" in node:
        return " or ".join(_part(child, labels) for child in node["any"])
    if "none" in node:
        return f"none of ({', '.join(_part(child, labels) for child in node['none'])})"
    if "not" in node:
        return f"not ({_conditions(node['not'], labels)})"
    if not node:
        return ""
    return _lower(text_of(node["field"], node["operator"], node.get("value"), labels))


def _part(node: dict[str, Any], labels: Mapping[str, str]) -> str:
    words = _conditions(node, labels)
    return f"({words})" if "all" in node or "any" in node else words


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
