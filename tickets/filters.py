"""Filters of the ticket list: ``?status=open&assignee=me&tag=wismo``, on the columns of fields.py."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import django_filters as filters
from django.db.models import QuerySet

from helpdesk.accounts.models import User
from helpdesk.lib.errors import FieldError, InvalidInput
from tickets.fields import as_query
from tickets.models import CsatState, Priority, Status, Ticket
from tickets.search.keys import zone_of
from tickets.search.reading import Reading, read_query


class TicketFilters(filters.FilterSet):
    """What can be asked of the list; several filters mean all of them."""

    status = filters.MultipleChoiceFilter(choices=Status.choices, label="Status")
    priority = filters.MultipleChoiceFilter(choices=Priority.choices, label="Priority")
    assignee = filters.CharFilter(method="by_assignee", label="A person's id, me, or none")
    team = filters.CharFilter(method="by_team", label="A team's id, or none")
    tag = filters.CharFilter(method="by_tag", label="Name of a tag")
    channel = filters.UUIDFilter("channel_id", label="Id of a channel")
    customer = filters.UUIDFilter("customer_id", label="Id of a customer")
    unread = filters.BooleanFilter("is_unread", label="Unread for the team")
    intent = filters.CharFilter("intent", label="Intent")
    language = filters.CharFilter("language", label="Language")
    csat = filters.MultipleChoiceFilter("csat_state", choices=CsatState.choices, label="CSAT")
    q = filters.CharFilter(
        method="by_words", label="A search: words, #number, key:value (see /search/keys)"
    )

    class Meta:
        model = Ticket
        fields: ClassVar[list[str]] = []

    @property
    def person(self) -> User:
        user: User = self.request.user
        return user

    def by_assignee(self, found: QuerySet[Ticket], _: str, value: str) -> QuerySet[Ticket]:
        if value == "none":
            return found.filter(assignee=None)
        return found.filter(
            assignee_id=self.person.pk if value == "me" else _uuid("assignee", value)
        )

    def by_team(self, found: QuerySet[Ticket], _: str, value: str) -> QuerySet[Ticket]:
        if value == "none":
            return found.filter(team=None)
        return found.filter(team_id=_uuid("team", value))

    def by_tag(self, found: QuerySet[Ticket], _: str, value: str) -> QuerySet[Ticket]:
        return found.filter(tags__contains=[value.lower()])

    def by_words(self, found: QuerySet[Ticket], _: str, value: str) -> QuerySet[Ticket]:
        reading = reading_of(self.request)
        if reading is None:
            return found
        zone = zone_of(self.person)
        return found.filter(as_query(reading.conditions, me=self.person.pk, zone=zone))


def reading_of(request: Any) -> Reading | None:
    """What ``?q=`` of the request asks for; read once per request, None without it."""
    text = request.query_params.get("q", "")
    if not text.strip():
        return None
    kept: Reading | None = getattr(request, "_reading", None)
    if kept is None:
        kept = read_query(text, request.user)
        request.__dict__["_reading"] = kept
    return kept


def filter_tickets(tickets: QuerySet[Ticket], request: Any) -> QuerySet[Ticket]:
    """The tickets that the request's filters leave; raises InvalidInput naming a bad one."""
    filtered = TicketFilters(request.query_params, tickets, request=request)
    if not filtered.is_valid():
        raise InvalidInput(
            "A filter is not valid.",
            errors=[
                FieldError(name, "invalid", str(message))
                for name, messages in filtered.errors.items()
                for message in messages
            ],
        )
    found: QuerySet[Ticket] = filtered.qs
    return found


def _uuid(name: str, value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError as error:
        raise InvalidInput.field(name, f"“{value}” is not an id.") from error
