"""AfterShip: parcels asked for, followed, and told by webhook."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.actions import create_organization
from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, TemporaryFailure
from helpdesk.lib.secrets import encrypt
from integrations.aftership.connector import AfterShipConnector
from integrations.aftership.reading import read_tracking
from integrations.commerce import syncing, webhooks
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.connector import ParcelAsked, TakesStoreWebhooks, TracksParcels
from integrations.commerce.models import Fulfillment, ParcelTrack, Store, StoreHook, StoreHookState
from tests.contracts.aftership_judge import judge
from tests.contracts.vendor import VendorServer
from tests.integrations.commerce.tellings import parcel, telling

pytestmark = pytest.mark.django_db
AFTERSHIP = AfterShipConnector()
SECRET = "aftership-whispers"
LIST = r"/trackings$"


@pytest.fixture
def organization() -> Organization:
    return create_organization("Linden & Loom", slug="linden")


@pytest.fixture
def service(organization: Organization, vendor: VendorServer) -> Store:
    vendor.judged_by(judge, connector="aftership")
    store = create_store(organization, kind="aftership", slug="aftership", name="AfterShip")
    store.config = {"api_url": f"{vendor.url}/tracking/2026-07"}
    store.secrets = encrypt({"api_key": "asat_1", "webhook_secret": SECRET})
    store.save()
    return store


def tracking(tag: str = "InTransit", **changes: Any) -> dict[str, Any]:
    """A tracking as the API tells it."""
    return {
        "id": "5b74f4958776db0e00b6f5ed", "tracking_number": "LL1042FR", "slug": "colissimo",
        "tag": tag, "subtag": f"{tag}_001", "subtag_message": "On its way",
        "updated_at": "2026-11-22T08:00:00+00:00", "shipment_pickup_date": "2026-11-20T10:00:00",
        "latest_estimated_delivery": {"type": "specific", "datetime": "2026-11-24"},
        "courier_tracking_link": "https://www.laposte.example/LL1042FR",
        "checkpoints": [
            {
                "checkpoint_time": "2026-11-21T09:30:00+01:00", "tag": tag, "city": "Lyon",
                "country_region_name": "France", "message": "Left the hub",
            }
        ],
        **changes,
    }  # fmt: skip


def listed(*trackings: dict[str, Any]) -> dict[str, Any]:
    return {"meta": {"code": 200}, "data": {"pagination": {"total": 2}, "trackings": trackings}}


def waiting_order(organization: Organization) -> None:
    """An order of last week whose parcel is on its way."""
    shop = create_store(organization, kind="demo_store", slug="main", name="Linden & Loom")
    at = now() - timedelta(days=3)
    told = telling(
        placed_at=at, updated_at=at, fulfillment_status="fulfilled",
        fulfillments=(parcel(shipped_at=at, scans=()),),
    )  # fmt: skip
    upsert_order(shop, told)


def asked(**changes: Any) -> ParcelAsked:
    told = {"number": "LL1042FR", "carrier": "Colissimo", "order_number": "#1042", **changes}
    return ParcelAsked(**told)


def test_it_is_what_it_says():
    assert isinstance(AFTERSHIP, TracksParcels)
    assert isinstance(AFTERSHIP, TakesStoreWebhooks)


@pytest.mark.parametrize(
    ("tag", "subtag", "status"),
    [
        ("Pending", "Pending_001", "pending"),
        ("InfoReceived", "InfoReceived_001", "info_received"),
        ("InTransit", "InTransit_003", "in_transit"),
        ("OutForDelivery", "OutForDelivery_001", "out_for_delivery"),
        ("AttemptFail", "AttemptFail_001", "attempt_failed"),
        ("AvailableForPickup", "AvailableForPickup_001", "ready_for_pickup"),
        ("Delivered", "Delivered_001", "delivered"),
        ("Exception", "Exception_004", "exception"),
        ("Exception", "Exception_011", "returned"),
        ("Expired", "Expired_001", "exception"),
    ],
)
def test_every_tag_is_one_of_our_words(tag: str, subtag: str, status: str):
    assert read_tracking(tracking(tag, subtag=subtag)).status == status


def test_a_tracking_says_the_same_in_our_words():
    told = read_tracking(tracking())
    assert (told.number, told.carrier) == ("LL1042FR", "colissimo")
    assert iso(told.estimated_at) == "2026-11-24T00:00:00.000Z"
    assert [(iso(each.at), each.place, each.text) for each in told.scans] == [
        ("2026-11-21T08:30:00.000Z", "Lyon, France", "Left the hub")
    ]
    assert told.problem == ""
    assert read_tracking(tracking("Exception", subtag_message="Lost")).problem == "Lost"


@pytest.mark.parametrize("told", [None, [], {}, {"tag": "Teleported", "tracking_number": "1"}])
def test_what_is_no_tracking_is_refused_in_words(told: Any):
    with pytest.raises(InvalidInput):
        read_tracking(told)


def test_a_parcel_that_is_followed_is_read(service: Store, vendor: VendorServer):
    vendor.answers("GET", LIST, 200, listed(tracking()))
    told = AFTERSHIP.track(service, asked(number="ll1042 fr"))
    assert told is not None
    assert told.status == "in_transit"
    assert vendor.asked("POST", LIST) == 0


def test_a_new_parcel_is_followed_from_now_on(service: Store, vendor: VendorServer):
    vendor.answers("GET", LIST, 200, listed())
    vendor.answers("POST", LIST, 201, {"meta": {"code": 201}, "data": tracking("Pending")})
    told = AFTERSHIP.track(service, asked(country_code="FR", promised_at=now()))
    assert told is not None
    assert told.status == "pending"
    assert vendor.last("POST", LIST).json["destination_country_region"] == "FRA"


def test_a_parcel_followed_meanwhile_is_no_trouble(service: Store, vendor: VendorServer):
    vendor.answers("GET", LIST, 200, listed())
    vendor.answers("POST", LIST, 400, {"meta": {"code": 4003, "message": "Tracking exists."}})
    assert AFTERSHIP.track(service, asked()) is None


def test_open_parcels_are_asked_for_once_and_their_orders_move(
    service: Store, organization: Organization, vendor: VendorServer
):
    waiting_order(organization)
    vendor.answers("GET", LIST, 200, listed(tracking("OutForDelivery")))
    syncing.begin_asking(service)
    assert syncing.ask_store(service.pk) == 1
    assert [each.status for each in Fulfillment.objects.all()] == ["out_for_delivery"]

    service.connection.refresh_from_db()
    type(service.connection).objects.update(sync_due_at=now())
    assert syncing.ask_store(service.pk) == 0
    assert vendor.asked("GET", LIST) == 1


def test_a_number_that_the_service_does_not_take_holds_up_no_other(
    service: Store, organization: Organization, vendor: VendorServer
):
    waiting_order(organization)
    vendor.answers("GET", LIST, 200, listed())
    vendor.answers("POST", LIST, 400, {"meta": {"code": 4005, "message": "Not a number."}})
    syncing.begin_asking(service)
    assert syncing.ask_store(service.pk) == 1
    assert [each.status for each in Fulfillment.objects.all()] == ["in_transit"]
    assert ParcelTrack.objects.get().source_digest == ""


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, NeedsReauthorization), (429, TemporaryFailure), (503, TemporaryFailure)],
)
def test_a_refusal_is_what_it_means(
    service: Store, vendor: VendorServer, status: int, failure: type[Exception]
):
    vendor.answers("GET", LIST, status, {"meta": {"code": status, "message": "No."}})
    with pytest.raises(failure):
        AFTERSHIP.connect(service, "")


def test_connecting_says_how_much_is_there(service: Store, vendor: VendorServer):
    vendor.answers("GET", LIST, 200, listed())
    assert AFTERSHIP.connect(service, "").notes == ("2 parcels are followed there already.",)


# --- Webhooks -------------------------------------------------------------------------------------


def _post(service: Store, told: Any, *, secret: str = SECRET) -> int:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    fits = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    answer = Client().post(
        f"/hooks/stores/aftership/{service.hook_token}",
        body,
        content_type="application/json",
        headers={"aftership-hmac-sha256": fits},
    )
    return answer.status_code


def _event(event_id: str = "e1", **changes: Any) -> dict[str, Any]:
    return {"event": "tracking_update", "event_id": event_id, "msg": tracking(**changes)}


def test_a_call_moves_the_parcel_once(service: Store, organization: Organization):
    waiting_order(organization)
    for _ in range(3):
        assert _post(service, _event(tag="Delivered")) == 200
    webhooks.process_hooks(service.pk)
    assert StoreHook.objects.count() == 1
    assert [each.status for each in Fulfillment.objects.all()] == ["delivered"]


@pytest.mark.parametrize("secret", ["another", ""])
def test_a_forged_call_is_refused_and_nothing_is_kept(service: Store, secret: str):
    assert _post(service, _event(), secret=secret) == 401
    assert not StoreHook.objects.exists()


@pytest.mark.parametrize("told", [b"{", b"[]", {"event": "tracking_update", "msg": {}}])
def test_nonsense_is_quarantined_and_holds_up_nothing(
    service: Store, organization: Organization, told: Any
):
    waiting_order(organization)
    assert _post(service, told) == 200
    assert _post(service, _event(tag="Delivered")) == 200
    webhooks.process_hooks(service.pk)
    assert StoreHook.objects.filter(state=StoreHookState.QUARANTINED).count() == 1
    assert [each.status for each in Fulfillment.objects.all()] == ["delivered"]


def test_an_unknown_event_is_passed_over(service: Store):
    assert _post(service, {"event": "carrier_party", "event_id": "p"}) == 200
    webhooks.process_hooks(service.pk)
    assert StoreHook.objects.get().state == StoreHookState.PROCESSED
