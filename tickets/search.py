"""Finding tickets by words: number, subject, customer, and what was written."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet

from tickets.models import Customer, Handle, Message, MessageBody, Ticket
from tickets.models.message import BODY_VECTOR

MAX_QUERY_CHARS = 200
MAX_MESSAGES = 5000


def search_tickets(
    tickets: QuerySet[Ticket], words: str, *, organization_id: uuid.UUID
) -> QuerySet[Ticket]:
    """The tickets that ``words`` name: ``#1042``, an address, a name, a subject, or a text."""
    words = words.replace("\x00", "").strip()[:MAX_QUERY_CHARS]
    if not words:
        return tickets
    matches = Q(subject__icontains=words) | Q(customer_id__in=_customers(organization_id, words))
    number = words.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 18:
        matches |= Q(number=int(number))
    return tickets.filter(matches | Q(pk__in=_written(organization_id, words)))


def _customers(organization_id: uuid.UUID, words: str) -> QuerySet[Customer, Any]:
    return Customer.objects.filter(
        Q(name__icontains=words)
        | Q(Exists(Handle.objects.filter(customer=OuterRef("pk"), value__icontains=words))),
        organization_id=organization_id,
    ).values("pk")


def _written(organization_id: uuid.UUID, words: str) -> QuerySet[Message, Any]:
    """Tickets of the newest messages with these words; a word that is everywhere stays quick."""
    found = MessageBody.objects.alias(vector=BODY_VECTOR).filter(
        message__organization_id=organization_id,
        vector=SearchQuery(words, config="simple", search_type="websearch"),
    )
    newest = found.order_by("-pk").values("pk")[:MAX_MESSAGES]
    return Message.objects.filter(pk__in=newest).values("ticket_id")
