"""What Shopify is told to do, and what a person is shown before (UX 28–31, G16)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import ActionRefused, Outcome, Quote
from integrations.commerce.models import Store
from tests.contracts.shopify_shop import LINE, PART, Shop, hold_node
from tests.contracts.store_connector import Told

pytestmark = pytest.mark.django_db
Quoting = Callable[..., Quote]
Doing = Callable[..., Outcome]
Looking = Callable[..., Outcome | None]


def states(outcome: Outcome | None) -> dict[str, str]:
    assert outcome is not None
    return {each.name: each.state for each in outcome.steps}


# Cancelling


def test_cancelling_is_under_way_until_the_job_is_done_and_the_money_is_back(
    shop: Shop, quote: Quoting, act: Doing, look_up: Looking
) -> None:
    told = quote("cancel")
    assert (told.amount_minor, told.refund_to) == (6390, "Visa •4242")
    assert [each.name for each in told.effects] == ["cancel", "refund", "restock", "notify"]
    outcome = act(told)
    assert outcome.state == "pending"
    job = {"cancel": outcome.steps[0].reference}
    assert job == {"cancel": "gid://shopify/OrderCancelJobResult/j1"}
    assert states(look_up(told, pending=job))["cancel"] == "pending"
    shop.cancels(refund=False)
    assert states(look_up(told, pending=job)) == {
        "cancel": "done", "refund": "pending", "restock": "done", "notify": "done",
    }  # fmt: skip
    shop.cancels()
    ended = look_up(told, pending=job)
    assert ended is not None
    assert ended.state == "done"
    assert ended.order is not None
    assert ended.order.cancelled_at is not None


def test_a_job_that_failed_says_so_and_the_order_stays(
    shop: Shop, quote: Quoting, act: Doing, look_up: Looking
) -> None:
    told = quote("cancel", reason="fraud", refund="none", restock=False, notify=False)
    assert [each.name for each in told.effects] == ["cancel"]
    act(told)
    [(name, given)] = shop.done
    assert (name, given["reason"]) == ("orderCancel", "FRAUD")
    assert given["refundMethod"] == {"originalPaymentMethodsRefund": False}
    shop.job_status = "FAILED"
    outcome = look_up(told, pending={"cancel": "gid://shopify/OrderCancelJobResult/j1"})
    assert states(outcome) == {"cancel": "failed"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cancelledAt": "2026-11-20T10:00:00Z"}, "already_cancelled"),
        ({"displayFulfillmentStatus": "PARTIALLY_FULFILLED"}, "already_shipped"),
    ],
)
def test_what_cannot_be_cancelled_says_why_before_anybody_confirms(
    shop: Shop, quote: Quoting, change: dict[str, Any], code: str
) -> None:
    shop.only().update(change)
    with pytest.raises(ActionRefused) as refusal:
        quote("cancel")
    assert refusal.value.reason_code == code
    assert ("return_label" in refusal.value.instead) == (code == "already_shipped")


def test_a_pending_payment_and_an_open_return_stand_in_the_way(shop: Shop, quote: Quoting) -> None:
    node = shop.only()
    node["transactions"][0]["status"] = "PENDING"
    with pytest.raises(ActionRefused) as refusal:
        quote("cancel")
    assert refusal.value.reason_code == "payment_pending"
    node["transactions"][0]["status"] = "SUCCESS"
    shop._return({"returnInput": {"returnLineItems": [{"quantity": 1, "returnReasonNote": ""}]}})
    with pytest.raises(ActionRefused) as refusal:
        quote("cancel")
    assert refusal.value.reason_code == "return_open"


# Refunding


def test_a_refund_of_a_line_and_shipping_is_what_shopify_suggested(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    told = quote("refund", lines=[{"line": LINE, "quantity": 1}], shipping_minor=490)
    assert (told.amount_minor, told.refundable_minor) == (3440, 6390)
    assert [(each.line, each.quantity, each.unit_minor) for each in told.refundable_lines] == [
        (LINE, 2, 2950)
    ]
    outcome = act(told)
    assert states(outcome) == {"refund": "done", "restock": "done", "notify": "done"}
    [(_, given)] = shop.done
    wanted = given["input"]
    assert [each["restockType"] for each in wanted["refundLineItems"]] == ["CANCEL"]
    assert wanted["refundLineItems"][0]["locationId"] == "gid://shopify/Location/7"
    assert [each["amount"] for each in wanted["transactions"]] == ["34.40"]
    assert "discrepancyReason" not in wanted
    assert outcome.order is not None
    assert sum(each.amount_minor for each in outcome.order.refunds) == 3440


def test_the_same_refund_twice_is_one(shop: Shop, quote: Quoting, act: Doing) -> None:
    told = quote("refund", amount_minor=1000, reason="A thread was loose")
    first, second = act(told), act(told)
    assert first.steps[0].reference == second.steps[0].reference
    assert len(shop.only()["refunds"]) == 1
    assert shop.done[0][1]["input"]["discrepancyReason"] == "OTHER"


def test_no_more_goes_back_than_the_payments_take(shop: Shop, quote: Quoting) -> None:
    with pytest.raises(ActionRefused) as refusal:
        quote("refund", amount_minor=6391)
    assert refusal.value.reason_code == "too_much"
    shop.only().update(refundable=False)
    with pytest.raises(ActionRefused) as refusal:
        quote("refund")
    assert refusal.value.reason_code == "nothing_left"


def test_goods_that_were_sent_come_back_and_others_are_taken_off(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    shop.tell(Told(is_shipped=True))
    shop.only()["lines"][0]["unfulfilledQuantity"] = 1
    act(quote("refund"))
    lines = shop.done[0][1]["input"]["refundLineItems"]
    assert [(each["restockType"], each["quantity"]) for each in lines] == [
        ("CANCEL", 1), ("RETURN", 1),
    ]  # fmt: skip


def test_a_refund_as_store_credit_takes_an_account(shop: Shop, quote: Quoting, act: Doing) -> None:
    told = quote("refund", method="store_credit", lines=[{"line": LINE, "quantity": 2}])
    assert told.refund_to == "Store credit"
    act(told)
    wanted = shop.done[0][1]["input"]
    assert wanted.get("transactions") is None
    assert wanted["refundMethods"][0]["storeCreditRefund"]["amount"]["amount"] == "59.00"
    shop.only()["customer"] = None
    with pytest.raises(ActionRefused) as refusal:
        quote("refund", method="store_credit", amount_minor=10)
    assert refusal.value.reason_code == "guest_customer"


def test_a_refund_that_the_bank_has_not_taken_yet_is_under_way(
    shop: Shop, quote: Quoting, act: Doing, look_up: Looking
) -> None:
    shop.refund_status = "PENDING"
    told = quote("refund", amount_minor=1000)
    assert states(act(told))["refund"] == "pending"
    shop.only()["refunds"][0]["transactions"]["nodes"][0]["status"] = "FAILURE"
    assert states(look_up(told))["refund"] == "failed"


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"lines": [{"line": "nobody", "quantity": 1}]}, "params.lines.0.line"),
        ({"lines": [{"line": LINE, "quantity": 3}]}, "params.lines.0.quantity"),
        ({"lines": [{"line": LINE, "quantity": -1}]}, "params.lines.0"),
        ({"shipping_minor": 9999}, "params.shipping_minor"),
        ({"amount_minor": 0}, "params.amount_minor"),
        ({"amount_minor": 10, "method": "cash"}, "params.method"),
    ],
)
def test_a_refund_names_the_field_that_is_wrong(
    quote: Quoting, params: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidInput) as wrong:
        quote("refund", **params)
    assert [each.path for each in wrong.value.errors] == [path]


# Changing


def test_an_address_keeps_what_was_not_changed(shop: Shop, quote: Quoting, act: Doing) -> None:
    act(quote("edit_address", address={"city": "Jena", "postcode": "07743"}))
    told = shop.done[0][1]["input"]["shippingAddress"]
    assert (told["address1"], told["address2"]) == ("Leinenweg 4", "Hinterhaus")
    assert (told["city"], told["zip"], told["provinceCode"]) == ("Jena", "07743", "BE")
    with pytest.raises(InvalidInput) as wrong:
        quote("edit_address", address={"street": ""})
    assert wrong.value.errors[0].path == "params.address.street"
    shop.tell(Told(is_shipped=True))
    with pytest.raises(ActionRefused) as refusal:
        quote("edit_address", address={"city": "Jena"})
    assert refusal.value.reason_code == "already_shipped"


def test_items_are_previewed_in_a_session_and_nothing_counts_before_it_is_committed(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    told = quote(
        "edit_items",
        lines=[{"line": LINE, "quantity": 1}],
        add=[{"variant": "9202", "quantity": 1}],
    )
    assert told.effects[0].amount_minor == 1500 - 2950
    assert "too much is paid" in told.warnings[0].detail["text"]
    assert shop.only()["lines"][0]["currentQuantity"] == 2
    outcome = act(told)
    assert outcome.order is not None
    assert outcome.order.lines[0].refunded_quantity == 1


def test_a_replacement_costs_nothing_and_is_made_once(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    told = quote("duplicate", lines=[{"line": LINE, "quantity": 1}])
    assert told.amount_minor == 2950
    outcome = act(told)
    assert outcome.steps[0].detail["number"] == "#1050"
    draft = shop.done[0][1]["input"]
    assert draft["appliedDiscount"]["value"] == 100.0
    act(told, began=("duplicate",))
    assert len(shop.drafts) == 1


def test_the_same_again_that_is_paid_is_a_link_by_mail(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    outcome = act(quote("duplicate", is_free=False))
    assert states(outcome) == {"duplicate": "done", "notify": "done"}
    assert "appliedDiscount" not in shop.done[0][1]["input"]
    assert outcome.steps[0].detail["url"].endswith("/invoices/1")
    assert [name for name, _ in shop.done] == ["draftOrderCreate", "draftOrderInvoiceSend"]


def test_a_return_has_shopifys_reason_and_a_label_that_was_made_elsewhere(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    shop.tell(Told(is_shipped=True))
    told = quote(
        "return_label", lines=[{"line": LINE, "quantity": 1, "reason": "too small"}],
        label_url="https://labels.example/1.pdf", tracking_number="JD99",
    )  # fmt: skip
    outcome = act(told)
    assert states(outcome) == {"return": "done", "label": "done", "notify": "done"}
    made = shop.done[0][1]["returnInput"]["returnLineItems"][0]
    assert made["fulfillmentLineItemId"].endswith(PART)
    assert made["returnReasonDefinitionId"].endswith("/2")
    assert outcome.order is not None
    [back] = outcome.order.returns
    assert (back.state, back.tracking_number) == ("in_transit", "JD99")


def test_a_label_that_failed_is_a_part_and_only_that_is_tried_again(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    shop.tell(Told(is_shipped=True))
    told = quote("return_label", tracking_number="JD99", notify=False)
    shop.refused = {"reverseDeliveryCreateWithShipping"}
    first = act(told)
    assert first.state == "partial"
    shop.refused = set()
    done = {each.name: each.reference for each in first.steps if each.state == "done"}
    assert act(told, done=done).state == "done"
    assert len(shop.only()["returns"]["nodes"]) == 1


# Making up for it


def test_a_code_is_for_one_use_and_this_customer_and_the_same_for_the_same_intent(
    shop: Shop, quote: Quoting, act: Doing
) -> None:
    told = quote("discount_code", amount_minor=500, expires_at="2099-01-01T00:00:00+00:00")
    code = act(told).steps[0].detail["code"]
    assert act(told).steps[0].detail["code"] == code
    assert list(shop.codes) == [code]
    made = shop.done[0][1]["basicCodeDiscount"]
    assert made["usageLimit"] == 1
    assert made["context"]["customers"]["add"] == ["gid://shopify/Customer/5001"]
    assert made["customerGets"]["value"]["discountAmount"]["amount"] == "5.00"
    assert act(told, key=uuid.uuid4()).steps[0].detail["code"] != code


def test_a_gift_card_is_made_once_though_the_answer_was_lost(
    shop: Shop, quote: Quoting, act: Doing, look_up: Looking
) -> None:
    told = quote("gift_card", amount_minor=2500)
    assert states(look_up(told)) == {"gift_card": "failed"}
    code = act(told).steps[0].detail["code"]
    assert act(told).steps[0].detail["code"] == code
    assert len(shop.cards) == 1
    assert len(code) == 16


def test_a_lost_refund_is_looked_for_a_minute_and_may_then_be_asked_for_again(
    shop: Shop, quote: Quoting, act: Doing, look_up: Looking
) -> None:
    told = quote("refund", amount_minor=1000)
    assert look_up(told, began=("refund",), began_at=now()) is None
    missed = look_up(told, began=("refund",), began_at=now() - timedelta(minutes=2))
    assert states(missed)["refund"] == "failed"
    act(told, again=1)
    act(told)
    assert len(shop.only()["refunds"]) == 1


def test_store_credit_that_left_no_trace_is_failed_only_long_after(
    shop: Shop, quote: Quoting, act: Doing, look_up: Looking
) -> None:
    act(quote("store_credit", amount_minor=500))
    told = quote("store_credit", amount_minor=500)
    assert look_up(told, began=("store_credit",), began_at=now()) is None
    long_ago = now() - timedelta(minutes=11)
    missed = look_up(told, began=("store_credit",), began_at=long_ago)
    assert states(missed) == {"store_credit": "failed"}
    act(told)
    assert states(look_up(told)) == {"store_credit": "done"}


def test_tags_of_others_stay(shop: Shop, quote: Quoting, act: Doing) -> None:
    told = quote("tags", add=["fragile"], remove=["vip"])
    shop.only()["tags"].append("b2b")
    act(told)
    assert shop.only()["tags"] == ["b2b", "fragile"]


def test_a_hold_is_set_once_and_somebody_elses_is_named_before_it_is_released(
    shop: Shop, quote: Quoting, act: Doing, look_up: Looking
) -> None:
    told = quote("hold", reason="address")
    act(told)
    assert states(look_up(told)) == {"hold": "done"}
    [part] = shop.only()["fulfillmentOrders"]["nodes"]
    part["fulfillmentHolds"].append(hold_node("HIGH_RISK_OF_FRAUD", "fraud-app", is_ours=False))
    released = quote("release")
    assert "Somebody else" in released.warnings[0].detail["text"]
    assert states(act(released)) == {"release": "done"}
    with pytest.raises(ActionRefused):
        quote("release")


def test_an_upsell_that_is_still_open_warns_of_it(shop: Shop, quote: Quoting) -> None:
    [part] = shop.only()["fulfillmentOrders"]["nodes"]
    hold = hold_node("ONLINE_STORE_POST_PURCHASE_CROSS_SELL", "upsell", is_ours=False)
    part.update(status="ON_HOLD", fulfillmentHolds=[hold])
    assert "upsell_pending" in [each.code for each in quote("cancel").warnings]


def test_an_action_whose_scope_is_missing_is_refused_by_name(
    shop: Shop, store: Store, quote: Quoting
) -> None:
    store.config = {**store.config, "scopes": ["read_orders", "write_orders"]}
    with pytest.raises(ActionRefused) as refusal:
        quote("gift_card", amount_minor=100)
    assert refusal.value.reason_code == "not_offered"
    assert "write_gift_cards" in refusal.value.message
