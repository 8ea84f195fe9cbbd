"""Whether conditions hold: pure, no database, no clock but the one given.

Three answers, not two: a leaf about something that is not there (no order, no message) is
*unknown*, and so is everything that hangs on it, also under ``not``. Only *true* is a match, so
missing data never matches by accident, unless the leaf says how it counts (``if_missing``: true or
false). The trace names every leaf in the order it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import re2

from tickets.fields import parse_duration

Truth = bool | None
Change = Mapping[str, Sequence[Any]]
"""{field: (before, after)}"""


CANNOT_EVALUATE = (KeyError, TypeError, ValueError, re2.error)
"""What a tree raises that was stored wrong: trees are checked when they are saved."""


class Missing:
    """The thing a field belongs to does not exist: no order, no message."""

    def __repr__(self) -> str:
        return "missing"

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Step:
    """One leaf that was read: what was wanted, what was found. None: unknown, or not read."""

    path: str
    field: str
    operator: str
    wanted: Any
    actual: Any
    is_true: Truth
    is_read: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the conditions hold, and why."""

    is_match: bool
    trace: list[Step] = field(default_factory=list)
    is_known: bool = True
    """False where the answer hangs on something that is not there: neither branch runs."""


def evaluate(
    tree: Mapping[str, Any], snapshot: Mapping[str, Any], change: Change, *, at: datetime
) -> Verdict:
    """Judge the tree against a snapshot of fields by name; ``{}`` asks nothing and matches.

    ``change`` is {field: (before, after)} of the event. A name that the snapshot does not hold
    is missing. Raises KeyError for an operator that does not exist: trees are checked when saved.
    """
    if not tree:
        return Verdict(is_match=True)
    reading = _Reading(snapshot, change, at)
    truth = reading.node(tree, "conditions")
    return Verdict(truth is True, reading.trace, truth is not None)


class _Reading:
    def __init__(self, snapshot: Mapping[str, Any], change: Change, at: datetime) -> None:
        self.snapshot, self.change, self.at = snapshot, change, at
        self.trace: list[Step] = []

    def node(self, node: Mapping[str, Any], path: str) -> Truth:
        if "all" in node:
            return self.group(node["all"], f"{path}.all", decisive=False)
        if "any" in node:
            return self.group(node["any"], f"{path}.any", decisive=True)
        if "none" in node:
            some = self.group(node["none"], f"{path}.none", decisive=True)
            return None if some is None else not some
        if "not" in node:
            inner = self.node(node["not"], f"{path}.not")
            return None if inner is None else not inner
        return self.leaf(node, path) if node else None

    def group(self, children: list[Mapping[str, Any]], path: str, *, decisive: bool) -> Truth:
        """Stops at the first child that decides; an empty group is unknown."""
        answer: Truth = not decisive if children else None
        for index, child in enumerate(children):
            truth = self.node(child, f"{path}.{index}")
            if truth is decisive:
                self.skip(children[index + 1 :], path, index + 1)
                return decisive
            if truth is None:
                answer = None
        return answer

    def leaf(self, leaf: Mapping[str, Any], path: str) -> bool | None:
        name, operator, wanted = leaf["field"], leaf["operator"], leaf.get("value")
        actual = self.snapshot.get(name, MISSING)
        truth: Truth
        if operator in ON_CHANGE:
            truth = ON_CHANGE[operator](self.change.get(name), wanted)
        elif actual is MISSING:
            truth = leaf.get("if_missing")
        else:
            truth = OPERATORS[operator](actual, wanted, self.at)
        self.trace.append(Step(path, name, operator, wanted, actual, truth))
        return truth

    def skip(self, children: list[Mapping[str, Any]], path: str, first: int) -> None:
        for index, child in enumerate(children, start=first):
            if "field" in child:
                step = Step(
                    f"{path}.{index}",
                    child["field"],
                    child["operator"],
                    child.get("value"),
                    None,
                    None,
                    is_read=False,
                )
                self.trace.append(step)


def _equal(actual: Any, wanted: Any) -> bool:
    """References are compared as text, words without regard to case, yes is not 1."""
    if actual is None or wanted is None or isinstance(actual, bool) or isinstance(wanted, bool):
        return actual is wanted
    if isinstance(actual, int | float) and isinstance(wanted, int | float):
        return actual == wanted
    return str(actual).casefold() == str(wanted).casefold()


def _is_any_of(actual: Any, wanted: Any) -> bool:
    return any(_equal(actual, each) for each in wanted or ())


def _contains(actual: Any, wanted: Any) -> bool:
    return bool(wanted) and _folded(str(wanted)) in _folded(str(actual or ""))


def _starts_with(actual: Any, wanted: Any) -> bool:
    return bool(wanted) and _folded(str(actual or "")).startswith(_folded(str(wanted)))


def _overlap(actual: Any, wanted: Any) -> set[str]:
    return {str(each).casefold() for each in actual or ()} & {
        str(each).casefold() for each in wanted or ()
    }


def _contains_all_of(actual: Any, wanted: Any) -> bool:
    asked = {str(each).casefold() for each in wanted or ()}
    return bool(asked) and _overlap(actual, wanted) == asked


