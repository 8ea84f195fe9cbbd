"""What an action would do to an order of Magento, worked out from the order as it is now.

An order that is invoiced is not cancelled by Magento: it is refunded whole, which closes it. That
is what ``cancel`` means there. Pure: no network, no database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.adobe_commerce.reading import (
    OrderTold,
    Told,
    is_fully_invoiced,
    items_of,
    shipping_address_of,
    why_not_cancel,
)
from integrations.commerce import plain_quotes
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    Quote,
    RefundableLine,
    Warned,
)
from integrations.commerce.money import decimal_of, minor_of
from integrations.commerce.normal_form import OrderData
from integrations.commerce.params import (
    Params,
    address,
    choice,
)
from integrations.commerce.plain_quotes import Refundable

_OFFLINE = Warned("other", {"text": "Magento only books an offline refund: pay it back yourself."})


@dataclass(frozen=True)
class Now:
    """The order as the shop has it now, raw and in normal form, with its invoices."""

    told: OrderTold
    invoices: tuple[Told, ...]
    order: OrderData

    @property
    def raw(self) -> Told:
        return self.told.order

    @property
    def refundable_minor(self) -> int:
        return self.order.refundable_minor or 0

    @property
    def online_invoice(self) -> str:
        """The invoice that money can go back along; empty where that is not clear."""
        paid = [each for each in self.invoices if each.get("transaction_id")]
        return str(paid[0]["entity_id"]) if len(paid) == 1 == len(self.invoices) else ""

    def minor(self, amount: Any) -> int:
        return minor_of(amount or 0, self.order.currency)


def quote(now: Now, kind: ActionKind, params: Params) -> Quote:
    """What would happen; raises ActionRefused or InvalidInput naming ``params.<field>``."""
    return _QUOTES[kind](now, params)


def refuse_cancel(now: Now) -> None:
    """Raises ActionRefused where the order cannot be cancelled now."""
    code = why_not_cancel(now.raw)
    if code == "already_shipped":
        raise ActionRefused(
            "Some or all of it was shipped already.",
            reason_code=code,
            instead=(ActionKind.REFUND,),
        )
    if code == "on_hold":
        raise ActionRefused(
            "The order is on hold: release it first.", instead=(ActionKind.RELEASE,)
        )
    words = {
        "already_cancelled": "The order is cancelled already.",
        "already_refunded": "The order was refunded and closed already.",
        "payment_pending": "Its payment is under review.",
    }
    if code:
        raise ActionRefused(words[code], reason_code=code)
    if now.order.captured_minor and not is_fully_invoiced(now.raw):
        raise ActionRefused(
            "Part of it is invoiced and part is not: do it in the Magento admin.",
            reason_code="not_offered",
        )


def _cancel(now: Now, params: Params) -> Quote:
    refuse_cancel(now)
    amount = now.refundable_minor
    if (
        choice(params, "refund", ("full", "none"), "full" if amount else "none") == "none"
        and amount
    ):
        raise InvalidInput.field(
            "params.refund", "Magento cancels a paid order only by refunding it whole."
        )
    return plain_quotes.cancel(
        now.order, params, amount_minor=amount, notify=bool(params.get("notify")),
        warnings=(_OFFLINE,) if amount and not now.online_invoice else (),
    )  # fmt: skip


def _refund(now: Now, params: Params) -> Quote:
    plain_quotes.refuse_refund(now.order)
    methods = ("original", "offline") if now.online_invoice else ("offline",)
    can = Refundable(refundable_lines(now), shipping_left(now), methods)
    is_offline = choice(params, "method", methods, methods[0]) == "offline"
    return plain_quotes.refund(
        now.order, params, can, notify=bool(params.get("notify")),
        warnings=(_OFFLINE,) if is_offline else (),
    )  # fmt: skip


def refundable_lines(now: Now) -> tuple[RefundableLine, ...]:
    """What can go back still of each line; one costs what was paid for it, with its tax."""
    found = []
    for each in items_of(now.raw):
        bought = float(each["qty_ordered"])
        left = float(each.get("qty_invoiced") or 0) - float(each.get("qty_refunded") or 0)
        if left >= 1:
            found.append(
                RefundableLine(str(each["item_id"]), int(left), _paid(now, each) // round(bought))
            )
    return tuple(found)


def _paid(now: Now, item: Told) -> int:
    gross = now.minor(item.get("row_total_incl_tax")) or (
        now.minor(item.get("row_total")) + now.minor(item.get("tax_amount"))
    )
    return gross - abs(now.minor(item.get("discount_amount")))


def shipping_left(now: Now) -> int:
    """Shipping that can go back still, with its tax."""
    net, gone = (
        now.minor(now.raw.get("shipping_amount")),
        now.minor(now.raw.get("shipping_refunded")),
    )
    if not net:
        return 0
    gross = now.minor(now.raw.get("shipping_incl_tax")) or net
    return min(gross * max(net - gone, 0) // net, now.refundable_minor)


def memo_body(now: Now, params: Params, *, key: str) -> Told:
    """The credit memo that gives back exactly what was quoted.

    Left out, lines and shipping mean *all of it* to Magento: every line is named, with 0 where
    nothing goes back, and shipping always. What the parts do not add up to is an adjustment.
    """
    chosen = {str(each["line"]): int(each["quantity"]) for each in params.get("lines") or []}
    lines = refundable_lines(now)
    goods = sum(each.unit_minor * chosen.get(each.line, 0) for each in lines)
    shipping = int(params.get("shipping_minor") or 0)
    over = int(params["amount_minor"]) - goods - shipping
    currency = now.order.currency

    def number(minor: int) -> float:
        return float(decimal_of(minor, currency))

    restocked = (
        [int(line) for line, many in chosen.items() if many] if params.get("restock") else []
    )
    words = str(params.get("reason") or "").strip()
    return {
        "items": [
            {"order_item_id": int(each.line), "qty": chosen.get(each.line, 0)} for each in lines
        ],
        "notify": bool(params.get("notify")),
        "appendComment": False,
        "comment": {"comment": f"{words} [{key}]".strip(), "is_visible_on_front": 0},
        "arguments": {
            "shipping_amount": number(_shipping_net(now, shipping)),
            "adjustment_positive": number(max(over, 0)),
            "adjustment_negative": number(max(-over, 0)),
            "extension_attributes": {"return_to_stock_items": restocked},
        },
    }


def _shipping_net(now: Now, gross_minor: int) -> int:
    net = now.minor(now.raw.get("shipping_amount"))
    gross = now.minor(now.raw.get("shipping_incl_tax")) or net
    return gross_minor * net // gross if gross else 0


def _edit_address(now: Now, params: Params) -> Quote:
    if not now.order.can_edit_address:
        raise ActionRefused("The order is closed, or has no goods to ship.", reason_code="closed")
    after = address(params, now.order.shipping_address)
    if params.get("address") and not after.phone:
        raise InvalidInput.field("params.address.phone", "Magento needs a phone number.")
    kept = shipping_address_of(now.raw)
    return plain_quotes.edit_address(
        now.order, params, context={"address_id": int(kept["entity_id"])}
    )


def _discount_code(now: Now, params: Params) -> Quote:
    return plain_quotes.discount_code(now.order, params)


def _note(now: Now, params: Params) -> Quote:
    return plain_quotes.note(now.order, params)


def _hold(now: Now, params: Params) -> Quote:
    if now.order.is_on_hold:
        raise ActionRefused("The order is on hold already.")
    if str(now.raw["state"]) in ("canceled", "closed", "complete", "payment_review"):
        raise ActionRefused("An order that is over cannot be held.", reason_code="closed")
    return plain_quotes.hold(now.order, params)


def _release(now: Now, params: Params) -> Quote:
    if not now.order.is_on_hold:
        raise ActionRefused("The order is not on hold.")
    return plain_quotes.release(now.order)


_QUOTES: dict[ActionKind, Callable[[Now, Params], Quote]] = {
    ActionKind.CANCEL: _cancel,
    ActionKind.REFUND: _refund,
    ActionKind.EDIT_ADDRESS: _edit_address,
    ActionKind.DISCOUNT_CODE: _discount_code,
    ActionKind.NOTE: _note,
    ActionKind.HOLD: _hold,
    ActionKind.RELEASE: _release,
}
