"""Carrying out what was confirmed, one request after the other, and what became of a lost answer.

BigCommerce takes no idempotency keys. What is made carries a mark (a refund's reason, an order's
external id, a code that follows from the intent); what is set is set to a value that was quoted.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import PermanentFailure
from integrations.bigcommerce.client import GONE, BigApi, Told, data_of
from integrations.bigcommerce.quoting import Now, credit_amount, credit_of
from integrations.bigcommerce.reading import CANCELLED, VERIFYING, cancel_refusal, consignments
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Intent,
    StepDone,
)
from integrations.commerce.money import decimal_of, minor_of
from integrations.commerce.normal_form import AddressData

LONG_AFTER = timedelta(minutes=10)
Do = Callable[[Now, Intent], StepDone]


def act(now_: Now, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
    """Each step once, those that are done left out; a refusal after others is a failed step."""
    _refuse_changed(now_, intent)
    steps: list[StepDone] = []
    for name in intent.context["steps"]:
        if name in intent.done:
            steps.append(StepDone(name, "done", intent.done[name]))
            continue
        before_step(name)
        try:
            steps.append(_DOING[name](now_, intent))
        except PermanentFailure as failure:
            if not steps:
                raise refusal_of(failure) from failure
            steps.append(StepDone(name, "failed", reason=failure.message, can_retry=True))
        if steps[-1].state == "failed":
            break
    return tuple(steps)


def look_up(now_: Now, intent: Intent) -> tuple[StepDone, ...] | None:
    """What became of it; None as long as that cannot be told."""
    found: list[StepDone] = []
    for name in intent.context["steps"]:
        if name in intent.done:
            found.append(StepDone(name, "done", intent.done[name]))
            continue
        step = _FINDING[name](now_, intent)
        if step is None:
            return None
        found.append(step)
        if step.state == "failed":
            break
    return tuple(found)


def refusal_of(failure: PermanentFailure) -> ActionRefused:
    """The refusal in BigCommerce's words, with a reason code where we know them."""
    low = failure.message.lower()
    code = next((code for sign, code in _SIGNS if sign in low), "refused")
    if failure.reason_code == GONE:
        code = "closed"
    return ActionRefused(failure.message, reason_code=code)


_SIGNS = (
    ("guest customer", "guest_customer"), ("already refunded", "already_refunded"),
    ("exceed", "too_much"), ("amount", "too_much"), ("captured", "not_paid"),
)  # fmt: skip


def mark_of(intent: Intent) -> str:
    """The words by which what an intent made is found again."""
    return f"Aftercare {intent.key}"


def _refuse_changed(now_: Now, intent: Intent) -> None:
    """Nothing is begun on an order that changed its course meanwhile."""
    if intent.done or intent.began:
        return
    if intent.kind is ActionKind.CANCEL:
        refusal = cancel_refusal(now_.told)
        if refusal:
            raise ActionRefused("The order changed meanwhile.", reason_code=refusal)
    if intent.kind is ActionKind.EDIT_ADDRESS and now_.order.fulfillment_status != "unfulfilled":
        raise ActionRefused("The parcel has left meanwhile.", reason_code="already_shipped")


# --- Doing ----------------------------------------------------------------------------------------


def _refund(now_: Now, intent: Intent) -> StepDone:
    if intent.began:
        found = _find_refund(now_, intent)
        if found is not None:
            return found
    body: Told = intent.context["refund"]
    items = [
        {
            **each,
            "reason": " · ".join(filter(None, [str(each.get("reason") or ""), mark_of(intent)])),
        }
        for each in body["items"]
    ]
    rows = data_of(now_.api.post(f"{now_.path}/refunds", {**body, "items": items}))
    return _refunded(rows[0] if rows else {}, now_.order.currency)


def _refunded(told: Told, currency: str) -> StepDone:
    """BigCommerce pays back a little later: what the bank declined it says then."""
    reference = str(told.get("id") or "")
    payments = told.get("payments") or []
    declined = [each for each in payments if each.get("is_declined")]
    if declined:
        words = str(declined[0].get("declined_message") or "The payment provider refused it.")
        return StepDone("refund", "failed", reference, words)
    sum_ = minor_of(told.get("total_amount") or 0, currency)
    is_under_way = any(
        not each.get("offline") and not each.get("transaction_id") for each in payments
    )
    return StepDone("refund", "pending" if is_under_way else "done", reference, amount_minor=sum_)


