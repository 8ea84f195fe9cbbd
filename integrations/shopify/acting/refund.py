"""Refunds: Shopify suggests, the suggestion is shown, and exactly that is carried out once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Effect,
    Intent,
    Quote,
    RefundableLine,
    StepDone,
    Warned,
)
from integrations.commerce.money import decimal_of, format_money
from integrations.shopify.acting.base import (
    Desk,
    already_done,
    check_errors,
    chosen_lines,
    each_step,
    line_nodes,
    marker,
    never_happened,
    quoted,
    whole_number,
)
from integrations.shopify.client import Node, gid, number_of
from integrations.shopify.documents import MONEY
from integrations.shopify.reading import method_of, money, nodes

SUGGEST = (
    """query SuggestRefund(
  $id: ID!, $lines: [RefundLineItemInput!], $shipping: Money, $some: Boolean!
) {
  order(id: $id) {
    all: suggestedRefund(suggestFullRefund: true) { ...Suggested }
    chosen: suggestedRefund(refundLineItems: $lines, shippingAmount: $shipping) @include(if: $some) {
      ...Suggested
    }
  }
}
fragment Suggested on SuggestedRefund {
  amountSet { ...Both } maximumRefundableSet { ...Both } shipping { maximumRefundableSet { ...Both } }
  refundLineItems {
    lineItem { id } quantity location { id } subtotalSet { ...Both } totalTaxSet { ...Both }
  }
  suggestedTransactions {
    amountSet { ...Both } maximumRefundableSet { ...Both } gateway formattedGateway accountNumber
    parentTransaction { id } paymentDetails { ... on CardPaymentDetails { company } }
  }
}"""
    + MONEY
)
REFUND = (
    """mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund {
      id totalRefundedSet { ...Both } transactions(first: 20) { nodes { id status amountSet { ...Both } } }
    }
    userErrors { field message }
  }
}"""
    + MONEY
)
FIND = (
    """query FindRefund($id: ID!) {
  order(id: $id) {
    refunds {
      id note totalRefundedSet { ...Both } transactions(first: 20) { nodes { id status amountSet { ...Both } } }
    }
  }
}"""
    + MONEY
)
DISCREPANCIES = {"damaged": "DAMAGE", "defective": "DAMAGE", "customer": "CUSTOMER"}


class Refund:
    """All, some lines, the shipping, or a sum for goodwill; to where it came from, or as credit."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        self._check(desk)
        limits = {line: int(each["refundableQuantity"]) for line, each in line_nodes(desk).items()}
        everything = not params
        lines = (
            {
                line: {"line": line, "quantity": most, "restock": True}
                for line, most in limits.items()
                if most
            }
            if everything
            else chosen_lines(params, "lines", limits)
        )
        shipping = whole_number(params.get("shipping_minor") or 0, "params.shipping_minor")
        all_, chosen = self._suggested(desk, lines, shipping)
        most_shipping = money(all_["shipping"]["maximumRefundableSet"])
        if everything and most_shipping:
            shipping = most_shipping
            all_, chosen = self._suggested(desk, lines, shipping)
        if shipping > most_shipping:
            raise InvalidInput.field(
                "params.shipping_minor", f"At most {self._said(desk, most_shipping)} of shipping."
            )
        most = money(all_["maximumRefundableSet"])
        suggested = money(chosen["amountSet"]) if chosen else 0
        amount = whole_number(
            suggested if params.get("amount_minor") is None else params["amount_minor"],
            "params.amount_minor",
        )
        if amount > most:
            raise ActionRefused(
                f"At most {self._said(desk, most)} can be refunded.", reason_code="too_much"
            )
        if not amount and not lines:
            raise InvalidInput.field("params.amount_minor", "A refund is more than nothing.")
        wanted = {
            "lines": [
                {
                    "line": line,
                    "quantity": each["quantity"],
                    "restock": bool(each.get("restock", True)),
                }
                for line, each in lines.items()
            ],
            "shipping_minor": shipping,
            "amount_minor": amount,
            "method": self._method(desk, params),
            "reason": str(params.get("reason") or "")[:200],
            "notify": bool(params.get("notify", True)),
        }
        return self._quote(desk, wanted, all_, chosen, suggested)

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "refund")
        if done:
            return done
        reason = str(intent.params.get("reason") or "")
        note = " · ".join(filter(None, [reason, marker(intent)]))
        before_step("refund")
        # Always the same key, also when a person asks again: a late first one cannot pay twice.
        payload = desk.client.act(
            REFUND, input={**intent.context["input"], "note": note}, key=str(intent.key)
        )["refundCreate"]
        check_errors(payload)
        return _ended(intent, payload["refund"] or {})

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        order = desk.client.ask(FIND, id=desk.id)["order"] or {}
        for each in order.get("refunds") or []:
            if marker(intent) in str(each.get("note") or ""):
                return _ended(intent, each)
        return never_happened(intent, "refund", may_repeat=True)

    def _check(self, desk: Desk) -> None:
        if not desk.order.captured_minor:
            raise ActionRefused("Nothing was paid yet.", reason_code="not_paid")
        if not desk.order.refundable_minor:
            raise ActionRefused("Everything was refunded already.", reason_code="nothing_left")

    def _method(self, desk: Desk, params: dict[str, Any]) -> str:
        method = str(params.get("method") or "original")
        if method not in ("original", "store_credit"):
            raise InvalidInput.field("params.method", "Either original or store_credit.")
        if method == "store_credit" and not desk.customer_id:
            raise ActionRefused(
                "A guest has no account that credit could go to.", reason_code="guest_customer"
            )
        return method

    def _suggested(
        self, desk: Desk, lines: Mapping[str, dict[str, Any]], shipping: int
    ) -> tuple[Node, Node | None]:
        data = desk.client.ask(
            SUGGEST,
            id=desk.id,
            lines=[each for entry in lines.values() for each in _inputs(desk, entry)],
            shipping=decimal_of(shipping, desk.order.currency) if shipping else None,
            some=bool(lines or shipping),
        )["order"]
        return data["all"], data.get("chosen")

    def _quote(
        self,
        desk: Desk,
        wanted: dict[str, Any],
        all_: Node,
        chosen: Node | None,
        suggested: int,
    ) -> Quote:
        amount, is_credit = int(wanted["amount_minor"]), wanted["method"] == "store_credit"
        ways = _shared_out(amount, suggested, all_, chosen)
        refund_to = (
            "Store credit"
            if is_credit
            else ", ".join(dict.fromkeys(_way(each) for each, _ in ways))
        )
        back = sum(each["quantity"] for each in wanted["lines"] if each["restock"])
        effects = [Effect("refund", amount, detail=refund_to)]
        if back:
            effects.append(Effect("restock", quantity=back))
        if wanted["notify"] and desk.order.email:
            effects.append(Effect("notify", detail=desk.order.email))
        return quoted(
            ActionKind.REFUND, desk, wanted, effects,
            amount_minor=amount,
            refund_to=refund_to,
            refundable_minor=money(all_["maximumRefundableSet"]),
            refundable_lines=_refundable(desk, all_),
            refundable_shipping_minor=money(all_["shipping"]["maximumRefundableSet"]),
            methods=("original", "store_credit") if desk.customer_id else ("original",),
            warnings=_warnings(desk, wanted),
            context={"input": self._input(desk, wanted, ways, suggested, chosen)},
        )  # fmt: skip

    def _input(
        self,
        desk: Desk,
        wanted: dict[str, Any],
        ways: list[tuple[Node, int]],
        suggested: int,
        chosen: Node | None,
    ) -> Node:
        currency = desk.order.currency
        places = {
            number_of(each["lineItem"]["id"]): (each.get("location") or {}).get("id")
            for each in (chosen or {}).get("refundLineItems") or []
        }
        lines = [
            {**each, **({"locationId": place} if each["restockType"] != "NO_RESTOCK" else {})}
            for entry in wanted["lines"]
            for place in [places.get(entry["line"])]
            for each in _inputs(desk, entry)
        ]
        found: Node = {
            "orderId": desk.id,
            "notify": wanted["notify"],
            "refundLineItems": [
                {name: value for name, value in each.items() if value is not None} for each in lines
            ],
        }
        if desk.order.store_currency:
            found["currency"] = currency
        if wanted["shipping_minor"]:
            found["shipping"] = {"amount": decimal_of(wanted["shipping_minor"], currency)}
        amount = int(wanted["amount_minor"])
        if amount != suggested:
            found["discrepancyReason"] = DISCREPANCIES.get(wanted["reason"].lower(), "OTHER")
        if wanted["method"] == "store_credit":
            money_back = {"amount": decimal_of(amount, currency), "currencyCode": currency}
            found["refundMethods"] = [{"storeCreditRefund": {"amount": money_back}}]
        else:
            found["transactions"] = [
                {
                    "orderId": desk.id, "parentId": (way.get("parentTransaction") or {}).get("id"),
                    "gateway": way["gateway"], "kind": "REFUND", "amount": decimal_of(part, currency),
                }
                for way, part in ways
            ]  # fmt: skip
        return found

    def _said(self, desk: Desk, amount: int) -> str:
        return format_money(amount, desk.order.currency)


