"""Loop Returns: returns asked for, told by webhook, and shown at their order (issue 5, point 4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.actions import create_organization
from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso, now
from helpdesk.lib.connecting import WebhookRequest
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, NotFound, TemporaryFailure
from helpdesk.lib.secrets import encrypt
from integrations.commerce import syncing, webhooks
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.connector import (
    ConnectsStore,
    KnowsReturns,
    Passed,
    ReturnChanged,
    TakesStoreWebhooks,
)
from integrations.commerce.models import (
    Order,
    OrderReturn,
    ReturnTrack,
    Store,
    StoreConnection,
    StoreHook,
)
from integrations.loop_returns.connector import LoopReturnsConnector
from integrations.loop_returns.reading import read_return
from tests.contracts.loop_judge import judge
from tests.contracts.vendor import Asked, VendorServer
from tests.integrations.commerce.tellings import telling

LOOP = LoopReturnsConnector()
SECRET = "loop-whispers"
LIST = r"/warehouse/return/list$"
DETAILS = r"/warehouse/return/details$"
PAYLOADS = Path(__file__).resolve().parents[4] / "shared/corpora/payloads/loop-returns"
needs_database = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return create_organization("Linden & Loom", slug="linden")


@pytest.fixture
def service(organization: Organization, vendor: VendorServer) -> Store:
    vendor.judged_by(judge, connector="loop_returns", prefix="/api/v1")
    store = create_store(organization, kind="loop_returns", slug="loop", name="Loop")
    store.config = {"api_url": f"{vendor.url}/api/v1"}
    store.secrets = encrypt({"api_key": "loop-key", "webhook_secret": SECRET})
    store.save()
    return store


def item(line: str = "9001", **changes: Any) -> dict[str, Any]:
    return {
        "line_item_id": "59160778", "provider_line_item_id": line, "sku": "NOOR-S",
        "title": "Linen shirt Noor - Flax / S", "price": "59.00", "refund": "59.00",
        "return_reason": "Item was too big", "parent_return_reason": "Fit", **changes,
    }  # fmt: skip


def told(**changes: Any) -> dict[str, Any]:
    """A return as the API tells it."""
    return {
        "id": "6042537", "state": "open", "created_at": "2026-11-20T16:07:31+00:00",
        "updated_at": "2026-11-20 16:08:00", "total": "59.00", "order_id": "26442641",
        "order_name": "#1042", "provider_order_id": "5444175757553",
        "customer": "Mia@posteo.example", "currency": "EUR", "outcome": "refund",
        "refund": "59.00", "gift_card": "0.00", "exchanges": [], "line_items": [item()],
        "carrier": "", "tracking_number": "N/A", "label_status": "pending", "label_url": None,
        **changes,
    }  # fmt: skip


SENT = {
    "carrier": "Colissimo", "tracking_number": "8R 1234 5678", "label_status": "in_transit",
    "label_url": "https://labels.example/8R.pdf", "label_updated_at": "2026-11-21T10:00:00+00:00",
}  # fmt: skip


def bought(organization: Organization) -> Order:
    """Mia's order, as Shopify knows it."""
    shop = create_store(organization, kind="demo_store", slug="main", name="Linden & Loom")
    return upsert_order(shop, telling(external_id="5444175757553"))


def shown() -> list[OrderReturn]:
    return list(OrderReturn.objects.order_by("pk"))


# --- Reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "label", "ours"),
    [
        ("open", "pending", "approved"), ("open", "new", "approved"),
        ("open", "pre_transit", "approved"), ("open", "N/A", "approved"),
        ("open", "in_transit", "in_transit"), ("open", "out_for_delivery", "in_transit"),
        ("open", "delivered", "received"), ("review", "new", "requested"),
        ("needs review", "", "requested"), ("closed", "delivered", "closed"),
        ("cancelled", "new", "cancelled"), ("expired", "pre_transit", "expired"),
    ],
)  # fmt: skip
def test_every_state_is_one_of_our_words(state: str, label: str, ours: str):
    assert read_return(told(state=state, label_status=label)).state == ours


def test_a_return_says_the_same_in_our_words():
    back = read_return(told(**SENT, line_items=[item(), item(), item("9002", return_comment="Hm")]))
    assert (back.external_id, back.order_ref, back.order_number) == (
        "6042537", "5444175757553", "#1042",
    )  # fmt: skip
    assert (back.outcome, back.refund_minor, back.credit_minor) == ("refund", 5900, None)
    assert iso(back.updated_at) == "2026-11-21T10:00:00.000Z"
    assert [(each.line, each.quantity, each.reason) for each in back.lines] == [
        ("9001", 2, "Item was too big"),
        ("9002", 1, "Item was too big: Hm"),
    ]


