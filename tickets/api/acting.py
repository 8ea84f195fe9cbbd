"""Merging, splitting and linking tickets, deleting them for good, and blocking senders."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db.models import Case, Value, When
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.clock import iso
from helpdesk.lib.schema import documented
from tickets import selectors
from tickets.actions.block import block_sender, unblock_sender
from tickets.actions.link import link, unlink
from tickets.actions.merge import Choice, merge, preview, unmerge
from tickets.actions.split import split, unsplit
from tickets.api.inputs import (
    BlockedSenderInput,
    ClientInput,
    SplitInput,
    TargetInput,
    TicketMergeInput,
)
from tickets.api.shapes import (
    BlockedSenderPage,
    BlockedSenderRecord,
    SplitAnswer,
    TicketMergePreview,
    TicketPage,
    TwoTickets,
)
from tickets.api.tickets import Asked, found_by
from tickets.models import BlockedSender, Status, Ticket
from tickets.records import customer_record, ticket_record

SHOWN = 12


class MergeTargets(Endpoint):
    """Tickets that this one may go into: those of the same customer, or what the words find."""

    needs: ClassVar = {"GET": "ticket.change"}

    @documented("merge_targets", TicketPage, parameters={"q": "A number or words."})
    def get(self, request: Request, ticket_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "q")
        ticket = selectors.get_ticket(self.user, ticket_id)
        words = (request.query_params.get("q") or "").strip()
        found = (
            found_by(Asked.by(self.user, {"q": words} if words else {}))
            .exclude(pk=ticket.pk)
            .exclude(status__in=[Status.SPAM, Status.TRASH])
        )
        if not words:
            found = found.filter(customer_id=ticket.customer_id)
        open_first = Case(When(status=Status.CLOSED, then=Value(1)), default=Value(0))
        rows = list(
            found.select_related("customer")
            .prefetch_related("customer__handles")
            .order_by(open_first, "-last_message_at")[:SHOWN]
        )
        customers = {each.customer_id: each.customer for each in rows}
        return Response(
            {
                "results": [ticket_record(each) for each in rows],
                "customers": [customer_record(each) for each in customers.values()],
                "next": None,
                "total": len(rows),
            }
        )


class TicketMergeShown(Endpoint):
    """What merging would do; changes nothing."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("preview_merge", TicketMergePreview, body=TargetInput)
    def post(self, request: Request, ticket_id: uuid.UUID) -> Response:
        values = read_body(TargetInput, request)
        source = selectors.get_ticket(self.user, ticket_id)
        target = selectors.get_ticket(self.user, values["ticket_id"])
        return Response(preview(source, target))


class TicketMerge(Endpoint):
    """Merge this ticket into another one. The same ``id`` twice is one merge."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("merge_ticket", TwoTickets, body=TicketMergeInput)
    def post(self, request: Request, ticket_id: uuid.UUID) -> Response:
        values = read_body(TicketMergeInput, request)
        source = selectors.get_ticket(self.user, ticket_id)
        target = selectors.get_ticket(self.user, values["target_id"])
        row = merge(
            source.pk,
            target.pk,
            user=self.user,
            choice=Choice(values["subject_from"], values["assignee_from"]),
            merge_id=values["id"],
            client_id=values.get("client_id", ""),
        )
        return Response(_two(self.user, row.source_id, row.target_id))


class TicketUnmerge(Endpoint):
    """Take the merge of this ticket back, within a day."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("unmerge_ticket", TwoTickets, body=ClientInput)
    def post(self, request: Request, ticket_id: uuid.UUID) -> Response:
        values = read_body(ClientInput, request)
        source = selectors.get_ticket(self.user, ticket_id)
        row = unmerge(source.pk, user=self.user, client_id=values.get("client_id", ""))
        return Response(_two(self.user, row.source_id, row.target_id))


