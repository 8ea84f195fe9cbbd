"""The words that tickets and customers are found by, beside the rows they belong to."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now

from helpdesk.lib.clock import now
from tickets.models.customer import Customer
from tickets.models.ticket import Ticket

PERIOD_SECONDS = 7 * 24 * 3600
"""A week: a shop with a million tickets in three years has some 7,000 of them in each."""


@SearchVectorField.register_lookup
class Matches(models.Lookup):
    """``vector__matches="'cancel':* & 'order'"``: a tsquery as tickets.search.tsquery writes it.

    The literal stands in the statement, so that the planner sees how rare the words are.
    """

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} @@ %s::tsquery", (*parameters, self.rhs)


class TicketWords(models.Model):
    """Subject, customer and messages of a ticket as one document (docs/decisions/0007).

    Part 0 holds every word of the ticket. A ticket too long for the positions of one document
    has further parts, in which phrases of its later messages are found. ``length`` is the last
    position that the part uses.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    part = models.PositiveSmallIntegerField(default=0)
    length = models.PositiveIntegerField(default=0)
    period = models.IntegerField(default=0)
    vector = SearchVectorField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "part"], name="ticket_words_part_unique"),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["vector"], name="ticket_words", gin_pending_list_limit=256),
            GinIndex(
                models.Func(
                    models.F("period"),
                    models.F("vector"),
                    function="tickets_words_of_period",
                    output_field=SearchVectorField(),
                ),
                name="ticket_words_of_period",
                gin_pending_list_limit=256,
            ),
            models.Index(fields=["period"], name="ticket_words_period"),
        ]

    def __str__(self) -> str:
        return f"words of {self.ticket_id}, part {self.part}"


class CustomerWords(models.Model):
    """Name and handles of a customer."""

    customer = models.OneToOneField(
        Customer, models.CASCADE, primary_key=True, related_name="words"
    )
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    vector = SearchVectorField()

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["vector"], name="customer_words", gin_pending_list_limit=256),
        ]

    def __str__(self) -> str:
        return f"words of {self.customer_id}"


class StaleWords(models.Model):
    """A ticket whose words have to be read anew; the sweep does it and removes the row.

    A ticket may be here twice: what became stale while it was being read is read again.
    """

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    since = models.DateTimeField(default=now, db_default=Now())

    def __str__(self) -> str:
        return f"words of {self.ticket_id} are stale"
