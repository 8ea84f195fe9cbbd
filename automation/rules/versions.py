"""What rules said before, and how one version differs from the other, in words."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, TypedDict

from automation.rules.actions import describe_actions
from automation.rules.definition import EMPTY, unsaved_rule
from automation.rules.fields import labels_in
from automation.rules.models import Definition, Rule, RuleVersion
from automation.rules.summary import summary_of, trigger_words
from automation.rules.trace import text_of
from helpdesk.lib.clock import iso

_GROUPS = {"all": "All of", "any": "Any of", "none": "None of", "not": "Not"}
_PLAIN = {
    "name": "Name",
    "description": "Description",
    "stop_after": "Stop later rules",
    "runs_on_automatic": "Also on automatic messages",
    "once_per_ticket_hours": "Hours between two runs on a ticket",
}
_LIMITS = {
    "per_customer_day": "Runs per customer and day",
    "per_minute": "Runs per minute before it pauses",
}


class Difference(TypedDict):
    """``kind`` is added, removed or changed; ``part`` names the part of the definition."""

    kind: str
    part: str
    text: str


def versions_of(rule: Rule) -> list[dict[str, Any]]:
    """Every published version, newest first, each with what it changed."""
    kept = list(RuleVersion.objects.filter(rule=rule).select_related("user").order_by("-number"))
    diffs = [
        differences(older.definition, newer.definition, rule.organization_id)
        for newer, older in pairwise(kept)
    ]
    return [
        {
            "number": each.number,
            "definition": each.definition,
            "summary": summary_of(unsaved_rule(rule.organization_id, each.definition)),
            "author_id": str(each.user_id) if each.user_id else None,
            "author_name": each.user.name if each.user else "",
            "note": each.note,
            "at": iso(each.created_at),
            "restored_from": each.restored_from,
            "is_live": each.number == rule.live_version,
            "diff_to_previous": diffs[index] if index < len(diffs) else [],
        }
        for index, each in enumerate(kept)
    ]


def differences(
    before: Definition, after: Definition, organization_id: uuid.UUID
) -> list[Difference]:
    """What is another in ``after``, part by part; empty where they say the same."""
    before, after = {**EMPTY, **before}, {**EMPTY, **after}
    found: list[Difference] = []
    for name, label in _PLAIN.items():
        found += _of_value(name, label, before[name], after[name])
    for name, label in _LIMITS.items():
        found += _of_value("limits", label, before["limits"].get(name), after["limits"].get(name))
    found += _of_lines("triggers", _triggers(before), _triggers(after))
    labels = labels_in([before["conditions"], after["conditions"]], organization_id)
    lines = [list(_tree_lines(each["conditions"], labels)) for each in (before, after)]
    found += _of_lines("conditions", *lines)
    for name in ("actions", "else_actions"):
        texts = [[a["description"] for a in describe_actions(d[name])] for d in (before, after)]
        lines_found = _of_lines(name, *texts)
        if not lines_found and before[name] != after[name]:
            text = "Another order" if sorted(texts[0]) == sorted(texts[1]) else "Other details"
            lines_found = [{"kind": "changed", "part": name, "text": text}]
        found += lines_found
    return found


def _of_value(part: str, label: str, before: Any, after: Any) -> list[Difference]:
    if before == after:
        return []
    text = f"{label}: {_plain(before)} → {_plain(after)}"
    return [{"kind": "changed", "part": part, "text": text}]


def _of_lines(part: str, before: list[str], after: list[str]) -> list[Difference]:
    """Lines that are only in one of them, however often; order alone is no difference here."""
    gone, new = list(before), []
    for line in after:
        if line in gone:
            gone.remove(line)
        else:
            new.append(line)
    removed: list[Difference] = [{"kind": "removed", "part": part, "text": each} for each in gone]
    added: list[Difference] = [{"kind": "added", "part": part, "text": each} for each in new]
    return removed + added


def _triggers(definition: Definition) -> list[str]:
    return [
        trigger_words(each, definition["wait"], definition["schedule"])
        for each in definition["triggers"]
    ]


def _tree_lines(
    node: Any, labels: Mapping[str, str], inside: tuple[str, ...] = ()
) -> Iterator[str]:
    """Every leaf with the groups that it is in: ``All of › Intent is cancel order``."""
    if not isinstance(node, dict) or not node:
        return
    for group, label in _GROUPS.items():
        if group in node:
            children = node[group] if isinstance(node[group], list) else [node[group]]
            for child in children:
                yield from _tree_lines(child, labels, (*inside, label))
            return
    text = text_of(node["field"], node["operator"], node.get("value"), labels)
    if "if_missing" in node:
        text += f" (if missing: {'matches' if node['if_missing'] else 'does not match'})"
    yield " › ".join((*inside, text))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
