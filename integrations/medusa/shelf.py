"""What the shop has beside the order: variants and their prices, ways back, changes under way."""

from __future__ import annotations

from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import ActionRefused
from integrations.commerce.money import minor_of
from integrations.medusa.client import MedusaClient
from integrations.medusa.orders import Json, live_fulfillments, shipped_quantity

UNFINISHED = ("pending", "requested")


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
