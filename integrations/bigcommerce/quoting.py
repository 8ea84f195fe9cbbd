"""What would happen, read from BigCommerce now; nothing is changed there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from integrations.bigcommerce.client import BigApi, Told, data_of
from integrations.bigcommerce.reading import (
    AWAITING_FULFILLMENT,
    CANCELLED,
    CANCELS_AND_REFUNDS,
    ON_THE_WAY,
    REFUNDED,
    REFUNDS,
    VERIFYING,
    cancel_refusal,
    consignments,
    lines_of,
)
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
    REASONS,
    Params,
    address,
    amount,
    as_lines,
    choice,
    chosen_of,
    one_line,
)

CREDIT = "storecredit"
WORDS = {
    "already_cancelled": "This order is cancelled already.",
    "already_shipped": "Part of this order is on its way.",
    "already_refunded": "Part of this order was refunded already: refund the rest of it.",
    "closed": "An order with this status cannot be cancelled.",
}
INSTEAD = {
    "already_shipped": (ActionKind.REFUND, ActionKind.DUPLICATE),
    "already_refunded": (ActionKind.REFUND,),
}


@dataclass(frozen=True)
class Now:
    """The order as BigCommerce tells it, and in our normal form."""

    api: BigApi
    told: Told
    order: OrderData

    @property
    def path(self) -> str:
        return f"v3/orders/{self.order.external_id}/payment_actions"

    @property
    def status(self) -> int:
        return int(self.told["status_id"])

    @property
    def customer_id(self) -> int:
        return int(self.told.get("customer_id") or 0)


def quote(now_: Now, kind: ActionKind, params: Params) -> Quote:
    """The quote; raises ActionRefused or InvalidInput."""
    makers = {
        ActionKind.CANCEL: _cancel, ActionKind.REFUND: _refund,
        ActionKind.EDIT_ADDRESS: _edit_address, ActionKind.DUPLICATE: _duplicate,
        ActionKind.DISCOUNT_CODE: _discount_code, ActionKind.STORE_CREDIT: _store_credit,
        ActionKind.NOTE: _note, ActionKind.HOLD: _hold, ActionKind.RELEASE: _release,
    }  # fmt: skip
    maker = makers.get(kind)
    if maker is None:
        raise ActionRefused("BigCommerce does not offer this.", reason_code="not_offered")
    return maker(now_, params)


def credit_of(api: BigApi, customer_id: int) -> Told:
    """The customer with the credit they have; raises ActionRefused."""
    query = {"id:in": customer_id, "include": "storecredit"}
    rows = data_of(api.get("v3/customers", **query))
    if not rows:
        raise ActionRefused("The customer's account is gone.", reason_code="guest_customer")
    return rows[0]


def credit_amount(customer: Told) -> float:
    """How much store credit there is, in the store's currency."""
    return float(sum(float(each["amount"]) for each in customer.get("store_credit_amounts") or []))


def _quoted(
    now_: Now, kind: ActionKind, params: Params, effects: Iterable[Effect], **more: Any
) -> Quote:
    steps = tuple(effects)
    context = {**more.pop("context", {}), "steps": [each.name for each in steps]}
    more.setdefault("currency", now_.order.currency)
    return Quote(kind, params, now_.order, steps, context=context, **more)


def _cancel(now_: Now, params: Params) -> Quote:
    refusal = cancel_refusal(now_.told)
    if refusal:
        raise ActionRefused(WORDS[refusal], reason_code=refusal, instead=INSTEAD.get(refusal, ()))
    can_refund = now_.status in CANCELS_AND_REFUNDS and bool(now_.order.refundable_minor)
    wanted = {
        "reason": choice(params, "reason", REASONS, "customer"),
        "refund": choice(params, "refund", ("full", "none"), "full" if can_refund else "none"),
        "restock": False,
        "notify": False,
        "note": str(params.get("note") or "")[:250],
    }
    effects: list[Effect] = []
    body: Told = {}
    sum_, way = 0, ""
    if wanted["refund"] == "full" and can_refund:
        items = _items(now_, _left(now_), _shipping_left(now_), str(wanted["reason"]))
        quoted = _refund_quote(now_, items)
        sum_, way, body = _paid_back(now_, quoted, "original", items)
        effects.append(Effect("refund", sum_, detail=way))
    effects.append(Effect("cancel", detail=now_.order.number))
    return _quoted(
        now_, ActionKind.CANCEL, wanted, effects,
        amount_minor=sum_, refund_to=way, refundable_minor=now_.order.refundable_minor,
        warnings=(Warned("not_restocked"), Warned("other", {"text": MAILS})),
        context={"refund": body},
    )  # fmt: skip


