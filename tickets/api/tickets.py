"""The list of tickets, one ticket, and changing it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.models import User
from helpdesk.accounts.selectors import users_of
from helpdesk.events.payloads import TicketRecord
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from tickets import selectors
from tickets.actions.assign import take_next
from tickets.actions.begin import begin_ticket
from tickets.actions.edit import edit_ticket
from tickets.actions.hand_out import open_tickets_of
from tickets.actions.mentions import set_following
from tickets.actions.merge import survivor_of
from tickets.actions.remove import remove_ticket
from tickets.api.inputs import NextInput, TicketChanges, TicketInput
from tickets.api.shapes import Conversation, LoadPage, NextTicket, TicketPage
from tickets.fields import asks_for
from tickets.filters import TicketFilters, filter_tickets, reading_of
from tickets.models import Ticket
from tickets.records import customer_record, draft_record, message_record, ticket_record
from tickets.search.records import analysis

_PAGE = {
    "after": "The ``next`` of the page before.",
    "limit": "Rows per page, at most 200.",
    "sort": "queue, newest, oldest, waiting, priority, created, created_oldest or updated",
    "group": "status, priority, assignee, channel or day: a first key before the sort.",
}
_FILTERS = {
    "view": "Slug of a view.",
    **{name: str(each.label) for name, each in TicketFilters.base_filters.items()},
}


class TicketList(Endpoint):
    """GET: one page of the tickets that view and filters leave. POST: begin one by writing."""

    needs: ClassVar = {"GET": "ticket.view", "POST": "ticket.reply"}
    is_live = True

    @documented("tickets", TicketPage, parameters=_FILTERS | _PAGE)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(
            request, "view", "sort", "group", "after", "limit", *TicketFilters.base_filters
        )
        reading = reading_of(request)
        page = ticket_page(found_by(request), request)
        return Response(page | {"query": reading and analysis(reading)})

    @documented("begin_ticket", TicketRecord, body=TicketInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(TicketInput, request)
        message, is_new = begin_ticket(self.user, values)
        ticket = selectors.get_ticket(self.user, message.ticket_id)
        return Response(ticket_record(ticket), status=201 if is_new else 200)


class NextOne(Endpoint):
    """POST: the ticket that should be answered next becomes the caller's; null when none waits."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("take_next", NextTicket, body=NextInput)
    def post(self, request: Request) -> Response:
        values = read_body(NextInput, request)
        ticket = take_next(self.user, client_id=values.get("client_id", ""))
        return Response({"ticket": ticket_record(ticket) if ticket else None})


