"""What to say when nothing was found: which term to drop, or how a word may be meant."""

from __future__ import annotations

from typing import Any

from tickets.search.keys import Vocabulary
from tickets.search.kinds import Kind, Search
from tickets.search.reading import read_query
from tickets.search.records import Places
from tickets.search.spelling import better_spelling

MAX_TRIED = 8


def without_one_term(search: Search, kind: Kind, vocabulary: Vocabulary) -> dict[str, Any] | None:
    """The term that hides most: how many match without it. None if no single term is to blame."""
    reading = search.reading
    terms = [each for each in reading.query.tokens if each.kind in ("word", "phrase", "field")]
    if len(terms) < 2:
        return None
    places = Places(reading.query.text)
    best: dict[str, Any] | None = None
    for term in terms[:MAX_TRIED]:
        query = reading.without(term)
        other = Search.of(search.user, read_query(query, search.user, vocabulary))
        if not other.reading.conditions:
            continue
        count, is_exact = kind.count(other)
        if count and (best is None or count > best["count"]):
            best = {
                "token": term.text,
                "start": places(term.start),
                "end": places(term.end),
                "query": query,
                "count": count,
                "is_exact": is_exact,
            }
    return best


def other_spelling(search: Search) -> dict[str, Any] | None:
    """The query with words spelled as tickets spell them; None if no word has a likely other one."""
    query = search.reading.query
    places = Places(query.text)
    words: list[dict[str, Any]] = []
    text = query.text
    for token in reversed(query.tokens):
        if token.kind != "word" or token.is_negated:
            continue
        right = better_spelling(search.user, token.values[0].rstrip("*"))
        if right is None:
            continue
        text = text[: token.start] + right + text[token.end :]
        words.insert(
            0,
            {
                "wrong": token.values[0],
                "right": right,
                "start": places(token.start),
                "end": places(token.end),
            },
        )
    return {"query": text, "words": words} if words else None
