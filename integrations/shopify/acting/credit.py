"""Something for next time: a discount code, a gift card, credit in the customer's account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import decrypt
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Effect,
    Intent,
    Quote,
    StepDone,
)
from integrations.commerce.money import decimal_of
from integrations.shopify.acting.base import (
    Desk,
    already_done,
    check_errors,
    finished,
    marker,
    never_happened,
    quoted,
    whole_number,
)
from integrations.shopify.client import Node, number_of
from integrations.shopify.reading import nodes

CREATE_CODE = """mutation CreateCode($input: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $input) {
    codeDiscountNode { id } userErrors { code field message }
  }
}"""
FIND_CODE = "query FindCode($code: String!) { codeDiscountNodeByCode(code: $code) { id } }"
CREATE_CARD = """mutation CreateCard($input: GiftCardCreateInput!) {
  giftCardCreate(input: $input) {
    giftCard { id lastCharacters } giftCardCode userErrors { code field message }
  }
}"""
FIND_CARD = """query FindCard($query: String!) {
  giftCards(first: 10, query: $query) { nodes { id note lastCharacters } }
}"""
CREDITS = """query Credits($id: ID!) {
  customer(id: $id) {
    storeCreditAccounts(first: 10) {
      nodes {
        balance { currencyCode }
        transactions(first: 20, reverse: true, sortKey: CREATED_AT) {
          nodes {
            __typename amount { amount currencyCode } createdAt
            ... on StoreCreditAccountCreditTransaction { id }
          }
        }
      }
    }
  }
}"""
CREDIT = """mutation Credit($id: ID!, $input: StoreCreditAccountCreditInput!) {
  storeCreditAccountCredit(id: $id, creditInput: $input) {
    storeCreditAccountTransaction { id balanceAfterTransaction { amount currencyCode } }
    userErrors { code field message }
  }
}"""
CODE = re.compile(r"[A-Za-z0-9_-]{3,64}")


class DiscountCode:
    """A code that works once, for this customer where the shop knows them."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        percent, amount = params.get("percent"), params.get("amount_minor")
        if not params:
            percent = 10
        if (percent is None) == (amount is None):
            raise InvalidInput.field("params.percent", "Either percent or amount_minor.")
        if percent is not None and not 0 < _number(percent) <= 100:
            raise InvalidInput.field("params.percent", "More than 0 and at most 100.")
        worth = 0 if amount is None else _worth(amount)
        code = str(params.get("code") or "").strip()
        if code and not CODE.fullmatch(code):
            raise InvalidInput.field("params.code", "3 to 64 letters, digits, - or _.")
        wanted = {
            "percent": None if percent is None else _number(percent),
            "amount_minor": None if amount is None else worth,
            "expires_at": _expiry(params),
            "code": code,
        }
        told = f"{wanted['percent']:g} %" if wanted["percent"] is not None else ""
        return quoted(
            ActionKind.DISCOUNT_CODE, desk, wanted,
            [Effect("discount_code", worth or None, detail=told or code)],
            amount_minor=worth, currency=_shop_currency(desk),
            context={"customer": desk.customer_id, "currency": _shop_currency(desk)},
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "discount_code")
        code = _code(intent)
        if done:
            return finished(intent, "discount_code", done[0].reference, detail={"code": code})
        before_step("discount_code")
        payload = desk.client.act(CREATE_CODE, input=_code_input(intent, code))
        errors = payload["discountCodeBasicCreate"].get("userErrors") or []
        if any(each.get("code") == "TAKEN" for each in errors) and not intent.params["code"]:
            return self._found(desk, intent, code) or ()
        check_errors(payload["discountCodeBasicCreate"])
        made = payload["discountCodeBasicCreate"]["codeDiscountNode"] or {}
        return finished(intent, "discount_code", number_of(made.get("id")), detail={"code": code})

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        return self._found(desk, intent, _code(intent)) or never_happened(
            intent, "discount_code", may_repeat=True
        )

    def _found(self, desk: Desk, intent: Intent, code: str) -> tuple[StepDone, ...] | None:
        node = desk.client.ask(FIND_CODE, code=code).get("codeDiscountNodeByCode")
        if not node:
            return None
        return finished(intent, "discount_code", number_of(node["id"]), detail={"code": code})


