"""A shop with a mailbox, and customers who write to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.actions import create_user
from helpdesk.accounts.models import Organization, User
from tests.cast import PASSWORD
from tickets.actions.customers import get_or_create_by_handle
from tickets.actions.receive import IncomingMessage, receive_on_new_ticket, receive_on_ticket
from tickets.models import Channel, Message, Ticket


def channel_of(organization: Organization) -> Channel:
    """The organization's one mailbox."""
    return Channel.objects.get_or_create(
        organization=organization,
        slug="support",
        defaults={"name": "Support", "address": f"support@{organization.slug}.example"},
    )[0]


def write_in(
    organization: Organization,
    text: str = "Where is my order?",
    *,
    ticket: Ticket | None = None,
    email: str = "mia@shopper.example",
    **more: Any,
) -> Message:
    """A customer writes: on a new ticket, or on the given one."""
    customer, _ = get_or_create_by_handle(organization.pk, "email", email, name="Mia Laurent")
    incoming = IncomingMessage(
        customer=customer,
        channel=channel_of(organization),
        text=text,
        from_address={"name": "Mia Laurent", "address": email},
        **{"subject": "My order", **more},
    )
    if ticket is None:
        return receive_on_new_ticket(organization, incoming)
    return receive_on_ticket(ticket.pk, incoming)


@pytest.fixture
def ticket(organization: Organization) -> Ticket:
    """A customer has written to Linden & Loom."""
    return write_in(organization).ticket


@pytest.fixture
def foreign_ticket(other_organization: Organization) -> Ticket:
    """A customer has written to Nord Ceramics."""
    return write_in(other_organization, email="someone@else.example").ticket


@pytest.fixture
def viewer(organization: Organization, quick_passwords: None) -> User:
    """Vic may look and not touch."""
    return create_user(
        organization,
        email="vic@linden.example",
        password=PASSWORD,
        name="Vic Viewer",
        role="viewer",
    )


@pytest.fixture
def write() -> Callable[..., Message]:
    """``write(organization, "text", ticket=ticket)``."""
    return write_in
