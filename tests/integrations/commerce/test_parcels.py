"""Parcels say what tracking services know of them, whoever spoke first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.events.models import Event
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.actions import note_track, upsert_order
from integrations.commerce.facts import order_facts
from integrations.commerce.models import Order, ParcelTrack, Store
from integrations.commerce.normal_form import ScanData
from integrations.commerce.parcels import TrackData, conflict_in, is_late
from integrations.commerce.selectors import with_parts
from tests.integrations.commerce.tellings import NOON, parcel, telling

pytestmark = pytest.mark.django_db
SHIPPED: dict[str, Any] = {"fulfillment_status": "fulfilled", "fulfillments": (parcel(),)}


def _track(status: str = "out_for_delivery", hours: int = 48, **changes: Any) -> TrackData:
    at = NOON + timedelta(hours=hours)
    told = TrackData(
        number="LL1042FR", status=status, updated_at=at, source="aftership",
        estimated_at=NOON + timedelta(days=3),
        scans=(ScanData(at, status, "Scanned", "Lyon"),),
        delivered_at=at if status == "delivered" else None,
    )  # fmt: skip
    return replace(told, **changes)


def _order() -> Order:
    return with_parts(Order.objects.filter(number="#1042")).get()


def _news() -> int:
    return Event.objects.filter(type="order.updated").count()


def test_what_the_service_says_stands_in_the_parcel_and_is_told_once(
    store: Store, organization: Organization
):
    upsert_order(store, telling(**SHIPPED))
    before = _news()

    assert note_track(organization.pk, _track()) == 1
    assert note_track(organization.pk, _track()) == 0

    told = _order().fulfillments.all()[0]
    assert (told.status, told.estimated_at) == ("out_for_delivery", NOON + timedelta(days=3))
    assert [each["place"] for each in told.events] == ["Lyon"]
    assert told.tracking_url == "https://track.lindenloom.example/LL1042FR"
    assert _news() == before + 1


def test_the_platform_telling_the_order_anew_does_not_forget_it(
    store: Store, organization: Organization
):
    upsert_order(store, telling(**SHIPPED))
    note_track(organization.pk, _track("delivered"))
    upsert_order(store, telling(**SHIPPED, updated_at=NOON + timedelta(days=4), note="call first"))
    told = _order()
    assert told.note == "call first"
    assert [each.status for each in told.fulfillments.all()] == ["delivered"]


def test_a_parcel_known_before_its_order_is_laid_over_when_the_order_comes(
    store: Store, organization: Organization
):
    assert note_track(organization.pk, _track(number=" ll1042 fr ")) == 0
    upsert_order(store, telling(**SHIPPED))
    assert [each.status for each in _order().fulfillments.all()] == ["out_for_delivery"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_news_in_any_order_end_the_same(
    store: Store, organization: Organization, order: tuple[int, ...]
):
    upsert_order(store, telling(**SHIPPED))
    news = [_track("in_transit", 40), _track("out_for_delivery", 48), _track("delivered", 52)]
    for position in order:
        note_track(organization.pk, news[position])
    assert [each.status for each in _order().fulfillments.all()] == ["delivered"]


def test_where_the_platform_knows_a_later_scan_its_word_stays(
    store: Store, organization: Organization
):
    late = parcel("exception", scans=(ScanData(NOON + timedelta(days=5), "exception", "Lost"),))
    upsert_order(store, telling(fulfillment_status="fulfilled", fulfillments=(late,)))
    assert note_track(organization.pk, _track()) == 0
    assert [each.status for each in _order().fulfillments.all()] == ["exception"]


def test_another_organizations_parcel_of_the_same_number_is_left_alone(
    store: Store, other_organization: Organization
):
    upsert_order(store, telling(**SHIPPED))
    assert note_track(other_organization.pk, _track()) == 0
    assert [each.status for each in _order().fulfillments.all()] == ["in_transit"]


@pytest.mark.parametrize(
    "wrong",
    [{"status": "teleported"}, {"number": "  "}, {"updated_at": datetime(2026, 11, 20, 12)}],  # noqa: DTZ001
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(
    organization: Organization, wrong: dict[str, Any]
):
    with pytest.raises(InvalidInput):
        note_track(organization.pk, _track(**wrong))
    assert not ParcelTrack.objects.exists()


@pytest.mark.parametrize(
    ("changes", "hours", "expected"),
    [
        ({}, 24, False),
        ({}, 24 * 5, True),
        ({"fulfillments": (parcel("delivered"),)}, 24 * 5, False),
        ({"cancelled_at": NOON}, 24 * 5, False),
        ({"promised_at": None}, 24 * 30, False),
    ],
)
def test_a_missed_promise_is_seen(
    store: Store, changes: dict[str, Any], hours: int, expected: bool
):
    told = {"promised_at": NOON + timedelta(days=3), **SHIPPED, **changes}
    upsert_order(store, telling(**told))
    at = NOON + timedelta(hours=hours)
    assert is_late(_order(), at) is expected
    assert order_facts(_order(), at=at).is_late is expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"cancelled_at": NOON}, "cancelled_but_moving"),
        ({"fulfillment_status": "unfulfilled"}, "unfulfilled_but_moving"),
        (
            {"fulfillments": (parcel("delivered", delivered_at=NOON),)},
            "delivered_before_shipped",
        ),
    ],
)
def test_what_does_not_fit_together_is_named(store: Store, changes: dict[str, Any], code: str):
    upsert_order(store, telling(**{**SHIPPED, **changes}))
    assert conflict_in(_order()) == code


def test_how_long_ago_it_was_delivered_is_known(store: Store):
    delivered = parcel("delivered", delivered_at=datetime(2026, 11, 22, 10, tzinfo=UTC))
    upsert_order(store, telling(fulfillment_status="fulfilled", fulfillments=(delivered,)))
    at = datetime(2026, 11, 25, 11, tzinfo=UTC)
    assert order_facts(_order(), at=at).days_since_delivery == 3
