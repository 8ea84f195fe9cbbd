"""Orders change only by what their store says, whatever the order of arrival."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from helpdesk.events.models import Event
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.actions import upsert_order
from integrations.commerce.models import Order, OrderLine, Refund, Store, StoreContact
from integrations.commerce.normal_form import OrderData, RefundData
from tests.integrations.commerce.tellings import NOON, buyer, customer_of, parcel, telling


def _hours(count: int) -> datetime:
    return NOON + timedelta(hours=count)


def _four_updates() -> list[OrderData]:
    refund = RefundData("r1", 2590, _hours(30), "Napkins missing")
    return [
        telling(),
        telling(updated_at=_hours(1), customer=buyer(), note="Leave with the neighbour"),
        telling(updated_at=_hours(26), fulfillment_status="fulfilled", fulfillments=(parcel(),)),
        telling(
            updated_at=_hours(30),
            fulfillment_status="fulfilled",
            financial_status="partially_refunded",
            customer=buyer(name="Mia L.", updated_at=_hours(30), emails=("m@new.example",)),
            fulfillments=(parcel("delivered", delivered_at=_hours(29)),),
            refunds=(refund,),
        ),
    ]


def _state(store: Store) -> dict[str, Any]:
    order = Order.objects.get(store=store)
    skipped = {"id", "version", "as_of", "customer_id"}
    return {
        "order": {k: v for k, v in Order.objects.values().get().items() if k not in skipped},
        "lines": list(order.lines.values_list("position", "title", "quantity")),
        "parcels": list(order.fulfillments.values_list("status", "tracking_number", "events")),
        "refunds": list(order.refunds.values_list("external_id", "amount_minor")),
        "buyer": order.customer.name if order.customer else None,
        "contacts": sorted(StoreContact.objects.values_list("kind", "value")),
    }


def test_all_orders_of_arrival_of_four_updates_end_in_the_same_state(store: Store) -> None:
    """F14 of RELIABILITY: state is the newest telling, whatever the permutation."""
    states = []
    for arrival in permutations(_four_updates()):
        for data in arrival:
            upsert_order(store, data)
        states.append(_state(store))
        Order.objects.all().delete()
        store.customers.all().delete()
    assert len(states) == 24
    assert all(state == states[0] for state in states)
    assert states[0]["buyer"] == "Mia L."
    assert states[0]["refunds"] == [("r1", 2590)]
    assert ("email", "mia@work.example") in states[0]["contacts"]


def test_an_older_update_changes_nothing_and_is_no_event(store: Store) -> None:
    upsert_order(store, telling(updated_at=_hours(2), note="new"))
    before = Event.objects.count()
    order = upsert_order(store, telling(updated_at=_hours(1), note="old", lines=()))
    assert order.note == "new"
    assert OrderLine.objects.count() == 2
    assert Event.objects.count() == before


def test_the_same_telling_twice_makes_one_event_and_only_refreshes_as_of(store: Store) -> None:
    upsert_order(store, telling(), as_of=_hours(1))
    upsert_order(store, telling(), as_of=_hours(5))
    order = Order.objects.get()
    assert (order.version, order.as_of) == (1, _hours(5))
    assert Event.objects.filter(type="order.updated").count() == 1


def test_two_different_tellings_of_one_moment_end_the_same_in_both_orders(store: Store) -> None:
    one, other = telling(note="one"), telling(note="other")
    upsert_order(store, one)
    first = upsert_order(store, other).note
    Order.objects.all().delete()
    upsert_order(store, other)
    assert upsert_order(store, one).note == first


def test_the_event_names_the_order_the_customer_and_what_changed(store: Store) -> None:
    mia = customer_of(store.organization, "mia@posteo.example")
    upsert_order(store, telling())
    order = upsert_order(
        store, telling(updated_at=_hours(3), financial_status="refunded", cancelled_at=_hours(3))
    )
    event = Event.objects.filter(type="order.updated").latest("seq")
    assert event.object_id == order.pk
    assert event.payload == {
        "order_id": str(order.pk),
        "customer_id": str(mia.pk),
        "change": {
            "financial_status": ["paid", "refunded"],
            "cancelled_at": [None, "2026-11-20T15:00:00.000Z"],
        },
    }


def test_the_event_names_no_customer_while_the_handle_is_not_verified(store: Store) -> None:
    customer_of(store.organization, "mia@posteo.example", is_verified=False)
    upsert_order(store, telling())
    assert Event.objects.get(type="order.updated").payload["customer_id"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"number": "  "}, "number"),
        ({"currency": "Euro"}, "currency"),
        ({"total_minor": -1}, "total_minor"),
        ({"updated_at": datetime(2026, 11, 20, 12)}, "updated_at"),  # noqa: DTZ001
        ({"financial_status": "maybe"}, "financial_status"),
        ({"fulfillments": (parcel("lost"),)}, "fulfillments.0.status"),
        ({"refunds": (RefundData("r1", 0, NOON),)}, "refunds.0.amount_minor"),
        (
            {"refunds": (RefundData("r", 5, NOON), RefundData("r", 6, NOON))},
            "refunds.1.external_id",
        ),
    ],
)
def test_an_impossible_order_is_refused_by_field_and_nothing_is_stored(
    store: Store, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        upsert_order(store, telling(**change))
    assert [each.path for each in refused.value.errors] == [field]
    assert Order.objects.count() == 0
    assert Event.objects.filter(type="order.updated").count() == 0


def test_a_nul_character_is_refused_and_the_order_we_have_stays(store: Store) -> None:
    upsert_order(store, telling(note="fine"))
    with pytest.raises(InvalidInput):
        upsert_order(store, telling(updated_at=_hours(1), note="a\x00b"))
    assert Order.objects.get().note == "fine"


def test_two_stores_may_use_the_same_external_id(store: Store, other_store: Store) -> None:
    upsert_order(store, telling())
    upsert_order(other_store, telling())
    assert Order.objects.count() == 2
    assert Refund.objects.count() == 0
