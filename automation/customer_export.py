"""Everything that is kept about one customer, as one JSON document for them to have."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch

from automation.csat.models import CsatSurvey
from helpdesk.accounts.models import User
from helpdesk.lib.clock import iso, now
from integrations.commerce.records import order_record
from integrations.commerce.selectors import orders_of_customer
from tickets.customer_selectors import notes_of
from tickets.models import Attachment, Customer, Message
from tickets.records import customer_record, message_record, note_record, ticket_record
from tickets.selectors import tickets_visible_to


def export_of(user: User, customer: Customer) -> dict[str, Any]:
    """The customer with notes, tickets, every message, ratings and orders."""
    at = now()
    tickets = tickets_visible_to(user).filter(customer=customer)
    return {
        "exported_at": iso(at),
        "customer": customer_record(customer),
        "notes": [note_record(each) for each in notes_of(customer)],
        "tickets": [
            {**ticket_record(each), "messages": _messages(each.pk)}
            for each in tickets.order_by("created_at")
        ],
        "ratings": [
            {
                "ticket_id": str(each.ticket_id),
                "score": each.score,
                "comment": each.comment,
                "answered_at": iso(each.answered_at),
            }
            for each in CsatSurvey.objects.filter(ticket__in=tickets).order_by("pk")
        ],
        "orders": [order_record(each, at) for each in orders_of_customer(customer)],
    }


def _messages(ticket_id: Any) -> list[Any]:
    rows = (
        Message.objects.filter(ticket_id=ticket_id)
        .select_related("body")
        .prefetch_related(Prefetch("attachments", Attachment.objects.order_by("pk")))
        .order_by("position")
    )
    return [message_record(each) for each in rows]