def _less_than(actual: Any, wanted: Any) -> bool:
    return actual is not None and actual < wanted


def _more_than(actual: Any, wanted: Any) -> bool:
    return actual is not None and actual > wanted


def _moment(actual: Any) -> datetime | None:
    """A moment; of a custom field with a date, the beginning of that day."""
    if isinstance(actual, str):
        try:
            return datetime.fromisoformat(actual[:10]).replace(tzinfo=UTC)
        except ValueError:
            return None
    return actual if isinstance(actual, datetime) else None


def _within_last(actual: Any, wanted: Any, at: datetime) -> bool:
    actual, duration = _moment(actual), parse_duration(wanted)
    return actual is not None and duration is not None and at - duration <= actual


def _longer_ago_than(actual: Any, wanted: Any, at: datetime) -> bool:
    actual, duration = _moment(actual), parse_duration(wanted)
    return actual is not None and duration is not None and actual < at - duration


def _is_empty(actual: Any) -> bool:
    return actual is None or actual == "" or actual == []


def compile_pattern(pattern: str) -> Any:
    """The pattern in RE2, which takes linear time on any text; raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(pattern, options=options)


def _is_unspaced(sign: str) -> bool:
    """Thai, Lao, Khmer, Burmese, Chinese, Japanese: written without spaces between words."""
    code = ord(sign)
    return (
        0x0E00 <= code <= 0x0EFF
        or 0x1000 <= code <= 0x109F
        or 0x1780 <= code <= 0x17FF
        or 0x3040 <= code <= 0x30FF
        or 0x3400 <= code <= 0x9FFF
    )


def _has_word_of(actual: Any, wanted: Any) -> bool:
    """Whole words or phrases in any case; in scripts without spaces anywhere in the text."""
    text = _folded(str(actual or ""))
    return any(_has_word(text, _folded(str(word)).strip()) for word in wanted or ())


def _has_word(text: str, word: str) -> bool:
    start = text.find(word) if word else -1
    while start >= 0:
        end = start + len(word)
        begins = start == 0 or not text[start - 1].isalnum() or _is_unspaced(word[0])
        ends = end == len(text) or not text[end].isalnum() or _is_unspaced(word[-1])
        if begins and ends:
            return True
        start = text.find(word, start + 1)
    return False


@lru_cache(maxsize=256)
def _folded(text: str) -> str:
    """Without regard to case; kept, because a hundred rules read the same message."""
    return text.casefold()


@lru_cache(maxsize=2048)
def _pattern(text: str) -> Any:
    return compile_pattern(f"(?i){text}")


def _matches(actual: Any, wanted: Any) -> bool:
    return bool(wanted) and _pattern(str(wanted)).search(str(actual or "")) is not None


def _has_changed(change: Sequence[Any] | None, wanted: Any) -> bool:
    return change is not None


def _changed_to(change: Sequence[Any] | None, wanted: Any) -> bool:
    return change is not None and _gained(change[0], change[1], wanted)


def _changed_from(change: Sequence[Any] | None, wanted: Any) -> bool:
    return change is not None and _gained(change[1], change[0], wanted)


def _gained(before: Any, after: Any, wanted: Any) -> bool:
    """For sets: the value is new in them."""
    if isinstance(after, list):
        return wanted in after and wanted not in (before or [])
    return _equal(after, wanted)


OPERATORS: dict[str, Callable[[Any, Any, datetime], bool]] = {
    "is": lambda actual, wanted, _: _equal(actual, wanted),
    "is_not": lambda actual, wanted, _: not _equal(actual, wanted),
    "is_any_of": lambda actual, wanted, _: _is_any_of(actual, wanted),
    "is_none_of": lambda actual, wanted, _: not _is_any_of(actual, wanted),
    "contains": lambda actual, wanted, _: _contains(actual, wanted),
    "contains_not": lambda actual, wanted, _: bool(wanted) and not _contains(actual, wanted),
    "starts_with": lambda actual, wanted, _: _starts_with(actual, wanted),
    "contains_any_of": lambda actual, wanted, _: bool(_overlap(actual, wanted)),
    "contains_all_of": lambda actual, wanted, _: _contains_all_of(actual, wanted),
    "contains_none_of": lambda actual, wanted, _: bool(wanted) and not _overlap(actual, wanted),
    "has_word_of": lambda actual, wanted, _: _has_word_of(actual, wanted),
    "has_no_word_of": lambda actual, wanted, _: bool(wanted) and not _has_word_of(actual, wanted),
    "matches": lambda actual, wanted, _: _matches(actual, wanted),
    "less_than": lambda actual, wanted, _: _less_than(actual, wanted),
    "more_than": lambda actual, wanted, _: _more_than(actual, wanted),
    "within_last": _within_last,
    "longer_ago_than": _longer_ago_than,
    "is_empty": lambda actual, wanted, _: _is_empty(actual),
    "is_present": lambda actual, wanted, _: not _is_empty(actual),
}
ON_CHANGE: dict[str, Callable[[Sequence[Any] | None, Any], bool]] = {
    "has_changed": _has_changed,
    "changed_to": _changed_to,
    "changed_from": _changed_from,
}
