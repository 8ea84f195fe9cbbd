"""What needs tickets, ratings and orders of a customer together."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Literal, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.shapes import QuotedNumberPage
from automation.customer_export import export_of
from automation.customer_history import history_of
from automation.numbers import quoted_on, record_of
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import CustomerRecord, Iso
from helpdesk.lib.api import refuse_unknown_parameters
from helpdesk.lib.clock import iso
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from integrations.commerce.same_person import possible_same
from integrations.commerce.selectors import orders_of_customer
from tickets.customer_selectors import get_living_customer
from tickets.records import customer_record
from tickets.selectors import get_ticket


class HappeningRecord(TypedDict):
    id: str
    type: Literal["ticket", "messages", "order", "csat", "merge", "note"]
    at: Iso
    data: dict[str, Any]


class HistoryPage(TypedDict):
    results: list[HappeningRecord]
    next: str | None


class SuggestionRecord(TypedDict):
    customer: CustomerRecord
    reason: Literal["same_phone", "same_email", "same_email_name"]
    value: str


class Suggestions(TypedDict):
    results: list[SuggestionRecord]


class TicketNumbers(Endpoint):
    """The order and tracking numbers that the customer quotes on the ticket, newest first, linked
    to their own orders; all others are unverified, and nothing is said about them."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("ticket_numbers", QuotedNumberPage)
    def get(self, request: Request, ticket_id: uuid.UUID) -> Response:
        ticket = get_ticket(self.user, ticket_id)
        orders = orders_of_customer(ticket.customer)
        results = [record_of(each, orders) for each in quoted_on(ticket)]
        return Response({"results": results, "next": None})


class CustomerHistory(Endpoint):
    """Tickets, messages by day, orders, ratings, notes and merges, newest first."""

    needs: ClassVar = {"GET": "customer.view"}
    is_live = True

    @documented(
        "customer_history",
        HistoryPage,
        parameters={"after": "The ``next`` of the page before.", "limit": "At most 200."},
    )
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "after", "limit")
        page = history_of(
            self.user,
            get_living_customer(self.user, customer_id),
            after=request.query_params.get("after"),
            limit=limit_from(request.query_params.get("limit"), default=50),
        )
        results = [
            {"id": each.key, "type": each.type, "at": iso(each.at), "data": each.data}
            for each in page.rows
        ]
        return Response({"results": results, "next": page.next})


class CustomerPossible(Endpoint):
    """Who may be the same person, and why."""

    needs: ClassVar = {"GET": "customer.view"}

    @documented("possible_same_customers", Suggestions)
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        found = possible_same(self.user, get_living_customer(self.user, customer_id))
        results = [
            {"customer": customer_record(each.customer), "reason": each.reason, "value": each.value}
            for each in found
        ]
        return Response({"results": results})


class CustomerExport(Endpoint):
    """Everything that is kept about the customer, as one document."""

    needs: ClassVar = {"GET": "customer.export"}

    @documented("export_customer", dict[str, Any])
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        customer = get_living_customer(self.user, customer_id)
        answer = Response(export_of(self.user, customer))
        answer["Content-Disposition"] = f'attachment; filename="customer-{customer.pk}.json"'
        answer["Cache-Control"] = "no-store"
        return answer
