"""Orders in the widget: of shoppers the shop has signed, and by number with what is on the order.

Every miss is the same answer after the same time, and after six of them the caller waits.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, TypedDict, cast

from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import NotFound
from integrations.chat import limits
from integrations.chat.limits import Limit
from integrations.chat.models import Site, Visitor
from integrations.commerce.models import Fulfillment, Order, StoreContact
from integrations.commerce.normal_form import clean_email, clean_phone, number_key
from integrations.commerce.records import money
from integrations.commerce.selectors import orders_of_addresses, with_parts
from integrations.commerce.state import state_of

MAX_ORDERS = 20
MAX_SAME_NUMBER = 5
SAME_SECONDS = 0.15
"""A hit and a miss both take this long."""
MISSES_OF_VISITOR = Limit(6, 15 * 60)
MISSES_OF_ADDRESS = Limit(20, 15 * 60)
MISSES_OF_NUMBER = Limit(10, 60 * 60)
NOT_FOUND = (
    "We couldn't find an order with those details. The number is in your confirmation e-mail; "
    "use the e-mail address or phone number you ordered with."
)


class ItemRecord(TypedDict):
    title: str
    variant: str
    quantity: int
    image_url: str


class ParcelRecord(TypedDict):
    carrier: str
    tracking_number: str
    tracking_url: str
    status: str
    status_text: str
    shipped_at: str | None
    estimated_at: str | None
    delivered_at: str | None


class OrderRecord(TypedDict):
    """What somebody may know who has the number and one contact: no address, no payment."""

    id: str
    number: str
    placed_at: str
    state: str
    state_text: str
    total: Any
    items: list[ItemRecord]
    parcels: list[ParcelRecord]
    promised_at: str | None
    city: str
    postcode: str
    country: str
    as_of: str


def orders_of(visitor: Visitor) -> list[OrderRecord]:
    """The orders of a signed-in shopper by their proven address; nobody else has any."""
    if not visitor.is_verified or not visitor.is_email_proven:
        return []
    found = orders_of_addresses(visitor.organization_id, emails=[visitor.email], phones=[])
    return [order_record(each, now()) for each in with_parts(found)[:MAX_ORDERS]]


def look_up(
    site: Site, visitor: Visitor, number: str, contact: str, *, address: str
) -> OrderRecord:
    """The order with this number if the contact stands on it; raises NotFound or TooMany."""
    began = time.perf_counter()
    key = number_key(number)
    misses = {
        f"miss:v:{visitor.pk.hex}": MISSES_OF_VISITOR,
        f"miss:a:{site.pk}:{address}": MISSES_OF_ADDRESS,
        f"miss:n:{site.pk}:{key}": MISSES_OF_NUMBER,
    }
    limits.refuse_used_up(misses)
    order = _find(visitor, key, contact)
    if order is None:
        limits.note(misses)
    time.sleep(max(0.0, SAME_SECONDS - (time.perf_counter() - began)))
    if order is None:
        raise NotFound(NOT_FOUND)
    return order_record(order, now())


def order_record(order: Order, at: datetime) -> OrderRecord:
    """The order for the widget; needs parts."""
    state, place = state_of(order, at), order.shipping_address
    return {
        "id": str(order.pk),
        "number": order.number,
        "placed_at": cast(str, iso(order.placed_at)),
        "state": state.value,
        "state_text": str(state.label),
        "total": money(order.total_minor, order.currency),
        "items": [
            {
                "title": each.title,
                "variant": each.variant,
                "quantity": each.quantity,
                "image_url": each.image_url,
            }
            for each in order.lines.all()
        ],
        "parcels": [_parcel(each) for each in order.fulfillments.all()],
        "promised_at": iso(order.promised_at),
        "city": str(place.get("city") or ""),
        "postcode": _masked(str(place.get("postcode") or "")),
        "country": str(place.get("country_code") or ""),
        "as_of": cast(str, iso(order.as_of)),
    }


def _find(visitor: Visitor, key: str, contact: str) -> Order | None:
    """The order with that number whose own or whose buyer's contact this is."""
    numbered = Order.objects.filter(
        organization_id=visitor.organization_id, number_key=key or "\x01"
    )
    for order in with_parts(numbered)[:MAX_SAME_NUMBER]:
        known = {order.email, order.phone, *_contacts_of(order)} - {""}
        country = str(order.shipping_address.get("country_code") or "")
        if clean_email(contact) in known or clean_phone(contact, country) in known:
            return order
    return None


def _contacts_of(order: Order) -> list[str]:
    return list(
        StoreContact.objects.filter(customer_id=order.customer_id).values_list("value", flat=True)
    )


def _parcel(parcel: Fulfillment) -> ParcelRecord:
    return {
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url,
        "status": parcel.status,
        "status_text": parcel.get_status_display(),
        "shipped_at": iso(parcel.shipped_at),
        "estimated_at": iso(parcel.estimated_at),
        "delivered_at": iso(parcel.delivered_at),
    }


def _masked(postcode: str) -> str:
    """``69007`` as ``69•••``."""
    return postcode[:2] + "•" * max(0, len(postcode) - 2)
