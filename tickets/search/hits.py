"""Tickets and customers that a search finds, with the places that match."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, FloatField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Left

from helpdesk.lib.clock import iso
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.pagination import Page, decode_cursor, encode_cursor
from tickets import selectors
from tickets.fields import TICKET_FIELDS, as_query, asks_for, without_words, words_needed
from tickets.models import Customer, Handle, Message, Ticket, TicketWords
from tickets.ordering import order_of, place_in
from tickets.records import customer_record, ticket_record
from tickets.search.found import customer_has_words
from tickets.search.keys import zone_of
from tickets.search.kinds import Found, Hit, Kind, Search, add_kind, conditions_on
from tickets.search.periods import (
    CANDIDATES,
    Collected,
    Words,
    collect,
    first_matches,
    is_plain,
    periods,
)
from tickets.search.terms import Term, found_in, piece_of, spans_in
from tickets.search.tsquery import both, either, phone_query, phrase_query, words_query

MAX_RANKED = 1000
"""More matches than this are not sorted by relevance: the newest are as good a guess."""
FEW_TICKETS = 5_000
"""Where the other conditions leave fewer tickets, those are looked through for the words."""
RECENT = 50
"""So many messages of each ticket are looked through for the one to show, before all are."""
READ_CHARS = 20_000


def tickets_of(search: Search, *, for_few: bool = False) -> QuerySet[Ticket]:
    """Every ticket that the query leaves."""
    return _matching(search, search.reading.conditions, for_few=for_few)


def count_tickets(search: Search) -> tuple[int, bool]:
    """How many match; at most MAX_RANKED, and fewer where counting on takes too long."""
    met = _met(search)
    return min(len(met.matches), MAX_RANKED), met.is_all and len(met.matches) <= MAX_RANKED


def page_of_tickets(search: Search, after: str | None, limit: int, sort: str) -> Found:
    """One page; by relevance only where few enough match."""
    asked = _positive(search.reading.conditions)
    order = "oldest" if sort == "oldest" else "newest"
    if not asked:
        page = selectors.list_tickets(tickets_of(search), after=after, limit=limit, sort=order)
        return _found(search, page.rows, page.next, order)
    met = _met(search)
    if met.is_all and len(met.matches) <= MAX_RANKED:
        found = Ticket.objects.filter(pk__in=list(met.matches))
        if sort == "relevance":
            return _page_by_rank(search, _ranked(found, asked), after, limit)
        page = selectors.list_tickets(found, after=after, limit=limit, sort=order)
    else:
        page = _page_of_many(search, after, limit, order)
    return _found(search, page.rows, page.next, order)


def _page_of_many(search: Search, after: str | None, limit: int, order: str) -> Page[Ticket]:
    """A page of more matches than are worth collecting, from the newest (or oldest) on."""
    words = _words(search, is_down=order == "newest")
    if words is None:
        return selectors.list_tickets(tickets_of(search), after=after, limit=limit, sort=order)
    place = place_in(order_of(order), after) if after else None
    met = _met(search) if place is None and words.is_down else None
    first = first_matches(words, place, limit + 1, met)
    chosen = Ticket.objects.filter(pk__in=[pk for _, pk in first])
    return selectors.list_tickets(chosen, after=None, limit=limit, sort=order)


def _met(search: Search) -> Collected:
    """Up to MAX_RANKED matches and one more, from the newest on; collected once per search."""
    if "met" not in search.kept:
        words = _words(search, is_down=True)
        if words is None:
            is_few = bool(words_needed(search.reading.conditions))
            found = tickets_of(search, for_few=is_few)
            rows = found.order_by().values_list("pk", "last_message_at")
            matches = dict(rows[: MAX_RANKED + 1])
            met = Collected(matches=matches, is_all=len(matches) <= MAX_RANKED)
        else:
            among = periods(is_down=True)
            met = collect(words, among, enough=MAX_RANKED + 1, candidates=CANDIDATES)
        search.kept["met"] = met
    return search.kept["met"]


def _words(search: Search, *, is_down: bool) -> Words | None:
    """How to go from the words to the tickets; None where the other conditions leave fewer."""
    tree = search.reading.conditions
    asked = words_needed(tree)
    if not asked:
        return None
    rest = without_words(tree) if is_plain(asked) else tree
    others = _matching(search, without_words(tree), for_few=True)
    if rest and any(rest.values()) and _guessed(others) < FEW_TICKETS:
        return None
    return Words(
        asked,
        wanted=others if rest is not tree else tickets_of(search, for_few=True),
        everything=selectors.tickets_visible_to(search.user),
        walked=tickets_of(search, for_few=True),
        is_down=is_down,
    )


def _guessed(found: QuerySet[Ticket]) -> int:
    """How many the planner thinks there are, without looking."""
    plan = json.loads(found.order_by().values("pk").explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


def _matching(search: Search, tree: dict[str, Any], *, for_few: bool) -> QuerySet[Ticket]:
    zone = zone_of(search.user)
    conditions = as_query(tree, me=search.user.pk, zone=zone, for_few=for_few)
    found = selectors.tickets_visible_to(search.user).filter(conditions)
    if asks_for(search.reading.conditions, "ticket.is_merged"):
        return found
    return found.filter(merged_into=None)


def _ranked(found: QuerySet[Ticket], asked: str) -> list[tuple[float, datetime, uuid.UUID]]:
    """The matches, best first."""
    rank = TicketWords.objects.filter(ticket=OuterRef("pk"), part=0).values(
        rank=RawSQL("ts_rank(vector, %s::tsquery, 1)::float8", [asked], output_field=FloatField())
    )
    rows = found.annotate(rank=Subquery(rank)).values_list("rank", "last_message_at", "pk")
    return sorted(((each[0] or 0.0, each[1], each[2]) for each in rows), reverse=True)


def _page_by_rank(
    search: Search,
    ranked: list[tuple[float, datetime, uuid.UUID]],
    after: str | None,
    limit: int,
) -> Found:
    if after:
        rank, at, pk = decode_cursor(after, 3)
        try:
            place = (float(rank), datetime.fromisoformat(str(at)), uuid.UUID(str(pk)))
        except (TypeError, ValueError) as error:
            raise InvalidInput.field("after", "This page cursor is not valid.") from error
        ranked = [each for each in ranked if each < place]
    wanted = [each[2] for each in ranked[:limit]]
    rows = {
        each.pk: each
        for each in Ticket.objects.filter(pk__in=wanted)
        .select_related("customer")
        .prefetch_related(Prefetch("customer__handles", Handle.objects.order_by("pk")))
    }
    cursor = None
    if len(ranked) > limit:
        rank, at, pk = ranked[limit - 1]
        cursor = encode_cursor([rank, at.isoformat(), str(pk)])
    return _found(search, [rows[pk] for pk in wanted if pk in rows], cursor, "relevance")


def _found(search: Search, tickets: list[Ticket], after: str | None, sort: str) -> Found:
    shown = _messages_to_show(tickets, search.terms)
    customers = {each.customer_id: each.customer for each in tickets}
    hits = [_ticket_hit(each, shown.get(each.pk), search.terms) for each in tickets]
    records: dict[str, list[Any]] = {
        "tickets": [ticket_record(each) for each in tickets],
        "customers": [customer_record(each) for each in customers.values()],
    }
    return Found(hits, records, after, sort)


def _ticket_hit(ticket: Ticket, message: Message | None, terms: list[Term]) -> Hit:
    text = _text_of(message) if message is not None else ticket.snippet
    snippet, spans = piece_of(text, terms)
    told = None
    if message is not None:
        told = {
            "id": str(message.pk),
            "position": message.position,
            "kind": message.kind,
            "author_name": message.author_name,
            "at": iso(message.created_at),
        }
    return Hit(
        str(ticket.pk),
        ticket.subject,
        spans_in(ticket.subject, terms),
        snippet,
        spans,
        told,
    )


def _messages_to_show(tickets: list[Ticket], terms: list[Term]) -> dict[uuid.UUID, Message]:
    """For each ticket the newest message with most of the words; none without words."""
    if not terms or not tickets:
        return {}
    recent = _messages(each.pk for each in tickets).filter(
        position__gt=F("ticket__last_position") - RECENT
    )
    shown = _best(recent, terms)
    for ticket in tickets:
        if ticket.pk not in shown and ticket.last_position > RECENT:
            shown |= _best(_messages([ticket.pk]).iterator(chunk_size=200), terms)
    return shown


def _messages(ticket_ids: Iterable[uuid.UUID]) -> QuerySet[Message]:
    return (
        Message.objects.filter(ticket_id__in=list(ticket_ids))
        .exclude(delivery_state="withdrawn")
        .annotate(text=Left("body__text", READ_CHARS))
        .order_by("ticket_id", "-position")
    )


def _text_of(message: Message) -> str:
    return str(getattr(message, "text", "") or "")


def _best(messages: Iterable[Message], terms: list[Term]) -> dict[uuid.UUID, Message]:
    most: dict[uuid.UUID, int] = defaultdict(int)
    best: dict[uuid.UUID, Message] = {}
    for message in messages:
        if most[message.ticket_id] == len(terms):
            continue
        count = found_in(_text_of(message), terms)
        if count > most[message.ticket_id]:
            most[message.ticket_id] = count
            best[message.ticket_id] = message
    return best


def _positive(tree: dict[str, Any]) -> str:
    """All the words that are wanted, as one tsquery to rank by."""
    parts = []
    for group in ("all", "any"):
        parts += [_positive(child) for child in tree.get(group, ())]
    field = TICKET_FIELDS.get(tree.get("field", ""))
    if field is not None and field.type == "words" and field.name != "ticket.phone":
        ask = phrase_query if tree["operator"] == "has_phrase" else words_query
        parts.append(ask(str(tree["value"]), weight=field.weight))
    return either(parts)


def customers_of(search: Search) -> QuerySet[Customer]:
    """The customers that the query's words and customer conditions leave; none without such."""
    condition = conditions_on(search.reading.conditions, _customer_leaf)
    found = selectors.customers_of(search.user).filter(merged_into=None)
    return found.none() if condition is None else found.filter(condition)


