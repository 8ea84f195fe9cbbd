"""EasyPost: parcels asked for, followed, and told by webhook. Labels: tests/orders."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.actions import create_organization
from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso
from helpdesk.lib.connecting import Refused, WebhookRequest
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, TemporaryFailure
from helpdesk.lib.secrets import encrypt
from integrations.commerce import syncing, webhooks
from integrations.commerce.actions import create_store
from integrations.commerce.connector import (
    ParcelAsked,
    ParcelTold,
    Passed,
    TakesStoreWebhooks,
    TracksParcels,
)
from integrations.commerce.labels import MakesLabels
from integrations.commerce.models import Fulfillment, Store, StoreHook
from integrations.easypost.connector import EasyPostConnector
from integrations.easypost.reading import read_tracker
from tests.contracts.easypost_judge import judge
from tests.contracts.vendor import VendorServer, contract_file
from tests.integrations.aftership.test_aftership import waiting_order

EASYPOST = EasyPostConnector()
SECRET = "sécret"
TRACKERS, HOOKS = r"/trackers$", r"/webhooks$"
needs_database = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return create_organization("Linden & Loom", slug="linden")


@pytest.fixture
def service(organization: Organization, vendor: VendorServer) -> Store:
    vendor.judged_by(judge, connector="easypost")
    store = create_store(organization, kind="easypost", slug="easypost", name="EasyPost")
    store.config = {"api_url": f"{vendor.url}/v2"}
    store.secrets = encrypt({"api_key": "EZAK1", "webhook_secret": SECRET})
    store.save()
    return store


def recorded(name: str) -> Any:
    return json.loads((contract_file("easypost") / f"{name}.json").read_bytes())


def tracker(status: str = "in_transit", **changes: Any) -> dict[str, Any]:
    return {
        "id": "trk_1", "tracking_code": "LL1042FR", "status": status, "status_detail": "unknown",
        "updated_at": "2026-11-22T08:00:00Z", "est_delivery_date": "2026-11-24T00:00:00Z",
        "carrier": "Colissimo", "public_url": "https://track.easypost.com/x", "signed_by": None,
        "tracking_details": [
            {"message": "Left the hub", "description": "", "status": status,
             "status_detail": "departed_facility", "datetime": "2026-11-21T08:30:00Z",
             "tracking_location": {"city": "Lyon", "state": None, "country": "FR"}},
        ],
        **changes,
    }  # fmt: skip


def asked(**changes: Any) -> ParcelAsked:
    told = {"number": "ll1042 fr", "carrier": "DPD", "order_number": "#1042", **changes}
    return ParcelAsked(**told)


def test_it_is_what_it_says():
    assert isinstance(EASYPOST, TracksParcels)
    assert isinstance(EASYPOST, TakesStoreWebhooks)
    assert isinstance(EASYPOST, MakesLabels)


@pytest.mark.parametrize(
    ("status", "detail", "ours"),
    [
        ("unknown", "unknown", "pending"), ("pre_transit", "label_created", "info_received"),
        ("in_transit", "arrived_at_facility", "in_transit"),
        ("in_transit", "delivery_attempted", "attempt_failed"),
        ("out_for_delivery", "out_for_delivery", "out_for_delivery"),
        ("available_for_pickup", "", "ready_for_pickup"), ("delivered", "", "delivered"),
        ("return_to_sender", "return", "exception"), ("return_to_sender", "returned", "returned"),
        ("failure", "", "exception"), ("cancelled", "", "exception"), ("error", "", "exception"),
    ],
)  # fmt: skip
def test_every_status_is_one_of_our_words(status: str, detail: str, ours: str):
    assert read_tracker(tracker(status, status_detail=detail, tracking_details=[])).status == ours


def test_recorded_trackers_say_the_same_in_our_words():
    told = read_tracker(recorded("event-body")["result"])
    assert (told.number, told.carrier, told.status) == ("1", "FedEx", "in_transit")
    assert iso(told.shipped_at) == "2024-07-31T19:27:00.000Z"
    assert (told.scans[1].text, told.scans[1].place) == ("Picked up", "ORLANDO, FL, US")
    label_made = read_tracker(recorded("trackers-create"))
    assert (label_made.status, label_made.shipped_at) == ("info_received", None)


@pytest.mark.parametrize("told", [None, [], {}, {"status": "lost", "tracking_code": "1"}])
def test_what_is_no_tracker_is_refused_in_words(told: Any):
    with pytest.raises(InvalidInput):
        read_tracker(told)


@needs_database
def test_a_parcel_that_is_followed_is_read_and_a_new_one_is_followed(
    service: Store, vendor: VendorServer
):
    vendor.answers("GET", TRACKERS, data={"trackers": [tracker()], "has_more": False})
    told = EASYPOST.track(service, asked())
    assert told is not None
    assert (told.status, vendor.asked("POST", TRACKERS)) == ("in_transit", 0)

    vendor.answers("GET", TRACKERS, data={"trackers": []})
    vendor.answers("POST", TRACKERS, 201, tracker("pre_transit"))
    assert EASYPOST.track(service, asked()).status == "info_received"  # type: ignore[union-attr]
    assert vendor.last("POST", TRACKERS).json == {
        "tracker": {"tracking_code": "LL1042FR", "carrier": "DPD"}
    }


@needs_database
@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, NeedsReauthorization), (429, TemporaryFailure), (503, TemporaryFailure)],
)
def test_a_refusal_is_what_it_means(
    service: Store, vendor: VendorServer, status: int, failure: type[Exception]
):
    vendor.answers("GET", r".", status, {"error": {"message": "No.", "code": "X"}})
    with pytest.raises(failure):
        EASYPOST.connect(service, "")
    with pytest.raises(failure):
        EASYPOST.track(service, asked())


@needs_database
def test_the_webhook_is_added_once_and_switched_on_again(service: Store, vendor: VendorServer):
    hook = "https://desk.example/hooks/stores/easypost/token"
    there: list[dict[str, Any]] = []
    vendor.answers("GET", HOOKS, data=lambda _: (200, {"webhooks": there}))
    vendor.answers("POST", HOOKS, 201, {"id": "hook_1"})
    vendor.answers("PATCH", r"/webhooks/hook_1$", 200, {"id": "hook_1"})
    assert EASYPOST.connect(service, hook).notes != ()
    assert vendor.last("POST", HOOKS).json["webhook"]["webhook_secret"] == SECRET

    there.append({"id": "hook_1", "url": hook, "disabled_at": None})
    assert EASYPOST.check(service, hook) == []
    there[0]["disabled_at"] = "2026-11-20T00:00:00Z"
    assert "switched" in EASYPOST.check(service, hook)[0]
    assert vendor.asked("POST", HOOKS) == 1


@needs_database
def test_disconnecting_takes_only_our_webhook_back(service: Store, vendor: VendorServer):
    ours = f"https://desk.example/hooks/stores/easypost/{service.hook_token}"
    there = [{"id": "hook_1", "url": ours}, {"id": "hook_2", "url": "https://a.example"}]
    vendor.answers("GET", HOOKS, data={"webhooks": there})
    vendor.answers("DELETE", r"/webhooks/hook_1$", 204)
    EASYPOST.disconnect(service)
    assert vendor.asked("DELETE", r"/webhooks/") == 1


# --- Webhooks -------------------------------------------------------------------------------------


def _call(body: bytes, signature: str) -> WebhookRequest:
    return WebhookRequest("POST", "", {}, {"x-hmac-signature": signature}, body)


def test_the_vendors_own_signature_is_believed_and_no_other():
    fixture = recorded("client-library-fixtures")["webhooks"]
    body = (contract_file("easypost") / "event-body.json").read_bytes().rstrip(b"\n")
    store = Store(secrets=encrypt({"webhook_secret": fixture["secret"]}))
    EASYPOST.verify(store, _call(body, fixture["hmac_signature"]))
    for tampered in (_call(body + b" ", fixture["hmac_signature"]), _call(body, "")):
        with pytest.raises(Refused):
            EASYPOST.verify(store, tampered)
    with pytest.raises(Refused):
        EASYPOST.verify(Store(), _call(body, fixture["hmac_signature"]))


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"description": "tracker.updated", "result": {}}'])
def test_nonsense_is_refused_in_words(body: bytes):
    with pytest.raises(InvalidInput):
        EASYPOST.split(Store(), _call(body, ""))


def test_an_unknown_event_is_passed_over_and_a_recorded_one_is_read():
    assert isinstance(EASYPOST.split(Store(), _call(b'{"description": "batch.x"}', ""))[0], Passed)
    body = (contract_file("easypost") / "event-body.json").read_bytes()
    assert isinstance(EASYPOST.split(Store(), _call(body, ""))[0], ParcelTold)


@needs_database
def test_a_call_moves_the_parcel_once(service: Store, organization: Organization):
    waiting_order(organization)
    event = {"id": "evt_9", "description": "tracker.updated", "result": tracker("delivered")}
    body = json.dumps(event).encode()
    secret = unicodedata.normalize("NFKD", SECRET).encode()
    signature = "hmac-sha256-hex=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    for _ in range(3):
        answer = Client().post(
            f"/hooks/stores/easypost/{service.hook_token}", body,
            content_type="application/json", headers={"x-hmac-signature": signature},
        )  # fmt: skip
        assert answer.status_code == 200
    webhooks.process_hooks(service.pk)
    assert StoreHook.objects.count() == 1
    assert [each.status for each in Fulfillment.objects.all()] == ["delivered"]


@needs_database
def test_a_number_that_it_does_not_take_holds_up_no_other(
    service: Store, organization: Organization, vendor: VendorServer
):
    waiting_order(organization)
    vendor.answers("GET", HOOKS, data={"webhooks": []})
    vendor.answers("POST", HOOKS, 201, {"id": "hook_1"})
    vendor.answers("GET", TRACKERS, data={"trackers": []})
    vendor.answers("POST", TRACKERS, 422, {"error": {"message": "Not a number."}})
    syncing.begin_asking(service)
    assert syncing.ask_store(service.pk) == 1
    assert [each.status for each in Fulfillment.objects.all()] == ["in_transit"]
