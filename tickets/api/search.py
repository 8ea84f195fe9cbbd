"""Searching everything, and help with typing the query."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.permissions import may, require
from helpdesk.lib.api import refuse_unknown_parameters
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from tickets.api.shapes import SearchKeys, SearchPage, Suggestions
from tickets.search import hits  # noqa: F401 (makes tickets and customers findable)
from tickets.search.advice import other_spelling, without_one_term
from tickets.search.field_keys import keys_for
from tickets.search.keys import Vocabulary
from tickets.search.kinds import KINDS, Found, Hit, Search
from tickets.search.reading import read_query
from tickets.search.records import Places, analysis, highlighted
from tickets.search.suggestions import suggest

SORTS = ("relevance", "newest", "oldest")
DEFAULT_LIMIT = 25


class SearchEverything(Endpoint):
    """Tickets, customers and orders that a query finds, one kind a page, with what matches."""

    needs: ClassVar = {"GET": "ticket.view"}
    is_live = True

    @documented(
        "search",
        SearchPage,
        parameters={
            "q": "The query: words, key:value, OR, -not, (groups), see /search/keys.",
            "kind": "tickets, customers or orders",
            "sort": ", ".join(SORTS),
            "after": "The ``next`` of the page before.",
            "limit": "Rows per page, at most 200.",
        },
    )
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "q", "kind", "sort", "after", "limit")
        given = request.query_params
        kind = KINDS.get(_one_of(given.get("kind") or "tickets", KINDS, "kind"))
        sort = _one_of(given.get("sort") or "relevance", SORTS, "sort")
        if kind is None:
            raise InvalidInput.field("kind", f"Choose from: {', '.join(KINDS)}.")
        require(self.user, kind.needs)
        vocabulary = Vocabulary(self.user)
        search = Search.of(self.user, read_query(given.get("q", ""), self.user, vocabulary))
        limit = limit_from(given.get("limit"), default=DEFAULT_LIMIT)
        found = kind.page(search, given.get("after") or None, limit, sort)
        counts = {
            each.name: _bounded(each.count(search))
            for each in KINDS.values()
            if may(self.user, each.needs)
        }
        is_empty = not found.hits and not given.get("after")
        return Response(
            {
                "kind": kind.name,
                "sort": found.sort,
                "query": analysis(search.reading),
                "counts": counts,
                "results": [_hit(each, kind.hit) for each in found.hits],
                **_records(found),
                "next": found.next,
                "without": without_one_term(search, kind, vocabulary) if is_empty else None,
                "spelling": other_spelling(search) if is_empty else None,
            }
        )


class SearchSuggestions(Endpoint):
    """What may be typed next at a place of a query."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented(
        "search_suggestions",
        Suggestions,
        parameters={"q": "The query so far.", "at": "Where the caret is, in UTF-16 units."},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "q", "at")
        text = request.query_params.get("q", "").replace("\x00", " ")
        places = Places(text)
        at = _place(request.query_params.get("at"), places(len(text)))
        made = suggest(text, places.back(at), Vocabulary(self.user))
        return Response(
            {
                "start": places(made.start),
                "end": places(made.end),
                "results": [
                    {
                        "kind": each.kind,
                        "key": each.key,
                        "insert": each.insert,
                        "label": each.label,
                        "detail": each.detail,
                    }
                    for each in made.found
                ],
            }
        )


class SearchKeyList(Endpoint):
    """The keys that a query can use, for a help sheet."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("search_keys", SearchKeys)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        vocabulary = Vocabulary(self.user)
        keys = [
            {
                "key": each.name,
                "label": each.label,
                "aliases": list(each.aliases),
                "operators": list(each.operators),
                "example": each.example,
                "values": [value.word for value in each.values(vocabulary)],
            }
            for each in keys_for(vocabulary).values()
        ]
        return Response({"results": keys})


def _one_of(value: str, known: Any, name: str) -> str:
    if value not in known:
        raise InvalidInput.field(name, f"Choose from: {', '.join(known)}.")
    return value


def _place(text: str | None, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise InvalidInput.field("at", "The caret must be a whole number.")
    return min(int(text), default)


def _bounded(counted: tuple[int, bool]) -> dict[str, Any]:
    count, is_exact = counted
    return {"count": count, "is_exact": is_exact}


def _hit(hit: Hit, kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "id": hit.id,
        "title": highlighted(hit.title, hit.title_spans),
        "snippet": highlighted(hit.snippet, hit.snippet_spans) if hit.snippet else None,
        "message": hit.message,
    }


def _records(found: Found) -> dict[str, list[Any]]:
    return {name: found.records.get(name, []) for name in ("tickets", "customers", "orders")}
