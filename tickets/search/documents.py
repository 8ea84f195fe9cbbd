"""The words of a ticket and of a customer as the database keeps them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from itertools import islice

from tickets.models import Customer, CustomerWords, Handle, HandleKind, Message, Ticket, TicketWords
from tickets.search.normalise import Document, lexemes_of

MAX_LENGTH = 12_000
"""Places in one part; PostgreSQL keeps no place above 16,383."""
FULL = MAX_LENGTH * 2
"""The length of a first part that others follow: nothing more is given a place in it."""
INDEXED_CHARS = 100_000
"""So much of a message is searchable."""
MAX_BARE_BYTES = 400_000
"""So many bytes of later words part 0 takes over; a tsvector holds at most a megabyte."""
PHONE_BEGINS, PHONE_ENDS = "tel:", "tel~"
MIN_PHONE_DIGITS = 5

SUBJECT, PEOPLE, FILES, MESSAGES = "A", "B", "C", "D"


class TicketDocument:
    """All words of a ticket, cut into parts; ``first`` is where the first part begins."""

    def __init__(self, *, first: int = 1) -> None:
        self.parts = [Document(first)]

    def add(self, text: str, weight: str = MESSAGES) -> None:
        """Append a text."""
        self.add_lexemes(lexemes_of(text[:INDEXED_CHARS]), weight)

    def add_lexemes(self, lexemes: Iterable[str], weight: str) -> None:
        """Append lexemes, beginning new parts where one is full."""
        left = iter(lexemes)
        while piece := list(islice(left, MAX_LENGTH // 2)):
            if self.parts[-1].length + len(piece) > MAX_LENGTH:
                self.parts.append(Document())
            self.parts[-1].add_lexemes(piece, weight)

    def add_ticket(self, ticket: Ticket) -> None:
        """Subject, number and customer."""
        self.add(ticket.subject, SUBJECT)
        self.add_lexemes([str(ticket.number)], SUBJECT)
        self.add_customer(ticket.customer, ticket.customer.handles.all())

    def add_customer(self, customer: Customer, handles: Iterable[Handle]) -> None:
        """Name, addresses and phones."""
        self.add(customer.name, PEOPLE)
        for handle in handles:
            self.add(handle.value, PEOPLE)
            if handle.kind == HandleKind.PHONE:
                self.add_lexemes(phone_lexemes(handle.value), PEOPLE)

    def add_message(self, message: Message, ticket: Ticket) -> None:
        """What was newly written, who wrote it, its own subject and the names of its files."""
        self.add(message.body.text, MESSAGES)
        if message.subject and not message.subject.endswith(ticket.subject):
            self.add(message.subject, SUBJECT)
        if message.direction == "in":
            self.add(message.author_name, PEOPLE)
            self.add((message.from_address or {}).get("address", ""), PEOPLE)
        for file in message.attachments.all():
            if not file.is_inline:
                self.add(file.name, FILES)

    def rows(self, ticket: Ticket) -> list[TicketWords]:
        """The rows to keep; part 0 has the words of all."""
        rows = [
            TicketWords(
                ticket_id=ticket.pk,
                organization_id=ticket.organization_id,
                part=number,
                length=part.length,
                vector=part.as_tsvector(),
            )
            for number, part in enumerate(self.parts)
        ]
        if len(rows) > 1:
            rows[0].vector = " ".join([rows[0].vector, *self.bare(self.parts[1:])])
            rows[0].length = FULL
        return rows

    @staticmethod
    def bare(parts: list[Document]) -> Iterator[str]:
        """The words of later parts without places, as far as they fit."""
        size = 0
        for part in parts:
            words = part.as_bare_tsvector()
            size += len(words.encode())
            if size > MAX_BARE_BYTES:
                return
            yield words


def ticket_document(ticket: Ticket, messages: Iterable[Message]) -> TicketDocument:
    """Everything of the ticket; customer, handles, bodies and attachments are read already."""
    document = TicketDocument()
    document.add_ticket(ticket)
    for message in messages:
        document.add_message(message, ticket)
    return document


def customer_words(customer: Customer, handles: Iterable[Handle]) -> CustomerWords:
    """The row that finds a customer."""
    document = TicketDocument()
    document.add_customer(customer, handles)
    return CustomerWords(
        customer_id=customer.pk,
        organization_id=customer.organization_id,
        vector=document.parts[0].as_tsvector(),
    )


def phone_lexemes(value: str) -> list[str]:
    """A phone from its beginning, and from the digits that people leave the beginning off to."""
    digits = phone_digits(value)
    ends = [digits[-size:] for size in range(MIN_PHONE_DIGITS, len(digits))]
    return [PHONE_BEGINS + digits, *(PHONE_ENDS + each for each in ends)] if digits else []


def phone_digits(value: str) -> str:
    """The digits of a phone without the zeros that only mean "abroad" or "not local"."""
    return "".join(each for each in value if each.isascii() and each.isdigit()).lstrip("0")[:20]


def messages_to_index(ticket_id: uuid.UUID) -> Iterable[Message]:
    """The messages of a ticket that can be found: all that were not withdrawn."""
    return (
        Message.objects.filter(ticket_id=ticket_id)
        .exclude(delivery_state="withdrawn")
        .select_related("body")
        .prefetch_related("attachments")
        .order_by("position")
        .iterator(chunk_size=500)
    )
