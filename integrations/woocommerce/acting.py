"""Carrying out what was confirmed, step by step, and finding out what became of a lost answer.

WooCommerce has no idempotency keys: what we make there (a refund, an order, a coupon) carries the
intent's key in its meta data, and that is looked for before anybody decides anything. What only
sets a value (status, address) may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from helpdesk.lib.errors import ConnectorFailure, PermanentFailure
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Intent,
    Outcome,
    StepDone,
)
from integrations.commerce.money import decimal_of
from integrations.woocommerce.client import KEY_META, WooApi, order_at
from integrations.woocommerce.products import ids_of
from integrations.woocommerce.quoting import Now, refund_body, refusal_of
from integrations.woocommerce.reading import Told, read_order

Step = tuple[str, Callable[[], StepDone]]


def now_of(api: WooApi, external_id: str, shop: str = "") -> Now:
    """The order as the shop has it now, with its refunds; raises NotFound."""
    told = order_at(api, external_id)
    refunds = list(api.every(f"orders/{external_id}/refunds")) if told.get("refunds") else []
    return Now(told, refunds, read_order(told, refunds, shop=shop))


def act(api: WooApi, external_id: str, intent: Intent, before_step: BeforeStep) -> Outcome:
    """Do the steps that are not done yet; see ``integrations.commerce.acting.ActsOnOrders``."""
    now = now_of(api, external_id)
    _refuse_changed(now, intent)
    steps: list[StepDone] = [
        StepDone(name, "done", reference) for name, reference in intent.done.items()
    ]
    for name, do in _steps(api, external_id, intent, now):
        if name in intent.done:
            continue
        before_step(name)
        try:
            steps.append(do())
        except PermanentFailure as refusal:
            if not steps:
                raise ActionRefused(refusal.message) from refusal
            steps.append(StepDone(name, "failed", reason=refusal.message, can_retry=True))
            break
    return Outcome(tuple(steps), now_of(api, external_id).order)


def look_up(api: WooApi, external_id: str, intent: Intent) -> Outcome | None:
    """What became of the steps that were begun, as far as the shop shows it."""
    now = now_of(api, external_id)
    found = [StepDone(name, "done", reference) for name, reference in intent.done.items()]
    found += [_trace(api, now, intent, name) for name in intent.began if name not in intent.done]
    return Outcome(tuple(found), now.order) if found else None


def _refuse_changed(now: Now, intent: Intent) -> None:
    """A step that was not begun is not begun on an order that was shipped meanwhile."""
    is_begun = "cancel" in {*intent.done, *intent.began}
    if intent.kind is ActionKind.CANCEL and not is_begun and not now.order.can_cancel:
        raise refusal_of(now.order.cannot_cancel_reason, now.status)
    is_refund = (
        intent.kind in (ActionKind.REFUND, ActionKind.CANCEL) and "refund" not in intent.done
    )
    if is_refund and intent.amount_minor > now.refundable_minor and not _refund_of(now, intent):
        raise ActionRefused(
            "Some of it went back meanwhile: there is not so much left to refund.",
            reason_code="too_much",
        )


def _steps(api: WooApi, external_id: str, intent: Intent, now: Now) -> list[Step]:
    path = f"orders/{external_id}"
    params = intent.params

    def put(name: str, body: dict[str, Any]) -> Step:
        return name, lambda: _set(api, path, name, body)

    match intent.kind:
        case ActionKind.CANCEL:
            refund: list[Step] = []
            if intent.amount_minor:
                body = {
                    "amount_minor": intent.amount_minor, "restock": False,
                    "reason": params.get("note") or params.get("reason"),
                }  # fmt: skip
                refund = [("refund", lambda: _refund(api, path, now, intent, body))]
            return [put("cancel", {"status": "cancelled"}), *refund]
        case ActionKind.REFUND:
            return [("refund", lambda: _refund(api, path, now, intent, params))]
        case ActionKind.EDIT_ADDRESS:
            return [put("address", {"shipping": _woo_address(params["address"])})]
        case ActionKind.EDIT_ITEMS:
            lines = [*_fewer(now, params["lines"]), *_more(now, intent)]
            return [put("items", {"line_items": lines})]
        case ActionKind.DUPLICATE:
            return [("duplicate", lambda: _duplicate(api, now, intent))]
        case ActionKind.DISCOUNT_CODE:
            return [("discount_code", lambda: _coupon(api, now, intent))]
        case ActionKind.NOTE:
            return [("note", lambda: _note(api, path, intent))]
        case ActionKind.HOLD:
            return [put("hold", {"status": "on-hold"})]
        case ActionKind.RELEASE:
            status = str(intent.context.get("status") or "processing")
            return [put("release", {"status": status})]
        case _:
            raise ActionRefused("WooCommerce does not offer this.", reason_code="not_offered")


def _set(api: WooApi, path: str, name: str, body: dict[str, Any]) -> StepDone:
    return StepDone(name, "done", str(api.put(path, body).get("id") or ""))


def _refund(api: WooApi, path: str, now: Now, intent: Intent, params: dict[str, Any]) -> StepDone:
    body = {**refund_body(now, params), "meta_data": _mark(intent)}
    made = api.post(f"{path}/refunds", body)
    return StepDone(
        "refund", "done", str(made.get("id") or ""), amount_minor=int(params["amount_minor"])
    )


def _duplicate(api: WooApi, now: Now, intent: Intent) -> StepDone:
    chosen = {str(each["line"]): int(each["quantity"]) for each in intent.params["lines"]}
    is_free = bool(intent.params.get("is_free"))
    zero = {"subtotal": "0", "total": "0"} if is_free else {}
    told = now.told
    made = api.post(
        "orders",
        {
            "status": "processing" if is_free else "pending",
            "currency": now.order.currency,
            "customer_id": int(told.get("customer_id") or 0),
            "customer_note": str(intent.params.get("note") or ""),
            "billing": told.get("billing") or {},
            "shipping": told.get("shipping") or {},
            "line_items": [
                {
                    "product_id": each.get("product_id"),
                    "variation_id": each.get("variation_id") or 0,
                    "quantity": chosen[str(each["id"])],
                    **zero,
                }
                for each in told.get("line_items") or []
                if chosen.get(str(each["id"]))
            ],
            "meta_data": _mark(intent),
        },
    )
    return _made_order(made)


def _made_order(made: Told) -> StepDone:
    number = f"#{made.get('number') or made.get('id')}"
    return StepDone("duplicate", "done", str(made.get("id") or ""), detail={"number": number})


def code_of(intent: Intent) -> str:
    """The coupon's code: what was asked for, else one that nobody guesses, the same every time."""
    return str(intent.params.get("code") or f"thanks-{intent.key.hex[-10:]}").lower()


