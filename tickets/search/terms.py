"""The words a search asked for, found again in a text: what is marked, and the piece that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tickets.fields import TICKET_FIELDS
from tickets.search.normalise import Run, asked_runs, normalise, source_positions
from tickets.search.tsquery import goes_on

Span = tuple[int, int]
BEFORE, PIECE = 60, 180


@dataclass(frozen=True)
class Term:
    """A word or phrase that was asked for."""

    runs: tuple[Run, ...]
    is_open: bool

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds the term in a normalised text; what is between its words does not matter."""
        pieces = []
        for run in self.runs:
            if run.is_unspaced:
                word = run.lexemes[0] + "".join(each[-1] for each in run.lexemes[1:])
                pieces.append(re.escape(word))
            else:
                end = r"\w*" if self.is_open and run is self.runs[-1] else r"(?!\w)"
                pieces.append(rf"(?<!\w){re.escape(run.lexemes[0])}{end}")
        return re.compile(r"\W*".join(pieces))


def terms_of(tree: dict[str, Any]) -> list[Term]:
    """Every word that the conditions want, not those they exclude."""
    return [term for leaf in _wanted(tree) for term in _terms(leaf)]


def _wanted(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for group in ("all", "any"):
        for child in tree.get(group, ()):
            yield from _wanted(child)
    field = TICKET_FIELDS.get(tree.get("field", ""))
    if field is not None and field.type == "words":
        yield tree


def _terms(leaf: dict[str, Any]) -> Iterator[Term]:
    text = str(leaf["value"])
    if leaf["operator"] == "has_phrase":
        runs = asked_runs(text)
        if runs:
            yield Term(tuple(runs), text.endswith("*"))
        return
    for word in text.split():
        runs = asked_runs(word)
        if runs:
            yield Term(tuple(runs), word.endswith("*") or goes_on(runs))


def found_in(text: str, terms: Iterable[Term]) -> int:
    """How many of the terms are in the text."""
    normalised = normalise(text)
    return sum(each.pattern.search(normalised) is not None for each in terms)


def spans_in(text: str, terms: Iterable[Term]) -> list[Span]:
    """Where the terms are, in order; what overlaps is one."""
    normalised, places = source_positions(text)
    places.append(len(text))
    spans = sorted(
        (places[match.start()], _end(places, match.end()))
        for each in terms
        for match in each.pattern.finditer(normalised)
        if match.end() > match.start()
    )
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def piece_of(text: str, terms: list[Term]) -> tuple[str, list[Span]]:
    """The part of a text around the first match on one line, with what is marked in it."""
    text = " ".join(text.split())
    spans = spans_in(text, terms)
    first = spans[0][0] if spans else 0
    start = _word_begin(text, first - BEFORE) if first > BEFORE else 0
    end = min(len(text), start + PIECE)
    if end < len(text):
        end = max(text.rfind(" ", start + PIECE // 2, end), start + PIECE // 2)
    before, after = ("…" if start else ""), ("…" if end < len(text) else "")
    shift = len(before) - start
    inside = [
        (max(a, start) + shift, min(b, end) + shift) for a, b in spans if a < end and b > start
    ]
    return before + text[start:end].rstrip() + after, inside


def _end(places: list[int], index: int) -> int:
    """Behind the last character that was matched, with its marks."""
    last = places[index - 1]
    while index < len(places) and places[index] == last:
        index += 1
    return places[index] if index < len(places) else places[-1]


def _word_begin(text: str, place: int) -> int:
    space = text.find(" ", place, place + BEFORE // 2)
    return space + 1 if space >= 0 else place