MAILS = "Whether the customer gets a mail, and whether stock goes up, is set in BigCommerce."


def _refund(now_: Now, params: Params) -> Quote:
    _check_refund(now_)
    left, most_shipping = _left(now_), _shipping_left(now_)
    most = int(now_.order.refundable_minor or 0)
    chosen = (
        {line: many for line, many in chosen_of(params, left).items() if many} if params else left
    )
    shipping = amount(params, "shipping_minor", 0 if params else most_shipping, most=most_shipping)
    reason = str(params.get("reason") or "")[:200]
    method = choice(params, "method", ("original", "store_credit"), "original")
    if method == "store_credit" and not now_.customer_id:
        raise ActionRefused(
            "A guest has no account that credit could go to.", reason_code="guest_customer"
        )
    given = params.get("amount_minor")
    if chosen or shipping:
        items = _items(now_, chosen, shipping, reason)
    else:
        goodwill = amount(params, "amount_minor", 0, most=10**12)
        if not goodwill:
            raise InvalidInput.field("params.amount_minor", "A refund is more than nothing.")
        if goodwill > most:
            raise ActionRefused("There is not so much left to refund.", reason_code="too_much")
        items = [_order_item(now_, goodwill, reason)]
    quoted = _refund_quote(now_, items)
    sum_, way, body = _paid_back(now_, quoted, method, items)
    if given is not None and given != sum_:
        raise InvalidInput.field(
            "params.amount_minor", "Choose lines and shipping, or a sum alone: not both."
        )
    back = sum(each.amount_minor for each in now_.order.refunds)
    wanted = {
        "lines": [{**each, "restock": False} for each in as_lines(chosen)],
        "shipping_minor": shipping, "amount_minor": sum_, "method": method, "reason": reason,
        "notify": False,
    }  # fmt: skip
    return _quoted(
        now_, ActionKind.REFUND, wanted, [Effect("refund", sum_, detail=way)],
        amount_minor=sum_, refund_to=way, refundable_minor=most,
        refundable_lines=_refundable(now_, left), refundable_shipping_minor=most_shipping,
        methods=_methods(now_, quoted),
        warnings=(Warned("already_refunded", {"amount_minor": back}),) if back else (),
        context={"refund": body},
    )  # fmt: skip


def _check_refund(now_: Now) -> None:
    if now_.status == REFUNDED:
        raise ActionRefused("Everything was refunded already.", reason_code="already_refunded")
    if now_.order.financial_status in ("pending", "authorized", "voided"):
        raise ActionRefused("Nothing was paid yet.", reason_code="not_paid")
    if now_.status not in REFUNDS:
        raise ActionRefused("An order with this status cannot be refunded.", reason_code="closed")
    if not now_.order.refundable_minor:
        raise ActionRefused("Nothing is left to refund.", reason_code="nothing_left")


def _left(now_: Now) -> dict[str, int]:
    return {
        str(each["id"]): int(each["quantity"]) - int(each.get("quantity_refunded") or 0)
        for each in lines_of(now_.told)
        if int(each["quantity"]) > int(each.get("quantity_refunded") or 0)
    }


