"""What a real Medusa said (`make test-commerce` with WRITE_RECORDED=1), in our words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integrations.commerce.normal_form import OrderData, check_order
from integrations.medusa.manifest import MANIFEST, SUBSCRIBER
from integrations.medusa.orders import moment, order_of, total_minor
from integrations.medusa.paging import ORDERS, Place

RECORDED = Path(__file__).parent / "recorded"
Read = Callable[..., OrderData]


def raw(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


@pytest.fixture
def read() -> Read:
    """``read("shipped", canceled_at=…)``: the recorded order, with changes, in normal form."""

    def order(name: str, **changes: Any) -> OrderData:
        data = order_of({**raw(name), **changes}, admin_url="https://shop.example/app")
        check_order(data)
        return data

    return order


@pytest.mark.parametrize(
    ("name", "money", "goods", "back", "total", "refundable"),
    [
        ("placed", "authorized", "unfulfilled", "", 8480, 0),
        ("captured", "paid", "unfulfilled", "", 8480, 8480),
        ("shipped", "paid", "fulfilled", "", 8480, 8480),
        ("return_requested", "paid", "fulfilled", "requested", 8480, 8480),
        ("return_received", "paid", "fulfilled", "returned", 8480, 8480),
        ("refunded", "partially_refunded", "fulfilled", "returned", 8480, 4485),
        ("cancelled", "refunded", "unfulfilled", "", 8480, 0),
        ("voided", "voided", "unfulfilled", "", 8480, 0),
        ("discounted", "authorized", "unfulfilled", "", 7681, 0),
        ("edited", "paid", "unfulfilled", "", 4485, 8480),
    ],
)
def test_an_order_says_what_happened_to_money_and_goods(
    read: Read, name: str, money: str, goods: str, back: str, total: int, refundable: int
) -> None:
    data = read(name)
    assert (data.financial_status, data.fulfillment_status, data.return_status) == (
        money, goods, back,
    )  # fmt: skip
    assert (data.total_minor, data.refundable_minor, data.currency) == (total, refundable, "EUR")


def test_a_parcel_has_its_carrier_number_and_link(read: Read) -> None:
    [parcel] = read("shipped").fulfillments
    assert (parcel.carrier, parcel.tracking_number, parcel.status) == (
        "La Poste", "6A12345678901", "in_transit",
    )  # fmt: skip
    assert parcel.tracking_url.endswith("code=6A12345678901")
    assert [each.quantity for each in parcel.lines] == [2]
    assert parcel.shipped_at is not None


def test_two_labels_are_two_parcels_and_one_taken_back_is_none(read: Read) -> None:
    [sent] = raw("shipped")["fulfillments"]
    second = {**sent["labels"][0], "id": "zzz", "tracking_number": "6A99", "tracking_url": ""}
    both = {**sent, "labels": [*sent["labels"], second]}
    parcels = read("shipped", fulfillments=[both]).fulfillments
    assert [each.tracking_number for each in parcels] == ["6A12345678901", "6A99"]
    assert len({each.external_id for each in parcels}) == 2
    gone = {**sent, "canceled_at": sent["created_at"]}
    assert read("shipped", fulfillments=[gone]).fulfillments == ()


def test_what_is_packed_is_not_shipped_and_cannot_be_cancelled_by_us(read: Read) -> None:
    [sent] = raw("shipped")["fulfillments"]
    packed = {**sent, "shipped_at": None, "labels": []}
    item = raw("captured")["items"][0]
    data = read("captured", fulfillments=[packed], items=[item])
    assert (data.fulfillment_status, data.can_cancel) == ("unfulfilled", False)
    assert (data.cannot_cancel_reason, data.packed_at is not None) == ("too_late", True)
    assert [each.status for each in data.fulfillments] == ["pending"]
    assert read("shipped").cannot_cancel_reason == "already_shipped"
    assert read("captured", status="completed").cannot_cancel_reason == "closed"
    assert read("cancelled").cannot_cancel_reason == "already_cancelled"


def test_taking_money_in_makes_an_order_newer_than_its_own_time(read: Read) -> None:
    captured = raw("captured")
    data = read("captured")
    assert data.updated_at > moment(captured["updated_at"])
    assert data.payments[0].state == "captured"


def test_a_return_has_its_lines_reasons_and_labels(read: Read) -> None:
    [back] = read("return_requested").returns
    assert (back.state, back.outcome) == ("approved", "refund")
    assert [(each.quantity, each.reason) for each in back.lines] == [(1, "too small")]
    told = raw("return_requested")
    [fulfillment] = told["returns"][0]["fulfillments"]
    fulfillment["labels"] = [
        {"id": "l1", "label_url": "https://labels.example/1.pdf", "tracking_number": "RT1"}
    ]
    [labelled] = read("return_requested", returns=told["returns"]).returns
    assert (labelled.label_url, labelled.tracking_number) == ("https://labels.example/1.pdf", "RT1")
    unfinished = {**told["returns"][0], "status": "open"}
    assert read("return_requested", returns=[unfinished]).returns == ()


def test_yen_have_no_minor_unit_and_odd_amounts_are_rounded_once(read: Read) -> None:
    assert read("placed", currency_code="jpy", total=4800).total_minor == 4800
    told = {**raw("return_received"), "total": 40.855}
    told["items"][0]["return_received_total"] = 35.955
    assert total_minor(told) == 7681


def test_a_web_address_that_is_none_is_left_out(read: Read) -> None:
    [sent] = raw("shipped")["fulfillments"]
    bad = {**sent["labels"][0], "tracking_url": "javascript:alert(1)", "tracking_number": "?"}
    parts = {"labels": [bad], "shipping_option": {"name": "By hand"}}
    [parcel] = read("shipped", fulfillments=[{**sent, **parts}]).fulfillments
    assert (parcel.carrier, parcel.tracking_url) == ("", "")
    item = {**raw("placed")["items"][0], "thumbnail": "file:///etc/passwd"}
    assert read("placed", items=[item]).lines[0].image_url == ""


def test_a_list_goes_on_by_time_and_forgets_nothing_that_changed_at_the_same_time() -> None:
    def rows(*told: tuple[str, str]) -> list[dict[str, Any]]:
        return [{"id": name, "updated_at": time} for name, time in told]

    first = Place(ORDERS, "")
    second = first.after(rows(("a", "T1"), ("b", "T2"), ("c", "T2")), 5)
    assert second == Place(ORDERS, "T2", frozenset({"b", "c"}))
    assert second is not None
    assert Place.read(second.write()) == second
    assert second.query()["updated_at[$gte]"] == "T2"
    third = second.after(rows(("b", "T2"), ("c", "T2"), ("d", "T2")), 4)
    assert third == Place(ORDERS, "T2", frozenset({"b", "c", "d"}))
    assert third is not None
    assert third.after(rows(("b", "T2"), ("c", "T2"), ("d", "T2"), ("e", "T3")), 4) is None


def test_more_that_changed_at_one_time_than_can_be_remembered_is_counted() -> None:
    place = Place(ORDERS, "T1", frozenset({"a"}))
    many = [{"id": f"o{n}", "updated_at": "T1"} for n in range(150)]
    assert place.after(many, 1000) == Place(ORDERS, "T1", frozenset(), 150)


def test_the_subscriber_can_be_pasted_from_the_set_up_page() -> None:
    [pasted] = [each.copy for each in MANIFEST.steps if "tellAftercare" in each.copy]
    assert pasted == SUBSCRIBER.read_text()
    assert moment("2026-11-22T08:21:51.484Z").utcoffset() == timedelta(0)