def count_customers(search: Search) -> tuple[int, bool]:
    return selectors.bounded_count(customers_of(search))


def page_of_customers(search: Search, after: str | None, limit: int, sort: str) -> Found:
    """One page by newest, or by oldest if that is asked for."""
    is_downwards = sort != "oldest"
    found = customers_of(search).order_by("-pk" if is_downwards else "pk")
    if after:
        place = selectors.as_uuid(decode_cursor(after, 1)[0], "after")
        found = found.filter(**{"pk__lt" if is_downwards else "pk__gt": place})
    rows = list(found[: limit + 1])
    cursor = encode_cursor([str(rows[limit - 1].pk)]) if len(rows) > limit else None
    rows = rows[:limit]
    return Found(
        [_customer_hit(each, search.terms) for each in rows],
        {"customers": [customer_record(each) for each in rows]},
        cursor,
        "newest" if is_downwards else "oldest",
    )


def _customer_hit(customer: Customer, terms: list[Term]) -> Hit:
    title = customer.name or next((each.value for each in customer.handles.all()), "")
    marked = ((each.value, spans_in(each.value, terms)) for each in customer.handles.all())
    handles = sorted(marked, key=lambda each: not each[1])
    text, spans = handles[0] if handles else ("", [])
    return Hit(str(customer.pk), title, spans_in(title, terms), text, spans)


def _customer_leaf(leaf: dict[str, Any]) -> Q | None:
    field, value = leaf["field"], leaf.get("value")
    if field in ("ticket.text", "ticket.sender"):
        ask = phrase_query if leaf["operator"] == "has_phrase" else words_query
        asked = both([ask(str(value))])
        return Q(customer_has_words(asked)) if asked else None
    if field == "ticket.phone":
        asked = phone_query(str(value))
        return Q(customer_has_words(asked)) if asked else None
    if field == "ticket.language":
        return Q(language__in=value if isinstance(value, list) else [value])
    return Q(is_vip=bool(value)) if field == "customer.is_vip" else None


add_kind(Kind("tickets", "ticket", "ticket.view", count_tickets, page_of_tickets))
add_kind(Kind("customers", "customer", "customer.view", count_customers, page_of_customers))
