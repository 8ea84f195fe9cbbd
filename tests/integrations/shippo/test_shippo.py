"""Shippo: parcels asked for, followed, and told by webhook. Labels: tests/orders."""

from __future__ import annotations

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
from helpdesk.lib.connecting import WebhookRequest
from helpdesk.lib.errors import (
    InvalidInput,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.secrets import encrypt
from integrations.commerce import webhooks
from integrations.commerce.actions import create_store
from integrations.commerce.connector import (
    ParcelAsked,
    Passed,
    TakesStoreWebhooks,
    TracksParcels,
)
from integrations.commerce.labels import MakesLabels
from integrations.commerce.models import Fulfillment, Store, StoreHook
from integrations.shippo.connector import ShippoConnector
from integrations.shippo.reading import read_track
from tests.contracts.shippo_judge import judge
from tests.contracts.vendor import VendorServer
from tests.integrations.aftership.test_aftership import waiting_order

SHIPPO = ShippoConnector()
SECRET = "shippo-whispers"
TRACKS, HOOKS = r"/tracks$", r"/webhooks$"
needs_database = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return create_organization("Linden & Loom", slug="linden")


@pytest.fixture
def service(organization: Organization, vendor: VendorServer) -> Store:
    vendor.judged_by(judge, connector="shippo")
    store = create_store(organization, kind="shippo", slug="shippo", name="Shippo")
    store.config = {"api_url": vendor.url}
    store.secrets = encrypt({"api_key": "shippo_live_1"})
    store.save()
    return store


def scan(status: str, hour: int, sub: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "status": status, "status_date": f"2026-11-21T{hour:02}:30:00Z", "object_id": f"s{hour}",
        "object_created": "2026-11-21T00:00:00Z", "object_updated": None,
        "status_details": "Left the hub", "substatus": {"code": sub} if sub else None,
        "location": {"city": "Lyon", "state": "", "country": "FR"}, **changes,
    }  # fmt: skip


def track(status: str = "TRANSIT", sub: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "carrier": "colissimo", "tracking_number": "LL1042FR", "eta": "2026-11-24T00:00:00Z",
        "tracking_status": scan(status, 9, sub), "messages": [], "metadata": "#1042",
        "tracking_history": [scan("PRE_TRANSIT", 7), scan("TRANSIT", 8), scan(status, 9, sub)],
        **changes,
    }  # fmt: skip


def asked(**changes: Any) -> ParcelAsked:
    told = {"number": "ll1042 fr", "carrier": "Colissimo", "order_number": "#1042", **changes}
    return ParcelAsked(**told)


def test_it_is_what_it_says():
    assert isinstance(SHIPPO, TracksParcels)
    assert isinstance(SHIPPO, TakesStoreWebhooks)
    assert isinstance(SHIPPO, MakesLabels)


@pytest.mark.parametrize(
    ("status", "sub", "ours"),
    [
        ("UNKNOWN", "", "pending"), ("PRE_TRANSIT", "information_received", "info_received"),
        ("TRANSIT", "in_transit", "in_transit"),
        ("TRANSIT", "out_for_delivery", "out_for_delivery"),
        ("TRANSIT", "delivery_attempted", "attempt_failed"),
        ("TRANSIT", "pickup_available", "ready_for_pickup"),
        ("TRANSIT", "return_to_sender", "exception"), ("DELIVERED", "delivered", "delivered"),
        ("RETURNED", "return_to_sender", "returned"), ("FAILURE", "", "exception"),
    ],
)  # fmt: skip
def test_every_status_is_one_of_our_words(status: str, sub: str, ours: str):
    told = read_track(track(status, sub))
    assert told is not None
    assert told.status == ours


def test_a_track_says_the_same_in_our_words():
    told = read_track(track("FAILURE"))
    assert told is not None
    assert (told.number, told.carrier, told.problem) == ("LL1042FR", "colissimo", "Left the hub")
    assert (iso(told.shipped_at), iso(told.estimated_at)) == (
        "2026-11-21T08:30:00.000Z", "2026-11-24T00:00:00.000Z",
    )  # fmt: skip
    assert [each.place for each in told.scans] == ["Lyon, FR"] * 3
    assert read_track(track(tracking_status=None)) is None


@pytest.mark.parametrize("told", [None, [], {}, track("LOST"), {"tracking_status": {}}])
def test_what_is_no_track_is_refused_in_words(told: Any):
    with pytest.raises(InvalidInput):
        read_track(told)


@needs_database
def test_a_parcel_is_asked_for_by_its_carrier_and_followed(service: Store, vendor: VendorServer):
    vendor.answers("POST", TRACKS, 201, track())
    told = SHIPPO.track(service, asked())
    assert told is not None
    assert told.status == "in_transit"
    assert vendor.last("POST", TRACKS).json["carrier"] == "colissimo"
    SHIPPO.track(service, asked(carrier="DHL Paket", country_code="DE"))
    assert vendor.last("POST", TRACKS).json["carrier"] == "dhl_germany"


@needs_database
def test_a_parcel_without_a_carrier_is_not_asked_for(service: Store, vendor: VendorServer):
    with pytest.raises(PermanentFailure):
        SHIPPO.track(service, asked(carrier=""))
    assert vendor.requests == []


@needs_database
@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, NeedsReauthorization), (429, TemporaryFailure), (503, TemporaryFailure)],
)
def test_a_refusal_is_what_it_means(
    service: Store, vendor: VendorServer, status: int, failure: type[Exception]
):
    vendor.answers("GET", HOOKS, status, {"detail": "No."})
    vendor.answers("POST", TRACKS, status, {"detail": "No."})
    with pytest.raises(failure):
        SHIPPO.connect(service, "")
    with pytest.raises(failure):
        SHIPPO.track(service, asked())


