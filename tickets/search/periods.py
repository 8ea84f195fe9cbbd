"""Matches of a search from the newest ticket on (or from the oldest), however common its words are.

The index ``ticket_words_of_period`` holds words with the period of the ticket's last message before
them. So the periods are asked one after the other, and asking stops where enough is found. What
comes from there are candidates; every one of them is held against all conditions. A period in
which very many match is walked ticket by ticket in order instead: the page is full soon.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from tickets.models import Ticket
from tickets.models.words import PERIOD_SECONDS
from tickets.ordering import in_order, order_of

CANDIDATES = 10_000
"""So many tickets with the words are held against the other conditions to count matches."""
FEW_CANDIDATES, FEW = 4_000, 400
"""A period with more candidates or matches than these is walked in order."""
STEPS = (250, 1_000)
"""So many tickets are walked at once; then all matches of the period are read."""
_ALL = 2**31 - 1

Match = tuple[datetime, uuid.UUID]
"""A ticket by its place in the order."""

_LEXEME = re.compile(r"('(?:[^'\\]|''|\\.)*')(:[*A-D]+)?|<-?\d*>")


@dataclass(frozen=True)
class Words:
    """Tickets of which some part matches ``asked``, and which of them are wanted.

    ``wanted`` is held against every candidate. ``everything`` has the tickets to walk through;
    each of them is held against ``walked``.
    """

    asked: str
    wanted: QuerySet[Ticket]
    everything: QuerySet[Ticket]
    walked: QuerySet[Ticket]
    is_down: bool = True


@dataclass
class Collected:
    """Matches as they were met. Every match of the first ``complete`` periods is among them."""

    matches: dict[uuid.UUID, datetime] = field(default_factory=dict)
    places: dict[uuid.UUID, int] = field(default_factory=dict)
    complete: int = 0
    is_all: bool = False

    def in_complete(self) -> list[Match]:
        """The matches of the periods that were read to their end."""
        return [(at, pk) for pk, at in self.matches.items() if self.places[pk] < self.complete]

    @property
    def first(self) -> int:
        """The place of the first period with a match; those before have none."""
        return min(self.places.values(), default=self.complete)


def period_of(at: datetime) -> int:
    """The period of a moment; the database computes the same (tickets_period)."""
    return int(at.timestamp() // PERIOD_SECONDS)


def begin_of(period: int) -> datetime:
    """The first moment of a period."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=period * PERIOD_SECONDS)


