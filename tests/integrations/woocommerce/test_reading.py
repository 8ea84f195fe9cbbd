"""WooCommerce orders in normal form; pages, webhooks and the health of both."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.connecting import Refused, WebhookRequest
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, NotFound
from integrations.commerce.connector import (
    ConnectsStore,
    OrderChanged,
    Passed,
    TakesStoreWebhooks,
    synchronize,
)
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import check_order
from integrations.woocommerce.connector import WooCommerceConnector
from integrations.woocommerce.reading import read_order
from tests.contracts.vendor import VendorServer
from tests.integrations.woocommerce.shop import SECRET, WooShop, make_store, woo_order

WOO = WooCommerceConnector()
PAYLOADS = Path(__file__).resolve().parents[4] / "shared" / "corpora" / "payloads" / "woocommerce"
HOOK = "https://help.lindenloom.example/hooks/stores/woocommerce/token"


def _call(told: Any, topic: str = "order.updated", *, secret: str = SECRET) -> WebhookRequest:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-signature": signature}
    return WebhookRequest("POST", HOOK, {}, headers, body)


@pytest.fixture
def store(vendor: VendorServer, organization: Organization, db: None) -> Store:
    return make_store(organization, vendor.url)


def test_the_connector_takes_webhooks_and_connects():
    assert isinstance(WOO, TakesStoreWebhooks)
    assert isinstance(WOO, ConnectsStore)


def test_an_order_says_the_same_in_our_words():
    order = read_order(woo_order(), shop="https://lindenloom.example")
    check_order(order)
    assert (order.number, order.total_minor, order.shipping_minor) == ("#1042", 8490, 490)
    assert (order.financial_status, order.fulfillment_status) == ("paid", "unfulfilled")
    assert (order.captured_minor, order.refundable_minor) == (8490, 8490)
    assert [(each.quantity, each.price_minor) for each in order.lines] == [(2, 2000), (1, 3000)]
    assert order.customer is not None
    assert (order.customer.external_id, order.customer.name) == ("26", "Mia Laurent")
    assert order.placed_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert order.admin_url == ("https://lindenloom.example/wp-admin/post.php?post=1042&action=edit")


@pytest.mark.parametrize(
    ("status", "more", "money", "goods", "is_cancelled"),
    [
        ("pending", {"date_paid_gmt": None}, "pending", "unfulfilled", False),
        ("on-hold", {"date_paid_gmt": None}, "pending", "unfulfilled", False),
        ("completed", {"date_completed_gmt": "2026-11-21T08:00:00"}, "paid", "fulfilled", False),
        ("partial-shipped", {}, "paid", "partial", False),
        ("cancelled", {"date_paid_gmt": None}, "voided", "unfulfilled", True),
        ("cancelled", {}, "paid", "unfulfilled", True),
        ("refunded", {}, "refunded", "unfulfilled", True),
        ("refunded", {"date_completed_gmt": "2026-11-21T08:00:00"}, "refunded", "fulfilled", False),
        ("failed", {"date_paid_gmt": None}, "voided", "unfulfilled", False),
        ("wc-my-own-word", {}, "paid", "unfulfilled", False),
    ],
)
def test_each_status_says_what_became_of_money_and_goods(
    status: str, more: dict[str, Any], money: str, goods: str, is_cancelled: bool
):
    order = read_order(woo_order(status=status, **more))
    assert (order.financial_status, order.fulfillment_status) == (money, goods)
    assert (order.cancelled_at is not None) is is_cancelled


def test_parcels_are_read_from_the_tracking_plugin():
    parcels = [
        {
            "tracking_provider": "", "custom_tracking_provider": "Colissimo",
            "custom_tracking_link": "https://laposte.example/6A1", "tracking_number": "6A1",
            "date_shipped": "1763683200", "tracking_id": "t1",
        },
        {"tracking_provider": "DHL", "tracking_number": "JJD2", "date_shipped": "soon"},
    ]  # fmt: skip
    meta = [{"id": 1, "key": "_wc_shipment_tracking_items", "value": parcels}]
    order = read_order(woo_order(meta_data=meta))
    assert [(each.carrier, each.tracking_number) for each in order.fulfillments] == [
        ("Colissimo", "6A1"),
        ("DHL", "JJD2"),
    ]
    assert order.fulfillments[0].shipped_at == datetime.fromtimestamp(1763683200, UTC)
    assert order.fulfillments[1].shipped_at is None


def test_a_guest_is_known_by_their_address():
    order = read_order(woo_order(customer_id=0))
    assert order.customer is not None
    assert order.customer.external_id == "guest:mia@laurent.example"


def test_every_recorded_payload_is_an_order_or_is_refused():
    if not PAYLOADS.is_dir():
        pytest.skip(f"{PAYLOADS.name}: the payload corpus is not here")
    seen = {"order": 0, "passed": 0, "refused": 0}
    for path in sorted(PAYLOADS.glob("*.json")):
        told = json.loads(path.read_bytes())
        for each in told if isinstance(told, list) else [told]:
            try:
                items = WOO.split(Store(), _call(each, ""))
            except InvalidInput:
                seen["refused"] += 1
                continue
            if isinstance(items[0], Passed):
                seen["passed"] += 1
                continue
            check_order(read_order(each))
            seen["order"] += 1
    assert seen["order"] >= 4
    assert seen["refused"] == 0


@pytest.mark.parametrize(
    "told",
    [{}, {"id": 1}, {"id": 1, "currency": "EUR", "total": "x", "status": "pending"}, {"id": None}],
)
def test_what_is_no_order_is_refused_in_words(told: dict[str, Any]):
    with pytest.raises(InvalidInput):
        read_order(told)


def test_pages_overlap_and_each_order_is_told_once(store: Store, vendor: VendorServer):
    WooShop(vendor, *(woo_order(number) for number in range(1, 251)))
    assert synchronize(store) == 250
    assert Order.objects.filter(store=store).count() == 250
    offsets = [each.query["offset"] for each in vendor.all("GET", "/orders$")]
    assert offsets == ["0", "90", "180"]


def test_orders_that_vanish_between_two_pages_hide_no_other(store: Store, vendor: VendorServer):
    shop = WooShop(vendor, *(woo_order(number) for number in range(1, 131)))
    first = WOO.list_orders(store, since=None, cursor="")
    for gone in range(1, 11):
        del shop.orders[gone]
    second = WOO.list_orders(store, since=None, cursor=first.cursor)
    assert [each.external_id for each in second.orders] == [str(each) for each in range(101, 131)]
    assert second.cursor == ""


def test_only_what_changed_is_asked_for_the_second_time(store: Store, vendor: VendorServer):
    shop = WooShop(vendor, woo_order(1), woo_order(2))
    synchronize(store)
    shop.orders[2] |= {"status": "cancelled", "date_modified_gmt": "2099-01-01T00:00:00"}
    assert synchronize(store) == 1
    assert Order.objects.get(store=store, external_id="2").cancelled_at is not None


def test_an_order_that_is_gone_is_not_found(store: Store, vendor: VendorServer):
    WooShop(vendor)
    with pytest.raises(NotFound):
        WOO.get_order(store, "7")


def test_a_key_without_rights_asks_for_a_new_one(store: Store, vendor: VendorServer):
    shop = WooShop(vendor)
    shop.server.answers(
        "GET", "/orders", 401, {"code": "woocommerce_rest_cannot_view", "message": "Sorry."}
    )
    with pytest.raises(NeedsReauthorization):
        WOO.connect(store, HOOK)


# --- Webhooks -------------------------------------------------------------------------------------


def test_a_signed_call_names_the_order_to_read_again(store: Store):
    call = _call(woo_order())
    WOO.verify(store, call)
    assert WOO.split(store, call) == [OrderChanged("1042", "order.updated")]
    assert WOO.answer(store, call) is None


@pytest.mark.parametrize("secret", ["another", ""])
def test_a_call_with_another_signature_is_refused(store: Store, secret: str):
    with pytest.raises(Refused):
        WOO.verify(store, _call(woo_order(), secret=secret))


def test_a_tampered_body_is_refused(store: Store):
    call = _call(woo_order())
    forged = WebhookRequest("POST", HOOK, {}, call.headers, call.body.replace(b"84.90", b"0.90"))
    with pytest.raises(Refused):
        WOO.verify(store, forged)


def test_the_ping_at_creation_is_answered_and_kept_nowhere(store: Store):
    ping = WebhookRequest("POST", HOOK, {}, {}, b"webhook_id=17")
    WOO.verify(store, ping)
    answer = WOO.answer(store, ping)
    assert answer is not None
    assert answer.is_final


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"id": "1042"}', b'{"id": true}', b"\xff\xfe"]
)
def test_a_broken_body_is_quarantined_with_a_reason(store: Store, body: bytes):
    with pytest.raises(InvalidInput):
        WOO.split(store, _call(body))


@pytest.mark.parametrize("topic", ["product.updated", "customer.created", "order.exploded"])
def test_other_news_is_passed_over(store: Store, topic: str):
    items = WOO.split(store, _call(woo_order(), topic))
    assert [type(each) for each in items] == [Passed]


def test_webhooks_are_set_up_once_and_switched_on_again(store: Store, vendor: VendorServer):
    shop = WooShop(vendor)
    account = WOO.connect(store, HOOK)
    WOO.connect(store, HOOK)
    assert len(shop.webhooks) == 4
    assert account.config == {"currency": "EUR"}
    assert WOO.check(store, HOOK) == []

    shop.webhooks[1]["status"] = "disabled"
    shop.webhooks.pop()
    told = WOO.check(store, HOOK)
    assert [("switched" in each, "missing" in each) for each in told] == [
        (True, False), (False, True),
    ]  # fmt: skip
    assert {each["status"] for each in shop.webhooks} == {"active"}
    assert {each["secret"] for each in shop.webhooks} == {SECRET}


def test_disconnecting_takes_only_our_webhooks_back(store: Store, vendor: VendorServer):
    shop = WooShop(vendor)
    WOO.connect(store, f"https://help.example/hooks/stores/woocommerce/{store.hook_token}")
    shop.webhooks.append({"id": 99, "delivery_url": "https://other.example", "status": "active"})
    WOO.disconnect(store)
    assert [each["id"] for each in shop.webhooks] == [99]