def _inputs(desk: Desk, entry: Mapping[str, Any]) -> list[Node]:
    """A chosen line as Shopify wants it: what was not sent yet is cancelled, the rest comes back."""
    line, quantity = str(entry["line"]), int(entry["quantity"])
    item = gid("LineItem", line)
    if not entry.get("restock", True):
        return [{"lineItemId": item, "quantity": quantity, "restockType": "NO_RESTOCK"}]
    waiting = min(quantity, int(line_nodes(desk)[line].get("unfulfilledQuantity") or 0))
    parts = (("CANCEL", waiting), ("RETURN", quantity - waiting))
    return [
        {"lineItemId": item, "quantity": count, "restockType": kind}
        for kind, count in parts
        if count
    ]


def _shared_out(
    amount: int, suggested: int, all_: Node, chosen: Node | None
) -> list[tuple[Node, int]]:
    """To which payments how much goes back; as suggested, or filled one after the other."""
    if chosen and amount == suggested:
        ways = [(each, money(each["amountSet"])) for each in chosen["suggestedTransactions"]]
        return [(each, part) for each, part in ways if part]
    found, left = [], amount
    for each in all_["suggestedTransactions"]:
        part = min(left, money(each.get("maximumRefundableSet") or each["amountSet"]))
        if part:
            found.append((each, part))
            left -= part
    if left:
        raise ActionRefused("The payments do not take so much back.", reason_code="too_much")
    return found


