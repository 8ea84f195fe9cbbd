"""The same answer as ``conditions.evaluate`` without its trace: for the many rules that do not match.

A tree becomes nested functions once per version of a rule; five hundred of them judge an event in
a few milliseconds. What holds is then evaluated with its trace. Property tests keep both equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from automation.rules.conditions import MISSING, ON_CHANGE, OPERATORS, Change, Truth

Get = Callable[[str, Any], Any]
Decide = Callable[[Get, Change, datetime], Truth]


def compile_tree(tree: Mapping[str, Any]) -> Decide:
    """A function of (how to get a field or a default, change, now); raises KeyError for an
    operator that does not exist."""
    if not tree:
        return lambda get, change, at: True
    return _node(tree)


def _node(node: Mapping[str, Any]) -> Decide:
    if "all" in node:
        return _group(node["all"], decisive=False)
    if "any" in node:
        return _group(node["any"], decisive=True)
    if "none" in node:
        return _opposite(_group(node["none"], decisive=True))
    if "not" in node:
        return _opposite(_node(node["not"]))
    return _leaf(node) if node else lambda get, change, at: None


_DEAR = ("order.", "loyalty.", "marketing.", "survey.", "customer.order_count",
         "customer.spent_minor", "queue.")  # fmt: skip
"""What costs queries is asked last: mostly something at hand has decided by then."""
_SAFE = frozenset(
    {"is", "is_not", "is_any_of", "is_none_of", "is_empty", "is_present", "contains",
     "contains_not", "starts_with", "within_last", "longer_ago_than"}
)  # fmt: skip
"""Operators that never raise: asking them later changes no answer, and hides no error."""


def _is_dear(node: Mapping[str, Any]) -> bool:
    """Whether it asks for something dear, and may be asked later."""
    leaves = list(_leaves(node))
    is_safe = all(leaf.get("operator") in _SAFE for leaf in leaves)
    return is_safe and any(str(leaf.get("field", "")).startswith(_DEAR) for leaf in leaves)


def _leaves(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in ("all", "any", "none"):
        if group in node:
            for child in node[group]:
                yield from _leaves(child)
            return
    if "not" in node:
        yield from _leaves(node["not"])
    elif node:
        yield node


def _group(children: list[Mapping[str, Any]], *, decisive: bool) -> Decide:
    parts = [_node(child) for child in sorted(children, key=_is_dear)]

    def decide(get: Get, change: Change, at: datetime) -> Truth:
        answer: Truth = not decisive
        for part in parts:
            truth = part(get, change, at)
            if truth is decisive:
                return decisive
            if truth is None:
                answer = None
        return answer

    return decide if parts else lambda get, change, at: None


def _opposite(inner: Decide) -> Decide:
    def decide(get: Get, change: Change, at: datetime) -> Truth:
        truth = inner(get, change, at)
        return None if truth is None else not truth

    return decide


def _leaf(leaf: Mapping[str, Any]) -> Decide:
    name, operator, wanted = leaf["field"], leaf["operator"], leaf.get("value")
    if_missing: Truth = leaf.get("if_missing")
    if operator in ON_CHANGE:
        asked = ON_CHANGE[operator]
        return lambda get, change, at: asked(change.get(name), wanted)
    compare = OPERATORS[operator]
    if operator == "is" and isinstance(wanted, str):
        return _equal_text(name, wanted, if_missing)
    if operator == "is" and isinstance(wanted, bool):
        return _same_flag(name, wanted, if_missing)
    if operator == "is_any_of" and isinstance(wanted, list) and _are_words(wanted):
        return _any_text(name, list(wanted), if_missing)

    def decide(get: Get, change: Change, at: datetime) -> Truth:
        actual = get(name, MISSING)
        return if_missing if actual is MISSING else compare(actual, wanted, at)

    return decide


def _are_words(wanted: list[Any]) -> bool:
    return all(isinstance(each, str) for each in wanted)


def _equal_text(name: str, wanted: str, if_missing: Truth) -> Decide:
    """By far the most frequent condition: one word against another."""
    folded, compare = wanted.casefold(), OPERATORS["is"]

    def decide(get: Get, change: Change, at: datetime) -> Truth:
        actual = get(name, MISSING)
        if type(actual) is str:
            return actual == wanted or actual.casefold() == folded
        return if_missing if actual is MISSING else compare(actual, wanted, at)

    return decide


def _same_flag(name: str, wanted: bool, if_missing: Truth) -> Decide:
    def decide(get: Get, change: Change, at: datetime) -> Truth:
        actual = get(name, MISSING)
        return if_missing if actual is MISSING else actual is wanted

    return decide


def _any_text(name: str, wanted: list[str], if_missing: Truth) -> Decide:
    exact, folded = frozenset(wanted), frozenset(each.casefold() for each in wanted)
    compare = OPERATORS["is_any_of"]

    def decide(get: Get, change: Change, at: datetime) -> Truth:
        actual = get(name, MISSING)
        if type(actual) is str:
            return actual in exact or actual.casefold() in folded
        return if_missing if actual is MISSING else compare(actual, wanted, at)

    return decide
