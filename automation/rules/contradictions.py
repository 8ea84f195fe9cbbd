"""Conditions that can never hold together: ``status is open`` and ``status is closed``.

Only what is certain: a field with one value, asked twice within the same ``all``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from helpdesk.lib.errors import FieldError
from tickets.fields import parse_duration

Leaf = Mapping[str, Any]


@dataclass
class _Known:
    """What is left of a field's values after the conditions read so far."""

    among: set[str] | None = None
    never: set[str] = field(default_factory=set)
    above: float | None = None
    below: float | None = None
    newer: timedelta | None = None
    older: timedelta | None = None
    is_there: bool | None = None

    def narrow(self, leaf: Leaf) -> None:
        operator, value = leaf["operator"], leaf.get("value")
        values = {_key(each) for each in (value if isinstance(value, list) else [value])}
        if operator in ("is", "is_any_of"):
            self.among = values if self.among is None else self.among & values
        elif operator in ("is_not", "is_none_of"):
            self.never |= values
        elif operator == "more_than" and isinstance(value, int | float):
            self.above = float(value) if self.above is None else max(float(value), self.above)
        elif operator == "less_than" and isinstance(value, int | float):
            self.below = float(value) if self.below is None else min(float(value), self.below)
        elif operator in ("is_empty", "is_present"):
            self._there(is_there=operator == "is_present")
        elif operator == "within_last":
            self.newer = min(parse_duration(value) or timedelta.max, self.newer or timedelta.max)
        elif operator == "longer_ago_than":
            self.older = max(parse_duration(value) or timedelta(0), self.older or timedelta(0))

    def _there(self, *, is_there: bool) -> None:
        if self.is_there is not None and self.is_there != is_there:
            self.among = set()
        self.is_there = is_there

    @property
    def is_impossible(self) -> bool:
        if self.among is not None and not (self.among - self.never):
            return True
        if self.above is not None and self.below is not None and self.above >= self.below:
            return True
        return self.newer is not None and self.older is not None and self.older >= self.newer


def contradictions(tree: Any, path: str = "conditions") -> Iterator[FieldError]:
    """One error per ``all`` that cannot hold, at the condition that makes it so."""
    if not isinstance(tree, dict):
        return
    if "all" in tree:
        found = _first_impossible(tree, path)
        if found is not None:
            yield found
            return
    for group in ("all", "any", "none"):
        for index, child in enumerate(tree.get(group) or ()):
            yield from contradictions(child, f"{path}.{group}.{index}")
    if "not" in tree:
        yield from contradictions(tree["not"], f"{path}.not")


def can_hold_together(one: Any, other: Any) -> bool:
    """Whether two condition trees do not certainly exclude each other."""
    return _first_impossible({"all": [one or {}, other or {}]}, "") is None


def leaves_of_all(tree: Any, path: str = "conditions") -> Iterator[tuple[str, Leaf]]:
    """The leaves that must all hold, with their places."""
    if not isinstance(tree, dict):
        return
    if "all" in tree:
        for index, child in enumerate(tree["all"] or ()):
            yield from leaves_of_all(child, f"{path}.all.{index}")
    elif "field" in tree and "operator" in tree:
        yield path, tree


def _first_impossible(tree: Any, path: str) -> FieldError | None:
    known: dict[str, _Known] = {}
    for place, leaf in leaves_of_all(tree, path):
        if "if_missing" in leaf:
            continue
        asked = known.setdefault(str(leaf["field"]), _Known())
        asked.narrow(leaf)
        if asked.is_impossible:
            message = "This contradicts a condition above: both can never hold."
            return FieldError(f"{place}.value", "contradiction", message)
    return None


def _key(value: Any) -> str:
    return repr(value) if isinstance(value, bool) or value is None else str(value).casefold()