def _shipping_left(now_: Now) -> int:
    """What of the shipping can go back; BigCommerce refuses more, and so it is bound by the rest."""
    went = sum(
        minor_of(item.get("requested_amount") or 0, now_.order.currency)
        for each in now_.told.get("refunds_read") or []
        for item in each.get("items") or []
        if item.get("item_type") == "SHIPPING"
    )
    return max(now_.order.shipping_minor - went, 0) if consignments(now_.told) else 0


def _items(now_: Now, chosen: dict[str, int], shipping: int, reason: str) -> list[Told]:
    items: list[Told] = [
        {"item_type": "PRODUCT", "item_id": int(line), "quantity": many, "reason": reason}
        for line, many in chosen.items()
    ]
    if shipping:
        place = int(consignments(now_.told)[0]["id"])
        sum_ = float(decimal_of(shipping, now_.order.currency))
        items.append({"item_type": "SHIPPING", "item_id": place, "amount": sum_, "reason": reason})
    return items


def _order_item(now_: Now, sum_: int, reason: str) -> Told:
    return {
        "item_type": "ORDER", "item_id": int(now_.order.external_id), "reason": reason,
        "amount": float(decimal_of(sum_, now_.order.currency)),
    }  # fmt: skip


def _refund_quote(now_: Now, items: list[Told]) -> Told:
    rows = data_of(now_.api.ask(f"{now_.path}/refund_quotes", {"items": items}))
    if not rows or not rows[0].get("refund_methods"):
        raise ActionRefused(
            "BigCommerce knows no way to pay this back.", reason_code="nothing_left"
        )
    return rows[0]


def _paid_back(now_: Now, quoted: Told, method: str, items: list[Told]) -> tuple[int, str, Told]:
    """The sum, its way, and exactly what BigCommerce wants to be sent for it."""
    ways: list[list[Told]] = [each for each in quoted["refund_methods"] if each]
    credit = [way for way in ways if any(each["provider_id"] == CREDIT for each in way)]
    usual = [way for way in ways if way not in credit]
    found = credit if method == "store_credit" else usual or credit
    if not found:
        raise ActionRefused("BigCommerce offers no store credit here.", reason_code="not_offered")
    way = found[0]
    payments = [
        {
            "provider_id": each["provider_id"],
            "amount": each["amount"],
            "offline": bool(each["offline"]),
        }
        for each in way
    ]
    told = ", ".join(str(each.get("provider_description") or each["provider_id"]) for each in way)
    sum_ = minor_of(quoted["total_refund_amount"], now_.order.currency)
    return sum_, told, {"items": items, "payments": payments}


def _methods(now_: Now, quoted: Told) -> tuple[str, ...]:
    has_credit = any(
        each["provider_id"] == CREDIT for way in quoted["refund_methods"] for each in way
    )
    return ("original", "store_credit") if has_credit and now_.customer_id else ("original",)


def _refundable(now_: Now, left: dict[str, int]) -> tuple[RefundableLine, ...]:
    return tuple(
        RefundableLine(
            each.external_id, left[each.external_id], each.price_minor, can_restock=False
        )
        for each in now_.order.lines
        if each.external_id in left
    )


def _edit_address(now_: Now, params: Params) -> Quote:
    if now_.status == CANCELLED:
        raise ActionRefused("This order is cancelled.", reason_code="already_cancelled")
    if now_.status in ON_THE_WAY or now_.order.fulfillment_status != "unfulfilled":
        raise ActionRefused(
            "The parcel is on its way to the old address.", reason_code="already_shipped"
        )
    places = consignments(now_.told)
    if len(places) != 1:
        raise ActionRefused(
            "This order goes to several places: change it in BigCommerce.",
            reason_code="not_offered",
        )
    after = address(params, now_.order.shipping_address)
    return _quoted(
        now_, ActionKind.EDIT_ADDRESS, {"address": asdict(after)},
        [Effect("address", detail=one_line(after))], is_final=False,
        warnings=(Warned("address_unchecked"), Warned("customer_not_told")),
        context={"place": int(places[0]["id"]), "body": _address_body(now_, after, places[0])},
    )  # fmt: skip


