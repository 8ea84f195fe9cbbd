"""The kinds of things that a search finds; apps above the tickets add theirs (orders)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from helpdesk.accounts.models import User
from tickets.search.reading import Reading
from tickets.search.terms import Span, Term, terms_of


@dataclass(frozen=True)
class Hit:
    """Something that was found, and what of it is shown."""

    id: str
    title: str
    title_spans: list[Span]
    snippet: str = ""
    snippet_spans: list[Span] = field(default_factory=list)
    message: dict[str, Any] | None = None


@dataclass
class Found:
    """One page of hits with the records that they speak of."""

    hits: list[Hit]
    records: dict[str, list[Any]]
    next: str | None
    sort: str


@dataclass(frozen=True)
class Search:
    """A query, who asks it, and the words that are marked in what is found."""

    user: User
    reading: Reading
    terms: list[Term]
    kept: dict[str, Any] = field(default_factory=dict, compare=False)
    """What a kind has found out already, by a name of its own."""

    @classmethod
    def of(cls, user: User, reading: Reading) -> Search:
        return cls(user, reading, terms_of(reading.conditions))


@dataclass(frozen=True)
class Kind:
    """How to count and to page one kind of thing. Counting stops at some number."""

    name: str
    hit: str
    needs: str
    count: Callable[[Search], tuple[int, bool]]
    page: Callable[[Search, str | None, int, str], Found]


def conditions_on(tree: dict[str, Any], of_leaf: Callable[[dict[str, Any]], Q | None]) -> Q | None:
    """What a tree over tickets asks of another kind of thing; None where it asks nothing of it.

    ``of_leaf`` says it of one condition; what has nothing to do with that kind is passed over.
    """
    for group in ("all", "any", "none"):
        if group in tree:
            asked = [conditions_on(each, of_leaf) for each in tree[group]]
            parts = [each for each in asked if each is not None]
            if not parts:
                return None
            found = parts[0]
            for each in parts[1:]:
                found = found & each if group == "all" else found | each
            return ~found if group == "none" else found
    return of_leaf(tree) if tree else None


KINDS: dict[str, Kind] = {}


def add_kind(kind: Kind) -> None:
    """Make a kind of thing findable."""
    KINDS[kind.name] = kind
