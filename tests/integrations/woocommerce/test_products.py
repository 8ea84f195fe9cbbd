"""What a WooCommerce shop sells: looked up by words or SKU, and added to an order once.

Every request is judged by WooCommerce's contract.
"""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput, UncertainOutcome
from helpdesk.lib.ids import new_id
from integrations.commerce.acting import ActionKind, Intent, Quote
from integrations.commerce.actions import upsert_order
from integrations.commerce.connector import FindsProducts, Sellable
from integrations.commerce.models import Order, Store
from integrations.woocommerce.connector import WooCommerceConnector
from tests.contracts.vendor import VendorServer
from tests.integrations.woocommerce.shop import WooShop, make_store

pytestmark = pytest.mark.django_db
WOO = WooCommerceConnector()
ITEMS = ActionKind.EDIT_ITEMS


def _product(number: int, name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "name": name, "type": "simple", "sku": f"P-{number}", "price": "9.50",
        "purchasable": True, "stock_status": "instock", "parent_id": 0,
        "images": [{"src": f"https://shop.example/{number}.jpg"}], **more,
    }  # fmt: skip


def _variation(number: int, option: str, **more: Any) -> dict[str, Any]:
    named = [{"id": 1, "name": "Size", "option": option}]
    return {
        "id": number, "sku": f"V-{number}", "price": "59.00", "purchasable": True,
        "stock_status": "outofstock", "image": None, "attributes": named, "parent_id": 80,
        "type": "variation", "name": f"Noor - {option}", **more,
    }  # fmt: skip


@pytest.fixture
def shop(vendor: VendorServer) -> WooShop:
    shop = WooShop(vendor)
    shop.products = [
        _product(80, "Noor &amp; Mia", type="variable", purchasable=False, price=""),
        _product(81, "Noor soap"),
        _product(82, "Noor set", type="grouped"),
        _product(83, "Noor sold out", purchasable=False),
    ]
    shop.variations = {80: [_variation(801, "M"), _variation(802, "XL", purchasable=False)]}
    return shop


@pytest.fixture
def store(shop: WooShop, organization: Organization) -> Store:
    return make_store(organization, shop.server.url)


@pytest.fixture
def order(store: Store) -> Order:
    return upsert_order(store, WOO.get_order(store, "1042"))


def _intent(quote: Quote, **more: Any) -> Intent:
    return Intent(
        key=new_id(), kind=quote.kind, params=quote.params, amount_minor=quote.amount_minor,
        currency=quote.currency, context=quote.context, **more,
    )  # fmt: skip


def _nothing_before(_: str) -> None: ...


def test_what_can_be_bought_is_found_by_its_words_variations_one_by_one(store: Store) -> None:
    assert isinstance(WOO, FindsProducts)
    assert WOO.find_products(store, "noor", "EUR") == [
        Sellable(
            "80/801", "Noor & Mia", "M", "V-801", 5900, "EUR", "https://shop.example/80.jpg",
            is_available=False,
        ),
        Sellable(
            "81", "Noor soap", "", "P-81", 950, "EUR", "https://shop.example/81.jpg",
            is_available=True,
        ),
    ]  # fmt: skip


def test_an_article_number_names_a_variation(shop: WooShop, store: Store) -> None:
    [found] = WOO.find_products(store, "V-801", "EUR")
    assert (found.variant, found.title, found.detail) == ("80/801", "Noor - M", "")
    assert WOO.find_products(store, "two words", "EUR") == []
    assert [each.query.get("sku") for each in shop.server.all("GET", "/products$")] == [
        "V-801", None, None,
    ]  # fmt: skip


def test_products_are_added_at_the_shop_s_price_and_what_is_to_pay_is_said(
    shop: WooShop, store: Store, order: Order
) -> None:
    add = [{"variant": "80/801", "quantity": 2}, {"variant": "81", "quantity": 1}]
    quote = WOO.quote(store, order, ITEMS, {"lines": [{"line": "2", "quantity": 0}], "add": add})
    assert [(each.amount_minor, each.quantity, each.detail) for each in quote.effects] == [
        (None, 1, ""), (11800, 2, "+2 × Noor & Mia M"), (950, 1, "+1 × Noor soap"),
    ]  # fmt: skip
    assert len(quote.warnings) == 3
    assert WOO.quote(store, order, ITEMS, quote.params).basis() == quote.basis()

    intent = _intent(quote)
    assert WOO.act(store, order, intent, _nothing_before).state == "done"
    kept = shop.orders[1042]["line_items"]
    assert [(each["product_id"], each["variation_id"], each["total"]) for each in kept] == [
        (91, 0, "40.00"), (80, 801, "118.00"), (81, 0, "9.50"),
    ]  # fmt: skip


def test_what_was_added_before_its_answer_was_lost_is_found_and_not_added_again(
    shop: WooShop, store: Store, order: Order
) -> None:
    quote = WOO.quote(store, order, ITEMS, {"add": [{"variant": "81", "quantity": 1}]})
    intent = _intent(quote, began=("items",))
    before = WOO.look_up(store, order, intent)
    assert before is not None
    assert before.state == "failed"

    shop.loses_answers_to = "PUT /orders/1042"
    with pytest.raises(UncertainOutcome):
        WOO.act(store, order, intent, _nothing_before)
    found = WOO.look_up(store, order, intent)
    assert found is not None
    assert found.state == "done"
    WOO.act(store, order, intent, _nothing_before)
    assert [each["product_id"] for each in shop.orders[1042]["line_items"]] == [91, 92, 81]


@pytest.mark.parametrize(
    ("add", "where"),
    [
        ([{"variant": "81", "quantity": 0}], "params.add.0.quantity"),
        ([{"variant": "80", "quantity": 1}], "params.add.0.variant"),
        ([{"variant": "80/999", "quantity": 1}], "params.add.0.variant"),
        ([{"variant": "81", "quantity": 1}, {"variant": "x", "quantity": 1}], "params.add.1.variant"),
        ([{"variant": "83", "quantity": 1}], "params.add.0.variant"),
        ("81", "params.add"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_refused_by_name(
    store: Store, order: Order, add: Any, where: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        WOO.quote(store, order, ITEMS, {"add": add})
    assert refusal.value.errors[0].path == where