def _address_body(now_: Now, after: Any, before: Told) -> Told:
    was = now_.order.shipping_address
    first, _, last = after.name.rpartition(" ")
    street, _, rest = after.street.partition("\n")
    names = (before["first_name"], before["last_name"]) if after.name == was.name else (first, last)
    streets = (
        (before["street_1"], before.get("street_2") or "")
        if after.street == was.street
        else (street.strip(), rest.replace("\n", ", ").strip())
    )
    body = {
        "first_name": names[0], "last_name": names[1], "company": after.company,
        "street_1": streets[0], "street_2": streets[1], "city": after.city, "state": after.region,
        "zip": after.postcode, "country_iso2": after.country_code.upper(), "phone": after.phone,
    }  # fmt: skip
    if after.country_code == was.country_code and before.get("country"):
        body["country"] = before["country"]
    return body


def _duplicate(now_: Now, params: Params) -> Quote:
    known = {each.external_id: each for each in now_.order.lines}
    most = {line: each.quantity for line, each in known.items()}
    chosen = chosen_of(params, most) if params.get("lines") else dict(most)
    chosen = {line: many for line, many in chosen.items() if many}
    if not chosen:
        raise InvalidInput.field("params.lines", "Choose what is to be sent again.")
    is_free = bool(params.get("is_free", True))
    after = address(params, now_.order.shipping_address)
    worth = sum(known[line].price_minor * many for line, many in chosen.items())
    told = ", ".join(f"{many} × {known[line].title}" for line, many in chosen.items())
    wanted = {
        "lines": as_lines(chosen), "is_free": is_free, "address": asdict(after),
        "note": str(params.get("note") or "")[:500],
    }  # fmt: skip
    return _quoted(
        now_, ActionKind.DUPLICATE, wanted,
        [Effect("duplicate", 0 if is_free else worth, detail=told)],
        amount_minor=worth if is_free else 0,
        warnings=() if is_free else (Warned("other", {"text": UNPAID}),),
        context={"body": _copy(now_, chosen, wanted, after)},
    )  # fmt: skip


UNPAID = "The new order awaits its payment; BigCommerce sends no link for it."


def _copy(now_: Now, chosen: dict[str, int], wanted: Params, after: Any) -> Told:
    """The new order, with the same options of each product."""
    place = (consignments(now_.told) or [{}])[0]
    to = {**_address_body(now_, after, place), "email": now_.order.email} if place else {}
    billing = {
        name: value
        for name, value in (now_.told.get("billing_address") or {}).items()
        if name != "form_fields" and value is not None
    }
    products = []
    for each in lines_of(now_.told):
        many = chosen.get(str(each["id"]))
        if not many:
            continue
        product: Told = {
            "product_id": int(each["product_id"]), "quantity": many,
            "product_options": [
                {"id": int(option["product_option_id"]), "value": str(option["value"])}
                for option in each.get("product_options") or []
            ],
        }  # fmt: skip
        if wanted["is_free"]:
            product |= {"price_inc_tax": 0, "price_ex_tax": 0}
        products.append(product)
    body: Told = {
        "status_id": AWAITING_FULFILLMENT if wanted["is_free"] else 7,
        "customer_id": now_.customer_id, "billing_address": billing, "products": products,
        "staff_notes": wanted["note"] or f"The same as {now_.order.number}",
    }  # fmt: skip
    if to:
        body["shipping_addresses"] = [to]
    if wanted["is_free"]:
        body |= {"shipping_cost_inc_tax": "0", "shipping_cost_ex_tax": "0"}
    return body