def _coupon(api: WooApi, now: Now, intent: Intent) -> StepDone:
    percent = int(intent.params.get("percent") or 0)
    amount = decimal_of(int(intent.params.get("amount_minor") or 0), now.order.currency)
    body: dict[str, Any] = {
        "code": code_of(intent),
        "discount_type": "percent" if percent else "fixed_cart",
        "amount": str(percent) if percent else amount,
        "usage_limit": 1,
        "meta_data": _mark(intent),
    }
    if now.order.email:
        body["email_restrictions"] = [now.order.email]
    if intent.params.get("expires_at"):
        expires = datetime.fromisoformat(str(intent.params["expires_at"]))
        body["date_expires"] = expires.strftime("%Y-%m-%dT%H:%M:%S")
    return _made_coupon(api.post("coupons", body))


def _made_coupon(made: Told) -> StepDone:
    return StepDone(
        "discount_code", "done", str(made.get("id") or ""), detail={"code": str(made.get("code"))}
    )


def _note(api: WooApi, path: str, intent: Intent) -> StepDone:
    made = api.post(f"{path}/notes", {"note": str(intent.params["text"]), "customer_note": False})
    return StepDone("note", "done", str(made.get("id") or ""))


def _woo_address(address: dict[str, str]) -> dict[str, str]:
    first, _, last = str(address.get("name") or "").rpartition(" ")
    street, _, second = str(address.get("street") or "").partition("\n")
    return {
        "first_name": first or last,
        "last_name": last if first else "",
        "company": address.get("company", ""),
        "address_1": street,
        "address_2": second,
        "postcode": address.get("postcode", ""),
        "city": address.get("city", ""),
        "state": address.get("region", ""),
        "country": address.get("country_code", ""),
    }