def _cancel(now_: Now, intent: Intent) -> StepDone:
    return _set_status(now_, "cancel", CANCELLED)


def _hold(now_: Now, intent: Intent) -> StepDone:
    return _set_status(now_, "hold", VERIFYING)


def _release(now_: Now, intent: Intent) -> StepDone:
    return _set_status(now_, "release", int(intent.context["status"]))


def _set_status(now_: Now, name: str, status: int) -> StepDone:
    told = now_.api.put(f"v2/orders/{now_.order.external_id}", {"status_id": status}) or {}
    return StepDone(name, "done", str(told.get("id") or now_.order.external_id))


def _address(now_: Now, intent: Intent) -> StepDone:
    number, place = now_.order.external_id, intent.context["place"]
    now_.api.put(f"v2/orders/{number}/shipping_addresses/{place}", intent.context["body"])
    return StepDone("address", "done", str(place))


def _note(now_: Now, intent: Intent) -> StepDone:
    now_.api.put(f"v2/orders/{now_.order.external_id}", {"staff_notes": intent.params["text"]})
    return StepDone("note", "done", now_.order.external_id)


def _duplicate(now_: Now, intent: Intent) -> StepDone:
    if intent.began:
        found = _find_copy(now_, intent)
        if found is not None:
            return found
    told = now_.api.post(
        "v2/orders", {**intent.context["body"], "external_order_id": str(intent.key)}
    )
    return _copied(told if isinstance(told, dict) else {})


def _copied(told: Told) -> StepDone:
    number = str(told.get("id") or "")
    return StepDone("duplicate", "done", number, detail={"number": number, "order": number})


def _discount_code(now_: Now, intent: Intent) -> StepDone:
    """A promotion, and a code of it that works once. The promotion alone gives nothing to anybody."""
    code, api = code_of(intent), now_.api
    rows = data_of(api.get("v3/promotions", name=_promotion_name(intent)))
    promotion = rows[0] if rows else data_of(api.post("v3/promotions", _promotion(intent)))[0]
    number = str(promotion["id"])
    path = f"v3/promotions/{number}/codes"
    if not data_of(api.get(path, code=code)):
        api.post(path, {"code": code, "max_uses": 1, "max_uses_per_customer": 1})
    return StepDone("discount_code", "done", number, detail={"code": code})


def _promotion(intent: Intent) -> Told:
    params, currency = intent.params, str(intent.context["currency"])
    worth: Told = (
        {"percentage_amount": f"{params['percent']:g}"}
        if params["percent"] is not None
        else {"fixed_amount": decimal_of(params["amount_minor"], currency)}
    )
    body: Told = {
        "name": _promotion_name(intent), "redemption_type": "COUPON", "max_uses": 1,
        "currency_code": currency, "status": "ENABLED",
        "rules": [{"action": {"cart_value": {"discount": worth}}, "apply_once": True}],
    }  # fmt: skip
    if params["expires_at"]:
        body["end_date"] = params["expires_at"]
    return body


def _promotion_name(intent: Intent) -> str:
    return f"{code_of(intent)} · {mark_of(intent)}"


def code_of(intent: Intent) -> str:
    """The code that was asked for, or one that follows from the intent."""
    given = str(intent.params.get("code") or "")
    return given or f"SORRY-{base64.b32encode(intent.key.bytes).decode()[:8]}"


def _store_credit(now_: Now, intent: Intent) -> StepDone:
    """BigCommerce sets the whole sum: it is set to what was quoted, if nobody set another."""
    context = intent.context
    has = credit_amount(credit_of(now_.api, int(context["customer"])))
    if not _is_same(has, context["after"]):
        if not _is_same(has, context["before"]):
            raise ActionRefused(
                "The customer's credit changed meanwhile: look again.", reason_code="refused"
            )
        amounts = [{"amount": context["after"]}]
        body = [{"id": int(context["customer"]), "store_credit_amounts": amounts}]
        now_.api.put("v3/customers", body)
    return _credited(intent)


