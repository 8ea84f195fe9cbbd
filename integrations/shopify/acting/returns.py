"""Returns: what comes back, why, and with which label."""

from __future__ import annotations

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
from integrations.shopify.acting.base import (
    Desk,
    already_done,
    check_errors,
    chosen_or_all,
    line_nodes,
    marker,
    never_happened,
    quoted,
)
from integrations.shopify.client import Node, number_of
from integrations.shopify.reading import money, nodes

RETURNABLE = """query Returnable($id: ID!) {
  returnableFulfillments(orderId: $id, first: 20) {
    nodes {
      returnableFulfillmentLineItems(first: 100) {
        nodes { quantity fulfillmentLineItem { id lineItem { id } } }
      }
    }
  }
  returnReasonDefinitions(first: 100) { nodes { id handle name deleted } }
}"""
_RETURN = """
  id name status
  returnLineItems(first: 50) { nodes { returnReasonNote } }
  reverseFulfillmentOrders(first: 5) {
    nodes {
      id lineItems(first: 50) { nodes { id totalQuantity } }
      reverseDeliveries(first: 1) { nodes { id } }
    }
  }
"""
CREATE = f"""mutation CreateReturn($input: ReturnInput!) {{
  returnCreate(returnInput: $input) {{
    return {{ {_RETURN} }} userErrors {{ code field message }}
  }}
}}"""
FIND = f"""query FindReturn($id: ID!) {{
  order(id: $id) {{ returns(first: 20, reverse: true) {{ nodes {{ {_RETURN} }} }} }}
}}"""
DELIVER = """mutation DeliverReturn(
  $id: ID!, $lines: [ReverseDeliveryLineItemInput!]!, $tracking: ReverseDeliveryTrackingInput,
  $label: ReverseDeliveryLabelInput, $notify: Boolean!
) {
  reverseDeliveryCreateWithShipping(
    reverseFulfillmentOrderId: $id, reverseDeliveryLineItems: $lines, trackingInput: $tracking,
    labelInput: $label, notifyCustomer: $notify
  ) {
    reverseDelivery {
      id deliverable { ... on ReverseDeliveryShippingDeliverable { label { publicFileUrl } } }
    }
    userErrors { code field message }
  }
}"""
MAX_NOTE = 255


