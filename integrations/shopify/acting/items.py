"""Changing what was ordered: an edit session is the preview, and committing it the deed."""

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
    StepDone,
    Warned,
)
from integrations.commerce.money import format_money
from integrations.shopify.acting.base import (
    Desk,
    already_done,
    check_errors,
    chosen_lines,
    finished,
    line_nodes,
    marker,
    never_happened,
    quoted,
    whole_number,
)
from integrations.shopify.client import Node, gid, number_of
from integrations.shopify.documents import MONEY
from integrations.shopify.reading import money, nodes

_SESSION = """
  calculatedOrder { ...Calculated } userErrors { field message }
"""
_CALCULATED = (
    """
fragment Calculated on CalculatedOrder {
  id totalPriceSet { ...Both } totalOutstandingSet { ...Both }
  lineItems(first: 100) { nodes { id quantity editableQuantity title } }
  addedLineItems(first: 20) { nodes { id title quantity } }
}"""
    + MONEY
)
BEGIN = f"mutation BeginEdit($id: ID!) {{ orderEditBegin(id: $id) {{ {_SESSION} }} }}{_CALCULATED}"
SET = (
    f"""mutation SetQuantity($id: ID!, $line: ID!, $quantity: Int!) {{
  orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $quantity, restock: true) {{ {_SESSION} }}
}}"""
    + _CALCULATED
)
ADD = (
    f"""mutation AddVariant($id: ID!, $variant: ID!, $quantity: Int!) {{
  orderEditAddVariant(id: $id, variantId: $variant, quantity: $quantity, allowDuplicates: true) {{
    {_SESSION}
  }}
}}"""
    + _CALCULATED
)
COMMIT = """mutation CommitEdit($id: ID!, $notify: Boolean!, $note: String) {
  orderEditCommit(id: $id, notifyCustomer: $notify, staffNote: $note) {
    order { id updatedAt } userErrors { field message }
  }
}"""


class EditItems:
    """Fewer or more of a line, none of it, or another variant; only what was not sent."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        if desk.node.get("cancelledAt"):
            raise ActionRefused("This order is cancelled.", reason_code="already_cancelled")
        if desk.order.fulfillment_status == "fulfilled":
            raise ActionRefused(
                "Everything was sent already.", reason_code="already_shipped",
                instead=(ActionKind.RETURN_LABEL, ActionKind.DUPLICATE),
            )  # fmt: skip
        lines, add = self._wanted(desk, params)
        calculated = self._session(desk, lines, add)
        before, after = desk.order.total_minor, money(calculated["totalPriceSet"])
        told = [
            f"{lines[line]} × {each['title']}"
            for line, each in line_nodes(desk).items()
            if line in lines
        ]
        told += [
            f"+{each['quantity']} × {each['title']}" for each in nodes(calculated, "addedLineItems")
        ]
        notify = bool(params.get("notify", True))
        effects = [Effect("items", after - before, detail=", ".join(told))]
        if notify and desk.order.email:
            effects.append(Effect("notify", detail=desk.order.email))
        return quoted(
            ActionKind.EDIT_ITEMS, desk,
            {
                "lines": [{"line": line, "quantity": count} for line, count in lines.items()],
                "add": [{"variant": variant, "quantity": count} for variant, count in add.items()],
                "notify": notify,
            },
            effects,
            warnings=_owed(desk, calculated),
            context={"session": calculated["id"], "before": before, "after": after},
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "items")
        if done:
            return done
        before_step("items")
        payload = desk.client.act(
            COMMIT,
            id=intent.context["session"],
            notify=bool(intent.params["notify"]),
            note=marker(intent),
        )["orderEditCommit"]
        check_errors(payload)
        return finished(intent, "items", desk.number)

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        wanted = {str(each["line"]): int(each["quantity"]) for each in intent.params["lines"]}
        has = {line: int(each["currentQuantity"]) for line, each in line_nodes(desk).items()}
        variants = {
            number_of((each.get("variant") or {}).get("id")) for each in line_nodes(desk).values()
        }
        is_there = all(has.get(line, 0) == count for line, count in wanted.items()) and all(
            str(each["variant"]) in variants for each in intent.params["add"]
        )
        if is_there:
            return finished(intent, "items", desk.number)
        return never_happened(intent, "items")

    def _wanted(self, desk: Desk, params: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
        known = line_nodes(desk)
        given = chosen_lines(params, "lines", dict.fromkeys(known, 10_000))
        zeros = {
            str(each.get("line")): 0
            for each in params.get("lines") or []
            if isinstance(each, dict) and each.get("quantity") == 0
        }
        lines = {**zeros, **{line: int(each["quantity"]) for line, each in given.items()}}
        lines = {
            line: count for line, count in lines.items() if count != known[line]["currentQuantity"]
        }
        add: dict[str, int] = {}
        entries = params.get("add") or []
        for position, each in enumerate(entries if isinstance(entries, list) else []):
            where = f"params.add.{position}"
            variant = str(each.get("variant") or "") if isinstance(each, dict) else ""
            if not number_of(variant).isdigit():
                raise InvalidInput.field(f"{where}.variant", "This is no variant of Shopify.")
            count = whole_number(each.get("quantity"), f"{where}.quantity")
            add[number_of(variant)] = add.get(number_of(variant), 0) + count
        add = {variant: count for variant, count in add.items() if count}
        if params and not lines and not add:
            raise InvalidInput.field("params.lines", "Nothing would change.")
        return lines, add

    def _session(self, desk: Desk, lines: dict[str, int], add: dict[str, int]) -> Node:
        """A session with all changes in it. Nothing of it counts before it is committed."""
        said = desk.client.ask(BEGIN, id=desk.id)["orderEditBegin"]
        check_errors(said)
        calculated: Node = said["calculatedOrder"]
        session = calculated["id"]
        calculated_lines = {number_of(each["id"]): each for each in nodes(calculated, "lineItems")}
        for line, count in lines.items():
            found = calculated_lines.get(line)
            if found is None:
                raise ActionRefused("This line cannot be changed any more.", reason_code="too_late")
            said = desk.client.ask(SET, id=session, line=found["id"], quantity=count)
            check_errors(said["orderEditSetQuantity"])
            calculated = said["orderEditSetQuantity"]["calculatedOrder"]
        for variant, count in add.items():
            said = desk.client.ask(
                ADD, id=session, variant=gid("ProductVariant", variant), quantity=count
            )
            check_errors(said["orderEditAddVariant"])
            calculated = said["orderEditAddVariant"]["calculatedOrder"]
        return calculated


def _owed(desk: Desk, calculated: Node) -> list[Warned]:
    """Shopify neither charges nor refunds a difference by itself."""
    owed = money(calculated["totalOutstandingSet"])
    sum_ = format_money(abs(owed), desk.order.currency)
    if owed < 0:
        return [Warned("other", {"text": f"{sum_} too much is paid then: refund it afterwards."})]
    if owed > 0:
        return [Warned("other", {"text": f"The customer then owes {sum_}: Shopify asks for it."})]
    return []
