"""Returns say what services know of them, whoever spoke first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.events.models import Event
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.actions import note_return, note_track, upsert_order
from integrations.commerce.erasing import erase
from integrations.commerce.facts import order_facts
from integrations.commerce.history import take_history
from integrations.commerce.models import (
    Erasure,
    Order,
    OrderReturn,
    ReturnState,
    ReturnTrack,
    ShipmentStatus,
    Store,
)
from integrations.commerce.normal_form import LineQuantity, OrderLineData, ReturnData
from integrations.commerce.parcels import TrackData
from integrations.commerce.records import order_record
from integrations.commerce.returns import (
    ReturnTrackData,
    check_return,
    lay_return_over,
    return_status_with,
    state_by_parcel,
)
from integrations.commerce.selectors import with_parts
from integrations.commerce.state import OrderState
from tests.integrations.commerce.tellings import NOON, telling

needs_database = pytest.mark.django_db
LINES = (OrderLineData("Linen shirt Noor", 1, 5900, external_id="l1"),)


def back(state: str = "approved", hours: int = 24, **changes: Any) -> ReturnTrackData:
    """A return of Mia's shirt, as the service tells it."""
    told = ReturnTrackData(
        external_id="77", state=state, updated_at=NOON + timedelta(hours=hours),
        source="loop_returns", order_ref="ext-#1042", order_number="#1042",
        email="Mia@posteo.example", number="77", outcome="refund", currency="EUR",
        refund_minor=5900, label_url="https://labels.example/77.pdf", carrier="Colissimo",
        tracking_number="8R1234", lines=(LineQuantity("l1", 1, "Too big", "Linen shirt Noor"),),
    )  # fmt: skip
    return replace(told, **changes)


def mine() -> Order:
    return with_parts(Order.objects.filter(number="#1042")).get()


def shown(order: Order) -> list[tuple[str, str]]:
    return [(each.source, each.state) for each in order.returns.all()]


# --- Pure -----------------------------------------------------------------------------------------


def _order(**changes: Any) -> Order:
    return Order(currency="EUR", **changes)