class TicketSplit(Endpoint):
    """A message, or it and all later ones, become a ticket of their own."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("split_ticket", SplitAnswer, body=SplitInput)
    def post(self, request: Request, ticket_id: uuid.UUID) -> Response:
        values = read_body(SplitInput, request)
        origin = selectors.get_ticket(self.user, ticket_id)
        row = split(
            origin.pk,
            values["message_id"],
            user=self.user,
            split_id=values["id"],
            with_later=values["with_later"],
            subject=values["subject"],
            client_id=values.get("client_id", ""),
        )
        return Response({"id": str(row.pk), **_two(self.user, row.ticket_id, row.origin_id)})


class SplitUndo(Endpoint):
    """Take a split back."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("undo_split", TwoTickets, body=ClientInput)
    def post(self, request: Request, split_id: uuid.UUID) -> Response:
        values = read_body(ClientInput, request)
        row = unsplit(split_id, user=self.user, client_id=values.get("client_id", ""))
        return Response(_two(self.user, row.ticket_id, row.origin_id))


class TicketLinks(Endpoint):
    """POST: this ticket has to do with another one."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("link_tickets", TwoTickets, body=TargetInput)
    def post(self, request: Request, ticket_id: uuid.UUID) -> Response:
        values = read_body(TargetInput, request)
        ticket = selectors.get_ticket(self.user, ticket_id)
        other = selectors.get_ticket(self.user, values["ticket_id"])
        link(ticket.pk, other.pk, user=self.user, client_id=values.get("client_id", ""))
        return Response(_two(self.user, ticket.pk, other.pk))


class TicketLink(Endpoint):
    """DELETE: they have nothing to do with each other."""

    needs: ClassVar = {"DELETE": "ticket.change"}

    @documented("unlink_tickets", TwoTickets)
    def delete(self, request: Request, ticket_id: uuid.UUID, other_id: uuid.UUID) -> Response:
        ticket = selectors.get_ticket(self.user, ticket_id)
        other = selectors.get_ticket(self.user, other_id)
        unlink(ticket.pk, other.pk, user=self.user)
        return Response(_two(self.user, ticket.pk, other.pk))


class BlockedSenders(Endpoint):
    """GET: everybody who is blocked. POST: block an address or a domain."""

    needs: ClassVar = {"GET": "ticket.change", "POST": "ticket.change"}

    @documented("blocked_senders", BlockedSenderPage)
    def get(self, request: Request) -> Response:
        rows = BlockedSender.objects.filter(organization_id=self.user.organization_id)
        results = [_blocked(each) for each in rows.order_by("value")]
        return Response({"results": results, "next": None})

    @documented("block_sender", BlockedSenderRecord, body=BlockedSenderInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(BlockedSenderInput, request)
        ticket_id = values.get("ticket_id")
        ticket = selectors.get_ticket(self.user, ticket_id) if ticket_id else None
        block = block_sender(self.user, values["value"], ticket=ticket)
        return Response(_blocked(block), status=201)


class BlockedSenderDetail(Endpoint):
    """DELETE: listen to the sender again."""

    needs: ClassVar = {"DELETE": "ticket.change"}

    @documented("unblock_sender", status=204)
    def delete(self, request: Request, sender_id: uuid.UUID) -> Response:
        unblock_sender(self.user, sender_id)
        return Response(status=204)


def _two(user: Any, ticket_id: uuid.UUID, other_id: uuid.UUID) -> dict[str, Any]:
    ticket: Ticket = selectors.get_ticket(user, ticket_id)
    other: Ticket = selectors.get_ticket(user, other_id)
    return {"ticket": ticket_record(ticket), "other": ticket_record(other)}


def _blocked(block: BlockedSender) -> dict[str, Any]:
    return {
        "id": str(block.pk),
        "value": block.value,
        "user_id": None if block.user_id is None else str(block.user_id),
        "ticket_id": None if block.ticket_id is None else str(block.ticket_id),
        "created_at": iso(block.created_at),
    }