def _way(node: Node) -> str:
    return method_of(node) or str(node.get("gateway") or "")


def _refundable(desk: Desk, all_: Node) -> tuple[RefundableLine, ...]:
    has_tax_inside = bool(desk.node.get("taxesIncluded"))
    known = line_nodes(desk)
    found: dict[str, RefundableLine] = {}
    for each in all_["refundLineItems"]:
        line, quantity = number_of(each["lineItem"]["id"]), int(each["quantity"])
        total = money(each["subtotalSet"]) + (0 if has_tax_inside else money(each["totalTaxSet"]))
        if quantity and line in known:
            can_restock = bool(known[line].get("restockable", True))
            most = int(known[line]["refundableQuantity"])
            found[line] = RefundableLine(line, most, round(total / quantity), can_restock)
    return tuple(found.values())


def _warnings(desk: Desk, wanted: dict[str, Any]) -> list[Warned]:
    found = []
    before = sum(each.amount_minor for each in desk.order.refunds)
    if before:
        found.append(Warned("already_refunded", {"amount_minor": before}))
    if any(not each["restock"] for each in wanted["lines"]):
        found.append(Warned("not_restocked"))
    if not wanted["notify"]:
        found.append(Warned("customer_not_told"))
    return found


def _ended(intent: Intent, refund: Node) -> tuple[StepDone, ...]:
    """The steps by what became of the refund's payments."""
    reference = number_of(refund.get("id"))
    states = {each["status"] for each in nodes(refund, "transactions")}
    amount = money(refund.get("totalRefundedSet")) or intent.amount_minor
    if states & {"FAILURE", "ERROR"}:
        words = "The payment provider refused it."
        others = each_step(intent, "refund", "done", reference)
        return tuple(
            StepDone("refund", "failed", reference, words) if each.name == "refund" else each
            for each in others
        )
    if states & {"PENDING", "AWAITING_RESPONSE", "UNKNOWN"}:
        return each_step(intent, "refund", "pending", reference, amount_minor=amount)
    return each_step(intent, "refund", "done", reference, amount_minor=amount)
