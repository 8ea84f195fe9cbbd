"""What an action would do to a WooCommerce order, worked out from the order as it is now.

WooCommerce has no quotes of its own: amounts follow from the lines, their taxes and what went back
before. Pure: no network, no database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce import plain_quotes
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    Effect,
    Quote,
    RefundableLine,
    Warned,
)
from integrations.commerce.money import decimal_of, minor_of
from integrations.commerce.normal_form import OrderData
from integrations.commerce.params import (
    Params,
    as_lines,
    choice,
    quantities,
)
from integrations.commerce.plain_quotes import Refundable
from integrations.woocommerce.products import Chosen
from integrations.woocommerce.reading import Told, refunded_quantities


@dataclass(frozen=True)
class Now:
    """The order as the shop has it now: raw, its refunds, and in normal form."""

    told: Told
    refunds: list[Told]
    order: OrderData
    added: tuple[Chosen, ...] = ()
    """What a change of its items is to add."""

    @property
    def status(self) -> str:
        return str(self.told["status"])

    @property
    def refundable_minor(self) -> int:
        return self.order.refundable_minor or 0

    def minor(self, amount: Any) -> int:
        return minor_of(amount or 0, self.order.currency)


def quote(now: Now, kind: ActionKind, params: Params) -> Quote:
    """What would happen; raises ActionRefused or InvalidInput naming ``params.<field>``."""
    return _QUOTES[kind](now, params)


# --- Cancelling and money -------------------------------------------------------------------------


def _cancel(now: Now, params: Params) -> Quote:
    if not now.order.can_cancel:
        raise refusal_of(now.order.cannot_cancel_reason, now.status)
    refund = choice(params, "refund", ("full", "none"), "full" if now.refundable_minor else "none")
    amount = now.refundable_minor if refund == "full" else 0
    return plain_quotes.cancel(
        now.order, params, amount_minor=amount,
        warnings=_shop_writes("cancels and refunds" if amount else "cancels"),
    )  # fmt: skip


def _refund(now: Now, params: Params) -> Quote:
    plain_quotes.refuse_refund(now.order)
    can = Refundable(refundable_lines(now), _shipping_left(now), ("original", "manual"))
    return plain_quotes.refund(
        now.order, params, can, notify=True, warnings=_shop_writes("refunds")
    )


def refundable_lines(now: Now) -> tuple[RefundableLine, ...]:
    """What can go back still of each line; one costs what was paid for it, with its tax."""
    gone = refunded_quantities(now.refunds)
    found = []
    for each in now.told.get("line_items") or []:
        quantity = int(each.get("quantity") or 0)
        left = quantity - gone.get(str(each["id"]), 0)
        if quantity > 0 and left > 0:
            paid = now.minor(each.get("total")) + now.minor(each.get("total_tax"))
            found.append(RefundableLine(str(each["id"]), left, paid // quantity))
    return tuple(found)


def refund_body(now: Now, params: Params) -> dict[str, Any]:
    """What to post for a quoted refund; lines only where their sum is what goes back."""
    currency = now.order.currency
    chosen = {str(each["line"]): int(each["quantity"]) for each in params.get("lines") or []}
    items = [
        _refund_line(each, chosen[str(each["id"])], now)
        for each in now.told.get("line_items") or []
        if chosen.get(str(each["id"]))
    ]
    shipping = int(params.get("shipping_minor") or 0)
    if shipping:
        items += _refund_shipping(now, shipping)
    amount = int(params["amount_minor"])
    body: dict[str, Any] = {
        "amount": decimal_of(amount, currency),
        "reason": str(params.get("reason") or ""),
        "api_refund": params.get("method") != "manual",
        "api_restock": bool(params.get("restock")),
    }
    return {**body, "line_items": items} if items else body


def _refund_line(told: Told, quantity: int, now: Now) -> dict[str, Any]:
    bought = int(told["quantity"])
    part = now.minor(told.get("total")) * quantity // bought
    return {
        "id": told["id"],
        "quantity": quantity,
        "refund_total": float(decimal_of(part, now.order.currency)),
        "refund_tax": [
            {
                "id": tax["id"],
                "refund_total": float(
                    decimal_of(now.minor(tax.get("total")) * quantity // bought, now.order.currency)
                ),
            }
            for tax in told.get("taxes") or []
            if now.minor(tax.get("total"))
        ],
    }


def _refund_shipping(now: Now, shipping_minor: int) -> list[dict[str, Any]]:
    """The shipping lines that the sum is spread over: the first ones first."""
    items, left = [], shipping_minor
    for each in now.told.get("shipping_lines") or []:
        part = min(left, now.minor(each.get("total")))
        if part:
            items.append(
                {"id": each["id"], "refund_total": float(decimal_of(part, now.order.currency))}
            )
            left -= part
    return items


def _shipping_left(now: Now) -> int:
    gone = sum(
        abs(now.minor(each.get("total")))
        for refund in now.refunds
        for each in refund.get("shipping_lines") or []
    )
    return max(min(now.order.shipping_minor - gone, now.refundable_minor), 0)


def _shop_writes(what: str) -> tuple[Warned, ...]:
    return (
        Warned("other", {"text": f"The shop {what} with its own e-mails to the customer, if any."}),
    )


# --- Everything else ------------------------------------------------------------------------------


def _edit_address(now: Now, params: Params) -> Quote:
    if not now.order.can_edit_address:
        raise refusal_of(now.order.cannot_cancel_reason, now.status)
    return plain_quotes.edit_address(now.order, params)


def _edit_items(now: Now, params: Params) -> Quote:
    if not now.order.can_edit_address:
        raise refusal_of(now.order.cannot_cancel_reason, now.status)
    bought = {each.external_id: each.quantity for each in now.order.lines}
    kept = quantities(params)
    if any(line not in bought or quantity > bought[line] for line, quantity in kept.items()):
        raise InvalidInput.field("params.lines", "Only fewer of what was ordered.")
    fewer = sum(bought[line] - quantity for line, quantity in kept.items())
    more = sum(each.quantity for each in now.added)
    if params.get("lines") is not None and not fewer and not more:
        raise InvalidInput.field("params.lines", "Nothing changes.")
    add = [{"variant": each.variant, "quantity": each.quantity} for each in now.added]
    effects = [Effect("items", quantity=fewer)] if fewer or not more else []
    effects += [_added(each) for each in now.added]
    return plain_quotes.plain(
        now.order, ActionKind.EDIT_ITEMS, {"lines": as_lines(kept), "add": add}, *effects,
        warnings=_money_stays(now, is_less=bool(fewer), is_more=bool(more)),
    )  # fmt: skip


def _added(each: Chosen) -> Effect:
    worth = None if each.price_minor is None else each.price_minor * each.quantity
    return Effect("items", worth, quantity=each.quantity, detail=f"+{each.quantity} × {each.title}")


def _money_stays(now: Now, *, is_less: bool, is_more: bool) -> tuple[Warned, ...]:
    """What a change of items leaves to be done about money."""
    words = []
    if now.order.captured_minor and (is_less or not is_more):
        words.append(
            "What is paid already for the removed items is not refunded by this: refund it, too."
        )
    if is_more:
        words.append("WooCommerce adds taxes to it as the shop has them set.")
    if is_more and now.order.captured_minor:
        words.append("The order is paid already: the shop has to ask the customer for the rest.")
    return tuple(Warned("other", {"text": each}) for each in words)


def _duplicate(now: Now, params: Params) -> Quote:
    bought = {each.external_id: each for each in now.order.lines}
    chosen = quantities(params)
    if "lines" not in params:
        chosen = {line: each.quantity for line, each in bought.items()}
    chosen = {line: quantity for line, quantity in chosen.items() if quantity}
    if not chosen or not set(chosen) <= set(bought):
        raise InvalidInput.field("params.lines", "Choose what is sent again.")
    is_free = bool(params.get("is_free", True))
    worth = 0
    for line, quantity in chosen.items():
        each = bought[line]
        worth += (
            (each.price_minor * each.quantity - each.discount_minor) * quantity // each.quantity
        )
    note = str(params.get("note") or "")[:500]
    return plain_quotes.plain(
        now.order, ActionKind.DUPLICATE, {"lines": as_lines(chosen), "is_free": is_free, "note": note},
        Effect("duplicate", quantity=sum(chosen.values())), amount_minor=worth if is_free else 0,
    )  # fmt: skip


def _discount_code(now: Now, params: Params) -> Quote:
    return plain_quotes.discount_code(now.order, params)


def _note(now: Now, params: Params) -> Quote:
    return plain_quotes.note(now.order, params)


def _hold(now: Now, params: Params) -> Quote:
    if now.status == "on-hold":
        raise ActionRefused("The order is on hold already.")
    if now.status not in ("pending", "processing"):
        raise refusal_of(now.order.cannot_cancel_reason, now.status)
    return plain_quotes.hold(now.order, params)


def _release(now: Now, params: Params) -> Quote:
    if now.status != "on-hold":
        raise ActionRefused("The order is not on hold.")
    after = "processing" if now.order.captured_minor else "pending"
    return plain_quotes.release(now.order, context={"status": after})


def refusal_of(reason_code: str, status: str) -> ActionRefused:
    """Why an order that is no longer open cannot be touched, and what would help."""
    if reason_code == "already_shipped":
        return ActionRefused(
            "The order was shipped already.",
            reason_code=reason_code, instead=(ActionKind.REFUND,),
        )  # fmt: skip
    words = {
        "already_cancelled": "The order is cancelled already.",
        "already_refunded": "The order was refunded already.",
    }
    told = words.get(reason_code, f"The order is “{status}” in the shop.")
    return ActionRefused(told, reason_code=reason_code or "closed")


_QUOTES: dict[ActionKind, Callable[[Now, Params], Quote]] = {
    ActionKind.CANCEL: _cancel,
    ActionKind.REFUND: _refund,
    ActionKind.EDIT_ADDRESS: _edit_address,
    ActionKind.EDIT_ITEMS: _edit_items,
    ActionKind.DUPLICATE: _duplicate,
    ActionKind.DISCOUNT_CODE: _discount_code,
    ActionKind.NOTE: _note,
    ActionKind.HOLD: _hold,
    ActionKind.RELEASE: _release,
}
