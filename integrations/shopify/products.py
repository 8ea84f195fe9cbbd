"""What a Shopify shop sells, by name or SKU."""

from __future__ import annotations

from integrations.commerce.connector import Sellable
from integrations.commerce.models import Store
from integrations.commerce.money import minor_of
from integrations.shopify.client import Node, ShopifyClient, number_of
from integrations.shopify.reading import nodes

FIND = """query FindVariants($text: String!) {
  shop { currencyCode }
  productVariants(first: 12, query: $text, sortKey: RELEVANCE) {
    nodes { id title sku price availableForSale product { title } }
  }
}"""
ONLY = "Default Title"
"""What Shopify calls the variant of a product that has only one."""


def find_products(store: Store, text: str) -> list[Sellable]:
    """The variants whose product, name or SKU fit the words best."""
    said = ShopifyClient(store).ask(FIND, text=_plain(text))
    currency = str(said["shop"]["currencyCode"])
    return [_sellable(each, currency) for each in nodes(said, "productVariants")]


def _plain(text: str) -> str:
    """Words only: nothing that Shopify's search would take for an operator."""
    spaced = "".join(each if each.isalnum() or each in "-_" else " " for each in text)
    return " ".join(word.strip("-_").lower() for word in spaced.split() if word.strip("-_"))


def _sellable(node: Node, currency: str) -> Sellable:
    title = str(node.get("title") or "")
    return Sellable(
        variant=number_of(node["id"]),
        title=str(node["product"]["title"]),
        detail="" if title == ONLY else title,
        sku=str(node.get("sku") or ""),
        price_minor=minor_of(node["price"], currency),
        currency=currency,
        is_available=bool(node["availableForSale"]),
    )