def periods(*, is_down: bool) -> list[int]:
    """Every period that tickets lie in, in order; looks at one row of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE found AS (SELECT max(period) AS period FROM tickets_ticketwords "
            "UNION ALL SELECT (SELECT max(period) FROM tickets_ticketwords AS words "
            "WHERE words.period < found.period) FROM found WHERE period IS NOT NULL) "
            "SELECT period FROM found WHERE period IS NOT NULL"
        )
        found = [row[0] for row in cursor.fetchall()]
    return found if is_down else found[::-1]


def of_period(asked: str, period: int) -> str:
    """The tsquery for the index: words of this period, wherever in the document they stand."""

    def rewritten(match: re.Match[str]) -> str:
        if match[1] is None:
            return "&"
        return f"'{period}:{match[1][1:]}" + (":*" if "*" in (match[2] or "") else "")

    return _LEXEME.sub(rewritten, asked)


def is_plain(asked: str) -> bool:
    """Whether the index alone can tell: no phrase, and words may stand anywhere."""
    parts = [(each[1], each[2] or "") for each in _LEXEME.finditer(asked)]
    return all(lexeme is not None and set(labels) <= set(":*") for lexeme, labels in parts)


def collect(words: Words, among: list[int], *, enough: int, candidates: int) -> Collected:
    """Matches of these periods, until there are enough or so many candidates were looked at."""
    collected = Collected()
    if not among:
        collected.is_all = True
        return collected
    rows = _rows(words, among, enough, candidates)
    for place, number, pk, at in rows:
        collected.complete = place
        if pk is not None:
            collected.matches[pk] = at
            collected.places.setdefault(pk, place)
        if number == candidates:
            return collected
    if len(rows) < enough:
        collected.is_all = True
        collected.complete = len(among)
    elif len(collected.matches) < enough:
        # Some tickets came twice, by two parts of them.
        return collect(words, among, enough=enough * 2, candidates=candidates)
    return collected


def first_matches(
    words: Words, after: Match | None, enough: int, met: Collected | None = None
) -> list[Match]:
    """The first matches in order behind ``after``: exactly those, or all there are.

    ``met`` is what was collected from the newest on, if that is where these begin.
    """
    among = periods(is_down=words.is_down)
    if after is not None:
        begin = period_of(after[0])
        among = [each for each in among if each == begin or (each < begin) == words.is_down]
    found: list[Match] = []
    some = met
    while among and len(found) < enough:
        if some is None:
            some = collect(words, among, enough=max(FEW, enough), candidates=FEW_CANDIDATES)
        if some.complete:
            found += _sorted(words, some.in_complete(), after)
            among = among[some.complete :]
        else:
            found += _of_one_period(words, among[0], after, enough - len(found))
            among = among[1:]
        some = None
    return found[:enough]


def _rows(
    words: Words, among: list[int], enough: int, candidates: int
) -> list[tuple[int, int, uuid.UUID | None, datetime]]:
    """(place of the period, number of the candidate, ticket, its last message), in that order.

    The last candidate that may be looked at is here even where it does not match.
    """
    candidate = RawSQL('"candidate"."ticket_id"', [])
    chosen = words.wanted.filter(pk=candidate).order_by().values_list("pk", "last_message_at")
    try:
        sql, parameters = chosen.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT candidate.place - 1, candidate.number, match.id, match.at FROM ("  # noqa: S608
            "SELECT place, ticket_id, row_number() OVER () AS number "
            "FROM unnest(%s::text[]) WITH ORDINALITY AS asked(query, place), LATERAL ("
            "SELECT ticket_id FROM tickets_ticketwords "
            "WHERE tickets_words_of_period(period, vector) @@ asked.query::tsquery OFFSET 0"
            ") AS words LIMIT %s) AS candidate "
            f"LEFT JOIN LATERAL ({sql} OFFSET 0) AS match(id, at) ON true "
            "WHERE match.id IS NOT NULL OR candidate.number = %s LIMIT %s",
            [
                [of_period(words.asked, each) for each in among],
                candidates,
                *parameters,
                candidates,
                enough,
            ],
        )
        return cursor.fetchall()


def _sorted(words: Words, matches: list[Match], after: Match | None) -> list[Match]:
    found = sorted(matches, reverse=words.is_down)
    if after is None:
        return found
    return [each for each in found if (each < after if words.is_down else each > after)]


def _of_one_period(words: Words, period: int, after: Match | None, enough: int) -> list[Match]:
    """The first matches of a period with many, met ticket by ticket in order.

    Where they lie thickly that is soon done; else all matches of the period are read.
    """
    found: list[Match] = []
    for tickets in _steps(words, period, after):
        matching = words.walked.filter(pk__in=[pk for _, pk in tickets]).order_by()
        kept = set(matching.values_list("pk", flat=True))
        found += [each for each in tickets if each[1] in kept]
        if len(found) >= enough:
            return found
        if not tickets:
            return found
    some = collect(words, [period], enough=_ALL, candidates=_ALL)
    return _sorted(words, some.in_complete(), after)


def _steps(words: Words, period: int, after: Match | None) -> Iterator[list[Match]]:
    """The tickets of a period behind ``after`` in order, in steps; [] where there are no more."""
    inside = words.everything.filter(
        last_message_at__gte=begin_of(period), last_message_at__lt=begin_of(period + 1)
    )
    ordered = in_order(inside, order_of("newest" if words.is_down else "oldest"), None)
    for step in STEPS:
        rows = ordered
        if after is not None:
            rows = ordered.filter(_behind(after, is_down=words.is_down))
        tickets = list(rows.values_list("last_message_at", "pk")[:step])
        if tickets:
            yield tickets
        if len(tickets) < step:
            yield []
            return
        after = tickets[-1]


def _behind(after: Match, *, is_down: bool) -> RawSQL:
    sign = "<" if is_down else ">"
    return RawSQL(  # noqa: S611 (our own constants)
        f'("tickets_ticket"."last_message_at", "tickets_ticket"."id") {sign} (%s, %s)',
        after,
        output_field=BooleanField(),
    )