class LoadList(Endpoint):
    """How many open tickets each person has."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("loads", LoadPage)
    def get(self, request: Request) -> Response:
        people = users_of(self.user.organization_id)
        loads = open_tickets_of([each.pk for each in people])
        results = [{"user_id": str(each.pk), "open": loads.get(each.pk, 0)} for each in people]
        return Response({"results": results, "next": None})


class TicketDetail(Endpoint):
    """One ticket with the newest part of its conversation; PATCH changes it."""

    needs: ClassVar = {"GET": "ticket.view", "PATCH": "ticket.change", "DELETE": "ticket.remove"}
    is_live = True

    @documented("ticket", Conversation)
    def get(self, request: Request, ticket_id: uuid.UUID) -> Response:
        return Response(conversation(self.user, selectors.get_ticket(self.user, ticket_id)))

    @documented("change_ticket", TicketRecord, body=TicketChanges)
    def patch(self, request: Request, ticket_id: uuid.UUID) -> Response:
        changes = read_body(TicketChanges, request)
        client_id = changes.pop("client_id", "")
        selectors.get_ticket(self.user, ticket_id)
        ticket = edit_ticket(
            ticket_id,
            changes,
            user=self.user,
            client_id=client_id,
            seen_version=_version_from(request),
        )
        return Response(ticket_record(ticket))

    @documented("remove_ticket", status=204)
    def delete(self, request: Request, ticket_id: uuid.UUID) -> Response:
        ticket = selectors.get_ticket(self.user, ticket_id)
        remove_ticket(ticket.pk, user=self.user)
        return Response(status=204)


class TicketFollow(Endpoint):
    """PUT: the caller follows the ticket. DELETE: no longer."""

    needs: ClassVar = {"PUT": "ticket.view", "DELETE": "ticket.view"}

    @documented("follow_ticket", TicketRecord)
    def put(self, request: Request, ticket_id: uuid.UUID) -> Response:
        return self._set(ticket_id, is_following=True)

    @documented("unfollow_ticket", TicketRecord)
    def delete(self, request: Request, ticket_id: uuid.UUID) -> Response:
        return self._set(ticket_id, is_following=False)

    def _set(self, ticket_id: uuid.UUID, *, is_following: bool) -> Response:
        ticket = selectors.get_ticket(self.user, ticket_id)
        return Response(
            ticket_record(set_following(ticket.pk, self.user, is_following=is_following))
        )


class TicketByNumber(Endpoint):
    """The same by the number that people see; of a merged ticket, the one it went into."""

    needs: ClassVar = {"GET": "ticket.view"}
    is_live = True

    @documented("ticket_by_number", Conversation)
    def get(self, request: Request, number: int) -> Response:
        ticket = survivor_of(selectors.get_ticket_by_number(self.user, number))
        return Response(conversation(self.user, selectors.get_ticket(self.user, ticket.pk)))


@dataclass(frozen=True)
class Asked:
    """The parameters of a list as if they had come in its address."""

    user: User
    query_params: QueryDict

    @classmethod
    def by(cls, user: User, parameters: dict[str, str]) -> Asked:
        asked = QueryDict(mutable=True)
        asked.update(parameters)
        return cls(user, asked)


def found_by(request: Any) -> Any:
    """The tickets that ``view`` and filters of the request leave; merged ones only if asked for.

    ``request`` has a ``user`` and ``query_params``; bulk jobs ask with the same words.
    """
    user: User = request.user
    found = filter_tickets(selectors.tickets_visible_to(user), request)
    reading = reading_of(request)
    if reading is None or not asks_for(reading.conditions, "ticket.is_merged"):
        found = found.filter(merged_into=None)
    slug = request.query_params.get("view")
    if slug:
        view = selectors.get_view(user, slug)
        found = found.filter(selectors.tickets_in(view, user))
    return found


def ticket_page(found: Any, request: Request) -> dict[str, Any]:
    """A page of tickets with their customers and the number of all."""
    page = selectors.list_tickets(
        found,
        after=request.query_params.get("after") or None,
        limit=limit_from(request.query_params.get("limit")),
        sort=request.query_params.get("sort") or "queue",
        group=request.query_params.get("group") or "",
    )
    is_all = page.next is None and not request.query_params.get("after")
    total, is_exact = (len(page.rows), True) if is_all else selectors.bounded_count(found)
    customers = {ticket.customer_id: ticket.customer for ticket in page.rows}
    return {
        "results": [ticket_record(ticket) for ticket in page.rows],
        "customers": [customer_record(customer) for customer in customers.values()],
        "next": page.next,
        "total": total,
        "total_is_exact": is_exact,
        "query": None,
    }


def conversation(user: User, ticket: Ticket) -> dict[str, Any]:
    """Everything the conversation pane shows at first."""
    messages = selectors.messages_of(ticket)
    is_older_left = bool(messages) and messages[0].position > 1
    return {
        "ticket": ticket_record(ticket),
        "customer": customer_record(ticket.customer),
        "messages": [message_record(message) for message in messages],
        "messages_next": messages[0].position if is_older_left else None,
        "timeline": selectors.timeline_of(ticket),
        "drafts": [draft_record(draft) for draft in selectors.drafts_of(ticket, user)],
    }


def _version_from(request: Request) -> int | None:
    header = request.headers.get("If-Match", "").strip().strip('"')
    if not header:
        return None
    if not (header.isascii() and header.isdigit()) or len(header) > 18:
        raise InvalidInput.field("If-Match", "If-Match must be the ticket's version.")
    return int(header)
