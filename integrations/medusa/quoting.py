"""What an action would do, worked out from the order as Medusa tells it now. Changes nothing."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    Effect,
    Quote,
    RefundableLine,
    Warned,
)
from integrations.commerce.models import Store
from integrations.commerce.money import format_money, minor_of
from integrations.commerce.normal_form import AddressData, OrderData
from integrations.medusa import shelf
from integrations.medusa.client import MedusaClient, read_order
from integrations.medusa.orders import (
    FIELDS,
    Json,
    authorized_minor,
    captured_minor,
    left_minor,
    live_fulfillments,
    order_of,
    payments_of,
    refunded_minor,
    shipped_quantity,
    unit_minor,
)

LONGEST_NOTE = 2000
LONGEST_CODE = 40


def quote(store: Store, order_id: str, kind: ActionKind, params: Json) -> Quote:
    """The quote of that kind; raises ActionRefused, InvalidInput or a connector failure."""
    client = MedusaClient(store)
    raw = read_order(client, order_id, FIELDS)
    admin = str(store.config.get("admin_url") or f"{client.address}/app").rstrip("/")
    basis = Quote(
        kind=kind,
        params=dict(params),
        order=order_of(raw, admin_url=admin),
        effects=(),
        currency=str(raw["currency_code"]).upper(),
    )
    worked_out = _KINDS.get(kind)
    if worked_out is None:
        raise ActionRefused("Medusa does not offer this.", reason_code="not_offered")
    if kind not in _AFTER_CANCELLING and raw["status"] == "canceled":
        raise ActionRefused("The order was cancelled.", reason_code="already_cancelled")
    return worked_out(client, raw, basis)


# Money


def _cancel(client: MedusaClient, raw: Json, basis: Quote) -> Quote:
    """Medusa gives back all money it took, lets go of what it did not, and frees the stock."""
    _refuse_cancel(basis.order)
    shelf.refuse_open_change(client, raw, is_ours_no_obstacle=False)
    paid = captured_minor(raw) - refunded_minor(raw)
    params = {
        "reason": basis.params.get("reason") or "customer",
        "refund": basis.params.get("refund") or ("full" if paid else "none"),
        "restock": True,
        "notify": False,
        "note": str(basis.params.get("note") or "")[:LONGEST_NOTE],
    }
    if paid and params["refund"] != "full":
        raise ActionRefused(
            f"Medusa gives back all that was paid ({format_money(paid, basis.currency)}) whenever "
            "it cancels an order.",
            reason_code="not_offered",
        )
    held = authorized_minor(raw)
    quantity = sum(line.quantity for line in basis.order.lines)
    effects = [Effect("cancel")]
    if paid:
        effects.append(Effect("refund", paid, detail=basis.order.payment_method))
    if held:
        effects.append(Effect("void", held, detail=basis.order.payment_method))
    effects.append(Effect("restock", quantity=quantity))
    return replace(
        basis,
        params=params,
        effects=tuple(effects),
        amount_minor=paid,
        refund_to=basis.order.payment_method if paid else "",
        refundable_minor=paid,
        warnings=_silence(basis.params),
    )


def _refuse_cancel(order: OrderData) -> None:
    words: dict[str, tuple[str, tuple[ActionKind, ...]]] = {
        "already_cancelled": ("The order was cancelled already.", ()),
        "already_shipped": (
            "The order has been shipped, so it cannot be cancelled any more.",
            (ActionKind.RETURN_LABEL, ActionKind.REFUND),
        ),
        "too_late": (
            "The order is packed. Take the fulfilment back in Medusa first, then cancel.",
            (ActionKind.REFUND,),
        ),
        "closed": ("The order is closed in Medusa.", (ActionKind.RETURN_LABEL, ActionKind.REFUND)),
    }
    if order.cannot_cancel_reason:
        message, instead = words[order.cannot_cancel_reason]
        raise ActionRefused(message, reason_code=order.cannot_cancel_reason, instead=instead)


def _refund(client: MedusaClient, raw: Json, basis: Quote) -> Quote:
    """To the payment that has the most left: one refund is one call, and one call is never two."""
    currency = basis.currency
    payment = _payment_to_refund(raw)
    left = left_minor(payment)
    lines = _chosen_lines(raw, basis.params.get("lines"))
    units = {str(each["id"]): unit_minor(each, currency) for each in raw["items"]}
    shipping = _amount(basis.params, "shipping_minor") or 0
    asked = _amount(basis.params, "amount_minor")
    if asked is None and not lines and not shipping:
        asked = left
    amount = asked if asked is not None else _sum_of(lines, units) + shipping
    if (basis.params.get("method") or "original") != "original":
        raise ActionRefused("Medusa has no store credit.", reason_code="not_offered")
    if amount <= 0:
        raise InvalidInput.field("params.amount_minor", "A refund is more than nothing.")
    if amount > left:
        raise ActionRefused(
            f"At most {format_money(left, currency)} can be given back in one refund.",
            reason_code="too_much",
        )
    refunded = refunded_minor(raw)
    warnings = [*_silence(basis.params)]
    if refunded:
        warnings.append(Warned("already_refunded", {"amount_minor": refunded}))
    if any(each.get("restock") for each in basis.params.get("lines") or []):
        warnings.append(Warned("not_restocked"))
    return replace(
        basis,
        params={
            "lines": lines,
            "shipping_minor": shipping,
            "amount_minor": amount,
            "method": "original",
            "reason": str(basis.params.get("reason") or "")[:200],
            "notify": False,
        },
        effects=(Effect("refund", amount, detail=_method_of(basis.order, payment)),),
        amount_minor=amount,
        refund_to=_method_of(basis.order, payment),
        refundable_minor=left,
        refundable_lines=tuple(
            RefundableLine(
                str(each["id"]), int(each["quantity"]), units[str(each["id"])], can_restock=False
            )
            for each in raw["items"]
            if each["quantity"]
        ),
        refundable_shipping_minor=min(minor_of(raw.get("shipping_total") or 0, currency), left),
        warnings=tuple(warnings),
        context={"payment": payment["id"]},
    )


def _payment_to_refund(raw: Json) -> Json:
    captured = captured_minor(raw)
    if not captured and authorized_minor(raw):
        raise ActionRefused(
            "The money is only set aside and not taken yet: cancel the order, or wait until the "
            "shop has taken it.",
            reason_code="payment_pending",
            instead=(ActionKind.CANCEL,),
        )
    if not captured:
        raise ActionRefused("Nothing was paid yet.", reason_code="not_paid")
    payment = max(payments_of(raw), key=left_minor)
    if left_minor(payment) <= 0:
        raise ActionRefused("Everything was given back already.", reason_code="already_refunded")
    return payment


def _method_of(order: OrderData, payment: Json) -> str:
    return next((each.method for each in order.payments if each.external_id == payment["id"]), "")


def _sum_of(lines: list[Json], units: dict[str, int]) -> int:
    return sum(units[each["line"]] * each["quantity"] for each in lines)


def _discount_code(client: MedusaClient, raw: Json, basis: Quote) -> Quote:
    percent, amount = basis.params.get("percent"), _amount(basis.params, "amount_minor")
    if percent is None and amount is None:
        percent = 10
    if (percent is None) == (amount is None):
        raise InvalidInput.field("params.percent", "Either a percentage or an amount, not both.")
    if percent is not None and not (isinstance(percent, int | float) and 0 < percent <= 100):
        raise InvalidInput.field("params.percent", "A percentage is between 0 and 100.")
    if amount is not None and amount <= 0:
        raise InvalidInput.field("params.amount_minor", "A discount is more than nothing.")
    expires_at = _expiry(basis.params.get("expires_at"))
    code = str(basis.params.get("code") or "").strip().upper()
    if len(code) > LONGEST_CODE or any(each.isspace() for each in code):
        raise InvalidInput.field("params.code", "A code has no spaces and at most 40 characters.")
    if code and client.get("/promotions", code=code, fields="id,code")["promotions"]:
        raise InvalidInput.field("params.code", "The shop has a code of this name already.")
    costs = (
        amount if amount is not None else round(basis.order.total_minor * float(percent or 0) / 100)
    )
    return replace(
        basis,
        params={"percent": percent, "amount_minor": amount, "expires_at": expires_at, "code": code},
        effects=(Effect("discount_code", amount, detail=f"{percent:g} %" if percent else code),),
        amount_minor=costs,
        is_final=False,
    )  # fmt: skip


def _expiry(told: Any) -> str:
    if not told:
        return ""
    try:
        found = datetime.fromisoformat(str(told))
    except ValueError as error:
        raise InvalidInput.field("params.expires_at", "This is no date.") from error
    if found.tzinfo is None or found <= now():
        raise InvalidInput.field("params.expires_at", "The code would have ended already.")
    return found.isoformat()


# Goods


def _edit_items(client: MedusaClient, raw: Json, basis: Quote) -> Quote:
    """Medusa edits paid orders; with money only set aside it would let go of that money."""
    if authorized_minor(raw):
        raise ActionRefused(
            "The money is only set aside. Medusa would let go of it when the items change, and the "
            "customer would have to pay anew: take the money first.",
            reason_code="payment_pending",
        )
    shelf.refuse_open_change(client, raw)
    lines = _chosen_lines(raw, basis.params.get("lines"), may_be_none=True)
    _refuse_shipped(raw, lines)
    added = shelf.variants(client, raw, basis.params.get("add"))
    if not lines and not added:
        raise InvalidInput.field("params.lines", "Say what to change.")
    units = {str(each["id"]): unit_minor(each, basis.currency) for each in raw["items"]}
    had = {str(each["id"]): int(each["quantity"]) for each in raw["items"]}
    change = sum(units[each["line"]] * (each["quantity"] - had[each["line"]]) for each in lines)
    change += sum(each["unit_minor"] * each["quantity"] for each in added)
    words = format_money(abs(change), basis.currency)
    text = (
        f"The customer has {words} to pay; the shop has to ask for it." if change > 0
        else f"The shop owes the customer {words}: refund it afterwards."
    )  # fmt: skip
    return replace(
        basis,
        params={
            "lines": lines,
            "add": [{"variant": each["variant"], "quantity": each["quantity"]} for each in added],
            "notify": False,
        },
        effects=(Effect("items", change, detail=_items_in_words(basis.order, lines, added)),),
        warnings=(
            *_silence(basis.params),
            *((Warned("other", {"text": text}),) if change else ()),
            *((Warned("other", {"text": "Taxes of added items are worked out by the shop."}),)
              if added else ()),
        ),
        is_final=False,
    )  # fmt: skip


def _refuse_shipped(raw: Json, lines: list[Json]) -> None:
    for each in raw["items"]:
        wanted = next((line["quantity"] for line in lines if line["line"] == each["id"]), None)
        detail = each.get("detail") or {}
        packed = max(shipped_quantity(each), int(float(detail.get("fulfilled_quantity") or 0)))
        if wanted is not None and wanted < packed:
            raise ActionRefused(
                f"{packed} of “{each.get('product_title') or each['title']}” are packed or shipped "
                "already.",
                reason_code="already_shipped",
                instead=(ActionKind.RETURN_LABEL,),
            )


def _items_in_words(order: OrderData, lines: list[Json], added: list[Json]) -> str:
    titles = {each.external_id: f"{each.title} {each.variant}".strip() for each in order.lines}
    words = [f"{each['quantity']} × {titles[each['line']]}" for each in lines]
    return ", ".join([*words, *(f"+{each['quantity']} × {each['title']}" for each in added)])


def _duplicate(client: MedusaClient, raw: Json, basis: Quote) -> Quote:
    """A new order of the same things: free as a replacement, else to be paid by the customer."""
    lines = _chosen_lines(raw, basis.params.get("lines")) or [
        {"line": str(each["id"]), "quantity": int(each["quantity"])}
        for each in raw["items"]
        if each["quantity"]
    ]
    missing = [
        each["title"]
        for each in raw["items"]
        if any(line["line"] == each["id"] for line in lines) and not each.get("variant_id")
    ]
    if missing:
        raise ActionRefused(f"The shop does not sell “{missing[0]}” any more.")
    is_free = bool(basis.params.get("is_free", True))
    told = basis.params.get("address")
    address = _address_of(told, basis.order.shipping_address) if told else None
    units = {str(each["id"]): unit_minor(each, basis.currency) for each in raw["items"]}
    worth = _sum_of(lines, units)
    quantity = sum(each["quantity"] for each in lines)
    text = "The customer has to pay it; Medusa sends no invoice by itself."
    return replace(
        basis,
        params={
            "lines": lines,
            "is_free": is_free,
            "address": asdict(address) if address else None,
            "note": str(basis.params.get("note") or "")[:LONGEST_NOTE],
        },
        effects=(
            Effect(
                "duplicate",
                0 if is_free else worth,
                quantity,
                _items_in_words(basis.order, lines, []),
            ),
        ),
        amount_minor=worth if is_free else 0,
        warnings=() if is_free else (Warned("other", {"text": text}),),
        is_final=False,
    )


def _return_label(client: MedusaClient, raw: Json, basis: Quote) -> Quote:
    """A return that the shop expects; a label where its carrier makes one."""
    left = shelf.returnable(raw)
    if not any(left.values()):
        raise ActionRefused(
            "Nothing of the order has been shipped that could come back.",
            reason_code="nothing_left",
            instead=(ActionKind.CANCEL, ActionKind.REFUND),
        )
    shelf.refuse_open_change(client, raw)
    chosen = _chosen_lines(raw, basis.params.get("lines")) or [
        {"line": line, "quantity": quantity} for line, quantity in left.items() if quantity
    ]
    for position, each in enumerate(chosen):
        if each["quantity"] > left[each["line"]]:
            raise InvalidInput.field(
                f"params.lines.{position}.quantity",
                f"Only {left[each['line']]} of this can come back.",
            )
    location = next(
        (each.get("location_id") for each in live_fulfillments(raw) if each.get("location_id")), ""
    )
    option = shelf.return_option(client, str(location or ""))
    reasons = {
        str(each["line"]): str(each.get("reason") or "") for each in basis.params.get("lines") or []
    }
    lines = [{**each, "reason": reasons.get(each["line"], "")[:200]} for each in chosen]
    effects = [
        Effect(
            "return",
            quantity=sum(each["quantity"] for each in lines),
            detail=_items_in_words(basis.order, lines, []),
        )
    ]
    if option:
        effects.append(Effect("label", detail=str(option["name"])))
    return replace(
        basis,
        params={"lines": lines, "notify": bool(basis.params.get("notify"))},
        effects=tuple(effects),
        is_final=False,
        context={"location": location, "option": option["id"] if option else ""},
    )  # fmt: skip


# Words


def _edit_address(client: MedusaClient, raw: Json, basis: Quote) -> Quote:
    old = basis.order.shipping_address
    address = _address_of(basis.params.get("address") or {}, old)
    if address.country_code != old.country_code:
        raise InvalidInput.field(
            "params.address.country_code", "Medusa does not change the country of an order."
        )
    for name in ("name", "street", "city"):
        if not getattr(address, name).strip():
            raise InvalidInput.field(f"params.address.{name}", "This cannot be empty.")
    has_left = bool(live_fulfillments(raw))
    place = ", ".join(
        part for part in (*address.street.split("\n"), f"{address.postcode} {address.city}".strip())
        if part
    )  # fmt: skip
    return replace(
        basis,
        params={"address": asdict(address)},
        effects=(Effect("address", detail=place),),
        warnings=((Warned("label_printed"),) if has_left else ()) + (Warned("address_unchecked"),),
        is_final=False,
    )


def _address_of(told: Any, old: AddressData) -> AddressData:
    """The old address with what was told instead; raises InvalidInput naming the field."""
    if not isinstance(told, dict):
        raise InvalidInput.field("params.address", "An address is an object.")
    names = {each.name for each in fields(AddressData)}
    unknown = sorted(set(told) - names)
    if unknown:
        raise InvalidInput.field(f"params.address.{unknown[0]}", "An address has no such field.")
    clean = {name: str(value or "").strip()[:200] for name, value in told.items()}
    if "country_code" in clean:
        clean["country_code"] = clean["country_code"].upper()
    return replace(old, **clean)


def _note(client: MedusaClient, raw: Json, basis: Quote) -> Quote:
    text = str(basis.params.get("text") or "").strip()[:LONGEST_NOTE]
    return replace(
        basis, params={"text": text}, effects=(Effect("note", detail=text),), is_final=False
    )


def _tags(client: MedusaClient, raw: Json, basis: Quote) -> Quote:
    add = [str(each).strip() for each in basis.params.get("add") or [] if str(each).strip()]
    remove = [str(each).strip() for each in basis.params.get("remove") or []]
    after = [each for each in basis.order.tags if each not in remove]
    after += [each for each in add if each not in after]
    return replace(
        basis,
        params={"add": add, "remove": remove},
        effects=(Effect("tags", detail=", ".join(after)),),
        is_final=False,
    )


def _chosen_lines(raw: Json, told: Any, *, may_be_none: bool = False) -> list[Json]:
    """[{line, quantity}] of what the order has; raises InvalidInput naming the entry."""
    had = {str(each["id"]): int(each["quantity"]) for each in raw["items"]}
    chosen = []
    for position, each in enumerate(told or []):
        where = f"params.lines.{position}"
        line, quantity = str(each.get("line") or ""), each.get("quantity")
        if line not in had:
            raise InvalidInput.field(f"{where}.line", "The order has no such line.")
        least = 0 if may_be_none else 1
        if not isinstance(quantity, int) or quantity < least:
            raise InvalidInput.field(f"{where}.quantity", "How many?")
        if not may_be_none and quantity > had[line]:
            raise InvalidInput.field(f"{where}.quantity", f"The order has only {had[line]}.")
        chosen.append({"line": line, "quantity": quantity})
    return chosen


def _amount(params: Json, name: str) -> int | None:
    told = params.get(name)
    if told is None or told == "":
        return None
    if not isinstance(told, int) or isinstance(told, bool) or told < 0:
        raise InvalidInput.field(f"params.{name}", "An amount is a whole number of minor units.")
    return told


def _silence(params: Json) -> tuple[Warned, ...]:
    """Medusa itself writes to nobody: only a subscriber in the shop may."""
    return (Warned("customer_not_told"),) if params.get("notify") else ()


_AFTER_CANCELLING = {
    ActionKind.CANCEL, ActionKind.REFUND, ActionKind.NOTE, ActionKind.TAGS,
    ActionKind.DISCOUNT_CODE, ActionKind.DUPLICATE,
}  # fmt: skip
_KINDS = {
    ActionKind.CANCEL: _cancel,
    ActionKind.REFUND: _refund,
    ActionKind.EDIT_ADDRESS: _edit_address,
    ActionKind.EDIT_ITEMS: _edit_items,
    ActionKind.DUPLICATE: _duplicate,
    ActionKind.RETURN_LABEL: _return_label,
    ActionKind.DISCOUNT_CODE: _discount_code,
    ActionKind.NOTE: _note,
    ActionKind.TAGS: _tags,
}
