"""The same again: a replacement that costs nothing, or an order that the customer pays."""

from __future__ import annotations

from dataclasses import asdict
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
)
from integrations.commerce.normal_form import AddressData
from integrations.shopify.acting.address import mailing_address, wanted_address
from integrations.shopify.acting.base import (
    Desk,
    already_done,
    check_errors,
    chosen_or_all,
    finished,
    line_nodes,
    never_happened,
    quoted,
)
from integrations.shopify.client import Node, number_of
from integrations.shopify.reading import money, nodes

CREATE = """mutation CreateDraft($input: DraftOrderInput!) {
  draftOrderCreate(input: $input) {
    draftOrder { id name invoiceUrl status order { legacyResourceId name } }
    userErrors { field message }
  }
}"""
COMPLETE = """mutation CompleteDraft($id: ID!) {
  draftOrderComplete(id: $id) {
    draftOrder { id name status order { legacyResourceId name } } userErrors { field message }
  }
}"""
INVOICE = """mutation SendInvoice($id: ID!) {
  draftOrderInvoiceSend(id: $id) { draftOrder { id invoiceUrl } userErrors { field message } }
}"""
FIND = """query FindDraft($query: String!) {
  draftOrders(first: 2, query: $query) {
    nodes { id name invoiceUrl invoiceSentAt status order { legacyResourceId name } }
  }
}"""


class Duplicate:
    """A draft order with the same lines. Its tag names the intent, so that it is made once."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        known = line_nodes(desk)
        most = {line: int(each["quantity"]) for line, each in known.items()}
        chosen = chosen_or_all(params, most)
        if not chosen:
            raise InvalidInput.field("params.lines", "Choose what is to be sent again.")
        gone = [known[line]["title"] for line in chosen if not known[line].get("variant")]
        if gone:
            raise ActionRefused(
                f"“{gone[0]}” is not in the shop any more.", reason_code="not_offered"
            )
        is_free = bool(params.get("is_free", True))
        address = wanted_address(desk.order.shipping_address, params.get("address"))
        amount = sum(
            money(known[line]["originalUnitPriceSet"]) * int(each["quantity"])
            for line, each in chosen.items()
        )
        told = ", ".join(
            f"{each['quantity']} × {known[line]['title']}" for line, each in chosen.items()
        )
        effects = [Effect("duplicate", 0 if is_free else amount, detail=told)]
        if not is_free:
            self._check_payer(desk)
            effects.append(Effect("notify", detail=desk.order.email))
        wanted = {
            "lines": [
                {"line": line, "quantity": each["quantity"]} for line, each in chosen.items()
            ],
            "is_free": is_free,
            "address": asdict(address),
            "note": str(params.get("note") or "")[:500],
        }
        return quoted(
            ActionKind.DUPLICATE, desk, wanted, effects,
            amount_minor=amount if is_free else 0,
            refundable_lines=tuple(
                RefundableLine(line, count, money(known[line]["originalUnitPriceSet"]))
                for line, count in most.items()
            ),
            context={"input": _draft(desk, wanted, address)},
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "duplicate")
        if done and ("notify" in intent.done or "notify" not in intent.context["steps"]):
            return done
        draft = self._find(desk, intent) if intent.began or done else None
        if draft is None:
            before_step("duplicate")
            made = desk.client.act(CREATE, input=_tagged(intent))["draftOrderCreate"]
            check_errors(made)
            draft = made["draftOrder"]
        else:
            before_step("duplicate")
        if not intent.params["is_free"]:
            return self._invoiced(desk, intent, draft, before_step)
        if not draft.get("order"):
            said = desk.client.act(COMPLETE, id=draft["id"])["draftOrderComplete"]
            check_errors(said)
            draft = said["draftOrder"]
        return _ended(intent, draft)

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        draft = self._find(desk, intent)
        if draft is None:
            return never_happened(intent, "duplicate")
        if intent.params["is_free"] and not draft.get("order"):
            return (
                StepDone(
                    "duplicate", "failed", number_of(draft["id"]),
                    f"The draft {draft['name']} was made, but not completed.", can_retry=True,
                ),
            )  # fmt: skip
        if not intent.params["is_free"] and not draft.get("invoiceSentAt"):
            link = _link(draft)
            return (link, StepDone("notify", "failed", reason="No mail was sent.", can_retry=True))
        return _ended(intent, draft)

    def _invoiced(
        self, desk: Desk, intent: Intent, draft: Node, before_step: BeforeStep
    ) -> tuple[StepDone, ...]:
        """The customer gets the link by mail; the order comes to be when they pay."""
        before_step("notify")
        said = desk.client.act(INVOICE, id=draft["id"])["draftOrderInvoiceSend"]
        errors = said.get("userErrors") or []
        if errors:
            words = str(errors[0].get("message") or "")
            return (_link(draft), StepDone("notify", "failed", reason=words, can_retry=True))
        draft = {**draft, **(said.get("draftOrder") or {})}
        return (_link(draft), StepDone("notify", "done", number_of(draft["id"])))

    def _find(self, desk: Desk, intent: Intent) -> Node | None:
        found = nodes(desk.client.ask(FIND, query=f"tag:'{_tag(intent)}'"), "draftOrders")
        return found[0] if found else None

    def _check_payer(self, desk: Desk) -> None:
        if not desk.order.email:
            raise ActionRefused(
                "The order has no mail address that a payment link could go to.",
                reason_code="guest_customer",
            )


def _tag(intent: Intent) -> str:
    return f"aftercare-{intent.key.hex[:20]}"


def _tagged(intent: Intent) -> Node:
    draft: Node = intent.context["input"]
    return {**draft, "tags": [*draft["tags"], _tag(intent)]}


def _draft(desk: Desk, wanted: dict[str, Any], address: AddressData) -> Node:
    known = line_nodes(desk)
    draft: Node = {
        "lineItems": [
            {"variantId": known[str(each["line"])]["variant"]["id"], "quantity": each["quantity"]}
            for each in wanted["lines"]
        ],
        "shippingAddress": mailing_address(address, desk.node.get("shippingAddress") or {}),
        "note": wanted["note"] or f"The same as {desk.order.number}",
        "presentmentCurrencyCode": desk.order.currency,
        "tags": ["replacement"] if wanted["is_free"] else ["duplicate"],
    }
    if desk.order.email:
        draft["email"] = desk.order.email
    if desk.customer_id:
        draft["purchasingEntity"] = {"customerId": desk.customer_id}
    if wanted["is_free"]:
        draft["appliedDiscount"] = {
            "value": 100.0, "valueType": "PERCENTAGE", "title": "Replacement",
            "description": f"Replacement for {desk.order.number}",
        }  # fmt: skip
        draft["shippingLine"] = {
            "title": "Replacement",
            "priceWithCurrency": {"amount": "0", "currencyCode": desk.order.currency},
        }
    return draft


def _ended(intent: Intent, draft: Node) -> tuple[StepDone, ...]:
    order = draft.get("order")
    if order:
        detail = {"number": order["name"], "order": str(order["legacyResourceId"])}
        return finished(intent, "duplicate", str(order["legacyResourceId"]), detail=detail)
    link = _link(draft)
    return finished(intent, "duplicate", link.reference, detail=link.detail)


def _link(draft: Node) -> StepDone:
    return StepDone(
        "duplicate", "done", number_of(draft["id"]),
        detail={"number": draft["name"], "url": draft.get("invoiceUrl") or ""},
    )  # fmt: skip
