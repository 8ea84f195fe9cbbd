"""Customers: finding one, looking at one, correcting what is known."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.permissions import require
from helpdesk.events.payloads import CustomerNoteRecord, CustomerRecord
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.clock import iso
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from tickets import selectors
from tickets.actions.apart import forget_apart, keep_apart
from tickets.actions.customer_merge import (
    CHOOSABLE,
    UNDO_DAYS,
    merge_customers,
    merged_fields,
    undo_merge,
)
from tickets.actions.customer_notes import (
    add_customer_note,
    change_customer_note,
    delete_customer_note,
)
from tickets.actions.customers import add_handle, change_customer, remove_handle, set_verified
from tickets.api.inputs import (
    CustomerChanges,
    HandleChanges,
    HandleInput,
    MergeInput,
    NoteInput,
    OtherInput,
)
from tickets.api.shapes import (
    CustomerFigures,
    CustomerNotePage,
    CustomerPage,
    JoinableTickets,
    MergeDone,
    MergePreview,
    TicketPage,
)
from tickets.api.tickets import ticket_page
from tickets.customer_selectors import (
    figures_of,
    get_handle,
    get_living_customer,
    get_merge,
    get_note,
    joinable_tickets,
    last_words,
    notes_of,
)
from tickets.models import CustomerMerge
from tickets.records import customer_record, note_record, ticket_record

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
    """One customer; an id that was merged leads to who they turned out to be."""

    needs: ClassVar = {"GET": "customer.view", "PATCH": "customer.change"}
    is_live = True

    @documented("customer", CustomerRecord)
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        return Response(customer_record(get_living_customer(self.user, customer_id)))

    @documented("change_customer", CustomerRecord, body=CustomerChanges)
    def patch(self, request: Request, customer_id: uuid.UUID) -> Response:
        values = read_body(CustomerChanges, request)
        customer = get_living_customer(self.user, customer_id)
        changed = change_customer(customer, by=self.user, **values)
        return Response(customer_record(changed))


class CustomerTickets(Endpoint):
    """A customer's tickets, newest first."""

    needs: ClassVar = {"GET": "ticket.view"}
    is_live = True

    @documented("customer_tickets", TicketPage, parameters=_PAGE)
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "sort", "after", "limit")
        customer = get_living_customer(self.user, customer_id)
        found = selectors.tickets_visible_to(self.user).filter(customer=customer)
        return Response(ticket_page(found, request))


class CustomerFiguresView(Endpoint):
    """How many tickets a customer has, and how content they were."""

    needs: ClassVar = {"GET": "customer.view"}

    @documented("customer_figures", CustomerFigures)
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        found = figures_of(self.user, get_living_customer(self.user, customer_id))
        return Response({**found, "first_ticket_at": iso(found["first_ticket_at"])})


class CustomerHandles(Endpoint):
    """One more address of a customer."""

    needs: ClassVar = {"POST": "customer.change"}

    @documented("add_handle", CustomerRecord, body=HandleInput, status=201)
    def post(self, request: Request, customer_id: uuid.UUID) -> Response:
        values = read_body(HandleInput, request)
        if values["is_verified"]:
            require(self.user, "customer.verify")
        customer = get_living_customer(self.user, customer_id)
        add_handle(customer, **values, by=self.user)
        return Response(_record_of(self, customer.pk), status=201)


class CustomerHandle(Endpoint):
    """An address of a customer: whether it is proven theirs."""

    needs: ClassVar = {"PATCH": "customer.verify", "DELETE": "customer.change"}

    @documented("change_handle", CustomerRecord, body=HandleChanges)
    def patch(self, request: Request, customer_id: uuid.UUID, handle_id: uuid.UUID) -> Response:
        values = read_body(HandleChanges, request)
        handle = get_handle(self.user, customer_id, handle_id)
        set_verified(handle, is_verified=values["is_verified"], by=self.user)
        return Response(_record_of(self, customer_id))

    @documented("remove_handle", CustomerRecord)
    def delete(self, request: Request, customer_id: uuid.UUID, handle_id: uuid.UUID) -> Response:
        remove_handle(get_handle(self.user, customer_id, handle_id), by=self.user)
        return Response(_record_of(self, customer_id))


class CustomerNotes(Endpoint):
    """The team's notes on a customer, newest first."""

    needs: ClassVar = {"GET": "customer.view", "POST": "customer.change"}
    is_live = True

    @documented("customer_notes", CustomerNotePage)
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        customer = get_living_customer(self.user, customer_id)
        return Response(
            {"results": [note_record(each) for each in notes_of(customer)], "next": None}
        )

    @documented("add_customer_note", CustomerNoteRecord, body=NoteInput, status=201)
    def post(self, request: Request, customer_id: uuid.UUID) -> Response:
        values = read_body(NoteInput, request)
        customer = get_living_customer(self.user, customer_id)
        note, is_new = add_customer_note(
            customer, values["text"], by=self.user, note_id=values.get("id")
        )
        return Response(note_record(note), status=201 if is_new else 200)


class CustomerNoteDetail(Endpoint):
    """One note; its author and admins may change it."""

    needs: ClassVar = {"PATCH": "customer.change", "DELETE": "customer.change"}

    @documented("change_customer_note", CustomerNoteRecord, body=NoteInput)
    def patch(self, request: Request, note_id: uuid.UUID) -> Response:
        values = read_body(NoteInput, request)
        note = change_customer_note(get_note(self.user, note_id), values["text"], by=self.user)
        return Response(note_record(note))

    @documented("delete_customer_note", status=204)
    def delete(self, request: Request, note_id: uuid.UUID) -> Response:
        delete_customer_note(get_note(self.user, note_id), by=self.user)
        return Response(status=204)