@needs_database
def test_the_webhook_is_added_once_and_switched_on_again(service: Store, vendor: VendorServer):
    hook = "https://desk.example/hooks/stores/shippo/token"
    there: list[dict[str, Any]] = []
    vendor.answers("GET", HOOKS, data=lambda _: (200, {"results": there}))
    vendor.answers("POST", HOOKS, 201, {"object_id": "h1"})
    vendor.answers("PUT", r"/webhooks/h1$", 200, {"object_id": "h1"})
    assert SHIPPO.connect(service, hook).notes != ()
    there.append({"object_id": "h1", "url": hook, "active": True, "event": "track_updated"})
    assert SHIPPO.check(service, hook) == []
    there[0]["active"] = False
    assert "switched" in SHIPPO.check(service, hook)[0]
    assert vendor.asked("POST", HOOKS) == 1


@needs_database
def test_disconnecting_takes_only_our_webhook_back(service: Store, vendor: VendorServer):
    ours = f"https://desk.example/hooks/stores/shippo/{service.hook_token}"
    there = [{"object_id": "h1", "url": ours}, {"object_id": "h2", "url": "https://a.example"}]
    vendor.answers("GET", HOOKS, data={"results": there})
    vendor.answers("DELETE", r"/webhooks/h1$", 204)
    SHIPPO.disconnect(service)
    assert vendor.asked("DELETE", r"/webhooks/") == 1


# --- Webhooks -------------------------------------------------------------------------------------


def _post(service: Store, told: Any, signature: str = "", token: str = "") -> int:
    answer = Client().post(
        f"/hooks/stores/shippo/{token or service.hook_token}", json.dumps(told).encode(),
        content_type="application/json", headers={"shippo-auth-signature": signature},
    )  # fmt: skip
    return answer.status_code


def _signed(told: Any, secret: str, seconds_ago: int = 0) -> str:
    at = str(int((now() - timedelta(seconds=seconds_ago)).timestamp()))
    message = at.encode() + b"." + json.dumps(told).encode()
    return f"t={at},v1={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"


EVENT = {"event": "track_updated", "test": False, "data": track("DELIVERED")}


@needs_database
def test_a_call_moves_the_parcel_once(service: Store, organization: Organization):
    waiting_order(organization)
    assert [_post(service, EVENT) for _ in range(3)] == [200] * 3
    webhooks.process_hooks(service.pk)
    assert StoreHook.objects.count() == 1
    assert [each.status for each in Fulfillment.objects.all()] == ["delivered"]
    assert _post(service, EVENT, token="guessed") == 404


@needs_database
def test_where_there_is_a_secret_its_signature_must_fit_and_be_new(service: Store):
    service.secrets = encrypt({"api_key": "x", "webhook_secret": SECRET})
    service.save()
    forged = ["", "t=1", _signed(EVENT, "another"), _signed(EVENT, SECRET, 3600)]
    assert [_post(service, EVENT, each) for each in forged] == [401] * 4
    assert not StoreHook.objects.exists()
    assert _post(service, EVENT, _signed(EVENT, SECRET)) == 200


def _split(body: bytes) -> list[Any]:
    return SHIPPO.split(Store(), WebhookRequest("POST", "", {}, {}, body))


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"event": "track_updated"}'])
def test_nonsense_is_refused_in_words(body: bytes):
    with pytest.raises(InvalidInput):
        _split(body)


def test_an_unknown_event_or_an_empty_track_is_passed_over():
    empty = {"event": "track_updated", "data": track(tracking_status=None)}
    for body in (b'{"event": "batch_created"}', json.dumps(empty).encode()):
        assert isinstance(_split(body)[0], Passed)
