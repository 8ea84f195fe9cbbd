"""What a WooCommerce shop sells: looked up by name or SKU, and chosen to be added to an order."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helpdesk.lib.errors import InvalidInput, PermanentFailure
from integrations.commerce.connector import Sellable
from integrations.commerce.models import Store
from integrations.commerce.money import minor_of
from integrations.woocommerce.client import WooApi, woo_of
from integrations.woocommerce.reading import Told

MOST_FOUND = 12
MOST_WITH_VARIATIONS = 3
"""Products whose variations are asked for, each with a request of its own."""
MOST_VARIATIONS = 30
BOUGHT_AS_ONE = ("simple", "variation")


@dataclass(frozen=True)
class Chosen:
    """A product that is to be added; ``variation_id`` is 0 where it has none."""

    product_id: int
    variation_id: int
    quantity: int
    title: str
    price_minor: int | None

    @property
    def variant(self) -> str:
        return (
            f"{self.product_id}/{self.variation_id}" if self.variation_id else f"{self.product_id}"
        )


def find_products(store: Store, text: str, currency: str) -> list[Sellable]:
    """What can be bought whose name holds the words, or whose SKU this is."""
    api = woo_of(store)
    money = str(store.config.get("currency") or currency)
    return list(_sellables(api, _named(api, text), money))[:MOST_FOUND]


def chosen(api: WooApi, told: Any, currency: str) -> tuple[Chosen, ...]:
    """What ``params.add`` [{variant, quantity}] asks for; raises InvalidInput naming the entry."""
    rows = told or []
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise InvalidInput.field("params.add", "A list of products with quantities.")
    return tuple(_chosen(api, each, f"params.add.{at}", currency) for at, each in enumerate(rows))


def ids_of(variant: str) -> tuple[int, int]:
    """Product and variation (0 for none); raises ValueError."""
    product, _, variation = variant.partition("/")
    return int(product), int(variation or 0)


def _named(api: WooApi, text: str) -> Iterator[Told]:
    """By SKU first, which names a variation, too; the search goes through names and descriptions."""
    seen: set[int] = set()
    queries = [{"search": text}] if " " in text else [{"sku": text}, {"search": text}]
    for query in queries:
        for each in api.get("products", per_page=MOST_FOUND, status="publish", **query) or []:
            if each["id"] not in seen:
                seen.add(each["id"])
                yield each


def _sellables(api: WooApi, products: Iterator[Told], currency: str) -> Iterator[Sellable]:
    asked = 0
    for each in products:
        if each.get("type") == "variable" and asked < MOST_WITH_VARIATIONS:
            asked += 1
            path = f"products/{each['id']}/variations"
            for variation in api.get(path, per_page=MOST_VARIATIONS, status="publish") or []:
                if variation.get("purchasable"):
                    yield _sellable(variation, currency, of=each)
        elif each.get("type") in BOUGHT_AS_ONE and each.get("purchasable"):
            yield _sellable(each, currency)


def _sellable(told: Told, currency: str, of: Told | None = None) -> Sellable:
    """One to buy; ``of`` is the product whose variation it is, where it was not found by its SKU."""
    parent = of["id"] if of else told.get("parent_id") if told.get("type") == "variation" else 0
    pictures = [told.get("image"), *(told.get("images") or []), *((of or {}).get("images") or [])]
    return Sellable(
        variant=f"{parent}/{told['id']}" if parent else str(told["id"]),
        title=_name(of or told),
        detail=_options(told) if of else "",
        sku=str(told.get("sku") or ""),
        price_minor=_price(told, currency),
        currency=currency,
        picture=next((str(each["src"]) for each in pictures if each and each.get("src")), ""),
        is_available=told.get("stock_status") in ("instock", "onbackorder"),
    )


def _chosen(api: WooApi, told: Told, where: str, currency: str) -> Chosen:
    quantity = told.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise InvalidInput.field(f"{where}.quantity", "How many?")
    unknown = InvalidInput.field(f"{where}.variant", "The shop sells no such thing.")
    try:
        product_id, variation_id = ids_of(str(told.get("variant") or ""))
        product = api.get(f"products/{product_id}")
        path = f"products/{product_id}/variations/{variation_id}"
        found = api.get(path) if variation_id else product
    except ValueError as error:
        raise unknown from error
    except PermanentFailure as refusal:
        if refusal.reason_code == "gone":
            raise unknown from refusal
        raise
    if product.get("type") == "variable" and not variation_id:
        raise InvalidInput.field(f"{where}.variant", "Choose one of its variations.")
    if not found.get("purchasable"):
        raise InvalidInput.field(f"{where}.variant", "This cannot be bought at the moment.")
    title = f"{_name(product)} {_options(found) if variation_id else ''}".strip()
    return Chosen(product_id, variation_id, quantity, title, _price(found, currency))


def _name(product: Told) -> str:
    return html.unescape(str(product.get("name") or ""))


def _options(variation: Told) -> str:
    """What makes it this one: “Ink · XL”."""
    told = variation.get("attributes") or []
    return " · ".join(str(each["option"]) for each in told if each.get("option"))


def _price(told: Told, currency: str) -> int | None:
    """As the shop keeps it, with or without taxes; None where it has none."""
    try:
        return minor_of(told["price"], currency) if told.get("price") else None
    except ValueError:
        return None
