"""What rules and macros are told about an order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integrations.commerce.actions import upsert_order
from integrations.commerce.facts import order_facts
from integrations.commerce.models import Order, Store
from integrations.commerce.money import format_money
from integrations.commerce.records import order_record
from integrations.commerce.selectors import get_order
from integrations.commerce.state import state_of
from tests.integrations.commerce.tellings import NOON, parcel, telling

DAY = timedelta(days=1)


def _told(store: Store, **changes: Any) -> Order:
    order = upsert_order(store, telling(**changes))
    return get_order(store.organization_id, order.pk)


def test_a_fresh_order_is_young_unfulfilled_and_has_no_tracking(store: Store) -> None:
    facts = order_facts(_told(store), at=NOON + timedelta(hours=47))
    assert (facts.number, facts.total, facts.state) == ("#1042", "€84.90", "unfulfilled")
    assert facts.is_unfulfilled
    assert (facts.age_hours, facts.age_days) == (47, 1)
    assert not facts.has_tracking
    assert facts.tracking_url is None
    assert facts.carrier is None
    assert facts.refunded_total is None
    assert facts.item_count == 3


def test_a_shipped_order_tells_carrier_link_and_promise_in_the_customers_language(
    store: Store,
) -> None:
    order = _told(
        store,
        fulfillment_status="fulfilled",
        promised_at=NOON + 4 * DAY,
        fulfillments=(parcel(),),
    )
    told = {
        language: order_facts(order, at=NOON + 2 * DAY, language=language).promised_on
        for language in ("en", "de", "fr", "pl", "zh")
    }
    assert told == {
        "en": "24 November 2026",
        "de": "24. November 2026",
        "fr": "24 novembre 2026",
        "pl": "24 listopada 2026",
        "zh": "2026年11月24日",
    }
    facts = order_facts(order, at=NOON + 2 * DAY)
    assert facts.has_tracking
    assert facts.carrier == "Colissimo"
    assert facts.tracking_url == "https://track.lindenloom.example/LL1042FR"


@pytest.mark.parametrize(
    ("changes", "days_later", "state"),
    [
        ({"financial_status": "pending"}, 1, "payment_pending"),
        ({}, 1, "unfulfilled"),
        ({"pick_at": NOON}, 1, "picking"),
        ({"pick_at": NOON, "packed_at": NOON}, 1, "packed"),
        ({"fulfillment_status": "partial"}, 1, "partially_shipped"),
        ({"fulfillment_status": "fulfilled"}, 1, "shipped"),
        ({"fulfillment_status": "fulfilled", "fulfillments": (parcel(),)}, 4, "in_transit"),
        ({"fulfillment_status": "fulfilled", "fulfillments": (parcel(),)}, 6, "stalled"),
        (
            {"fulfillment_status": "fulfilled", "fulfillments": (parcel("out_for_delivery"),)},
            9,
            "out_for_delivery",
        ),
        (
            {
                "fulfillment_status": "fulfilled",
                "fulfillments": (parcel("delivered"), parcel("exception")),
            },
            2,
            "exception",
        ),
        (
            {"fulfillment_status": "fulfilled", "fulfillments": (parcel("delivered"),)},
            9,
            "delivered",
        ),
        ({"return_status": "requested"}, 1, "return_requested"),
        ({"return_status": "returned", "financial_status": "refunded"}, 1, "returned"),
        ({"financial_status": "refunded"}, 1, "refunded"),
        ({"financial_status": "refunded", "cancelled_at": NOON}, 1, "cancelled"),
    ],
)
def test_one_word_says_where_an_order_stands(
    store: Store, changes: dict[str, object], days_later: int, state: str
) -> None:
    at = NOON + days_later * DAY + timedelta(hours=1)
    assert state_of(_told(store, **changes), at) == state


def test_the_way_of_an_order_shows_done_now_and_ahead(store: Store) -> None:
    order = _told(store, pick_at=NOON + timedelta(hours=7), promised_at=NOON + 4 * DAY)
    record = order_record(order, NOON)
    assert [(step["name"], step["state"]) for step in record["steps"]] == [
        ("paid", "done"),
        ("picking", "now"),
        ("shipped", "ahead"),
        ("delivered", "ahead"),
    ]
    assert record["total"] == {"minor": 8490, "currency": "EUR", "text": "€84.90"}


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (128400, "EUR", "€1,284.00"),
        (-490, "EUR", "\N{MINUS SIGN}€4.90"),
        (4800, "JPY", "¥4,800"),
        (1900, "CHF", "CHF\N{NO-BREAK SPACE}19.00"),
        (1234567, "KWD", "KWD\N{NO-BREAK SPACE}1,234.567"),
        (10**18 + 1, "USD", "$10,000,000,000,000,000.01"),
        (5, "EUR", "€0.05"),
    ],
)
def test_money_is_written_exactly(minor: int, currency: str, text: str) -> None:
    assert format_money(minor, currency) == text
