"""Finding tickets by words: number, subject, customer, and what was written."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Left

from tickets.models import Customer, Handle, MessageBody, Ticket

MAX_QUERY_CHARS = 200
INDEXED_CHARS = 100_000
"""So much of a message is searchable; more would not fit PostgreSQL's limit for one document."""

BODY_VECTOR = SearchVector(Left(F("text"), INDEXED_CHARS), config="simple")


def search_tickets(tickets: QuerySet[Ticket], words: str) -> QuerySet[Ticket]:
    """The tickets that ``words`` name: ``#1042``, an address, a name, a subject, or a text."""
    words = words.replace("\x00", "").strip()[:MAX_QUERY_CHARS]
    if not words:
        return tickets
    matches = Q(subject__icontains=words) | Q(customer_id__in=_customers(tickets, words))
    number = words.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 18:
        matches |= Q(number=int(number))
    return tickets.filter(matches | Q(Exists(_written(words))))


def _customers(tickets: QuerySet[Ticket], words: str) -> QuerySet[Customer, Any]:
    return Customer.objects.filter(
        Q(name__icontains=words)
        | Q(Exists(Handle.objects.filter(customer=OuterRef("pk"), value__icontains=words)))
    ).values("pk")


def _written(words: str) -> QuerySet[MessageBody]:
    return MessageBody.objects.alias(vector=BODY_VECTOR).filter(
        message__ticket_id=OuterRef("pk"),
        vector=SearchQuery(words, config="simple", search_type="websearch"),
    )
