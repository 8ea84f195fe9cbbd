"""What a store says about an order, with sensible defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from helpdesk.accounts.models import Organization
from integrations.commerce.normal_form import (
    FulfillmentData,
    OrderData,
    OrderLineData,
    ScanData,
    StoreCustomerData,
)
from tickets.actions.customers import get_or_create_by_handle
from tickets.models import Customer

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

_SHIRT = OrderLineData(title="Linen shirt Noor", quantity=1, price_minor=5900, variant="Flax · S")
_NAPKINS = OrderLineData(title="Napkins, set of four", quantity=2, price_minor=1295)


def telling(number: str = "#1042", **changes: Any) -> OrderData:
    """An order of Mia's: €84.90, paid, not yet sent."""
    order = OrderData(
        external_id=f"ext-{number}",
        number=number,
        placed_at=NOON,
        updated_at=NOON,
        currency="EUR",
        subtotal_minor=8490,
        total_minor=8490,
        financial_status="paid",
        fulfillment_status="unfulfilled",
        email="mia@posteo.example",
        lines=(_SHIRT, _NAPKINS),
    )
    return replace(order, **changes)


def buyer(external_id: str = "mia", **changes: Any) -> StoreCustomerData:
    """Mia as the store knows her."""
    told = StoreCustomerData(
        external_id=external_id,
        updated_at=NOON,
        name="Mia Laurent",
        emails=("mia@posteo.example", "mia@work.example"),
        phones=("+33 6 55 51 08 72",),
    )
    return replace(told, **changes)


def parcel(status: str = "in_transit", **changes: Any) -> FulfillmentData:
    """A parcel with a carrier, picked up a day after noon."""
    picked_up_at = NOON + timedelta(days=1)
    told = FulfillmentData(
        external_id="f1",
        status=status,
        carrier="Colissimo",
        tracking_number="LL1042FR",
        tracking_url="https://track.lindenloom.example/LL1042FR",
        shipped_at=picked_up_at,
        scans=(ScanData(picked_up_at, "in_transit", "Picked up", "Guimarães"),),
    )
    return replace(told, **changes)


def customer_of(organization: Organization, address: str, *, is_verified: bool = True) -> Customer:
    """A customer with this e-mail handle."""
    customer, _ = get_or_create_by_handle(
        organization.pk, "email", address, name="Somebody", is_verified=is_verified
    )
    return customer