def _fewer(now: Now, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines that change; none left takes the line away, prices stay what they were for one."""
    wanted = {str(each["line"]): int(each["quantity"]) for each in lines}
    changed = []
    for each in now.told.get("line_items") or []:
        bought, quantity = int(each.get("quantity") or 0), wanted.get(str(each["id"]))
        if quantity is None or quantity == bought or not bought:
            continue
        changed.append(
            {
                "id": each["id"],
                "quantity": quantity,
                "subtotal": _part(now, each.get("subtotal"), quantity, bought),
                "total": _part(now, each.get("total"), quantity, bought),
            }
        )
    return changed


def _more(now: Now, intent: Intent) -> list[dict[str, Any]]:
    """New lines at the shop's own price, with our mark: those that are there are not added again."""
    if _added_lines(now, intent):
        return []
    lines = []
    for each in intent.params.get("add") or []:
        product_id, variation_id = ids_of(str(each["variant"]))
        variation = {"variation_id": variation_id} if variation_id else {}
        lines.append(
            {
                "product_id": product_id,
                **variation,
                "quantity": each["quantity"],
                "meta_data": _mark(intent),
            }
        )
    return lines


def _added_lines(now: Now, intent: Intent) -> list[Told]:
    return [each for each in now.told.get("line_items") or [] if _is_marked(each, intent)]


def _part(now: Now, amount: Any, quantity: int, bought: int) -> str:
    return decimal_of(now.minor(amount) * quantity // bought, now.order.currency)


# --- Looking for what we made ---------------------------------------------------------------------


def _mark(intent: Intent) -> list[dict[str, str]]:
    return [{"key": KEY_META, "value": str(intent.key)}]


def _is_marked(told: Told, intent: Intent) -> bool:
    return any(
        each.get("key") == KEY_META and each.get("value") == str(intent.key)
        for each in told.get("meta_data") or []
    )


def _refund_of(now: Now, intent: Intent) -> Told | None:
    return next((each for each in now.refunds if _is_marked(each, intent)), None)


def _trace(api: WooApi, now: Now, intent: Intent, name: str) -> StepDone:
    made = _look_for(api, now, intent, name)
    if made is not None:
        return made
    return StepDone(name, "failed", reason="The shop shows that it did not happen.", can_retry=True)


def _look_for(api: WooApi, now: Now, intent: Intent, name: str) -> StepDone | None:
    match name:
        case "refund":
            refund = _refund_of(now, intent)
            if refund is None:
                return None
            amount = abs(now.minor(refund.get("amount")))
            return StepDone(name, "done", str(refund["id"]), amount_minor=amount)
        case "cancel":
            is_so = now.status == "cancelled" or now.order.cancelled_at is not None
        case "hold":
            is_so = now.status == "on-hold"
        case "release":
            is_so = now.status != "on-hold"
        case "address":
            wanted = _woo_address(intent.params["address"])
            kept = now.told.get("shipping") or {}
            is_so = all(str(kept.get(field) or "") == value for field, value in wanted.items())
        case "items":
            wanted_lines = {str(e["line"]): int(e["quantity"]) for e in intent.params["lines"]}
            kept_lines = {each.external_id: each.quantity for each in now.order.lines}
            is_so = all(kept_lines.get(line, 0) == many for line, many in wanted_lines.items())
            added = intent.params.get("add") or []
            is_so = is_so and len(_added_lines(now, intent)) == len(added)
        case _:
            return _look_for_made(api, now, intent, name)
    return StepDone(name, "done", str(now.told["id"])) if is_so else None


def _look_for_made(api: WooApi, now: Now, intent: Intent, name: str) -> StepDone | None:
    """Something new that the intent would have made: an order, a coupon, a note."""
    if name == "duplicate":
        newer = api.get("orders", per_page=100, orderby="id", order="desc") or []
        return next((_made_order(each) for each in newer if _is_marked(each, intent)), None)
    if name == "discount_code":
        found = api.get("coupons", code=code_of(intent)) or []
        return next((_made_coupon(each) for each in found if _is_marked(each, intent)), None)
    if name == "note":
        notes = api.get(f"orders/{now.told['id']}/notes") or []
        text = str(intent.params["text"])
        return next(
            (StepDone(name, "done", str(each["id"])) for each in notes if each.get("note") == text),
            None,
        )
    raise ConnectorFailure(f"Nobody knows the step “{name}”.")
