"""Reads about one customer: figures, notes, merges, and tickets that may belong together."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import Avg, Count, Min, Q, QuerySet

from helpdesk.accounts.models import User
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound
from tickets.models import (
    Customer,
    CustomerMerge,
    CustomerNote,
    CustomField,
    Direction,
    Handle,
    KeptApart,
    Message,
    Status,
    Ticket,
)
from tickets.selectors import customers_of, get_customer, tickets_visible_to

MAX_TOMBSTONES = 20
MAX_JOINABLE = 5


def get_living_customer(user: User, customer_id: uuid.UUID) -> Customer:
    """The customer, or who they turned out to be: old links work. Raises NotFound."""
    customer = get_customer(user, customer_id)
    for _ in range(MAX_TOMBSTONES):
        if customer.merged_into_id is None:
            break
        customer = get_customer(user, customer.merged_into_id)
    return customer


def get_handle(user: User, customer_id: uuid.UUID, handle_id: uuid.UUID) -> Handle:
    """A handle of this customer; raises NotFound."""
    handle = Handle.objects.filter(
        organization_id=user.organization_id, customer_id=customer_id, pk=handle_id
    ).first()
    if handle is None:
        raise NotFound("This customer has no such address.")
    return handle


def notes_of(customer: Customer) -> list[CustomerNote]:
    """The customer's notes, newest first."""
    return list(CustomerNote.objects.filter(customer=customer).order_by("-created_at", "-pk")[:200])


def get_note(user: User, note_id: uuid.UUID) -> CustomerNote:
    """The note; raises NotFound."""
    note = CustomerNote.objects.filter(organization_id=user.organization_id, pk=note_id).first()
    if note is None:
        raise NotFound("This note doesn't exist any more.")
    return note


def get_merge(user: User, merge_id: uuid.UUID) -> CustomerMerge:
    """The merge; raises NotFound."""
    merge = CustomerMerge.objects.filter(organization_id=user.organization_id, pk=merge_id).first()
    if merge is None:
        raise NotFound("There is no such merge.")
    return merge


def custom_fields_of(organization_id: uuid.UUID) -> list[CustomField]:
    """Every custom field in its order, archived ones too."""
    return list(CustomField.objects.filter(organization_id=organization_id))


def get_custom_field(user: User, field_id: uuid.UUID) -> CustomField:
    """The definition; raises NotFound."""
    found = CustomField.objects.filter(organization_id=user.organization_id, pk=field_id).first()
    if found is None:
        raise NotFound("There is no such field.")
    return found


def figures_of(user: User, customer: Customer) -> dict[str, Any]:
    """How many tickets, how content, since when: over the tickets this person may see."""
    return (
        tickets_visible_to(user)
        .filter(customer=customer, merged_into=None)
        .aggregate(
            tickets=Count("pk"),
            open_tickets=Count("pk", filter=Q(status__in=[Status.OPEN, Status.SNOOZED])),
            csat_average=Avg("csat_score"),
            csat_count=Count("csat_score"),
            first_ticket_at=Min("created_at"),
        )
    )


def kept_apart_from(organization_id: uuid.UUID, kind: str, object_id: uuid.UUID) -> set[uuid.UUID]:
    """What somebody has said does not belong to this one."""
    pairs = KeptApart.objects.filter(
        Q(first_id=object_id) | Q(second_id=object_id), organization_id=organization_id, kind=kind
    ).values_list("first_id", "second_id")
    return {each for pair in pairs for each in pair} - {object_id}


def living(user: User, customer_ids: set[uuid.UUID]) -> list[Customer]:
    """Those of the customers who are nobody else's tombstone."""
    return list(customers_of(user).filter(pk__in=customer_ids, merged_into=None).order_by("pk"))


def joinable_tickets(user: User, ticket: Ticket) -> QuerySet[Ticket]:
    """Open tickets of the same verified customer from the last hours, not kept apart from this one.

    How many hours is the organization's setting.
    """
    nothing = Ticket.objects.none()
    if ticket.status not in (Status.OPEN, Status.SNOOZED) or ticket.merged_into_id is not None:
        return nothing
    if not Handle.objects.filter(customer_id=ticket.customer_id, is_verified=True).exists():
        return nothing
    since = now() - timedelta(hours=user.organization.join_within_hours)
    apart = kept_apart_from(user.organization_id, "ticket", ticket.pk)
    return (
        tickets_visible_to(user)
        .filter(
            customer_id=ticket.customer_id,
            status=Status.OPEN,
            merged_into=None,
            last_message_at__gte=since,
        )
        .exclude(pk__in={ticket.pk, *apart})
        .select_related("customer")
        .order_by("-last_message_at", "-pk")[:MAX_JOINABLE]
    )


def last_words(tickets: list[Ticket]) -> dict[uuid.UUID, Message]:
    """The customer's newest message of each ticket."""
    newest = (
        Message.objects.filter(ticket__in=tickets, direction=Direction.IN)
        .order_by("ticket_id", "-position")
        .distinct("ticket_id")
        .select_related("body")
    )
    return {each.ticket_id: each for each in newest}
