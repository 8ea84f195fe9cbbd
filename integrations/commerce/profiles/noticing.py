"""When the services are asked anew: a customer writes, an order moves, or a service calls.

Opening a customer asks, too (``integrations.commerce.api.profiles``); no ticket ever waits for it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from integrations.commerce.models import Store
from integrations.commerce.profiles.keeping import ask_to_read
from integrations.commerce.profiles.models import Profile
from integrations.commerce.profiles.selectors import find_owner
from integrations.commerce.profiles.shape import clean_email
from tickets.models import Handle, HandleKind

FRESH_FOR_A_MESSAGE = timedelta(hours=6)
AFTER_AN_ORDER_SECONDS = 60.0
"""Services hear of an order from the shop, and reckon a while."""


@subscribes("message.received", name="commerce.profiles.message")
def after_message(event: Event) -> None:
    """Whoever writes is asked for, so that rules, macros and the panel know them."""
    emails = _emails_of(event.organization_id, event.payload["ticket"])
    if emails:
        ask_to_read(event.organization_id, emails, fresh_for=FRESH_FOR_A_MESSAGE)


@subscribes("order.updated", name="commerce.profiles.order")
def after_order_moved(event: Event) -> None:
    """Points follow orders: who is known is read again a little later."""
    emails = _emails_of(event.organization_id, event.payload)
    known = Profile.objects.filter(
        organization_id=event.organization_id, email__in=emails, is_known=True
    )
    for profile in known.select_related("store") if emails else ():
        ask_to_read(
            event.organization_id, [profile.email], store=profile.store, fresh_for=timedelta(0),
            in_seconds=AFTER_AN_ORDER_SECONDS,
        )  # fmt: skip


def note_changed(store: Store, email: str) -> bool:
    """The service says that this person changed; True if they are a customer and will be read."""
    if not email or find_owner(store.organization_id, clean_email(email)) is None:
        return False
    ask_to_read(store.organization_id, [email], store=store, fresh_for=timedelta(0))
    return True


def _emails_of(organization_id: uuid.UUID, told: dict[str, Any]) -> list[str]:
    customer_id = told.get("customer_id")
    if not customer_id:
        return []
    found = Handle.objects.filter(
        organization_id=organization_id, customer_id=customer_id, kind=HandleKind.EMAIL,
        is_verified=True,
    )  # fmt: skip
    return list(found.values_list("value", flat=True))
