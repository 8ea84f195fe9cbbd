"""Which tickets and customers hold the words that are asked for."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from tickets.models import CustomerWords, TicketWords


def has_words(asked: str) -> Exists:
    """The ticket matches the tsquery."""
    return Exists(TicketWords.objects.filter(ticket=OuterRef("pk"), vector__matches=asked))


class _EachByItself(Exists):
    """Looked up ticket by ticket, never turned into a search of its own by the planner."""

    template = "EXISTS(%(subquery)s OFFSET 0)"


def holds_words(asked: str) -> Exists:
    """The same, for few tickets that are at hand."""
    return _EachByItself(TicketWords.objects.filter(ticket=OuterRef("pk"), vector__matches=asked))


def customer_has_words(asked: str) -> Exists:
    """The customer matches the tsquery."""
    return Exists(CustomerWords.objects.filter(customer=OuterRef("pk"), vector__matches=asked))
