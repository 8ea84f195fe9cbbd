"""Small makers of what tests need: a channel, a customer, a ticket begun by a mail."""

from __future__ import annotations

import itertools
from typing import Any

from helpdesk.accounts.models import Organization
from tickets.actions.customers import get_or_create_by_handle
from tickets.actions.receive import IncomingMessage, receive_on_new_ticket, receive_on_ticket
from tickets.models import Channel, Customer, Message, Ticket

_numbers = itertools.count(1)


def make_channel(organization: Organization, **fields: Any) -> Channel:
    """The e-mail channel help@shop.example of the organization."""
    values = {"slug": "help", "name": "Linden & Loom", "address": "help@shop.example", **fields}
    return Channel.objects.create(organization=organization, kind="email", **values)


def make_customer(
    organization: Organization,
    email: str = "mia@posteo.example",
    name: str = "Mia Laurent",
    *,
    is_verified: bool = False,
) -> Customer:
    """A customer known by this address."""
    customer, _ = get_or_create_by_handle(
        organization.pk, "email", email, name=name, is_verified=is_verified
    )
    return customer


def receive_mail(
    channel: Channel,
    text: str = "Where is my parcel?",
    *,
    ticket: Ticket | None = None,
    **more: Any,
) -> Message:
    """A mail of Mia (or ``customer``), on a new ticket or on this one."""
    customer = more.pop("customer", None) or make_customer(channel.organization)
    handle = customer.handles.first()
    assert handle is not None
    values = {
        "customer": customer,
        "channel": channel,
        "subject": "My order",
        "text": text,
        "from_address": {"name": customer.name, "address": handle.value},
        "external_id": f"mail-{next(_numbers)}@posteo.example",
        **more,
    }
    if ticket is None:
        return receive_on_new_ticket(channel.organization, IncomingMessage(**values))
    return receive_on_ticket(ticket.pk, IncomingMessage(**values))
