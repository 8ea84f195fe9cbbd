"""Magento: orders in our words, page after page, and actions that are done once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, NotFound, UncertainOutcome
from helpdesk.lib.ids import new_id
from integrations.adobe_commerce.connector import AdobeCommerceConnector
from integrations.adobe_commerce.reading import OrderTold, read_order
from integrations.commerce.acting import ActionKind, ActionRefused, ActsOnOrders, Intent, Quote
from integrations.commerce.actions import upsert_order
from integrations.commerce.connector import synchronize
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import check_order
from tests.contracts.vendor import VendorServer
from tests.integrations.adobe_commerce.shop import MagentoShop, item, magento_order, make_store

pytestmark = pytest.mark.django_db
MAGENTO = AdobeCommerceConnector()
PAYLOADS = Path(__file__).resolve().parents[4] / "shared/corpora/payloads/adobe-commerce"
Params = dict[str, Any]
Play = tuple[MagentoShop, Store, Order]


@pytest.fixture
def play(vendor: VendorServer, organization: Organization) -> Play:
    return _play(vendor, organization, magento_order())


def _play(vendor: VendorServer, organization: Organization, told: dict[str, Any]) -> Play:
    shop = MagentoShop(vendor, told)
    store = make_store(organization, vendor.url)
    return shop, store, upsert_order(store, MAGENTO.get_order(store, "42"))


def _intent(quote: Quote, **more: Any) -> Intent:
    return Intent(
        key=new_id(), kind=quote.kind, params=quote.params, amount_minor=quote.amount_minor,
        currency=quote.currency, context=quote.context, **more,
    )  # fmt: skip


def _nothing_before(_: str) -> None: ...


def _do(play: Play, kind: ActionKind, params: Params | None = None) -> Any:
    _, store, order = play
    quote = MAGENTO.quote(store, order, kind, params or {})
    return MAGENTO.act(store, order, _intent(quote), _nothing_before)


# --- Reading --------------------------------------------------------------------------------------


def test_an_order_says_the_same_in_our_words():
    order = read_order(OrderTold(magento_order()), shop="https://lindenloom.example")
    check_order(order)
    assert isinstance(MAGENTO, ActsOnOrders)
    assert (order.number, order.total_minor, order.shipping_minor) == ("#000000042", 8490, 490)
    assert (order.financial_status, order.fulfillment_status) == ("paid", "unfulfilled")
    assert (order.captured_minor, order.refundable_minor, order.can_cancel) == (8490, 8490, True)
    assert [(each.quantity, each.price_minor) for each in order.lines] == [(2, 2500), (1, 3000)]
    assert order.payment_method == "Visa •4242"
    assert order.shipping_address.street == "1 rue du Lin"


@pytest.mark.parametrize(
    ("more", "money", "goods", "is_cancelled"),
    [
        ({"state": "new", "total_paid": 0}, "pending", "unfulfilled", False),
        ({"state": "new", "total_paid": 0, "payment_authorization_amount": 84.9}, "authorized",
         "unfulfilled", False),
        ({"total_paid": 10}, "partially_paid", "unfulfilled", False),
        ({"total_refunded": 10}, "partially_refunded", "unfulfilled", False),
        ({"state": "canceled", "total_paid": 0}, "voided", "unfulfilled", True),
        ({"state": "closed", "total_refunded": 84.9}, "refunded", "unfulfilled", True),
        ({"state": "complete"}, "paid", "fulfilled", False),
        ({"items": [item(1, 2, 25.0, qty_shipped=1)]}, "paid", "partial", False),
        ({"items": [item(1, 2, 25.0, qty_shipped=1, qty_refunded=1)]}, "paid", "partial", False),
        ({"items": [item(1, 2, 25.0, qty_shipped=2)]}, "paid", "fulfilled", False),
    ],
)  # fmt: skip
def test_each_state_says_what_became_of_money_and_goods(
    more: dict[str, Any], money: str, goods: str, is_cancelled: bool
):
    order = read_order(OrderTold(magento_order(**more)))
    assert (order.financial_status, order.fulfillment_status) == (money, goods)
    assert (order.cancelled_at is not None) is is_cancelled


def test_the_variant_below_a_product_is_not_counted_twice():
    child = item(3, 1, 0.0, parent_item_id=2)
    told = magento_order()
    order = read_order(OrderTold({**told, "items": [*told["items"], child]}))
    assert [each.external_id for each in order.lines] == ["1", "2"]


def test_parcels_have_their_numbers_and_their_lines():
    shipment = {
        "entity_id": 9, "created_at": "2026-11-21 10:00:00",
        "items": [{"order_item_id": 1, "qty": 2}],
        "tracks": [{"entity_id": 1, "track_number": "6A1", "title": "Colissimo"}],
    }  # fmt: skip
    order = read_order(OrderTold(magento_order(), (), (shipment,)))
    parcel = order.fulfillments[0]
    assert (parcel.carrier, parcel.tracking_number) == ("Colissimo", "6A1")
    assert [(each.line, each.quantity) for each in parcel.lines] == [("1", 2)]


def test_the_recorded_shape_is_refused_in_words_or_read():
    if not PAYLOADS.is_dir():
        pytest.skip(f"{PAYLOADS.name}: the payload corpus is not here")
    seen = 0
    for path in PAYLOADS.glob("*.json"):
        for each in json.loads(path.read_bytes())["items"]:
            with pytest.raises(InvalidInput):
                check_order(read_order(OrderTold(each)))
            seen += 1
    assert seen


@pytest.mark.parametrize("told", [{}, {"entity_id": 1}, {"entity_id": 1, "state": "new"}])
def test_what_is_no_order_is_refused_in_words(told: dict[str, Any]):
    with pytest.raises(InvalidInput):
        read_order(OrderTold(told))


def test_pages_end_though_the_shop_says_its_last_page_again(
    vendor: VendorServer, organization: Organization
):
    same_second = [magento_order(number) for number in range(1, 251)]
    MagentoShop(vendor, *same_second)
    store = make_store(organization, vendor.url)
    synchronize(store)
    assert Order.objects.filter(store=store).count() == 250
    assert vendor.asked("GET", "/orders$") == 4


def test_orders_of_different_seconds_are_all_read(vendor: VendorServer, organization: Organization):
    told = [
        magento_order(number, updated_at=f"2026-11-20 09:{number // 60:02d}:{number % 60:02d}")
        for number in range(1, 251)
    ]
    MagentoShop(vendor, *told)
    store = make_store(organization, vendor.url)
    synchronize(store)
    assert Order.objects.filter(store=store).count() == 250


def test_an_order_that_is_gone_is_not_found(vendor: VendorServer, organization: Organization):
    MagentoShop(vendor)
    with pytest.raises(NotFound):
        MAGENTO.get_order(make_store(organization, vendor.url), "7")


def test_connecting_reads_currency_and_zone(play: Play):
    _, store, _ = play
    account = MAGENTO.connect(store, "")
    assert account.config == {"currency": "EUR", "time_zone": "Europe/Paris"}


def test_a_refused_token_asks_for_a_new_one(play: Play):
    shop, store, _ = play
    shop.server.answers("GET", "/storeConfigs", 401, {"message": "The consumer isn't authorized."})
    with pytest.raises(NeedsReauthorization):
        MAGENTO.connect(store, "")


def test_requests_are_signed_where_four_keys_are_given(
    vendor: VendorServer, organization: Organization
):
    MagentoShop(vendor)
    store = make_store(
        organization, vendor.url,
        access_token_secret="ts", consumer_key="ck", consumer_secret="cs",
    )  # fmt: skip
    MAGENTO.get_order(store, "42")
    signed = vendor.requests[0].headers["authorization"]
    assert signed.startswith("OAuth ")
    assert 'oauth_signature_method="HMAC-SHA256"' in signed


# --- Acting ---------------------------------------------------------------------------------------


def test_an_unpaid_order_is_cancelled(vendor: VendorServer, organization: Organization):
    play = _play(vendor, organization, magento_order(paid=False))
    outcome = _do(play, ActionKind.CANCEL)
    assert outcome.state == "done"
    assert outcome.order.cancelled_at is not None
    assert play[0].lists["creditmemos"] == []


def test_a_paid_order_is_cancelled_by_refunding_it_whole(play: Play):
    shop, store, order = play
    quote = MAGENTO.quote(store, order, ActionKind.CANCEL, {})
    assert (quote.amount_minor, [each.name for each in quote.effects]) == (
        8490, ["cancel", "refund", "restock"],
    )  # fmt: skip
    outcome = MAGENTO.act(store, order, _intent(quote), _nothing_before)
    assert {each.name: each.state for each in outcome.steps} == {"refund": "done", "cancel": "done"}
    assert [each["grand_total"] for each in shop.lists["creditmemos"]] == [84.9]
    assert outcome.order is not None
    assert shop.server.last("POST", "/refund$").json["isOnline"] is True
    assert outcome.order.cancelled_at is not None


@pytest.mark.parametrize(
    ("more", "reason_code"),
    [
        ({"state": "complete"}, "already_shipped"),
        ({"items": [item(1, 2, 25.0, qty_shipped=1)]}, "already_shipped"),
        ({"state": "canceled"}, "already_cancelled"),
        ({"state": "closed"}, "already_refunded"),
        ({"state": "payment_review"}, "payment_pending"),
        ({"state": "holded"}, "refused"),
        ({"items": [item(1, 2, 40.0, qty_invoiced=1)]}, "not_offered"),
    ],
)
def test_what_cannot_be_cancelled_is_refused_with_its_reason(
    vendor: VendorServer, organization: Organization, more: dict[str, Any], reason_code: str
):
    _, store, order = _play(vendor, organization, magento_order(**more))
    with pytest.raises(ActionRefused) as refusal:
        MAGENTO.quote(store, order, ActionKind.CANCEL, {})
    assert refusal.value.reason_code == reason_code


def test_a_refund_names_every_line_so_that_nothing_else_goes_back(play: Play):
    shop, _, _ = play
    outcome = _do(play, ActionKind.REFUND, {"lines": [{"line": "1", "quantity": 1}]})
    sent = shop.server.last("POST", "/refund$").json
    assert [(each["order_item_id"], each["qty"]) for each in sent["items"]] == [(1, 1), (2, 0)]
    assert sent["arguments"]["shipping_amount"] == 0
    assert sent["arguments"]["extension_attributes"] == {"return_to_stock_items": [1]}
    assert shop.lists["creditmemos"][0]["grand_total"] == 25.0
    assert outcome.order.refundable_minor == 8490 - 2500


@pytest.mark.parametrize(
    ("params", "amount"),
    [
        ({"amount_minor": 700}, 7.0),
        ({"shipping_minor": 490}, 4.9),
        ({"lines": [{"line": "2", "quantity": 1}], "amount_minor": 2550}, 25.5),
        ({"lines": [{"line": "2", "quantity": 1}], "amount_minor": 3300}, 33.0),
        ({}, 84.9),
    ],
)
def test_exactly_the_quoted_sum_goes_back(play: Play, params: Params, amount: float):
    shop, _, _ = play
    _do(play, ActionKind.REFUND, params)
    assert [each["grand_total"] for each in shop.lists["creditmemos"]] == [amount]


def test_a_lost_answer_is_uncertain_and_found_by_its_key(play: Play):
    shop, store, order = play
    intent = _intent(MAGENTO.quote(store, order, ActionKind.REFUND, {"amount_minor": 1000}))
    shop.loses_answers_to = "POST .*refund"
    with pytest.raises(UncertainOutcome):
        MAGENTO.act(store, order, intent, _nothing_before)
    found = MAGENTO.look_up(store, order, Intent(**{**intent.__dict__, "began": ("refund",)}))
    assert found is not None
    assert [(each.state, each.reference) for each in found.steps] == [("done", "500")]
    assert shop.server.asked("POST", "refund$") == 1


def test_what_never_arrived_is_told_as_not_done(play: Play):
    _, store, order = play
    quote = MAGENTO.quote(store, order, ActionKind.REFUND, {"amount_minor": 1000})
    found = MAGENTO.look_up(store, order, _intent(quote, began=("refund",)))
    assert found is not None
    assert [(each.state, each.can_retry) for each in found.steps] == [("failed", True)]


def test_money_that_went_back_meanwhile_is_not_given_twice(play: Play):
    shop, store, order = play
    intent = _intent(MAGENTO.quote(store, order, ActionKind.REFUND, {}))
    _do(play, ActionKind.REFUND, {"amount_minor": 5000})
    with pytest.raises(ActionRefused) as refusal:
        MAGENTO.act(store, order, intent, _nothing_before)
    assert refusal.value.reason_code == "too_much"
    assert len(shop.lists["creditmemos"]) == 1


def test_an_address_is_written_in_the_shops_words(play: Play):
    shop, _, _ = play
    address = {
        "name": "Mia Anne Laurent", "street": "2 rue du Chanvre\nBât. B", "postcode": "69002",
        "city": "Lyon", "country_code": "FR",
    }  # fmt: skip
    outcome = _do(play, ActionKind.EDIT_ADDRESS, {"address": address})
    sent = shop.server.last("PUT", "/orders/42$").json["entity"]
    assert (sent["entity_id"], sent["firstname"], sent["street"]) == (
        84, "Mia Anne", ["2 rue du Chanvre", "Bât. B"],
    )  # fmt: skip
    assert outcome.order.shipping_address.city == "Lyon"


def test_a_code_has_a_rule_of_its_own(play: Play):
    shop, _, _ = play
    outcome = _do(play, ActionKind.DISCOUNT_CODE, {"percent": 15})
    rule, coupon = shop.lists["salesRules"][0], shop.lists["coupons"][0]
    assert (rule["simple_action"], rule["discount_amount"], rule["website_ids"]) == (
        "by_percent", 15, [7],
    )  # fmt: skip
    assert (coupon["rule_id"], coupon["usage_limit"]) == (5, 1)
    assert outcome.steps[0].detail == {"code": coupon["code"]}


@pytest.mark.parametrize(
    ("kind", "params", "path", "step"),
    [
        (ActionKind.DISCOUNT_CODE, {"amount_minor": 500}, "POST coupons", "discount_code"),
        (ActionKind.NOTE, {"text": "Called her"}, "POST .*comments", "note"),
        (ActionKind.HOLD, {}, "POST .*/hold", "hold"),
    ],
)
def test_what_was_done_is_found_again(
    play: Play, kind: ActionKind, params: Params, path: str, step: str
):
    shop, store, order = play
    intent = _intent(MAGENTO.quote(store, order, kind, params))
    shop.loses_answers_to = path
    with pytest.raises(UncertainOutcome):
        MAGENTO.act(store, order, intent, _nothing_before)
    found = MAGENTO.look_up(store, order, Intent(**{**intent.__dict__, "began": (step,)}))
    assert found is not None
    assert found.state == "done"


def test_held_and_let_go_again(play: Play):
    assert _do(play, ActionKind.HOLD).order.is_on_hold
    assert not _do(play, ActionKind.RELEASE).order.is_on_hold


def test_what_the_shop_refuses_is_told_in_its_words(play: Play):
    shop, store, order = play
    intent = _intent(MAGENTO.quote(store, order, ActionKind.REFUND, {"amount_minor": 1000}))
    shop.server.answers(
        "POST", "/refund$", 400,
        {"message": 'The credit memo for "%1" is not allowed.', "parameters": ["000000042"]},
    )  # fmt: skip
    with pytest.raises(ActionRefused, match='The credit memo for "000000042" is not allowed'):
        MAGENTO.act(store, order, intent, _nothing_before)


def test_what_magento_cannot_do_is_refused_with_the_reason(play: Play):
    _, store, order = play
    with pytest.raises(ActionRefused) as refusal:
        MAGENTO.quote(store, order, ActionKind.DUPLICATE, {})
    assert refusal.value.reason_code == "not_offered"