class ReturnLabel:
    """A return, and on it the label that a carrier made; Shopify sells none to other apps."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        data = desk.client.ask(RETURNABLE, id=desk.id)
        parts = _parts(data)
        most: dict[str, int] = {}
        for line, _, count in parts:
            most[line] = most.get(line, 0) + count
        if not most:
            raise ActionRefused(
                "Nothing of this order can come back: it was not sent, or is back already.",
                reason_code="nothing_left",
            )
        chosen = chosen_or_all(params, most)
        if not chosen:
            raise InvalidInput.field("params.lines", "Choose what comes back.")
        wanted = _wanted(chosen, params)
        known = line_nodes(desk)
        told = ", ".join(
            f"{each['quantity']} × {known[line]['title']}" for line, each in chosen.items()
        )
        effects = [
            Effect(
                "return", quantity=sum(each["quantity"] for each in chosen.values()), detail=told
            )
        ]
        has_label = bool(wanted["label_url"] or wanted["tracking_number"])
        if has_label:
            effects.append(Effect("label", detail=wanted["tracking_number"] or wanted["label_url"]))
        if has_label and wanted["notify"] and desk.order.email:
            effects.append(Effect("notify", detail=desk.order.email))
        return quoted(
            ActionKind.RETURN_LABEL, desk, wanted, effects,
            is_final=False,
            refundable_lines=tuple(
                RefundableLine(line, count, money(known[line]["originalUnitPriceSet"]))
                for line, count in most.items()
            ),
            warnings=[] if has_label else [Warned("other", {"text": NO_LABEL})],
            context={"lines": _input_lines(chosen, parts, data)},
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "return")
        needs_label = "label" in intent.context["steps"] and "label" not in intent.done
        if done and not needs_label:
            return done
        made = self._find(desk, intent) if done or intent.began else None
        if made is None:
            lines = [
                {**each, "returnReasonNote": _note(each.get("returnReasonNote"), intent)}
                for each in intent.context["lines"]
            ]
            before_step("return")
            payload = desk.client.act(CREATE, input={"orderId": desk.id, "returnLineItems": lines})[
                "returnCreate"
            ]
            check_errors(payload)
            made = payload["return"]
        back = StepDone("return", "done", number_of(made["id"]), detail={"number": made["name"]})
        return (back, *self._deliver(desk, intent, made, before_step)) if needs_label else (back,)

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        made = self._find(desk, intent)
        if made is None:
            return never_happened(intent, "return")
        back = StepDone("return", "done", number_of(made["id"]), detail={"number": made["name"]})
        if "label" not in intent.context["steps"]:
            return (back,)
        has_label = any(
            nodes(each, "reverseDeliveries") for each in nodes(made, "reverseFulfillmentOrders")
        )
        if has_label:
            return (back, *_labelled(intent, number_of(made["id"]), ""))
        return (back, StepDone("label", "failed", reason="It has no label yet.", can_retry=True))

    def _find(self, desk: Desk, intent: Intent) -> Node | None:
        order = desk.client.ask(FIND, id=desk.id)["order"] or {}
        for each in nodes(order, "returns"):
            notes = [str(line["returnReasonNote"]) for line in nodes(each, "returnLineItems")]
            if any(marker(intent) in note for note in notes):
                return each
        return None

    def _deliver(
        self, desk: Desk, intent: Intent, made: Node, before_step: BeforeStep
    ) -> tuple[StepDone, ...]:
        params = intent.params
        tracking = {"number": params["tracking_number"], "url": params["tracking_url"]}
        tracking = {name: value for name, value in tracking.items() if value}
        url = ""
        before_step("label")
        for each in nodes(made, "reverseFulfillmentOrders"):
            if nodes(each, "reverseDeliveries"):
                continue
            said = desk.client.act(
                DELIVER,
                id=each["id"],
                lines=[
                    {
                        "reverseFulfillmentOrderLineItemId": line["id"],
                        "quantity": line["totalQuantity"],
                    }
                    for line in nodes(each, "lineItems")
                ],
                tracking=tracking or None,
                label={"fileUrl": params["label_url"]} if params["label_url"] else None,
                notify="notify" in intent.context["steps"],
            )["reverseDeliveryCreateWithShipping"]
            errors = said.get("userErrors") or []
            if errors:
                words = str(errors[0].get("message") or "")
                return (StepDone("label", "failed", reason=words, can_retry=True),)
            deliverable = (said.get("reverseDelivery") or {}).get("deliverable") or {}
            url = str((deliverable.get("label") or {}).get("publicFileUrl") or url)
        return _labelled(intent, number_of(made["id"]), url)


NO_LABEL = "Shopify makes no label for other apps: send one yourself, or buy it in Shopify's admin."


def _labelled(intent: Intent, reference: str, url: str) -> tuple[StepDone, ...]:
    detail = {"url": url or intent.params["label_url"]}
    label = StepDone("label", "done", reference, detail={k: v for k, v in detail.items() if v})
    told = (StepDone("notify", "done", reference),) if "notify" in intent.context["steps"] else ()
    return (label, *told)


def _wanted(chosen: dict[str, dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    return {
        "lines": [
            {
                "line": line,
                "quantity": each["quantity"],
                "reason": str(each.get("reason") or "")[:120],
            }
            for line, each in chosen.items()
        ],
        "notify": bool(params.get("notify", True)),
        "label_url": str(params.get("label_url") or ""),
        "tracking_number": str(params.get("tracking_number") or "")[:120],
        "tracking_url": str(params.get("tracking_url") or ""),
    }


def _parts(data: Node) -> list[tuple[str, str, int]]:
    """What may come back: line, its part of a parcel, and how many."""
    return [
        (
            number_of(each["fulfillmentLineItem"]["lineItem"]["id"]),
            str(each["fulfillmentLineItem"]["id"]),
            int(each["quantity"]),
        )
        for parcel in nodes(data, "returnableFulfillments")
        for each in nodes(parcel, "returnableFulfillmentLineItems")
        if each["quantity"]
    ]


def _input_lines(
    chosen: dict[str, dict[str, Any]], parts: list[tuple[str, str, int]], data: Node
) -> list[Node]:
    reasons = [each for each in nodes(data, "returnReasonDefinitions") if not each["deleted"]]
    found: list[Node] = []
    left = {line: int(each["quantity"]) for line, each in chosen.items()}
    for line, part, count in parts:
        take = min(left.get(line, 0), count)
        if not take:
            continue
        left[line] -= take
        reason = str(chosen[line].get("reason") or "")
        entry: Node = {"fulfillmentLineItemId": part, "quantity": take, "returnReasonNote": reason}
        definition = _definition(reason, reasons)
        if definition:
            entry["returnReasonDefinitionId"] = definition
        found.append(entry)
    return found


def _definition(reason: str, reasons: list[Node]) -> str:
    """Shopify's reason of that name, else its “other”."""
    plain = reason.lower().replace("_", " ").replace("-", " ").strip()
    by_word = {
        str(word).lower().replace("_", " ").replace("-", " "): str(each["id"])
        for each in reasons
        for word in (each["handle"], each["name"])
    }
    return by_word.get(plain) or by_word.get("other") or by_word.get("unknown") or ""


def _note(reason: Any, intent: Intent) -> str:
    tail = f" · {marker(intent)}"
    return f"{str(reason or '')[: MAX_NOTE - len(tail)]}{tail}".removeprefix(" · ")
