"""What the shop has beside the order: variants and their prices, ways back, changes under way."""

from __future__ import annotations

from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import ActionRefused
from integrations.commerce.connector import Sellable
from integrations.commerce.money import minor_of
from integrations.medusa.client import MedusaClient
from integrations.medusa.orders import Json, live_fulfillments, shipped_quantity

UNFINISHED = ("pending", "requested")
MOST_LOOKED_THROUGH = 50
"""Variants of one answer: drafts are among them, and a person reads no more."""
ONLY = ("Default Title", "Default variant", "Default option value")
"""What Medusa calls the variant of a product that has only one."""


def changes(client: MedusaClient, order_id: str) -> list[Json]:
    """The edits, returns, claims and exchanges of the order, finished or not."""
    fields = "id,status,change_type,internal_note,return_id,created_at"
    found: list[Json] = client.get(f"/orders/{order_id}/changes", fields=fields)["order_changes"]
    return found


def is_ours(change: Json) -> bool:
    """Whether we began it."""
    return str(change.get("internal_note") or "").startswith("aftercare:")


def refuse_open_change(
    client: MedusaClient, raw: Json, *, is_ours_no_obstacle: bool = True
) -> None:
    """Medusa allows one change at a time; raises ActionRefused where somebody is at one.

    What we began ourselves and did not finish is no obstacle: it is taken back when we act.
    """
    for each in changes(client, str(raw["id"])):
        if each["status"] in UNFINISHED and not is_ours(each):
            raise ActionRefused(
                "Somebody is changing this order in Medusa. Finish or cancel that there first.",
                reason_code="closed",
            )


def variants(client: MedusaClient, raw: Json, told: Any) -> list[Json]:
    """What is to be added: {variant, quantity, title, unit_minor}; raises InvalidInput."""
    currency = str(raw["currency_code"])
    found = []
    for position, each in enumerate(told or []):
        where = f"params.add.{position}"
        name, quantity = str(each.get("variant") or "").strip(), each.get("quantity")
        if not isinstance(quantity, int) or quantity < 1:
            raise InvalidInput.field(f"{where}.quantity", "How many?")
        known = _variant(client, name)
        if known is None:
            raise InvalidInput.field(f"{where}.variant", "The shop sells no such thing.")
        prices = [
            price for price in known.get("prices") or [] if price["currency_code"] == currency
        ]
        if not prices:
            raise InvalidInput.field(
                f"{where}.variant", f"This has no price in {currency.upper()}."
            )
        product = known.get("product") or {}
        found.append(
            {
                "variant": str(known["id"]),
                "quantity": quantity,
                "title": f"{product.get('title') or ''} {known.get('title') or ''}".strip(),
                "unit_minor": minor_of(prices[0]["amount"], currency.upper()),
            }
        )
    return found


def sellables(client: MedusaClient, text: str, currency: str) -> list[Sellable]:
    """The variants whose product, name or article number holds these words; no drafts."""
    return [
        _sellable(each, currency)
        for each in variants_named(client, text)
        if (each.get("product") or {}).get("status") == "published"
    ]


def variants_named(client: MedusaClient, text: str) -> list[Json]:
    """The same as Medusa tells them, drafts among them."""
    fields = (
        "id,title,sku,thumbnail,manage_inventory,allow_backorder,inventory_quantity,"
        "product.title,product.status,product.thumbnail,*prices"
    )
    query = {"q": text, "fields": fields, "limit": MOST_LOOKED_THROUGH}
    found: list[Json] = client.get("/product-variants", **query)["variants"]
    return found


def _sellable(raw: Json, currency: str) -> Sellable:
    product, title = raw["product"], str(raw.get("title") or "")
    prices = [each for each in raw.get("prices") or [] if each["currency_code"].upper() == currency]
    prices.sort(key=lambda each: bool(each.get("rules")))  # those for some regions or groups last
    is_counted = bool(raw.get("manage_inventory")) and not raw.get("allow_backorder")
    return Sellable(
        variant=str(raw["id"]),
        title=str(product["title"]),
        detail="" if title in ONLY else title,
        sku=str(raw.get("sku") or ""),
        price_minor=minor_of(prices[0]["amount"], currency) if prices else None,
        currency=currency if prices else "",
        picture=str(raw.get("thumbnail") or product.get("thumbnail") or ""),
        is_available=not is_counted or int(raw.get("inventory_quantity") or 0) > 0,
    )


def _variant(client: MedusaClient, name: str) -> Json | None:
    """By id or by article number."""
    by = {"id": name} if name.startswith("variant_") else {"sku": name}
    fields = "id,title,sku,product.title,*prices"
    if not name:
        return None
    found = client.get("/product-variants", fields=fields, limit=1, **by)["variants"]
    return found[0] if found else None


def returnable(raw: Json) -> dict[str, int]:
    """How many of each line have left and are not on their way back."""
    back: dict[str, int] = {}
    for each in raw["items"]:
        detail = each.get("detail") or {}
        gone = sum(
            int(float(detail.get(name) or 0))
            for name in (
                "return_requested_quantity", "return_received_quantity",
                "return_dismissed_quantity", "written_off_quantity",
            )
        )  # fmt: skip
        back[str(each["id"])] = max(shipped_quantity(each) - gone, 0)
    return back if live_fulfillments(raw) else dict.fromkeys(back, 0)


def return_option(client: MedusaClient, location_id: str) -> Json | None:
    """How things come back to the place that sent them; None where the shop has no such option.

    Medusa 2.21 breaks when asked for ``is_return`` alone, so the options' rules are read here.
    """
    place = {"stock_location_id": location_id} if location_id else {}
    found = client.get("/shipping-options", fields="id,name,*rules", limit=100, **place)
    for each in found["shipping_options"]:
        for rule in each.get("rules") or []:
            if rule.get("attribute") == "is_return" and rule.get("value") in ("true", True):
                return dict(each)
    return None
