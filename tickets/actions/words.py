"""Keeps the words of tickets and customers as they are written, in the same transaction.

``record_ticket``, ``record_message`` and ``record_customer`` tell this module what happened; it is
written once at the end of the unit of work, so many arrivals in one unit cost few queries. What
would mean to lock other tickets (a customer with a new name) is left to the sweep as a row.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from helpdesk.events.outbox import current_unit
from helpdesk.sweep import sweeps
from tickets.models import Customer, CustomerWords, Handle, Message, StaleWords, Ticket, TicketWords
from tickets.search.documents import (
    FULL,
    MAX_BARE_BYTES,
    MAX_LENGTH,
    TicketDocument,
    customer_words,
    messages_to_index,
    ticket_document,
)
from tickets.search.normalise import GAP, Document

BATCH = 100
_WRITTEN = frozenset({"message.received", "message.queued", "message.noted"})


@dataclass
class _Writing:
    """What a unit of work has to write about one ticket."""

    ticket: Ticket
    is_new: bool = False
    is_stale: bool = False
    messages: dict[uuid.UUID, Message] = field(default_factory=dict)


@dataclass
class _Noted:
    tickets: dict[uuid.UUID, _Writing] = field(default_factory=dict)
    customers: dict[uuid.UUID, Customer] = field(default_factory=dict)
    renamed: set[uuid.UUID] = field(default_factory=set)

    def of(self, ticket: Ticket) -> _Writing:
        return self.tickets.setdefault(ticket.pk, _Writing(ticket))


def note_ticket(type_: str, ticket: Ticket, change: Mapping[str, Any]) -> None:
    """A ticket began, or its subject or customer changed."""
    if type_ == "ticket.created":
        _noted().of(ticket).is_new = True
    elif change.keys() & {"subject", "customer_id", "customer"}:
        _noted().of(ticket).is_stale = True


def note_message(type_: str, message: Message, ticket: Ticket) -> None:
    """A message was written, changed or taken back."""
    if type_ in _WRITTEN:
        _noted().of(ticket).messages[message.pk] = message
    elif type_ in ("message.withdrawn", "message.changed"):
        _noted().of(ticket).is_stale = True


def note_customer(customer: Customer, *, is_new: bool = False) -> None:
    """A customer has another name or handle; a new one has no tickets yet."""
    noted = _noted()
    noted.customers[customer.pk] = customer
    if not is_new:
        noted.renamed.add(customer.pk)


def reindex_tickets(ticket_ids: Iterable[uuid.UUID]) -> int:
    """Read the words of these tickets anew, their rows locked: for merges, splits and repairs."""
    done = 0
    customers: dict[uuid.UUID, Customer] = {}
    with transaction.atomic():
        tickets = (
            Ticket.objects.select_for_update(no_key=True, of=("self",))
            .select_related("customer")
            .prefetch_related("customer__handles")
            .filter(pk__in=list(ticket_ids))
            .order_by("pk")
        )
        for ticket in tickets:
            _replace(ticket)
            customers[ticket.customer_id] = ticket.customer
            done += 1
        _write_customers(list(customers.values()))
    return done


def mark_stale(ticket_ids: Iterable[uuid.UUID]) -> None:
    """Let the sweep read the words of these tickets anew."""
    StaleWords.objects.bulk_create([StaleWords(ticket_id=each) for each in ticket_ids])


@sweeps("tickets.words")
def read_stale_words() -> int:
    """Read a batch of stale tickets anew; several processes take different ones."""
    with transaction.atomic():
        stale = list(StaleWords.objects.select_for_update(skip_locked=True).order_by("pk")[:BATCH])
        if not stale:
            return 0
        done = reindex_tickets({each.ticket_id for each in stale})
        StaleWords.objects.filter(pk__in=[each.pk for each in stale]).delete()
    return done


def _noted() -> _Noted:
    unit = current_unit()
    if unit is None:
        raise RuntimeError("words were noted outside a unit of work")
    noted: _Noted | None = unit.kept.get(_Noted)
    if noted is None:
        noted = unit.kept[_Noted] = _Noted()
    unit.closing[_Noted] = lambda: _write(noted)
    return noted


def _write(noted: _Noted) -> None:
    """Write everything that was noted; what is noted later is written by a later close."""
    tickets, customers, renamed = noted.tickets, noted.customers, noted.renamed
    noted.tickets, noted.customers, noted.renamed = {}, {}, set()
    _write_customers(list(customers.values()))
    if renamed:
        stale = Ticket.objects.filter(customer_id__in=renamed).values_list("pk", flat=True)
        mark_stale(each for each in stale if each not in tickets)
    begun = []
    for each in tickets.values():
        if each.is_new:
            begun += ticket_document(each.ticket, each.messages.values()).rows(each.ticket)
        elif each.is_stale or each.ticket.customer_id in renamed:
            _replace(each.ticket)
        else:
            _append(each)
    if begun:
        TicketWords.objects.bulk_create(begun)


def _write_customers(customers: list[Customer]) -> None:
    if not customers:
        return
    handles: dict[uuid.UUID, list[Handle]] = {}
    for handle in Handle.objects.filter(customer__in=customers).order_by("pk"):
        handles.setdefault(handle.customer_id, []).append(handle)
    CustomerWords.objects.bulk_create(
        [customer_words(each, handles.get(each.pk, [])) for each in customers],
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["vector"],
    )


def _append(writing: _Writing) -> None:
    """Add the new messages to the ticket's last part, or begin further parts."""
    ticket = writing.ticket
    document = TicketDocument(first=GAP + 1)
    for message in writing.messages.values():
        document.add_message(message, ticket)
    if len(document.parts) == 1 and _add_to_only_part(ticket, document.parts[0]):
        return
    last = TicketWords.objects.filter(ticket_id=ticket.pk).aggregate(last=Max("part"))["last"]
    if last is None:
        _replace(ticket)
        return
    further = document.rows(ticket)
    for number, row in enumerate(further, start=last + 1):
        row.part = number
    TicketWords.objects.bulk_create(further)
    for words in TicketDocument.bare(document.parts):
        _add_to_first_part(ticket, words)


def _add_to_only_part(ticket: Ticket, added: Document) -> bool:
    """Whether the ticket has one part, and it had room."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_ticketwords SET vector = vector || %s::tsvector, length = length + %s "
            "WHERE ticket_id = %s AND part = 0 AND length + %s <= %s",
            [added.as_tsvector(), added.length, ticket.pk, added.length, MAX_LENGTH],
        )
        return cursor.rowcount == 1


def _add_to_first_part(ticket: Ticket, words: str) -> None:
    """Part 0 has the words of all parts, as far as one document can hold them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_ticketwords SET vector = vector || %s::tsvector, length = %s "
            "WHERE ticket_id = %s AND part = 0 AND pg_column_size(vector) + %s < %s",
            [words, FULL, ticket.pk, len(words.encode()), MAX_BARE_BYTES],
        )


def _replace(ticket: Ticket) -> None:
    """Write all parts anew; the ticket's row is locked."""
    handles = Handle.objects.filter(customer_id=ticket.customer_id).order_by("pk")
    ticket.customer._prefetched_objects_cache = {"handles": handles}  # type: ignore[attr-defined]
    rows = ticket_document(ticket, messages_to_index(ticket.pk)).rows(ticket)
    TicketWords.objects.filter(ticket_id=ticket.pk).delete()
    TicketWords.objects.bulk_create(rows)