def _credited(intent: Intent) -> StepDone:
    customer = str(intent.context["customer"])
    return StepDone("store_credit", "done", customer, amount_minor=intent.params["amount_minor"])


# --- Finding --------------------------------------------------------------------------------------


def _find_refund(now_: Now, intent: Intent) -> StepDone | None:
    for each in refunds_of(now_.api, now_.order.external_id):
        reasons = [str(item.get("reason") or "") for item in each.get("items") or []]
        if any(mark_of(intent) in reason for reason in [*reasons, str(each.get("reason") or "")]):
            return _refunded(each, now_.order.currency)
    return None


def refunds_of(api: BigApi, external_id: str) -> list[Told]:
    """The refunds of the order, oldest first."""
    return data_of(api.get(f"v3/orders/{external_id}/payment_actions/refunds"))


def _find_copy(now_: Now, intent: Intent) -> StepDone | None:
    rows = now_.api.get("v2/orders", external_order_id=str(intent.key))
    found = [each for each in rows or [] if each.get("external_order_id") == str(intent.key)]
    return _copied(found[0]) if found else None


def _find_code(now_: Now, intent: Intent) -> StepDone | None:
    rows = data_of(now_.api.get("v3/promotions", name=_promotion_name(intent)))
    code = code_of(intent)
    if rows and data_of(now_.api.get(f"v3/promotions/{rows[0]['id']}/codes", code=code)):
        return StepDone("discount_code", "done", str(rows[0]["id"]), detail={"code": code})
    return _failed("discount_code")  # what is missing is made up for, never made twice


def _find_credit(now_: Now, intent: Intent) -> StepDone | None:
    has = credit_amount(credit_of(now_.api, int(intent.context["customer"])))
    if _is_same(has, intent.context["after"]):
        return _credited(intent)
    return _failed("store_credit") if _is_same(has, intent.context["before"]) else None


def _found_status(name: str, is_there: Callable[[Now, Intent], bool]) -> Any:
    """Setting a status twice is once: what is not there may be set again."""

    def find(now_: Now, intent: Intent) -> StepDone | None:
        if is_there(now_, intent):
            return StepDone(name, "done", now_.order.external_id)
        return _failed(name)

    return find


def _after_long(name: str, find: Callable[[Now, Intent], StepDone | None]) -> Any:
    """What is made is called failed only when no request can be under way any more."""

    def found(now_: Now, intent: Intent) -> StepDone | None:
        step = find(now_, intent)
        if step is not None:
            return step
        began = intent.began_at
        is_over = name not in intent.began or (began is not None and now() - began > LONG_AFTER)
        return _failed(name) if is_over else None

    return found


def _failed(name: str) -> StepDone:
    return StepDone(name, "failed", reason="BigCommerce knows nothing of it.", can_retry=True)


def _is_same(one: float, other: float) -> bool:
    return abs(float(one) - float(other)) < 0.0005


def _has_address(now_: Now, intent: Intent) -> bool:
    wanted = AddressData(**intent.params["address"])
    has = now_.order.shipping_address
    return bool(consignments(now_.told)) and (wanted.name, wanted.city, wanted.postcode) == (
        has.name, has.city, has.postcode,
    ) and wanted.street.replace("\n", ", ") == has.street  # fmt: skip


_DOING: dict[str, Do] = {
    "refund": _refund, "cancel": _cancel, "hold": _hold, "release": _release, "address": _address,
    "note": _note, "duplicate": _duplicate, "discount_code": _discount_code,
    "store_credit": _store_credit,
}  # fmt: skip
_FINDING: dict[str, Callable[[Now, Intent], StepDone | None]] = {
    "refund": _after_long("refund", _find_refund),
    "duplicate": _after_long("duplicate", _find_copy),
    "discount_code": _find_code,
    "store_credit": _find_credit,
    "cancel": _found_status("cancel", lambda now_, _: now_.status == CANCELLED),
    "hold": _found_status("hold", lambda now_, _: now_.status == VERIFYING),
    "release": _found_status("release", lambda now_, _: now_.status != VERIFYING),
    "address": _found_status("address", _has_address),
    "note": _found_status(
        "note", lambda now_, each: now_.order.note == each.params["text"].strip()
    ),
}
