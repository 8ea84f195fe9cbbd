"""What BigCommerce alone does: statuses that decide, quotes to the cent, thin calls (UX 28–31, G16)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from helpdesk.lib.connecting import WebhookRequest
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import encrypt
from integrations.bigcommerce import connector as connector_module
from integrations.bigcommerce.connector import BigCommerceConnector
from integrations.bigcommerce.hooks import HEADER
from integrations.commerce import webhooks
from integrations.commerce.acting import ActionKind, ActionRefused, Intent, Outcome, Quote
from integrations.commerce.actions import upsert_order
from integrations.commerce.connector import OrderChanged, Passed
from integrations.commerce.models import Order, Store, StoreHook
from tests.contracts.bigcommerce_shop import LINE, SECRET, Shop, call_of, make_store
from tests.contracts.channel_connector import Call
from tests.contracts.store_connector import NOON, Told
from tests.contracts.vendor import VendorServer, vendor

__all__ = ["vendor"]
pytestmark = pytest.mark.django_db
Quoting = Callable[..., Quote]
Doing = Callable[..., Outcome]
BIG = BigCommerceConnector()


@pytest.fixture
def shop(vendor: VendorServer) -> Shop:
    opened = Shop(vendor).opens()
    opened.tell(Told())
    return opened


@pytest.fixture
def store(organization: Organization, shop: Shop) -> Store:
    return make_store(organization, shop.vendor.url)


@pytest.fixture
def order(store: Store) -> Order:
    return upsert_order(store, BIG.get_order(store, "1042"), as_of=now())


@pytest.fixture
def quote(store: Store, order: Order) -> Quoting:
    return lambda kind, **params: BIG.quote(store, order, ActionKind(kind), params)


@pytest.fixture
def act(store: Store, order: Order) -> Doing:
    return lambda told, **more: BIG.act(store, order, intent_of(told, **more), lambda _: None)


def intent_of(told: Quote, **more: Any) -> Intent:
    values: dict[str, Any] = {
        "key": uuid.UUID("0198f0f0-0000-7000-8000-000000000042"), "kind": told.kind,
        "params": told.params, "amount_minor": told.amount_minor, "currency": told.currency,
        "context": told.context, **more,
    }  # fmt: skip
    return Intent(**values)


def post(store: Store, call: Call) -> int:
    headers: Any = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in call.headers.items()}
    path = f"/hooks/stores/bigcommerce/{store.hook_token}"
    answer = Client().generic("POST", path, call.body, content_type="application/json", **headers)
    return answer.status_code


@pytest.mark.parametrize(
    ("status", "cancel", "refund"),
    [
        (0, "closed", "closed"), (1, "cancel", "closed"), (2, "already_shipped", "refund"),
        (3, "already_shipped", "refund"), (4, "cancel", "already_refunded"),
        (5, "already_cancelled", "closed"), (6, "closed", "closed"), (7, "cancel", "closed"),
        (8, "refund, cancel", "refund"), (9, "refund, cancel", "refund"),
        (10, "already_shipped", "refund"), (11, "refund, cancel", "refund"),
        (12, "refund, cancel", "refund"), (13, "closed", "closed"),
        (14, "already_refunded", "refund"),
    ],
)  # fmt: skip
def test_the_status_decides_what_can_be_done(
    shop: Shop, quote: Quoting, status: int, cancel: str, refund: str
) -> None:
    shop.only()["status_id"] = status
    assert (outcome(quote, "cancel"), outcome(quote, "refund")) == (cancel, refund)


def outcome(quote: Quoting, kind: str) -> str:
    """The steps of what would happen, or why it would not."""
    try:
        return ", ".join(each.name for each in quote(kind).effects)
    except ActionRefused as refusal:
        return refusal.reason_code


def test_money_goes_back_before_the_order_is_cancelled(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    told = quote("cancel")
    assert (told.amount_minor, told.refund_to) == (6390, "Stripe")
    outcome = act(told)
    assert outcome.state == "done"
    writes = [each.path for each in shop.vendor.requests if each.method in ("POST", "PUT")]
    assert writes[-2:] == ["/v3/orders/1042/payment_actions/refunds", "/v2/orders/1042"]
    assert outcome.order is not None
    assert outcome.order.cancelled_at is not None


def test_a_refund_is_sent_exactly_as_it_was_quoted(shop: Shop, quote: Quoting, act: Doing) -> None:
    shop.quoted_minor = 2949
    told = quote("refund", lines=[{"line": LINE, "quantity": 1}], shipping_minor=100)
    assert told.amount_minor == 2949
    shop.quoted_minor = None
    act(told)
    sent = shop.vendor.last("POST", r"/refunds$").json
    assert sent["payments"] == [{"provider_id": "stripe", "amount": 29.49, "offline": False}]
    assert [each["item_type"] for each in sent["items"]] == ["PRODUCT", "SHIPPING"]
    assert sent["items"][1]["item_id"] == 51


def test_goodwill_is_a_sum_and_not_more_than_is_left(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    told = quote("refund", amount_minor=1000)
    assert quote("refund", **told.params).basis() == told.basis()
    act(told)
    with pytest.raises(ActionRefused) as refusal:
        quote("refund", amount_minor=5391)
    assert refusal.value.reason_code == "too_much"
    with pytest.raises(InvalidInput) as wrong:
        quote("refund", amount_minor=10, lines=[{"line": LINE, "quantity": 1}])
    assert wrong.value.errors[0].path == "params.amount_minor"


def test_a_refund_as_credit_takes_an_account(shop: Shop, quote: Quoting, act: Doing) -> None:
    told = quote("refund", amount_minor=1000, method="store_credit")
    assert told.methods == ("original", "store_credit")
    act(told)
    assert shop.refunds[1042][0]["payments"][0]["provider_id"] == "storecredit"
    shop.only()["customer_id"] = 0
    with pytest.raises(ActionRefused) as refusal:
        quote("refund", amount_minor=1000, method="store_credit")
    assert refusal.value.reason_code == "guest_customer"


def test_a_payment_that_the_bank_declines_later_is_told(
    shop: Shop, store: Store, order: Order, quote: Quoting, act: Doing
) -> None:
    told = quote("refund", amount_minor=1000)
    act(told)
    [payment] = shop.refunds[1042][0]["payments"]
    payment.update(transaction_id="")
    looked = BIG.look_up(store, order, intent_of(told))
    assert looked is not None
    assert looked.state == "pending"
    payment.update(is_declined=True, declined_message="Insufficient funds")
    looked = BIG.look_up(store, order, intent_of(told))
    assert looked is not None
    assert (looked.state, looked.steps[0].reason) == ("failed", "Insufficient funds")
    assert BIG.get_order(store, "1042").refunds == ()


def test_a_lost_refund_is_failed_only_when_nothing_can_be_under_way(
    shop: Shop, store: Store, order: Order, quote: Quoting
) -> None:
    told = quote("refund", amount_minor=1000)
    began = intent_of(told, began=("refund",), began_at=now())
    assert BIG.look_up(store, order, began) is None
    long_ago = intent_of(told, began=("refund",), began_at=now() - timedelta(minutes=11))
    missed = BIG.look_up(store, order, long_ago)
    assert missed is not None
    assert missed.steps[0].can_retry


def test_a_lost_refund_that_was_taken_is_not_sent_again(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    told = quote("refund", amount_minor=1000)
    act(told)
    act(told, began=("refund",))
    assert len(shop.refunds[1042]) == 1


def test_credit_is_set_to_what_was_quoted_or_not_at_all(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    told = quote("store_credit", amount_minor=500)
    act(told)
    act(told)
    assert shop.credit == 7.5
    told = quote("store_credit", amount_minor=500)
    shop.credit = 1.0
    with pytest.raises(ActionRefused):
        act(told)
    assert shop.credit == 1.0


def test_a_code_and_a_replacement_are_made_once(shop: Shop, quote: Quoting, act: Doing) -> None:
    code = quote("discount_code", amount_minor=500)
    assert act(code).steps[0].detail == act(code).steps[0].detail
    assert (len(shop.promotions), len(shop.codes)) == (1, 1)
    again = quote("duplicate")
    assert act(again).steps[0].detail["number"] == "1043"
    act(again, began=("duplicate",))
    made = shop.vendor.last("POST", r"^/v2/orders$").json
    assert made["products"][0]["product_options"] == [{"id": 120, "value": "69"}]
    assert shop.vendor.asked("POST", r"^/v2/orders$") == 1


def test_a_hold_is_a_status_and_a_held_order_can_be_released_or_cancelled(
    shop: Shop, store: Store, quote: Quoting, act: Doing
) -> None:
    act(quote("hold", reason="address"))
    assert BIG.get_order(store, "1042").is_on_hold
    assert [each.name for each in quote("cancel").effects] == ["refund", "cancel"]
    act(quote("release"))
    assert shop.only()["status_id"] == 11


def test_what_changed_is_read_from_the_moment_of_the_last_change(
    shop: Shop, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector_module, "PAGE", 2)
    told = [Told(str(2000 + n), updated_at=NOON + timedelta(minutes=n // 3)) for n in range(7)]
    shop.tell(*told)
    found, cursor = set(), ""
    for _ in range(20):
        page = BIG.list_orders(store, since=NOON, cursor=cursor)
        found |= {each.number for each in page.orders}
        cursor = page.cursor
        if not cursor:
            break
    assert (cursor, found) == ("", {each.number for each in told})


def test_a_page_that_used_the_budget_says_how_long_to_wait(
    shop: Shop, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector_module, "PAGE", 1)
    shop.tell(Told("1"), Told("2"))
    headers = {"X-Rate-Limit-Requests-Left": "3", "X-Rate-Limit-Time-Reset-Ms": "12001"}
    shop.headers.update(headers)
    shop.answers()
    assert BIG.list_orders(store, since=None, cursor="").wait_seconds == 13


def test_a_hook_that_was_switched_off_is_on_again(shop: Shop, store: Store) -> None:
    url = f"https://desk.example/hooks/stores/bigcommerce/{store.hook_token}"
    BIG.connect(store, url)
    assert BIG.check(store, url) == []
    assert shop.hooks[0]["headers"] == {HEADER: SECRET}
    shop.hooks[0]["is_active"] = False
    [problem] = BIG.check(store, url)
    assert "store/order/*" in problem
    assert shop.hooks[0]["is_active"] is True
    BIG.disconnect(store)
    assert shop.hooks == []


def test_a_call_needs_our_secret_or_their_signature(shop: Shop, store: Store) -> None:
    call = call_of("store/order/updated", {"type": "order", "id": 1042})
    assert post(store, Call(call.body, {HEADER: "guessed"})) == 401
    assert post(store, Call(call.body, {})) == 401
    secret = "an app's secret"
    store.secrets = encrypt({"token": "t", "hook_secret": "other", "client_secret": secret})
    store.save()
    stamp = str(int(now().timestamp()))
    digest = hmac.new(secret.encode(), f"m1.{stamp}.".encode() + call.body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    signed = {"webhook-id": "m1", "webhook-timestamp": stamp, "webhook-signature": signature}
    assert post(store, Call(call.body + b" ", signed)) == 401
    assert post(store, Call(call.body, {**signed, "webhook-timestamp": "1561479335"})) == 401
    assert post(store, Call(call.body, signed)) == 200
    assert StoreHook.objects.count() == 1


def test_a_call_about_another_store_is_passed(store: Store) -> None:
    call = call_of("store/order/updated", {"id": 1042}, producer="stores/other")
    request = webhook_request(call.body)
    assert isinstance(BIG.split(store, request)[0], Passed)


def webhook_request(body: bytes) -> Any:
    return WebhookRequest("POST", "", {}, {}, body)


def test_recorded_payloads_twice_and_shuffled_are_each_kept_and_read_once(
    corpora: Path, shop: Shop, store: Store
) -> None:
    shop.tell()
    bodies = {
        path.name: path.read_bytes()
        for path in sorted((corpora / "payloads" / "bigcommerce").glob("*.json"))
    }
    assert len(bodies) > 30
    doubled = list(bodies.values()) * 2
    random.Random(4).shuffle(doubled)
    for body in doubled:
        assert post(store, Call(body, {HEADER: SECRET})) < 300
    assert StoreHook.objects.count() == len(set(bodies.values()))
    webhooks.process_hooks(store.pk)
    assert not StoreHook.objects.filter(state="received").exists()
    about = {}
    for name, body in bodies.items():
        try:
            [item] = BIG.split(store, webhook_request(body))
        except InvalidInput:
            assert not name.startswith("webhook_")
            continue
        assert name.startswith("webhook_")
        if isinstance(item, OrderChanged):
            about[json.loads(body)["scope"]] = item.external_id
    assert about == {
        "store/order/created": "250", "store/order/statusUpdated": "250",
        "store/shipment/created": "251", "store/shipment/updated": "251",
    }  # fmt: skip
