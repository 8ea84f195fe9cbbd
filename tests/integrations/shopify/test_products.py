"""What a Shopify shop sells, by name; the question is judged by Shopify's own schema."""

from __future__ import annotations

from integrations.commerce.connector import FindsProducts, Sellable
from integrations.commerce.models import Store
from integrations.shopify.connector import ShopifyConnector
from tests.contracts.shopify_shop import Shop


def test_variants_are_told_with_price_and_whether_they_are_there(shop: Shop, store: Store) -> None:
    shop.variants = [
        {"id": "gid://shopify/ProductVariant/11", "title": "Ink / XL", "sku": "N-XL",
         "price": "59.00", "availableForSale": True, "product": {"title": "Noor"}},
        {"id": "gid://shopify/ProductVariant/12", "title": "Default Title", "sku": None,
         "price": "9.50", "availableForSale": False, "product": {"title": "Soap"}},
    ]  # fmt: skip
    connector = ShopifyConnector()
    assert isinstance(connector, FindsProducts)
    assert connector.find_products(store, 'noor* OR ("x") status:draft -', "EUR") == [
        Sellable("11", "Noor", "Ink / XL", "N-XL", 5900, "EUR", is_available=True),
        Sellable("12", "Soap", "", "", 950, "EUR", is_available=False),
    ]
    assert shop.searched == ["noor or x status draft"]
