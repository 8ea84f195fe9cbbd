"""What the tests of automation share: a shop with a channel, a store, and a customer with orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import now
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import FulfillmentData, OrderData
from tests.factories import make_channel, make_customer
from tickets.models import Channel, Customer

TRACKING_URL = "https://track.example/LL1042"


@pytest.fixture
def channel(organization: Organization) -> Channel:
    return make_channel(organization)


@pytest.fixture
def store(organization: Organization) -> Store:
    return create_store(organization, kind="demo_store", slug="main", name="Linden & Loom")


@pytest.fixture
def mia(organization: Organization) -> Customer:
    """A customer whose address is proven hers."""
    return make_customer(organization, is_verified=True)


@pytest.fixture
def make_order(store: Store) -> Callable[..., Order]:
    """``make_order("#1042", age=timedelta(hours=3))`` for Mia; ``is_sent`` gives it a parcel."""

    def make(number: str = "#1042", *, is_sent: bool = False, **changes: Any) -> Order:
        placed_at = now() - changes.pop("age", timedelta(hours=3))
        parcel = FulfillmentData(
            external_id=f"parcel-{number}",
            status="in_transit",
            carrier="Colissimo",
            tracking_number="LL1042",
            tracking_url=TRACKING_URL,
            shipped_at=placed_at + timedelta(hours=1),
        )
        values: dict[str, Any] = {
            "external_id": f"ext-{number}",
            "number": number,
            "placed_at": placed_at,
            "updated_at": now(),
            "currency": "EUR",
            "total_minor": 8490,
            "financial_status": "paid",
            "fulfillment_status": "fulfilled" if is_sent else "unfulfilled",
            "email": "mia@posteo.example",
            "fulfillments": (parcel,) if is_sent else (),
        }
        return upsert_order(store, OrderData(**{**values, **changes}))

    return make


@pytest.fixture
def catch_up(organization: Organization) -> Callable[[], int]:
    """Run every background subscriber until none is behind."""
    return lambda: run_subscribers(organization.pk)