def _discount_code(now_: Now, params: Params) -> Quote:
    percent, sum_ = params.get("percent"), params.get("amount_minor")
    if not params:
        percent = 10
    if (percent is None) == (sum_ is None):
        raise InvalidInput.field("params.percent", "Either percent or amount_minor.")
    if percent is not None and (
        isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 < percent <= 100
    ):
        raise InvalidInput.field("params.percent", "More than 0 and at most 100.")
    worth = amount(params, "amount_minor", 0, most=10**9)
    if percent is None and not worth:
        raise InvalidInput.field("params.amount_minor", "It must be worth more than nothing.")
    code = str(params.get("code") or "").strip()
    if len(code) > 50 or not all(each.isalnum() or each in "_-" for each in code):
        raise InvalidInput.field("params.code", "At most 50 letters, digits, - or _.")
    wanted = {"percent": percent, "amount_minor": sum_, "expires_at": _expiry(params), "code": code}
    detail = f"{percent:g} %" if percent is not None else code
    return _quoted(
        now_, ActionKind.DISCOUNT_CODE, wanted,
        [Effect("discount_code", worth or None, detail=detail)],
        amount_minor=worth, currency=_own_currency(now_),
        context={"currency": _own_currency(now_)},
    )  # fmt: skip


def _store_credit(now_: Now, params: Params) -> Quote:
    if not now_.customer_id:
        raise ActionRefused(
            "A guest has no account that credit could go to.", reason_code="guest_customer",
            instead=(ActionKind.DISCOUNT_CODE,),
        )  # fmt: skip
    sum_ = amount(params, "amount_minor", max(now_.order.total_minor, 1), most=10**9)
    if not sum_:
        raise InvalidInput.field("params.amount_minor", "It must be worth more than nothing.")
    if params.get("expires_at"):
        raise InvalidInput.field("params.expires_at", "BigCommerce's store credit does not end.")
    before = credit_amount(credit_of(now_.api, now_.customer_id))
    currency = _own_currency(now_)
    after = round(before + float(decimal_of(sum_, currency)), 3)
    wanted = {
        "amount_minor": sum_, "expires_at": None, "note": str(params.get("note") or "")[:200],
    }  # fmt: skip
    return _quoted(
        now_, ActionKind.STORE_CREDIT, wanted,
        [Effect("store_credit", sum_, detail=now_.order.email)],
        amount_minor=sum_, currency=currency,
        context={"customer": now_.customer_id, "before": before, "after": after},
    )  # fmt: skip


def _note(now_: Now, params: Params) -> Quote:
    words = str(params.get("text") or "") if "text" in params else now_.order.note
    if len(words) > 5000:
        raise InvalidInput.field("params.text", "A note has at most 5000 characters.")
    effects = [Effect("note", detail=words[:200])]
    return _quoted(now_, ActionKind.NOTE, {"text": words}, effects, is_final=False)


def _hold(now_: Now, params: Params) -> Quote:
    if now_.status == VERIFYING:
        raise ActionRefused("This order is on hold already.", reason_code="closed")
    if now_.status not in CANCELS_AND_REFUNDS:
        raise ActionRefused("Nothing of it waits to be packed.", reason_code="too_late")
    reason = str(params.get("reason") or "")[:100]
    return _quoted(
        now_, ActionKind.HOLD, {"reason": reason}, [Effect("hold", detail=reason)],
        is_final=False, context={"before": now_.status},
    )  # fmt: skip


def _release(now_: Now, params: Params) -> Quote:
    if now_.status != VERIFYING:
        raise ActionRefused("This order is not on hold.", reason_code="nothing_left")
    reason = str(params.get("reason") or "")[:100]
    return _quoted(
        now_, ActionKind.RELEASE, {"reason": reason}, [Effect("release", detail=reason)],
        is_final=False, context={"status": AWAITING_FULFILLMENT},
    )  # fmt: skip


def _own_currency(now_: Now) -> str:
    """What the store counts in: codes and credit are worth that."""
    return now_.order.store_currency or now_.order.currency


def _expiry(params: Params) -> str | None:
    given = params.get("expires_at")
    if not given:
        return None
    try:
        ends_at = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise InvalidInput.field("params.expires_at", "This is no date.") from error
    ends_at = ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=UTC)
    if ends_at <= now():
        raise InvalidInput.field("params.expires_at", "This is over already.")
    return ends_at.isoformat()
