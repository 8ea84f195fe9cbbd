"""Who wrote: a handle leads to a customer. Never matched by display name."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from inbox.inbound import InboundMessage
from inbox.models import RawInbound
from tickets.actions.customers import get_or_create_by_handle, read_handles
from tickets.models import Customer, HandleKind


def customer_of(raw: RawInbound, message: InboundMessage) -> Customer:
    """The customer behind the sender's handle, made if new.

    A mail whose author cannot be read safely gets a customer of its own: strangers must not
    share one, and none of them is anybody we know.
    """
    sender = message.sender
    value = sender.value or f"unknown-{raw.sha256[:24]}@sender.invalid"
    customer, _ = get_or_create_by_handle(
        raw.organization_id,
        sender.kind or HandleKind.EMAIL,
        value,
        name=sender.name,
        is_verified=sender.is_verified and bool(sender.value),
        label=sender.label,
    )
    return customer


def read_senders(messages: Iterable[InboundMessage], organization_id: uuid.UUID) -> None:
    """Find the senders of several mails at once, for the unit of work they are filed in."""
    read_handles(
        organization_id,
        HandleKind.EMAIL,
        [each.sender.value for each in messages if each.sender.kind in ("", HandleKind.EMAIL)],
    )
