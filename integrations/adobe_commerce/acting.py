"""Carrying out what was confirmed, and finding out what became of a lost answer.

Magento has no idempotency keys: a credit memo or a note carries the intent's key in its comment, a
discount its rule's name; that is looked for before anybody decides anything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from helpdesk.lib.errors import PermanentFailure
from integrations.adobe_commerce.client import MagentoApi, Told, criteria, order_at
from integrations.adobe_commerce.quoting import (
    Now,
    memo_body,
    refundable_lines,
    refuse_cancel,
    shipping_left,
)
from integrations.adobe_commerce.reading import OrderTold, read_order
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Intent,
    Outcome,
    StepDone,
)
from integrations.commerce.money import decimal_of

Step = tuple[str, Callable[[], StepDone]]


def now_of(api: MagentoApi, external_id: str, shop: str = "") -> Now:
    """The order as the shop has it now, with all that hangs on it; raises NotFound."""
    told = OrderTold(
        order_at(api, external_id),
        tuple(api.every("creditmemos", "order_id", external_id)),
        tuple(api.every("shipments", "order_id", external_id)),
    )
    invoices = tuple(api.every("invoices", "order_id", external_id))
    return Now(told, invoices, read_order(told, shop=shop))


def act(api: MagentoApi, external_id: str, intent: Intent, before_step: BeforeStep) -> Outcome:
    """Do the steps that are not done yet; see ``integrations.commerce.acting.ActsOnOrders``."""
    now = now_of(api, external_id)
    _refuse_changed(now, intent)
    steps = [StepDone(name, "done", reference) for name, reference in intent.done.items()]
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
    order = now_of(api, external_id).order
    names = {each.name for each in steps if each.state == "done"}
    if intent.kind is ActionKind.CANCEL and "refund" in names and order.cancelled_at is not None:
        steps.append(StepDone("cancel", "done", external_id))
    return Outcome(tuple(steps), order)


def look_up(api: MagentoApi, external_id: str, intent: Intent) -> Outcome | None:
    """What became of the steps that were begun, as far as the shop shows it."""
    now = now_of(api, external_id)
    found = [StepDone(name, "done", reference) for name, reference in intent.done.items()]
    for name in intent.began:
        if name not in intent.done:
            reference = _trace(api, now, intent, name)
            found.append(
                StepDone(name, "done", reference[0], detail=reference[1])
                if reference
                else StepDone(
                    name, "failed", reason="The shop shows that it did not happen.", can_retry=True
                )
            )
    return Outcome(tuple(found), now.order) if found else None


def _refuse_changed(now: Now, intent: Intent) -> None:
    """What was not begun is not begun on an order that was shipped or refunded meanwhile."""
    if intent.began or intent.done:
        return
    if intent.kind is ActionKind.CANCEL:
        refuse_cancel(now)
    if intent.kind in (ActionKind.REFUND, ActionKind.CANCEL) and (
        intent.amount_minor > now.refundable_minor
    ):
        raise ActionRefused(
            "Some of it went back meanwhile: there is not so much left to refund.",
            reason_code="too_much",
        )


def _steps(api: MagentoApi, external_id: str, intent: Intent, now: Now) -> list[Step]:
    path, params = f"orders/{external_id}", intent.params
    match intent.kind:
        case ActionKind.CANCEL if intent.amount_minor:
            whole = {
                "lines": [
                    {"line": each.line, "quantity": each.quantity} for each in refundable_lines(now)
                ],
                "shipping_minor": shipping_left(now),
                "amount_minor": intent.amount_minor,
                "restock": True,
                "notify": params.get("notify"),
                "reason": params.get("note") or params.get("reason"),
                "method": "original" if now.online_invoice else "offline",
            }
            return [("refund", lambda: _refund(api, now, intent, whole))]
        case ActionKind.CANCEL:
            return [("cancel", lambda: _say(api, f"{path}/cancel", "cancel"))]
        case ActionKind.REFUND:
            return [("refund", lambda: _refund(api, now, intent, params))]
        case ActionKind.EDIT_ADDRESS:
            return [("address", lambda: _address(api, external_id, intent))]
        case ActionKind.DISCOUNT_CODE:
            return [("discount_code", lambda: _discount(api, now, intent))]
        case ActionKind.NOTE:
            return [("note", lambda: _note(api, path, intent))]
        case ActionKind.HOLD:
            return [("hold", lambda: _say(api, f"{path}/hold", "hold"))]
        case ActionKind.RELEASE:
            return [("release", lambda: _say(api, f"{path}/unhold", "release"))]
        case _:
            raise ActionRefused("Magento does not offer this.", reason_code="not_offered")


def _say(api: MagentoApi, path: str, name: str) -> StepDone:
    if api.post(path) is not True:
        raise PermanentFailure("Magento did not do it and does not say why.")
    return StepDone(name, "done")


def _refund(api: MagentoApi, now: Now, intent: Intent, params: Told) -> StepDone:
    body = memo_body(now, params, key=str(intent.key))
    order_id = now.order.external_id
    if params.get("method") == "original" and now.online_invoice:
        made = api.post(f"invoice/{now.online_invoice}/refund", {**body, "isOnline": True})
    else:
        made = api.post(f"order/{order_id}/refund", body)
    return StepDone("refund", "done", str(made or ""), amount_minor=int(params["amount_minor"]))


def _address(api: MagentoApi, external_id: str, intent: Intent) -> StepDone:
    made = api.put(f"orders/{external_id}", {"entity": _magento_address(external_id, intent)})
    return StepDone("address", "done", str((made or {}).get("entity_id") or ""))


def _magento_address(external_id: str, intent: Intent) -> Told:
    given = intent.params["address"]
    first, _, last = str(given.get("name") or "").rpartition(" ")
    return {
        "entity_id": int(intent.context["address_id"]),
        "parent_id": int(external_id),
        "address_type": "shipping",
        "firstname": first or last,
        "lastname": last,
        "company": given.get("company") or "",
        "street": [part for part in str(given.get("street") or "").split("\n") if part],
        "postcode": given.get("postcode") or "",
        "city": given.get("city") or "",
        "region": given.get("region") or "",
        "country_id": given.get("country_code") or "",
        "telephone": given.get("phone") or "",
    }


def _note(api: MagentoApi, path: str, intent: Intent) -> StepDone:
    words = f"{intent.params['text']} [{intent.key}]"
    history = {
        "comment": words, "is_customer_notified": 0, "is_visible_on_front": 0,
        "parent_id": int(path.rpartition("/")[2]),
    }  # fmt: skip
    if api.post(f"{path}/comments", {"statusHistory": history}) is not True:
        raise PermanentFailure("Magento did not keep the note and does not say why.")
    return StepDone("note", "done")


def code_of(intent: Intent) -> str:
    """The code: what was asked for, else one that nobody guesses, the same every time."""
    return str(intent.params.get("code") or f"THANKS-{intent.key.hex[-10:].upper()}")


def _discount(api: MagentoApi, now: Now, intent: Intent) -> StepDone:
    """A rule of its own for this one code, found again by its name."""
    rule_id = _rule_of(api, intent) or int(
        api.post("salesRules", {"rule": _rule(api, now, intent)})["rule_id"]
    )
    code = code_of(intent)
    made = api.post(
        "coupons",
        {
            "coupon": {
                "rule_id": rule_id, "code": code, "usage_limit": 1, "usage_per_customer": 1,
                "times_used": 0, "is_primary": True,
            }
        },
    )  # fmt: skip
    return StepDone(
        "discount_code", "done", str(made.get("coupon_id") or ""), detail={"code": code}
    )


def _rule(api: MagentoApi, now: Now, intent: Intent) -> Told:
    percent = int(intent.params.get("percent") or 0)
    amount = decimal_of(int(intent.params.get("amount_minor") or 0), now.order.currency)
    rule: Told = {
        "name": f"Aftercare {intent.key}",
        "website_ids": [_website_of(api, now)],
        "customer_group_ids": [0, 1, 2, 3],
        "uses_per_customer": 1,
        "uses_per_coupon": 1,
        "is_active": True,
        "stop_rules_processing": False,
        "is_advanced": True,
        "sort_order": 0,
        "simple_action": "by_percent" if percent else "cart_fixed",
        "discount_amount": percent or float(amount),
        "discount_step": 0,
        "apply_to_shipping": False,
        "times_used": 0,
        "is_rss": False,
        "coupon_type": "SPECIFIC_COUPON",
        "use_auto_generation": False,
    }
    if intent.params.get("expires_at"):
        rule["to_date"] = f"{datetime.fromisoformat(str(intent.params['expires_at'])):%Y-%m-%d}"
    return rule


def _website_of(api: MagentoApi, now: Now) -> int:
    """The website of the store view that the order was placed in."""
    views = api.get("store/storeViews") or []
    mine = (each for each in views if each.get("id") == now.raw.get("store_id"))
    return int(next((each["website_id"] for each in mine), 1))


def _rule_of(api: MagentoApi, intent: Intent) -> int | None:
    name = f"Aftercare {intent.key}"
    found = api.get("salesRules/search", criteria("name", name, "eq", sort="rule_id")) or {}
    return next((int(each["rule_id"]) for each in found.get("items") or []), None)


# --- Looking for what we did ----------------------------------------------------------------------

Found = tuple[str, Told]


def _trace(api: MagentoApi, now: Now, intent: Intent, name: str) -> Found | None:
    match name:
        case "refund":
            memo = next((each for each in now.told.memos if _is_marked(each, intent)), None)
            return (str(memo["entity_id"]), {}) if memo else None
        case "cancel":
            return _if(now.order.cancelled_at is not None, now)
        case "hold":
            return _if(now.order.is_on_hold, now)
        case "release":
            return _if(not now.order.is_on_hold, now)
        case "address":
            kept, wanted = now.order.shipping_address, intent.params["address"]
            names = ("street", "postcode", "city", "country_code")
            return _if(all(getattr(kept, each) == wanted.get(each) for each in names), now)
        case "note":
            said = api.get(f"orders/{now.order.external_id}/comments") or {}
            marks = (
                str(intent.key) in str(each.get("comment")) for each in said.get("items") or []
            )
            return _if(any(marks), now)
        case "discount_code":
            code = code_of(intent)
            found = api.get("coupons/search", criteria("code", code, "eq", sort="coupon_id")) or {}
            kept_code = next(iter(found.get("items") or []), None)
            return (str(kept_code["coupon_id"]), {"code": code}) if kept_code else None
    return None


def _if(is_so: bool, now: Now) -> Found | None:
    return (now.order.external_id, {}) if is_so else None


def _is_marked(memo: Told, intent: Intent) -> bool:
    return any(str(intent.key) in str(each.get("comment")) for each in memo.get("comments") or [])