class CustomerMergePreview(Endpoint):
    """What would become of two customers as one; changes nothing."""

    needs: ClassVar = {"POST": "customer.merge"}

    @documented("preview_customer_merge", MergePreview, body=MergeInput)
    def post(self, request: Request, customer_id: uuid.UUID) -> Response:
        values = read_body(MergeInput, request)
        survivor = selectors.get_customer(self.user, customer_id)
        source = selectors.get_customer(self.user, values["source_id"])
        differ = [
            name
            for name in CHOOSABLE
            if getattr(source, name)
            and getattr(survivor, name)
            and getattr(source, name) != getattr(survivor, name)
        ]
        return Response(
            {
                "survivor": customer_record(survivor),
                "source": customer_record(source),
                "result": merged_fields(survivor, source, values.get("take", ())),
                "differences": differ,
                "tickets": selectors.tickets_visible_to(self.user).filter(customer=source).count(),
                "notes": source.notes.count(),
                "handles": source.handles.count(),
            }
        )


class CustomerMergeView(Endpoint):
    """Another customer turns out to be this one; can be undone for thirty days."""

    needs: ClassVar = {"POST": "customer.merge"}

    @documented("merge_customers", MergeDone, body=MergeInput, status=201)
    def post(self, request: Request, customer_id: uuid.UUID) -> Response:
        values = read_body(MergeInput, request)
        survivor = selectors.get_customer(self.user, customer_id)
        source = selectors.get_customer(self.user, values["source_id"])
        merge = merge_customers(
            survivor.pk,
            source.pk,
            by=self.user,
            take=values.get("take", ()),
            merge_id=values.get("id"),
        )
        return Response(_merge_done(self, merge), status=201)


class CustomerMergeUndo(Endpoint):
    """Two customers again, each with what was theirs."""

    needs: ClassVar = {"POST": "customer.merge"}

    @documented("undo_customer_merge", MergeDone)
    def post(self, request: Request, merge_id: uuid.UUID) -> Response:
        merge = undo_merge(get_merge(self.user, merge_id), by=self.user)
        return Response(_merge_done(self, merge))


class CustomerApart(Endpoint):
    """“Not the same person”: remembered, and taken back with DELETE."""

    needs: ClassVar = {"POST": "customer.merge", "DELETE": "customer.merge"}

    @documented("keep_customers_apart", body=OtherInput, status=204)
    def post(self, request: Request, customer_id: uuid.UUID) -> Response:
        one, other = self._both(request, customer_id)
        keep_apart("customer", one, other, by=self.user)
        return Response(status=204)

    @documented("forget_customers_apart", body=OtherInput, status=204)
    def delete(self, request: Request, customer_id: uuid.UUID) -> Response:
        one, other = self._both(request, customer_id)
        forget_apart("customer", one, other, by=self.user)
        return Response(status=204)

    def _both(self, request: Request, customer_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
        other_id = read_body(OtherInput, request)["other_id"]
        one = selectors.get_customer(self.user, customer_id)
        return one.pk, selectors.get_customer(self.user, other_id).pk


class TicketJoinable(Endpoint):
    """Where else the same verified customer has written in the last hours."""

    needs: ClassVar = {"GET": "ticket.view"}
    is_live = True

    @documented("joinable_tickets", JoinableTickets)
    def get(self, request: Request, ticket_id: uuid.UUID) -> Response:
        found = list(joinable_tickets(self.user, selectors.get_ticket(self.user, ticket_id)))
        words = last_words(found)
        return Response(
            {
                "results": [
                    {
                        "ticket": ticket_record(each),
                        "text": words[each.pk].body.text[:300] if each.pk in words else "",
                        "at": iso(
                            words[each.pk].created_at if each.pk in words else each.created_at
                        ),
                    }
                    for each in found
                ]
            }
        )


class TicketApart(Endpoint):
    """“Keep separate”: these tickets are not offered to be joined again."""

    needs: ClassVar = {"POST": "ticket.change", "DELETE": "ticket.change"}

    @documented("keep_tickets_apart", body=OtherInput, status=204)
    def post(self, request: Request, ticket_id: uuid.UUID) -> Response:
        one, other = self._both(request, ticket_id)
        keep_apart("ticket", one, other, by=self.user)
        return Response(status=204)

    @documented("forget_tickets_apart", body=OtherInput, status=204)
    def delete(self, request: Request, ticket_id: uuid.UUID) -> Response:
        one, other = self._both(request, ticket_id)
        forget_apart("ticket", one, other, by=self.user)
        return Response(status=204)

    def _both(self, request: Request, ticket_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
        other_id = read_body(OtherInput, request)["other_id"]
        one = selectors.get_ticket(self.user, ticket_id)
        return one.pk, selectors.get_ticket(self.user, other_id).pk


def _record_of(endpoint: Endpoint, customer_id: uuid.UUID) -> CustomerRecord:
    return customer_record(selectors.get_customer(endpoint.user, customer_id))


def _merge_done(endpoint: Endpoint, merge: CustomerMerge) -> dict[str, Any]:
    return {
        "merge_id": str(merge.pk),
        "customer": _record_of(endpoint, merge.survivor_id),
        "source": _record_of(endpoint, merge.source_id),
        "can_undo_until": iso(merge.merged_at + timedelta(days=UNDO_DAYS)),
    }