@pytest.mark.parametrize(
    ("changes", "outcome", "exchange"),
    [
        ({"outcome": "exchange+refund", "exchange_order_name": "#EX1"}, "exchange", "#EX1"),
        ({"exchanges": [{"exchange_order_name": "#EX2"}]}, "exchange", "#EX2"),
        ({"outcome": None, "refund": "0.00", "gift_card": "65.00"}, "store_credit", ""),
        ({"outcome": "credit", "refund": "0.00"}, "store_credit", ""),
        ({"outcome": "", "refund": "0.00"}, "", ""),
    ],
)
def test_what_the_customer_gets_is_one_word(changes: dict[str, Any], outcome: str, exchange: str):
    back = read_return(told(**changes))
    assert (back.outcome, back.exchange_number) == (outcome, exchange)


@pytest.mark.parametrize(
    "nonsense", [None, [], {}, told(id="x"), told(state="lost"), told(refund="much"),
                 told(created_at="yesterday"), told(line_items=[1])],
)  # fmt: skip
def test_what_is_no_return_is_refused_in_words(nonsense: Any):
    with pytest.raises(InvalidInput):
        read_return(nonsense)


def test_a_label_link_that_is_no_https_is_left_out():
    assert read_return(told(label_url="javascript:alert(1)")).label_url == ""


# --- Asking ---------------------------------------------------------------------------------------


def test_it_is_what_it_says():
    assert isinstance(LOOP, KnowsReturns)
    assert isinstance(LOOP, TakesStoreWebhooks)
    assert isinstance(LOOP, ConnectsStore)


def _listed(*returns: dict[str, Any], following: str = "") -> dict[str, Any]:
    return {"returns": list(returns), "nextPageUrl": following or None, "previousPageUrl": None}


@needs_database
def test_the_first_pass_reads_a_year_and_the_next_only_what_changed(
    service: Store, organization: Organization, vendor: VendorServer
):
    bought(organization)
    elsewhere = "https://elsewhere.example/api/v1/warehouse/return/list?cursor=p2"

    def answer(asked: Asked) -> tuple[int, Any]:
        query = asked.query
        if "state" in query or query["from"] < "2026-09":
            return 200, _listed()
        if "cursor" in query:
            return 200, _listed(told(id="7", order_name="#77", provider_order_id="77"))
        return 200, _listed(told(), following=elsewhere)

    vendor.answers("GET", LIST, data=answer)
    syncing.begin_asking(service)
    assert syncing.ask_store(service.pk) >= 2
    spans = [each.query["from"] for each in vendor.all("GET", LIST)]
    assert spans[0] < f"{now() - timedelta(days=364):%Y-%m-%d}"
    assert sum("cursor" in each.query for each in vendor.all("GET", LIST)) >= 1
    assert {each.query.get("state", "") for each in vendor.all("GET", LIST)} == {
        "", "review", "cancelled",
    }  # fmt: skip
    assert [each.state for each in shown()] == ["approved"]
    assert ReturnTrack.objects.count() == 2

    first = vendor.asked("GET", LIST)
    StoreConnection.objects.update(sync_due_at=now())
    syncing.ask_store(service.pk)
    assert vendor.asked("GET", LIST) == first + 4
    assert vendor.last("GET", LIST).query["from"] > f"{now() - timedelta(days=1):%Y-%m-%d}"


@needs_database
@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, NeedsReauthorization), (429, TemporaryFailure), (503, TemporaryFailure)],
)
def test_a_refusal_is_what_it_means(
    service: Store, vendor: VendorServer, status: int, failure: type[Exception]
):
    vendor.answers("GET", LIST, status, {"error": {"message": "No."}})
    with pytest.raises(failure):
        LOOP.connect(service, "")
    vendor.answers("GET", DETAILS, status, {"error": {"message": "No."}})
    with pytest.raises(failure):
        LOOP.get_return(service, "6042537")


@needs_database
def test_a_return_that_loop_does_not_know_is_not_found(service: Store, vendor: VendorServer):
    vendor.answers("GET", DETAILS, 404, {"errors": {"message": "Not found"}})
    with pytest.raises(NotFound):
        LOOP.get_return(service, "1")


# --- Webhooks -------------------------------------------------------------------------------------


def _post(service: Store, call: Any, *, secret: str = SECRET, signed: bytes | None = None) -> int:
    body = call if isinstance(call, bytes) else json.dumps(call).encode()
    digest = hmac.new(secret.encode(), signed or body, hashlib.sha256).digest()
    answer = Client().post(
        f"/hooks/stores/loop_returns/{service.hook_token}", body,
        content_type="application/json",
        headers={"x-loop-signature": base64.b64encode(digest).decode()},
    )  # fmt: skip
    return answer.status_code


def _event(trigger: str = "return.updated", **changes: Any) -> dict[str, Any]:
    return {"topic": "return", "trigger": trigger, **told(**changes)}


