"""Customers: finding one, looking at one, correcting what is known."""

from __future__ import annotations

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import CustomerRecord
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from tickets import selectors
from tickets.actions.customers import change_customer
from tickets.api.inputs import CustomerChanges
from tickets.api.shapes import CustomerPage, TicketPage
from tickets.api.tickets import ticket_page
from tickets.records import customer_record

_PAGE = {"after": "The ``next`` of the page before.", "limit": "At most 200."}


class CustomerList(Endpoint):
    """Customers by newest, or those that ``q`` names."""

    needs: ClassVar = {"GET": "customer.view"}
    is_live = True

    @documented(
        "customers", CustomerPage, parameters={"q": "Part of a name or an address."} | _PAGE
    )
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "q", "after", "limit")
        page = selectors.list_customers(
            self.user,
            words=request.query_params.get("q", ""),
            after=request.query_params.get("after") or None,
            limit=limit_from(request.query_params.get("limit")),
        )
        return Response(
            {"results": [customer_record(each) for each in page.rows], "next": page.next}
        )


class CustomerDetail(Endpoint):
    """One customer."""

    needs: ClassVar = {"GET": "customer.view", "PATCH": "customer.change"}
    is_live = True

    @documented("customer", CustomerRecord)
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        return Response(customer_record(selectors.get_customer(self.user, customer_id)))

    @documented("change_customer", CustomerRecord, body=CustomerChanges)
    def patch(self, request: Request, customer_id: uuid.UUID) -> Response:
        values = read_body(CustomerChanges, request)
        customer = selectors.get_customer(self.user, customer_id)
        changed = change_customer(customer, by=self.user, **values)
        return Response(customer_record(changed))


class CustomerTickets(Endpoint):
    """A customer's tickets, newest first."""

    needs: ClassVar = {"GET": "ticket.view"}
    is_live = True

    @documented("customer_tickets", TicketPage, parameters=_PAGE)
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "sort", "after", "limit")
        customer = selectors.get_customer(self.user, customer_id)
        found = selectors.tickets_visible_to(self.user).filter(customer=customer)
        return Response(ticket_page(found, request))
