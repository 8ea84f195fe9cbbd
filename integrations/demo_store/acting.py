"""What can be done to the demo shop's orders, quoted and carried out as at a real platform.

``store.config`` makes it behave badly on purpose, for tests and for looking at screens:
``slow_seconds`` (steps become jobs) and ``trouble``: away, credentials, lost_answer, refund_fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from helpdesk.lib.errors import (
    InvalidInput,
    NeedsReauthorization,
    TemporaryFailure,
    UncertainOutcome,
)
from integrations.commerce import params as read
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Effect,
    Intent,
    Outcome,
    Quote,
    RefundableLine,
    StepDone,
    Warned,
)
from integrations.commerce.models import FinancialStatus, FulfillmentStatus, Store
from integrations.commerce.money import format_money
from integrations.commerce.normal_form import OrderData, OrderLineData
from integrations.demo_store import content, till
from integrations.demo_store.models import ShopCall

MAX_ADDED = 20

Params = dict[str, Any]
Plan = list[tuple[str, dict[str, Any]]]


def quote(store: Store, kind: ActionKind, external_id: str, params: Params) -> Quote:
    """What would happen to the order now."""
    check_open(store)
    order = till.order_now(store, external_id)
    quoted, plan = _QUOTES[kind](store, order, params)
    return replace(quoted, context={"plan": [[step, args] for step, args in plan]})


def act(store: Store, external_id: str, intent: Intent, before_step: BeforeStep) -> Outcome:
    """Every step of the plan once, in order; what comes after a failed one is not begun."""
    check_open(store)
    trouble = store.config.get("trouble") or ""
    plan: Plan = [(step, args) for step, args in intent.context["plan"]]
    if intent.kind == ActionKind.CANCEL and "cancel" not in intent.done:
        _hold_first(store, external_id, intent)
    told: list[StepDone] = []
    for index, (step, args) in enumerate(plan):
        if step in intent.done:
            told.append(StepDone(step, "done", intent.done[step]))
            continue
        if any(each.state == "failed" for each in told):
            told.append(StepDone(step, "failed", reason="Not begun.", can_retry=True))
            continue
        before_step(step)
        if step == "refund" and trouble == "refund_fails":
            reason = "The payment gateway did not answer in time."
            told.append(StepDone(step, "failed", reason=reason, can_retry=True))
            continue
        waits = index > 0 and step == "refund" and plan[index - 1][0] not in intent.done
        before = _key(intent, plan[index - 1][0]) if waits else ""
        call = till.ask(store, external_id, _key(intent, step), step, {**args, "after": before})
        told.append(_told(step, call))
    if trouble == "lost_answer":
        raise UncertainOutcome("The connection to the shop broke before it answered.")
    outcome = Outcome(tuple(told))
    if outcome.state == "failed" and not told[0].can_retry:
        refused = told[0]
        if intent.kind == ActionKind.CANCEL:
            _release(store, external_id, intent)
        code = str(refused.detail.get("code", "refused"))
        raise ActionRefused(refused.reason, reason_code=code, instead=_instead(intent.kind))
    return replace(outcome, order=till.order_now(store, external_id))


def look_up(store: Store, external_id: str, intent: Intent) -> Outcome | None:
    """What became of each step, by its key."""
    if (store.config.get("trouble") or "") == "away":
        raise TemporaryFailure("The demo shop is away.")
    told: list[StepDone] = []
    for step, _ in intent.context["plan"]:
        call = till.find_call(store, _key(intent, step))
        if step in intent.done:
            told.append(StepDone(step, "done", intent.done[step]))
        elif call is None:
            reason = "The shop never heard of it."
            told.append(StepDone(step, "failed", reason=reason, can_retry=True))
        else:
            told.append(_told(step, call))
    outcome = Outcome(tuple(told))
    if intent.kind == ActionKind.CANCEL and outcome.state == "failed":
        _release(store, external_id, intent)
    return replace(outcome, order=till.order_now(store, external_id))


def check_open(store: Store) -> None:
    """Raises what a shop raises that is away or does not know us."""
    trouble = store.config.get("trouble") or ""
    if trouble == "away":
        raise TemporaryFailure("The demo shop is away.")
    if trouble == "credentials":
        raise NeedsReauthorization("The demo shop does not know us any more.")


def _hold_first(store: Store, external_id: str, intent: Intent) -> None:
    """Hold, look again, and only then cancel: the warehouse cannot be faster in between."""
    held = till.ask(store, external_id, f"{intent.key}:hold:{intent.again}", "hold", {})
    order = till.order_now(store, external_id)
    if held.state == till.REFUSED or order.fulfillment_status != FulfillmentStatus.UNFULFILLED:
        if held.state != till.REFUSED:
            _release(store, external_id, intent)
        _check_cancellable(order)


def _release(store: Store, external_id: str, intent: Intent) -> None:
    till.ask(store, external_id, f"{intent.key}:release:{intent.again}", "release", {})


def _key(intent: Intent, step: str) -> str:
    return f"{intent.key}:{step}:{intent.again}" if intent.again else f"{intent.key}:{step}"


def _told(step: str, call: ShopCall) -> StepDone:
    answer = call.answer
    if call.state == till.WAITING:
        return StepDone(step, "pending", reference=f"job-{call.pk}")
    if call.state == till.REFUSED:
        detail = {"code": answer.get("code", "refused")}
        return StepDone(step, "failed", reason=answer.get("reason", ""), detail=detail)
    amount = call.args.get("amount_minor") if step in ("refund", "store_credit") else None
    return StepDone(
        step, "done", answer.get("reference", ""), amount_minor=amount,
        detail=answer.get("detail", {}),
    )  # fmt: skip


def _instead(kind: ActionKind) -> tuple[ActionKind, ...]:
    if kind == ActionKind.CANCEL:
        return (ActionKind.RETURN_LABEL, ActionKind.REFUND)
    return (ActionKind.DUPLICATE,) if kind == ActionKind.EDIT_ADDRESS else ()


Quoted = tuple[Quote, Plan]


def _quote_cancel(store: Store, order: OrderData, params: Params) -> Quoted:
    _check_cancellable(order)
    refund = read.choice(params, "refund", ("full", "none"), "full")
    back = order.refundable_minor or 0 if refund == "full" else 0
    filled = {
        "reason": read.choice(params, "reason", read.REASONS, "customer"),
        "refund": refund,
        "restock": params.get("restock", True),
        "notify": params.get("notify", False),
        "note": params.get("note", ""),
    }
    pieces = sum(each.quantity for each in order.lines)
    effects = [Effect("cancel", detail=order.number)]
    plan: Plan = [("cancel", {"reason": filled["reason"]})]
    if back:
        effects.append(Effect("refund", back, detail=order.payment_method))
        plan.append(("refund", {"amount_minor": back, "reason": "Cancelled"}))
    if order.financial_status in (FinancialStatus.PENDING, FinancialStatus.AUTHORIZED):
        effects.append(Effect("void", detail=order.payment_method))
        plan.append(("void", {}))
    if filled["restock"] and pieces:
        effects.append(Effect("restock", quantity=pieces))
        plan.append(("restock", {}))
    if filled["notify"]:
        effects.append(Effect("notify", detail=order.email))
        plan.append(("notify", {}))
    return _quoted(ActionKind.CANCEL, order, filled, effects, back), plan


def _check_cancellable(order: OrderData) -> None:
    if order.cancelled_at is not None:
        raise ActionRefused("The order is cancelled already.", reason_code="already_cancelled")
    if order.fulfillment_status != FulfillmentStatus.UNFULFILLED:
        raise ActionRefused(
            "The order has left the warehouse, so it cannot be cancelled any more.",
            reason_code="already_shipped",
            instead=_instead(ActionKind.CANCEL),
        )


def _quote_refund(store: Store, order: OrderData, params: Params) -> Quoted:
    left_minor = order.refundable_minor or 0
    if not order.captured_minor:
        raise ActionRefused("Nothing was paid yet.", reason_code="not_paid")
    if not left_minor:
        raise ActionRefused("All of it has gone back.", reason_code="already_refunded")
    left = _refundable(order)
    shipping_left = max(0, order.shipping_minor - till.shipping_refunded(store, order.external_id))
    is_open = not any(params.get(name) for name in ("lines", "shipping_minor", "amount_minor"))
    chosen = (
        {line: many for line, (many, _) in left.items() if many}
        if is_open
        else read.chosen_of(params, {line: many for line, (many, _) in left.items()})
    )
    shipping = read.amount(
        params, "shipping_minor", min(shipping_left, left_minor) if is_open else 0,
        most=shipping_left,
    )  # fmt: skip
    worth = sum(left[line][1] * many for line, many in chosen.items()) + shipping
    amount = read.amount(params, "amount_minor", min(worth, left_minor), most=left_minor)
    if not amount:
        raise InvalidInput.field("params.amount_minor", "Choose what goes back.")
    restocks = {e["line"]: e.get("restock", True) for e in params.get("lines") or []}
    method = read.choice(params, "method", ("original", "store_credit"), "original")
    lines = [
        {"line": line, "quantity": many, "restock": restocks.get(line, True)}
        for line, many in chosen.items()
    ]
    filled = {
        "lines": lines,
        "shipping_minor": shipping,
        "amount_minor": amount,
        "method": method,
        "reason": params.get("reason", ""),
        "notify": params.get("notify", False),
    }
    to = order.payment_method if method == "original" else "Store credit"
    effects = [Effect("refund", amount, detail=to)]
    plan: Plan = [("refund", dict(filled))]
    pieces = sum(each["quantity"] for each in lines if each["restock"])
    if pieces:
        effects.append(Effect("restock", quantity=pieces))
        plan.append(("restock", {}))
    if filled["notify"]:
        effects.append(Effect("notify", detail=order.email))
        plan.append(("notify", {}))
    quoted = _quoted(ActionKind.REFUND, order, filled, effects, amount)
    lines_left = tuple(
        RefundableLine(line, many, unit) for line, (many, unit) in left.items() if many
    )
    return (
        replace(
            quoted, refund_to=to, refundable_lines=lines_left,
            refundable_shipping_minor=shipping_left, methods=("original", "store_credit"),
        ),
        plan,
    )  # fmt: skip


def _quote_address(store: Store, order: OrderData, params: Params) -> Quoted:
    _check_not_gone(order, ActionKind.EDIT_ADDRESS)
    address = read.address(params, order.shipping_address)
    told = till.plain(address)
    effects = [Effect("address", detail=read.one_line(address))]
    quoted = _quoted(ActionKind.EDIT_ADDRESS, order, {"address": told}, effects, 0)
    warnings = list(quoted.warnings)
    if order.packed_at is not None:
        warnings.append(Warned("label_printed"))
    return (
        replace(quoted, warnings=tuple(warnings), is_final=False),
        [("address", {"address": told})],
    )


def _quote_items(store: Store, order: OrderData, params: Params) -> Quoted:
    _check_not_gone(order, ActionKind.EDIT_ITEMS)
    wanted = {each.external_id: each.quantity for each in order.lines} | read.quantities(params)
    unknown = set(wanted) - {each.external_id for each in order.lines}
    if unknown:
        raise InvalidInput.field("params.lines", "The order has no such line.")
    added = [
        _added_line(order, position, each) for position, each in enumerate(params.get("add") or [])
    ]
    kept = [replace(each, quantity=wanted[each.external_id]) for each in order.lines]
    if not any(each.quantity for each in [*kept, *added]):
        raise InvalidInput.field("params.lines", "Nothing would be left: cancel the order instead.")
    total = sum(each.price_minor * each.quantity for each in [*kept, *added])
    total += order.shipping_minor
    back = max(0, min(order.total_minor - total, order.refundable_minor or 0))
    changes = [
        f"{each.quantity} × {each.title}"
        for each, before in zip(kept, order.lines, strict=True)
        if each.quantity != before.quantity
    ] + [f"+ {each.quantity} × {each.title}" for each in added]
    filled = {
        "lines": read.as_lines(wanted),
        "add": params.get("add") or [],
        "notify": params.get("notify", False),
    }
    effects = [Effect("items", detail=", ".join(changes))]
    plan: Plan = [
        ("items", {"lines": filled["lines"], "add": [till.plain(each) for each in added]})
    ]
    if back:
        effects.append(Effect("refund", back, detail=order.payment_method))
        plan.append(("refund", {"amount_minor": back, "reason": "Items changed"}))
    quoted = _quoted(ActionKind.EDIT_ITEMS, order, filled, effects, back)
    if total > order.total_minor:
        text = f"{format_money(total - order.total_minor, order.currency)} more is to be paid."
        quoted = replace(quoted, warnings=(*quoted.warnings, Warned("other", {"text": text})))
    return quoted, plan


def _added_line(order: OrderData, position: int, told: Params) -> OrderLineData:
    product_id, *choices = str(told["variant"]).split("/", 2)
    product = content.products().get(product_id)
    if product is None or position >= MAX_ADDED:
        path = f"params.add.{position}.variant"
        raise InvalidInput.field(path, "The shop has no such product.")
    return OrderLineData(
        external_id=f"{order.external_id}-add-{len(order.lines) + position + 1}",
        product_id=product.id,
        title=product.title,
        variant=" · ".join(choices),
        sku="-".join([product.id, *choices]).upper().replace(" ", ""),
        quantity=read.quantity(told),
        price_minor=product.price_cents,
        picture=product.picture,
    )


def _quote_duplicate(store: Store, order: OrderData, params: Params) -> Quoted:
    bought = {each.external_id: each.quantity for each in order.lines}
    chosen = read.chosen_of(params, bought) if params.get("lines") else bought
    is_free = params.get("is_free", True)
    address = read.address(params, order.shipping_address)
    prices = {each.external_id: each.price_minor for each in order.lines}
    worth = sum(prices[line] * many for line, many in chosen.items())
    filled = {
        "lines": read.as_lines(chosen),
        "is_free": is_free,
        "address": till.plain(address),
        "note": params.get("note", ""),
    }
    effects = [
        Effect(
            "duplicate",
            0 if is_free else worth,
            sum(chosen.values()),
            detail=read.one_line(address),
        ),
    ]
    quoted = _quoted(ActionKind.DUPLICATE, order, filled, effects, worth if is_free else 0)
    return replace(quoted, is_final=False), [("duplicate", filled)]


def _quote_return(store: Store, order: OrderData, params: Params) -> Quoted:
    if order.fulfillment_status == FulfillmentStatus.UNFULFILLED:
        raise ActionRefused(
            "Nothing of it has left yet.", reason_code="not_shipped", instead=(ActionKind.CANCEL,)
        )
    left = {line: many for line, (many, _) in _refundable(order).items() if many}
    chosen = read.chosen_of(params, left) if params.get("lines") else left
    if not chosen:
        raise ActionRefused("There is nothing left to send back.", reason_code="nothing_left")
    reasons = {each["line"]: each.get("reason", "") for each in params.get("lines") or []}
    lines = [
        {"line": line, "quantity": many, "reason": reasons.get(line, "")}
        for line, many in chosen.items()
    ]
    filled = {"lines": lines, "notify": params.get("notify", False)}
    effects = [Effect("return", quantity=sum(chosen.values()), detail="CTT")]
    quoted = _quoted(ActionKind.RETURN_LABEL, order, filled, effects, 0)
    return replace(quoted, is_final=False), [("return", {"lines": lines})]


def _quote_discount(store: Store, order: OrderData, params: Params) -> Quoted:
    amount = params.get("amount_minor") or 0
    percent = None if amount else params.get("percent") or 10
    filled = {
        "percent": percent,
        "amount_minor": amount or None,
        "expires_at": params.get("expires_at"),
        "code": params.get("code", ""),
    }
    detail = f"{percent} %" if percent else format_money(amount, order.currency)
    effects = [Effect("discount_code", amount or None, detail=detail)]
    quoted = _quoted(ActionKind.DISCOUNT_CODE, order, filled, effects, amount)
    return replace(quoted, is_final=False), [("discount_code", filled)]


def _quote_credit(kind: ActionKind) -> Callable[[Store, OrderData, Params], Quoted]:
    def quoted_for(store: Store, order: OrderData, params: Params) -> Quoted:
        amount = params.get("amount_minor") or 1000
        filled = {
            "amount_minor": amount,
            "expires_at": params.get("expires_at"),
            "note": params.get("note", ""),
        }
        buyer = order.customer.name if order.customer else order.email
        effects = [Effect(str(kind), amount, detail=buyer)]
        return _quoted(kind, order, filled, effects, amount), [(str(kind), filled)]

    return quoted_for


def _quote_note(store: Store, order: OrderData, params: Params) -> Quoted:
    text = params.get("text", order.note)
    effects = [Effect("note", detail=text[:200])]
    quoted = _quoted(ActionKind.NOTE, order, {"text": text}, effects, 0)
    return replace(quoted, is_final=False), [("note", {"text": text})]


def _quote_tags(store: Store, order: OrderData, params: Params) -> Quoted:
    filled = {"add": params.get("add") or [], "remove": params.get("remove") or []}
    words = [f"+{each}" for each in filled["add"]] + [f"-{each}" for each in filled["remove"]]
    effects = [Effect("tags", detail=" ".join(words))]
    quoted = _quoted(ActionKind.TAGS, order, filled, effects, 0)
    return replace(quoted, is_final=False), [("tags", filled)]


def _quote_hold(store: Store, order: OrderData, params: Params) -> Quoted:
    _check_not_gone(order, ActionKind.HOLD)
    reason = params.get("reason", "")
    quoted = _quoted(ActionKind.HOLD, order, {"reason": reason}, [Effect("hold")], 0)
    return replace(quoted, is_final=False), [("hold", {"reason": reason})]


def _quote_release(store: Store, order: OrderData, params: Params) -> Quoted:
    if not order.is_on_hold:
        raise ActionRefused("The order is not held back.", reason_code="nothing_left")
    reason = params.get("reason", "")
    quoted = _quoted(ActionKind.RELEASE, order, {"reason": reason}, [Effect("release")], 0)
    return replace(quoted, is_final=False), [("release", {})]


_QUOTES: dict[ActionKind, Callable[[Store, OrderData, Params], Quoted]] = {
    ActionKind.CANCEL: _quote_cancel,
    ActionKind.REFUND: _quote_refund,
    ActionKind.EDIT_ADDRESS: _quote_address,
    ActionKind.EDIT_ITEMS: _quote_items,
    ActionKind.DUPLICATE: _quote_duplicate,
    ActionKind.RETURN_LABEL: _quote_return,
    ActionKind.DISCOUNT_CODE: _quote_discount,
    ActionKind.STORE_CREDIT: _quote_credit(ActionKind.STORE_CREDIT),
    ActionKind.GIFT_CARD: _quote_credit(ActionKind.GIFT_CARD),
    ActionKind.NOTE: _quote_note,
    ActionKind.TAGS: _quote_tags,
    ActionKind.HOLD: _quote_hold,
    ActionKind.RELEASE: _quote_release,
}


def _quoted(
    kind: ActionKind, order: OrderData, params: Params, effects: list[Effect], amount: int
) -> Quote:
    refunded = sum(each.amount_minor for each in order.refunds)
    warnings = (Warned("already_refunded", {"amount_minor": refunded}),) if refunded else ()
    return Quote(
        kind=kind,
        params=params,
        order=order,
        effects=tuple(effects),
        amount_minor=amount,
        currency=order.currency,
        refund_to=order.payment_method if any(e.name == "refund" for e in effects) else "",
        refundable_minor=order.refundable_minor,
        warnings=warnings,
    )


def _check_not_gone(order: OrderData, kind: ActionKind) -> None:
    if order.cancelled_at is not None:
        raise ActionRefused("The order is cancelled.", reason_code="already_cancelled")
    if order.fulfillment_status != FulfillmentStatus.UNFULFILLED:
        raise ActionRefused(
            "The order has left the warehouse.",
            reason_code="already_shipped",
            instead=_instead(kind),
        )


def _refundable(order: OrderData) -> dict[str, tuple[int, int]]:
    """How many of each line can go back still, and what one costs."""
    return {
        each.external_id: (each.quantity - each.refunded_quantity, each.price_minor)
        for each in order.lines
    }