@pytest.mark.parametrize(
    "changes",
    [{"state": "lost"}, {"outcome": "shrug"}, {"external_id": ""}, {"email": "a\0b"},
     {"order_ref": "", "order_number": ""}, {"updated_at": NOON.replace(tzinfo=None)}],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused(changes: dict[str, Any]):
    with pytest.raises(InvalidInput):
        check_return(back(**changes))


@pytest.mark.parametrize(
    ("told", "states", "status"),
    [
        ("", ["approved"], "requested"), ("", ["in_transit", "closed"], "requested"),
        ("", ["received"], "returned"), ("", ["closed"], "returned"),
        ("", ["cancelled"], ""), ("", ["expired", "declined"], ""),
        ("returned", ["cancelled"], "returned"), ("requested", ["cancelled"], "requested"),
    ],
)  # fmt: skip
def test_the_orders_word_follows_from_both(told: str, states: list[str], status: str):
    rows = [OrderReturn(source="loop_returns", state=each) for each in states]
    assert return_status_with(_order(told_return_status=told), rows) == status


@pytest.mark.parametrize("state", ReturnState.values)
@pytest.mark.parametrize("shipment", ShipmentStatus.values)
def test_a_parcel_only_moves_an_open_return_on(state: str, shipment: str):
    after = state_by_parcel(state, shipment)
    if state not in ("requested", "approved", "in_transit"):
        assert after == state
    elif shipment == "delivered":
        assert after == "received"
    assert after != "approved" or state == "approved"


def test_a_return_of_the_same_items_is_the_platforms_own():
    rows = [
        OrderReturn(external_id="9", number="#1042-R1", state="approved",
                    lines=[{"line": "l1", "quantity": 1}]),
        OrderReturn(external_id="10", number="#1042-R2", state="approved",
                    lines=[{"line": "l2", "quantity": 1}]),
    ]  # fmt: skip
    track = _track_row()
    lay_return_over(rows, track, _order())
    lay_return_over(rows, track, _order())
    assert [(each.number, each.source) for each in rows] == [
        ("#1042-R1", "loop_returns"), ("#1042-R2", ""),
    ]  # fmt: skip
    assert rows[0].label_url == "https://labels.example/77.pdf"


def _track_row() -> Any:
    told = back()
    return ReturnTrack(
        source=told.source, external_id="77", number="77", state="approved",
        label_url=told.label_url, lines=[{"line": "l1", "quantity": 1, "reason": "", "title": ""}],
    )  # fmt: skip


# --- At the order ---------------------------------------------------------------------------------


@needs_database
def test_a_return_is_shown_at_its_order_and_told_once(store: Store, organization: Organization):
    upsert_order(store, telling(lines=LINES))
    before = Event.objects.filter(type="order.updated").count()

    assert note_return(organization.pk, back(exchange_number="#1077")) == 1
    assert note_return(organization.pk, back(exchange_number="#1077")) == 0

    order = mine()
    assert (shown(order), order.return_status) == ([("loop_returns", "approved")], "requested")
    record = order_record(order, NOON)["returns"][0]
    assert (record["exchange_number"], record["refund"] and record["refund"]["minor"]) == (
        "#1077", 5900,
    )  # fmt: skip
    facts = order_facts(order, at=NOON)
    assert (facts.return_state, facts.return_outcome) == ("approved", "refund")
    assert facts.has_return_label
    assert facts.state == OrderState.RETURN_REQUESTED
    assert Event.objects.filter(type="order.updated").count() == before + 1


@needs_database
def test_news_in_any_order_end_the_same(store: Store, organization: Organization):
    news = [back("approved", 24), back("in_transit", 48), back("closed", 72)]
    for number, shuffled in enumerate(permutations(news)):
        name = f"#20{number}"
        upsert_order(store, telling(name, email="mia@posteo.example"))
        for each in shuffled:
            told = replace(each, external_id=name, order_ref=f"ext-{name}", order_number=name)
            note_return(organization.pk, told)
    states = {(each.return_status, *shown(each)) for each in with_parts(Order.objects.all())}
    assert states == {("returned", ("loop_returns", "closed"))}


@needs_database
def test_the_platform_telling_the_order_anew_does_not_forget_it(
    store: Store, organization: Organization
):
    upsert_order(store, telling(lines=LINES))
    note_return(organization.pk, back())
    own = ReturnData("9", "approved", "#1042-R1", lines=(LineQuantity("l1", 1),))
    later = telling(lines=LINES, updated_at=NOON + timedelta(days=4), note="call", returns=(own,))
    upsert_order(store, later)
    order = mine()
    assert (shown(order), order.return_status) == ([("loop_returns", "approved")], "requested")
    assert order.returns.get().number == "#1042-R1"

    note_return(organization.pk, back("cancelled", 200))
    assert (shown(mine()), mine().return_status) == ([("loop_returns", "cancelled")], "")


@needs_database
@pytest.mark.parametrize("is_history", [False, True])
def test_a_return_known_before_its_order_waits_for_it(
    store: Store, organization: Organization, is_history: bool
):
    assert note_return(organization.pk, back("received")) == 0
    if is_history:
        with unit_of_work():
            take_history(store, [telling(), telling("#1043")], as_of=NOON)
    else:
        upsert_order(store, telling())
        upsert_order(store, telling("#1043"))
    assert (shown(mine()), mine().return_status) == ([("loop_returns", "received")], "returned")
    assert OrderReturn.objects.count() == 1


@needs_database
@pytest.mark.parametrize(
    "changes",
    [
        {"order_ref": "ext-#9"},
        {"order_number": "#9", "email": "other@posteo.example"},
        {"order_ref": "", "email": "other@posteo.example"},
        {"order_ref": "", "email": ""},
    ],
)
def test_a_return_that_may_be_of_another_order_is_shown_nowhere(
    store: Store, organization: Organization, changes: dict[str, Any]
):
    upsert_order(store, telling())
    assert note_return(organization.pk, back(**changes)) == 0
    assert shown(mine()) == []


@needs_database
def test_a_return_moves_with_its_parcel_and_not_back(store: Store, organization: Organization):
    upsert_order(store, telling())
    note_return(organization.pk, back())
    track = TrackData(
        number="8r 1234",
        status="in_transit",
        updated_at=NOON + timedelta(days=2),
        source="easypost",
    )
    assert note_track(organization.pk, track) == 1
    assert shown(mine()) == [("loop_returns", "in_transit")]
    there = replace(track, status="delivered", updated_at=NOON + timedelta(days=3))
    note_track(organization.pk, there)
    assert (shown(mine()), mine().return_status) == ([("loop_returns", "received")], "returned")

    note_return(organization.pk, back("in_transit", 100))
    assert shown(mine()) == [("loop_returns", "received")]
    note_return(organization.pk, back("closed", 120))
    assert shown(mine()) == [("loop_returns", "closed")]


@needs_database
def test_a_buyer_who_is_erased_is_erased_from_returns_too(store: Store, organization: Organization):
    upsert_order(store, telling())
    note_return(organization.pk, back(status_url="https://returns.example/77"))
    erase(Erasure.objects.create(store=store, email="mia@posteo.example").pk)
    track, shown_now = ReturnTrack.objects.get(), mine().returns.get()
    assert (track.email, track.label_url, track.status_url) == ("", "", "")
    assert (shown_now.label_url, shown_now.status_url, shown_now.state) == ("", "", "approved")