class GiftCard:
    """Its code follows from the intent, so that the same card is made once; nobody can guess it."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        wanted = _amount_wanted(desk, params)
        return quoted(
            ActionKind.GIFT_CARD, desk, wanted,
            [Effect("gift_card", wanted["amount_minor"], detail=desk.order.email)],
            amount_minor=wanted["amount_minor"], currency=_shop_currency(desk),
            context={"customer": desk.customer_id, "currency": _shop_currency(desk)},
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "gift_card")
        code = _card_code(desk, intent)
        if done:
            return finished(intent, "gift_card", done[0].reference, detail={"code": code})
        currency = str(intent.context["currency"])
        money_in = {
            "amount": decimal_of(intent.params["amount_minor"], currency), "currencyCode": currency,
        }  # fmt: skip
        card: Node = {"initialAmount": money_in, "code": code, "note": _card_note(intent)}
        if intent.params["expires_at"]:
            card["expiresOn"] = str(intent.params["expires_at"])[:10]
        if intent.context["customer"]:
            card["customerId"] = intent.context["customer"]
        before_step("gift_card")
        payload = desk.client.act(CREATE_CARD, input=card)["giftCardCreate"]
        errors = payload.get("userErrors") or []
        if any(each.get("code") == "TAKEN" for each in errors):
            found = self._found(desk, intent)
            if found:
                return found
        check_errors(payload)
        made = payload["giftCard"] or {}
        return finished(intent, "gift_card", number_of(made.get("id")), detail={"code": code})

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        return self._found(desk, intent) or never_happened(intent, "gift_card", may_repeat=True)

    def _found(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        code = _card_code(desk, intent)
        found = desk.client.ask(FIND_CARD, query=f"last_characters:{code[-4:].lower()}")
        for each in nodes(found, "giftCards"):
            if marker(intent) in str(each.get("note") or ""):
                return finished(intent, "gift_card", number_of(each["id"]), detail={"code": code})
        return None


class StoreCredit:
    """Credit in the customer's account. Shopify takes no key for it: a lost answer is looked for."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        if not desk.customer_id:
            raise ActionRefused(
                "A guest has no account that credit could go to.", reason_code="guest_customer",
                instead=(ActionKind.GIFT_CARD, ActionKind.DISCOUNT_CODE),
            )  # fmt: skip
        wanted = _amount_wanted(desk, params)
        return quoted(
            ActionKind.STORE_CREDIT, desk, wanted,
            [Effect("store_credit", wanted["amount_minor"], detail=desk.order.email)],
            amount_minor=wanted["amount_minor"], currency=_shop_currency(desk),
            context={
                "customer": desk.customer_id, "currency": _shop_currency(desk),
                "known": [each["id"] for each in _credits(desk, desk.customer_id)],
            },
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "store_credit")
        if done:
            return done
        currency = str(intent.context["currency"])
        credit: Node = {
            "creditAmount": {
                "amount": decimal_of(intent.params["amount_minor"], currency),
                "currencyCode": currency,
            },
            "notify": True,
        }
        if intent.params["expires_at"]:
            credit["expiresAt"] = intent.params["expires_at"]
        before_step("store_credit")
        payload = desk.client.act(CREDIT, id=intent.context["customer"], input=credit)
        check_errors(payload["storeCreditAccountCredit"])
        made = payload["storeCreditAccountCredit"]["storeCreditAccountTransaction"] or {}
        return finished(
            intent, "store_credit", number_of(made.get("id")),
            amount_minor=intent.params["amount_minor"],
        )  # fmt: skip

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        currency = str(intent.context["currency"])
        amount = decimal_of(intent.params["amount_minor"], currency)
        for each in _credits(desk, str(intent.context["customer"])):
            is_new = each["id"] not in intent.context["known"]
            is_same = float(each["amount"]["amount"]) == float(amount)
            if is_new and is_same and each["amount"]["currencyCode"] == currency:
                return finished(intent, "store_credit", number_of(each["id"]))
        return never_happened(intent, "store_credit")


def _credits(desk: Desk, customer: str) -> list[Node]:
    found = desk.client.ask(CREDITS, id=customer).get("customer") or {}
    return [
        each
        for account in nodes(found, "storeCreditAccounts")
        for each in nodes(account, "transactions")
        if each["__typename"] == "StoreCreditAccountCreditTransaction"
    ]


def _amount_wanted(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    amount = params.get("amount_minor")
    if not params:
        amount = max(desk.order.store_total_minor or desk.order.total_minor, 1)
    return {
        "amount_minor": _worth(amount),
        "expires_at": _expiry(params),
        "note": str(params.get("note") or "")[:200],
    }


def _worth(amount: Any) -> int:
    worth = whole_number(amount, "params.amount_minor")
    if not worth:
        raise InvalidInput.field("params.amount_minor", "It must be worth more than nothing.")
    return worth


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput.field("params.percent", "This must be a number.")
    return float(value)


def _expiry(params: dict[str, Any]) -> str | None:
    given = params.get("expires_at")
    if not given:
        return None
    try:
        ends_at = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise InvalidInput.field("params.expires_at", "This is no date.") from error
    if ends_at.tzinfo is None:
        ends_at = ends_at.replace(tzinfo=now().tzinfo)
    if ends_at <= now():
        raise InvalidInput.field("params.expires_at", "This is over already.")
    return ends_at.isoformat()


def _shop_currency(desk: Desk) -> str:
    """What the shop counts in: codes, cards and credit are worth that, not what one paid in."""
    return str(desk.node["currencyCode"])


def _code(intent: Intent) -> str:
    given = str(intent.params["code"])
    return given or f"SORRY-{base64.b32encode(intent.key.bytes).decode()[:8]}"


def _code_input(intent: Intent, code: str) -> Node:
    params, currency = intent.params, str(intent.context["currency"])
    value: Node = (
        {"percentage": params["percent"] / 100}
        if params["percent"] is not None
        else {
            "discountAmount": {
                "amount": decimal_of(params["amount_minor"], currency),
                "appliesOnEachItem": False,
            }
        }
    )
    customer = intent.context["customer"]
    found: Node = {
        "title": f"{code} · {marker(intent)}",
        "code": code,
        "startsAt": now().isoformat(),
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": [customer]}} if customer else {"all": "ALL"},
        "customerGets": {"value": value, "items": {"all": True}},
    }
    if params["expires_at"]:
        found["endsAt"] = params["expires_at"]
    return found


def _card_code(desk: Desk, intent: Intent) -> str:
    secret = str(decrypt(desk.store.secrets).get("client_secret") or "").encode()
    made = hmac.new(secret, intent.key.bytes, hashlib.sha256).digest()
    return base64.b32encode(made).decode()[:16].lower()


def _card_note(intent: Intent) -> str:
    return " · ".join(filter(None, [str(intent.params.get("note") or ""), marker(intent)]))
