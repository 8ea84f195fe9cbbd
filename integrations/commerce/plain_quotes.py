"""Quotes for platforms that have none of their own: worked out from the order as it is now.

What a platform does in its own way (what can be cancelled, what a line is worth) is its connector's;
what follows from that is the same everywhere and is here. Pure: no network, no database.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    Effect,
    Quote,
    RefundableLine,
    Warned,
)
from integrations.commerce.money import decimal_of
from integrations.commerce.normal_form import OrderData
from integrations.commerce.params import (
    REASONS,
    Params,
    address,
    amount,
    as_lines,
    choice,
    chosen_of,
    one_line,
)


@dataclass(frozen=True)
class Refundable:
    """What can go back still, and along which ways; the first way is the usual one."""

    lines: tuple[RefundableLine, ...]
    shipping_minor: int
    methods: tuple[str, ...]


def plain(
    order: OrderData, kind: ActionKind, params: Params, *effects: Effect, **more: Any
) -> Quote:
    """A quote of what is not about money going back."""
    return Quote(
        kind=kind, params=params, order=order, effects=effects, currency=order.currency, **more
    )


def cancel(
    order: OrderData, params: Params, *, amount_minor: int, notify: bool = False, **more: Any
) -> Quote:
    """The order is cancelled, this much goes back, and all its items are for sale again."""
    effects = [Effect("cancel")]
    if amount_minor:
        effects.append(Effect("refund", amount_minor, detail=order.payment_method))
    effects.append(Effect("restock", quantity=sum(each.quantity for each in order.lines)))
    filled = {
        "reason": choice(params, "reason", REASONS, "customer"),
        "refund": "full" if amount_minor else "none",
        "restock": True,
        "notify": notify,
        "note": str(params.get("note") or "")[:500],
    }
    return plain(
        order, ActionKind.CANCEL, filled, *effects, amount_minor=amount_minor,
        refund_to=order.payment_method if amount_minor else "",
        refundable_minor=order.refundable_minor or 0, **more,
    )  # fmt: skip


def refuse_refund(order: OrderData) -> None:
    """Raises ActionRefused where nothing can go back."""
    if not order.captured_minor:
        raise ActionRefused("Nothing was paid for this order yet.", reason_code="not_paid")
    if not order.refundable_minor:
        raise ActionRefused("All of it went back already.", reason_code="already_refunded")


def refund(
    order: OrderData, params: Params, can: Refundable, *, notify: bool, **more: Any
) -> Quote:
    """What is chosen goes back; nothing chosen means everything."""
    most = order.refundable_minor or 0
    everything = {each.line: each.quantity for each in can.lines}
    chosen = chosen_of(params, everything)
    shipping_minor = amount(params, "shipping_minor", 0, most=can.shipping_minor)
    if not {"lines", "amount_minor", "shipping_minor"} & set(params):
        chosen, shipping_minor = everything, can.shipping_minor
    goods = sum(each.unit_minor * chosen.get(each.line, 0) for each in can.lines)
    sum_minor = amount(params, "amount_minor", min(goods + shipping_minor, most), most=most)
    if not sum_minor:
        raise InvalidInput.field("params.amount_minor", "Choose what is refunded.")
    pieces = sum(chosen.values()) if params.get("restock", True) else 0
    effects = [Effect("refund", sum_minor, detail=order.payment_method)]
    if pieces:
        effects.append(Effect("restock", quantity=pieces))
    filled = {
        "lines": as_lines({line: many for line, many in chosen.items() if many}),
        "shipping_minor": shipping_minor,
        "amount_minor": sum_minor,
        "method": choice(params, "method", can.methods, can.methods[0]),
        "restock": bool(pieces),
        "reason": str(params.get("reason") or "")[:200],
        "notify": notify,
    }
    return plain(
        order, ActionKind.REFUND, filled, *effects, amount_minor=sum_minor,
        refund_to=order.payment_method, refundable_minor=most, refundable_lines=can.lines,
        refundable_shipping_minor=can.shipping_minor, methods=can.methods, **more,
    )  # fmt: skip


def edit_address(order: OrderData, params: Params, **more: Any) -> Quote:
    """The order goes elsewhere; whether that place exists, nobody here knows."""
    after = address(params, order.shipping_address)
    return plain(
        order, ActionKind.EDIT_ADDRESS, {"address": asdict(after)},
        Effect("address", detail=one_line(after)),
        warnings=(Warned("address_unchecked"),), is_final=False, **more,
    )  # fmt: skip


def discount_code(order: OrderData, params: Params) -> Quote:
    """A code worth a percentage (10 unless told otherwise) or a sum."""
    percent = params.get("percent") or 0
    sum_minor = amount(params, "amount_minor", 0, most=10**9)
    if not percent and not sum_minor:
        percent = 10
    if not isinstance(percent, int) or isinstance(percent, bool) or not 0 <= percent <= 100:
        raise InvalidInput.field("params.percent", "A percentage is between 1 and 100.")
    filled = {
        "percent": percent or None,
        "amount_minor": 0 if percent else sum_minor,
        "expires_at": str(params.get("expires_at") or ""),
        "code": str(params.get("code") or "")[:40],
    }
    worth = f"{percent} %" if percent else decimal_of(sum_minor, order.currency)
    return plain(
        order, ActionKind.DISCOUNT_CODE, filled, Effect("discount_code", detail=worth),
        amount_minor=0 if percent else sum_minor,
    )  # fmt: skip


def note(order: OrderData, params: Params) -> Quote:
    """The order's note."""
    text = str(params.get("text") or "").strip()[:5000]
    return plain(order, ActionKind.NOTE, {"text": text}, Effect("note"), is_final=False)


def hold(order: OrderData, params: Params) -> Quote:
    """Nothing of it is packed until it is released."""
    reason = str(params.get("reason") or "")[:200]
    return plain(order, ActionKind.HOLD, {"reason": reason}, Effect("hold"), is_final=False)


def release(order: OrderData, **more: Any) -> Quote:
    """It may be packed again."""
    return plain(order, ActionKind.RELEASE, {}, Effect("release"), is_final=False, **more)
