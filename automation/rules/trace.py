"""The explanation of a verdict in words, as it is stored and shown."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from automation.rules.conditions import MISSING, Step, compile_pattern
from automation.rules.fields import RULE_FIELDS
from helpdesk.lib.clock import iso
from tickets.fields import parse_duration

MAX_ACTUAL_CHARS = 200

_WORDS = {
    "is": "is",
    "is_not": "is not",
    "is_any_of": "is any of",
    "is_none_of": "is none of",
    "contains": "contains",
    "contains_not": "does not contain",
    "starts_with": "starts with",
    "contains_any_of": "contains any of",
    "contains_all_of": "contains all of",
    "contains_none_of": "contains none of",
    "has_word_of": "has a word of",
    "has_no_word_of": "has no word of",
    "matches": "matches",
    "less_than": "is less than",
    "more_than": "is more than",
    "within_last": "within the last",
    "longer_ago_than": "longer ago than",
    "is_empty": "is empty",
    "is_present": "is present",
    "has_changed": "has changed",
    "changed_to": "changed to",
    "changed_from": "changed from",
}
_NOTHING_OF = {
    "order": "no order",
    "message": "no message",
    "survey": "no rating",
    "queue": "not known of that moment",
}


class StepRecord(TypedDict):
    """``is_true`` is null where the leaf was not read, or what it asks about does not exist."""

    path: str
    field: str
    operator: str
    text: str
    wanted: Any
    actual: Any
    is_true: bool | None
    matched: str | None
    """The very words of a text that made it true, or (for "has no …") false."""


def trace_records(steps: list[Step], labels: Mapping[str, str]) -> list[StepRecord]:
    """Every step in words; ``labels`` are those of custom fields (``fields.labels_in``)."""
    return [_record(step, labels) for step in steps]


def _record(step: Step, labels: Mapping[str, str]) -> StepRecord:
    return {
        "path": step.path,
        "field": step.field,
        "operator": step.operator,
        "text": text_of(step.field, step.operator, step.wanted, labels),
        "wanted": step.wanted,
        "actual": _actual(step),
        "is_true": step.is_true,
        "matched": find_span(step),
    }


def find_span(step: Step) -> str | None:
    """What of the text a condition found, as it is written there."""
    if not step.is_read or not isinstance(step.actual, str) or not step.actual:
        return None
    wanted = step.wanted if isinstance(step.wanted, list) else [step.wanted]
    if step.operator == "matches":
        found = compile_pattern(f"(?i){step.wanted}").search(step.actual) if step.wanted else None
        return found.group(0)[:MAX_ACTUAL_CHARS] if found else None
    if step.operator not in _SEARCHES or step.is_true is not _SEARCHES[step.operator]:
        return None
    for each in wanted:
        at = step.actual.lower().find(str(each).lower().strip()) if each else -1
        if at >= 0:
            return step.actual[at : at + len(str(each).strip())]
    return None


_SEARCHES = {
    "contains": True,
    "contains_not": False,
    "starts_with": True,
    "has_word_of": True,
    "has_no_word_of": False,
}
"""Operators that look for words, and the answer that means they were found."""


def text_of(field: str, operator: str, wanted: Any, labels: Mapping[str, str]) -> str:
    """``Intent is cancel order``, ``Order is not fulfilled``, ``Order placed within the last 2 days``."""
    known = RULE_FIELDS.get(field)
    label = known.label if known else labels.get(field, field)
    if isinstance(wanted, bool) and operator == "is":
        return label if wanted else _denied(label)
    values = wanted if isinstance(wanted, list) else [wanted]
    said = ", ".join(_plain(each) for each in values)
    return f"{label} {_WORDS[operator]} {said}".rstrip()


def _denied(label: str) -> str:
    """The opposite of a label that says something: ``Order has no tracking link``."""
    for said, denied in ((" is ", " is not "), (" has a ", " has no "), (" does not ", " does ")):
        if said in label:
            return label.replace(said, denied, 1)
    return f"Not: {label[:1].lower()}{label[1:]}"


def _plain(wanted: Any) -> str:
    if isinstance(wanted, bool):
        return "yes" if wanted else "no"
    if wanted is None:
        return ""
    duration = parse_duration(wanted)
    if duration is not None:
        return duration_words(str(wanted))
    return str(wanted).replace("_", " ")


def duration_words(text: str) -> str:
    """``15 minutes`` for ``15m``."""
    units = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
    amount, unit = int(text[:-1]), units[text[-1]]
    return f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"


def _actual(step: Step) -> Any:
    if not step.is_read:
        return "not read"
    if step.actual is MISSING:
        return _NOTHING_OF.get(step.field.split(".")[0], "nothing")
    if isinstance(step.actual, datetime):
        return iso(step.actual)
    if isinstance(step.actual, uuid.UUID):
        return str(step.actual)
    if isinstance(step.actual, str):
        return step.actual[:MAX_ACTUAL_CHARS]
    return step.actual
