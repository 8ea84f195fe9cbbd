"""Acting on orders of a WooCommerce shop: quoted, done once, found again when an answer is lost."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput, TemporaryFailure, UncertainOutcome
from helpdesk.lib.ids import new_id
from integrations.commerce.acting import ActionKind, ActionRefused, ActsOnOrders, Intent, Quote
from integrations.commerce.actions import upsert_order
from integrations.commerce.models import Order, Store
from integrations.woocommerce.connector import WooCommerceConnector
from tests.contracts.vendor import VendorServer
from tests.integrations.woocommerce.shop import WooShop, line, make_store, woo_order

pytestmark = pytest.mark.django_db
WOO = WooCommerceConnector()
Params = dict[str, Any]
Play = tuple[WooShop, Store, Order]


@pytest.fixture
def play(vendor: VendorServer, organization: Organization) -> Play:
    shop = WooShop(vendor)
    store = make_store(organization, vendor.url)
    order = upsert_order(store, WOO.get_order(store, "1042"))
    return shop, store, order


def _intent(quote: Quote, **more: Any) -> Intent:
    return Intent(
        key=new_id(), kind=quote.kind, params=quote.params, amount_minor=quote.amount_minor,
        currency=quote.currency, context=quote.context, **more,
    )  # fmt: skip


def _nothing_before(_: str) -> None: ...


def _do(play: Play, kind: ActionKind, params: Params | None = None) -> Any:
    _, store, order = play
    quote = WOO.quote(store, order, kind, params or {})
    return WOO.act(store, order, _intent(quote), _nothing_before)


def test_the_connector_is_what_acts_on_orders():
    assert isinstance(WOO, ActsOnOrders)


def test_a_quote_changes_nothing(play: Play):
    shop, store, order = play
    before = len(shop.server.all("GET", "."))
    for kind in WOO.manifest.capabilities.actions - {ActionKind.RELEASE}:
        WOO.quote(store, order, kind, {})
    assert len(shop.server.requests) == len(shop.server.all("GET", ".")) > before


def test_cancelling_cancels_then_refunds_all_of_it(play: Play):
    shop, store, order = play
    quote = WOO.quote(store, order, ActionKind.CANCEL, {})
    assert [(each.name, each.amount_minor) for each in quote.effects] == [
        ("cancel", None), ("refund", 8490), ("restock", None),
    ]  # fmt: skip
    begun: list[str] = []
    outcome = WOO.act(store, order, _intent(quote), begun.append)

    assert outcome.state == "done"
    assert begun == ["cancel", "refund"]
    assert [each["amount"] for each in shop.refunds[1042]] == ["84.90"]
    assert outcome.order is not None
    assert outcome.order.cancelled_at is not None
    assert outcome.order.refundable_minor == 0


def test_a_shipped_order_is_not_cancelled_but_may_be_refunded(play: Play):
    shop, store, order = play
    shop.orders[1042] |= {"status": "completed", "date_completed_gmt": "2026-11-21T08:00:00"}
    with pytest.raises(ActionRefused) as refusal:
        WOO.quote(store, order, ActionKind.CANCEL, {})
    assert refusal.value.reason_code == "already_shipped"
    assert refusal.value.instead == (ActionKind.REFUND,)


def test_an_order_shipped_after_the_quote_is_left_alone(play: Play):
    shop, store, order = play
    quote = WOO.quote(store, order, ActionKind.CANCEL, {})
    shop.orders[1042] |= {"status": "completed", "date_completed_gmt": "2026-11-21T08:00:00"}
    with pytest.raises(ActionRefused):
        WOO.act(store, order, _intent(quote), _nothing_before)
    assert shop.server.asked("PUT", ".") == shop.server.asked("POST", ".") == 0


def test_one_of_two_pieces_goes_back_with_its_tax(play: Play):
    shop, _, _ = play
    outcome = _do(play, ActionKind.REFUND, {"lines": [{"line": "1", "quantity": 1}]})

    sent = shop.server.last("POST", "/refunds$").json
    assert outcome.steps[0].amount_minor == 2300
    assert sent["amount"] == "23.00"
    assert sent["line_items"] == [
        {
            "id": 1,
            "quantity": 1,
            "refund_total": 20.0,
            "refund_tax": [{"id": 75, "refund_total": 3.0}],
        }
    ]
    assert outcome.order.financial_status == "partially_refunded"


def test_what_went_back_cannot_go_back_again(play: Play):
    _, store, order = play
    _do(play, ActionKind.REFUND, {"lines": [{"line": "1", "quantity": 2}]})
    with pytest.raises(InvalidInput) as refusal:
        WOO.quote(store, order, ActionKind.REFUND, {"lines": [{"line": "1", "quantity": 1}]})
    assert refusal.value.errors[0].path == "params.lines.0.quantity"
    rest = WOO.quote(store, order, ActionKind.REFUND, {})
    assert rest.amount_minor == 8490 - 4600
    with pytest.raises(InvalidInput):
        WOO.quote(store, order, ActionKind.REFUND, {"amount_minor": 3891})


def test_a_lost_answer_is_uncertain_and_found_by_its_key(play: Play):
    shop, store, order = play
    quote = WOO.quote(store, order, ActionKind.REFUND, {"amount_minor": 1000})
    intent = _intent(quote)
    shop.loses_answers_to = "POST .*/refunds"
    with pytest.raises(UncertainOutcome):
        WOO.act(store, order, intent, _nothing_before)

    again = Intent(**{**intent.__dict__, "began": ("refund",)})
    found = WOO.look_up(store, order, again)
    assert found is not None
    assert [(each.name, each.state, each.reference) for each in found.steps] == [
        ("refund", "done", "500")
    ]
    assert shop.server.asked("POST", "/refunds$") == 1


def test_a_refund_that_never_arrived_is_told_as_not_done(play: Play):
    _, store, order = play
    quote = WOO.quote(store, order, ActionKind.REFUND, {"amount_minor": 1000})
    found = WOO.look_up(store, order, _intent(quote, began=("refund",)))
    assert found is not None
    assert [(each.state, each.can_retry) for each in found.steps] == [("failed", True)]


def test_a_step_that_is_done_is_not_done_again(play: Play):
    shop, store, order = play
    quote = WOO.quote(store, order, ActionKind.CANCEL, {})
    shop.orders[1042]["status"] = "cancelled"
    outcome = WOO.act(
        store, order, _intent(quote, done={"cancel": "1042"}, began=("cancel",)), _nothing_before
    )
    assert outcome.state == "done"
    assert shop.server.asked("PUT", ".") == 0
    assert shop.server.asked("POST", "/refunds$") == 1


def test_the_gateway_refusing_after_the_cancellation_is_half_of_it(play: Play):
    shop, store, order = play
    quote = WOO.quote(store, order, ActionKind.CANCEL, {})
    shop.server.answers(
        "POST", "/refunds$", 400, {"code": "cannot_refund", "message": "The gateway says no."}
    )
    outcome = WOO.act(store, order, _intent(quote), _nothing_before)
    assert outcome.state == "partial"
    assert "The gateway says no." in outcome.steps[1].reason
    assert outcome.steps[1].can_retry


def test_an_address_is_written_in_the_shops_words(play: Play):
    shop, _, _ = play
    address = {
        "name": "Mia Anne Laurent", "street": "2 rue du Chanvre\nBât. B", "postcode": "69002",
        "city": "Lyon", "country_code": "FR",
    }  # fmt: skip
    outcome = _do(play, ActionKind.EDIT_ADDRESS, {"address": address})
    kept = shop.orders[1042]["shipping"]
    assert (kept["first_name"], kept["last_name"]) == ("Mia Anne", "Laurent")
    assert (kept["address_1"], kept["address_2"]) == ("2 rue du Chanvre", "Bât. B")
    assert outcome.order.shipping_address.street == "2 rue du Chanvre\nBât. B"


def test_an_address_without_a_street_is_refused(play: Play):
    _, store, order = play
    with pytest.raises(InvalidInput) as refusal:
        WOO.quote(store, order, ActionKind.EDIT_ADDRESS, {"address": {"street": " "}})
    assert refusal.value.errors[0].path == "params.address.street"


def test_a_line_is_taken_out_and_another_made_fewer(play: Play):
    shop, _, _ = play
    lines = [{"line": "1", "quantity": 1}, {"line": "2", "quantity": 0}]
    _do(play, ActionKind.EDIT_ITEMS, {"lines": lines})
    kept = shop.orders[1042]["line_items"]
    assert [(each["id"], each["quantity"], each["total"]) for each in kept] == [(1, 1, "20.00")]


def test_a_replacement_costs_the_customer_nothing(play: Play):
    shop, _, _ = play
    outcome = _do(play, ActionKind.DUPLICATE, {"lines": [{"line": "2", "quantity": 1}]})
    sent = shop.server.last("POST", "/orders$").json
    assert outcome.steps[0].detail == {"number": "#1043"}
    assert [
        (each["product_id"], each["quantity"], each["total"]) for each in sent["line_items"]
    ] == [(92, 1, "0")]
    assert sent["status"] == "processing"


@pytest.mark.parametrize(
    ("kind", "params", "path", "step"),
    [
        (ActionKind.DUPLICATE, {}, "POST /orders$", "duplicate"),
        (ActionKind.DISCOUNT_CODE, {"percent": 15}, "POST /coupons", "discount_code"),
        (ActionKind.NOTE, {"text": "Called her"}, "POST .*/notes", "note"),
    ],
)
def test_what_was_made_is_found_again_and_not_made_twice(
    play: Play, kind: ActionKind, params: Params, path: str, step: str
):
    shop, store, order = play
    intent = _intent(WOO.quote(store, order, kind, params))
    shop.loses_answers_to = path
    with pytest.raises(UncertainOutcome):
        WOO.act(store, order, intent, _nothing_before)
    found = WOO.look_up(store, order, Intent(**{**intent.__dict__, "began": (step,)}))
    assert found is not None
    assert found.state == "done"
    assert len(shop.server.all("POST", ".")) == 1


def test_a_code_is_for_this_customer_and_for_once(play: Play):
    shop, _, _ = play
    outcome = _do(play, ActionKind.DISCOUNT_CODE, {"amount_minor": 500})
    coupon = shop.coupons[0]
    assert (coupon["discount_type"], coupon["amount"], coupon["usage_limit"]) == (
        "fixed_cart", "5.00", 1,
    )  # fmt: skip
    assert coupon["email_restrictions"] == ["mia@laurent.example"]
    assert outcome.steps[0].detail == {"code": coupon["code"]}


def test_held_and_let_go_again(play: Play):
    shop, _, _ = play
    assert _do(play, ActionKind.HOLD).order.is_on_hold
    assert not _do(play, ActionKind.RELEASE).order.is_on_hold
    assert shop.orders[1042]["status"] == "processing"


def test_what_the_shop_cannot_do_is_refused_with_the_reason(play: Play):
    _, store, order = play
    with pytest.raises(ActionRefused) as refusal:
        WOO.quote(store, order, ActionKind.GIFT_CARD, {"amount_minor": 500})
    assert refusal.value.reason_code == "not_offered"
    assert "gift cards" in refusal.value.message


def test_a_shop_that_is_down_begins_nothing(play: Play):
    shop, store, order = play
    intent = _intent(WOO.quote(store, order, ActionKind.CANCEL, {}))
    shop.server.answers("GET", "/orders/1042$", 503, {"message": "Briefly unavailable"})
    begun: list[str] = []
    with pytest.raises(TemporaryFailure):
        WOO.act(store, order, intent, begun.append)
    assert begun == []


def test_yen_have_no_decimals(vendor: VendorServer, organization: Organization):
    shop = WooShop(
        vendor,
        woo_order(currency="JPY", total="4800", shipping_total="0", shipping_lines=[],
                  line_items=[line(1, 1, "4800")]),
    )  # fmt: skip
    store = make_store(organization, vendor.url)
    order = upsert_order(store, WOO.get_order(store, "1042"))
    _do((shop, store, order), ActionKind.REFUND, {"amount_minor": 800})
    assert shop.refunds[1042][0]["amount"] == "800"