@needs_database
def test_calls_in_any_order_end_the_same_and_show_the_return_once(
    service: Store, organization: Organization, vendor: VendorServer
):
    order = bought(organization)
    vendor.answers("GET", DETAILS, data=told(**SENT))
    calls = [
        _event("return.created"),
        _event(state="closed"),
        {"topic": "label", "trigger": "label.updated", "return_id": 6042537, "order_id": 1,
         "label_status": "in_transit", "label_updated_at": "2026-11-21T10:00:00+00:00"},
    ]  # fmt: skip
    for shuffled in permutations(calls):
        for call in shuffled:
            assert _post(service, call) == 200
    webhooks.process_hooks(service.pk)
    syncing.ask_store(service.pk)
    assert StoreHook.objects.count() == 3
    assert vendor.asked("GET", DETAILS) == 1
    assert [(each.state, each.carrier, each.source_id) for each in shown()] == [
        ("in_transit", "Colissimo", "6042537")
    ]
    order.refresh_from_db()
    assert order.return_status == "requested"


@needs_database
def test_a_body_signed_as_loop_writes_it_is_believed(service: Store):
    body = b'{"topic": "other",\n "url": "https://a.example/b"}'
    signed = b'{"topic": "other", "url": "https:\\/\\/a.example\\/b"}'
    assert _post(service, body, signed=signed) == 200


@needs_database
@pytest.mark.parametrize("secret", ["another", ""])
def test_a_forged_call_is_refused_and_nothing_is_kept(service: Store, secret: str):
    assert _post(service, _event(), secret=secret) == 401
    service.secrets = encrypt({"api_key": "loop-key"})
    service.save()
    assert _post(service, _event(), secret=secret) == 401
    assert not StoreHook.objects.exists()


def _split(body: bytes) -> list[Any]:
    return LOOP.split(Store(), WebhookRequest("POST", "", {}, {}, body))


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"topic": "label"}', b'{"topic": "restock"}'])
def test_nonsense_is_refused_in_words(body: bytes):
    with pytest.raises(InvalidInput):
        _split(body)


def test_an_unknown_event_is_passed_over():
    assert isinstance(_split(b'{"topic": "happy.returns.shipment"}')[0], Passed)


def test_recorded_payloads_say_which_return_to_read():
    if not PAYLOADS.is_dir():
        pytest.skip("../shared/corpora is not beside this checkout")
    files = sorted(PAYLOADS.glob("*.json"))
    assert files
    for each in files:
        assert _split(each.read_bytes()) == [ReturnChanged("1673", "return.processing.failed")]


# --- Setting up -----------------------------------------------------------------------------------

HOOK = "https://desk.example/hooks/stores/loop_returns/token"


@needs_database
def test_webhooks_are_subscribed_once_and_mended(service: Store, vendor: VendorServer):
    there: list[dict[str, Any]] = []

    def add(asked: Asked) -> tuple[int, Any]:
        there.append({**asked.json, "id": len(there) + 1})
        return 200, there[-1]

    vendor.answers("GET", LIST, data=_listed())
    vendor.answers("GET", r"/webhooks$", data=lambda _: (200, {"webhooks": there}))
    vendor.answers("POST", r"/webhooks$", data=add)
    vendor.answers("PUT", r"/webhooks/3$", 204)
    assert LOOP.connect(service, HOOK).notes == ("5 webhooks were added at Loop.",)
    assert LOOP.connect(service, HOOK).notes == ()
    assert LOOP.check(service, HOOK) == []

    there[2]["status"] = "inactive"
    assert LOOP.check(service, HOOK) == ["1 webhooks were missing at Loop; they are there again."]
    assert vendor.last("PUT", r"/webhooks/3$").json["status"] == "active"


@needs_database
def test_a_key_that_may_not_manage_webhooks_still_reads_returns(
    service: Store, vendor: VendorServer
):
    vendor.answers("GET", LIST, data=_listed())
    vendor.answers("GET", r"/webhooks$", 401, {"error": {"message": "Unauthorized."}})
    assert "by hand" in LOOP.connect(service, HOOK).notes[0]
    assert LOOP.check(service, HOOK) == []


@needs_database
def test_disconnecting_takes_only_our_webhooks_back(service: Store, vendor: VendorServer):
    ours = f"https://desk.example/hooks/stores/loop_returns/{service.hook_token}"
    there = [{"id": 1, "url": ours}, {"id": 2, "url": "https://another.example/loop"}]
    vendor.answers("GET", r"/webhooks$", data={"webhooks": there})
    vendor.answers("DELETE", r"/webhooks/1$", 204)
    LOOP.disconnect(service)
    assert vendor.asked("DELETE", r"/webhooks/") == 1
