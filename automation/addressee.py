"""Whom mail on a ticket reaches."""

from __future__ import annotations

from tickets.models import Handle, HandleKind, Message, MessageKind, Ticket


def address_of(ticket: Ticket) -> str:
    """The address the customer last wrote from, else their first one; empty if there is none."""
    newest = (
        Message.objects.filter(
            ticket=ticket, kind=MessageKind.CUSTOMER, customer_id=ticket.customer_id
        )
        .order_by("-position")
        .values_list("from_address", flat=True)
        .first()
    )
    if newest:
        return str(newest.get("address", "")).strip().lower()
    handle = ticket.customer.handles.filter(kind=HandleKind.EMAIL).order_by("pk").first()
    return handle.value if handle else ""


def find_handle(ticket: Ticket, address: str, *, kind: str = HandleKind.EMAIL) -> Handle | None:
    """The handle of the ticket's customer with this address, or None.

    Beside the channel's ``kind`` an e-mail address may be meant: a shopper who is signed in at the
    shop chats under theirs.
    """
    values = {address.strip(), address.strip().lower()}
    return (
        Handle.objects.filter(
            organization_id=ticket.organization_id,
            customer_id=ticket.customer_id,
            kind__in={kind, HandleKind.EMAIL},
            value__in=values,
        )
        .order_by("pk")
        .first()
    )
