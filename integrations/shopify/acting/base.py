"""What every action needs: the order as it is now, its parameters, and what a refusal means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Protocol

from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, HelpdeskError, InvalidInput
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
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.shopify.client import Node, ShopifyClient, gid
from integrations.shopify.listing import order_node, whole_order
from integrations.shopify.reading import holds_of, nodes

SOON_AFTER = timedelta(minutes=1)
LONG_AFTER = timedelta(minutes=10)
"""No request of ours is still under way at Shopify after that."""


@dataclass
class Desk:
    """One order to act on."""

    client: ShopifyClient
    store: Store
    number: str

    @cached_property
    def node(self) -> Node:
        """The order as Shopify tells it now."""
        return order_node(self.client, self.store, self.number)

    @cached_property
    def order(self) -> OrderData:
        """The same in our normal form."""
        return whole_order(self.client, self.store, self.node)

    @property
    def id(self) -> str:
        return gid("Order", self.number)

    @property
    def customer_id(self) -> str:
        """The buyer's global id; empty for a guest or where we may not know."""
        found = (self.node.get("customer") or {}).get("legacyResourceId")
        return gid("Customer", str(found)) if found else ""

    def afterwards(self) -> OrderData | None:
        """The order read again; None where that does not work just now."""
        try:
            return whole_order(
                self.client, self.store, order_node(self.client, self.store, self.number)
            )
        except (ConnectorFailure, HelpdeskError):
            return None


class Act(Protocol):
    """One kind of action; see ``integrations.commerce.acting.ActsOnOrders``."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote: ...

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]: ...

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None: ...


def marker(intent: Intent) -> str:
    """The words by which what an intent made is found again at Shopify."""
    return f"Aftercare {intent.key.hex[:12]}"


def quoted(
    kind: ActionKind, desk: Desk, params: dict[str, Any], effects: Iterable[Effect], **more: Any
) -> Quote:
    """A quote whose context names the steps; warns of what holds for every action."""
    steps = tuple(each for each in effects)
    warnings = (*_always(desk), *more.pop("warnings", ()))
    context = {**more.pop("context", {}), "steps": [each.name for each in steps]}
    more.setdefault("currency", desk.order.currency)
    return Quote(kind, params, desk.order, steps, warnings=warnings, context=context, **more)


def _always(desk: Desk) -> list[Warned]:
    found = []
    if any(
        each["reason"] == "ONLINE_STORE_POST_PURCHASE_CROSS_SELL" for each in holds_of(desk.node)
    ):
        found.append(Warned("upsell_pending"))
    printed = {"LABEL_PRINTED", "LABEL_PURCHASED"}
    if any(each.get("displayStatus") in printed for each in desk.node.get("fulfillments") or []):
        found.append(Warned("label_printed"))
    return found


def finished(intent: Intent, main: str, reference: str = "", **more: Any) -> tuple[StepDone, ...]:
    """All the steps of one call as done; ``main`` is the one that ``more`` is about."""
    return each_step(intent, main, "done", reference, **more)


def each_step(
    intent: Intent, main: str, state: Any, reference: str = "", **more: Any
) -> tuple[StepDone, ...]:
    """The same state for all the steps of one call."""
    names = [str(each) for each in intent.context.get("steps") or [main]]
    return tuple(
        StepDone(name, state, reference, **(more if name == main else {})) for name in names
    )


def already_done(intent: Intent, main: str) -> tuple[StepDone, ...] | None:
    """The steps, where an earlier try is known to have finished the one that counts."""
    if main not in intent.done:
        return None
    return finished(intent, main, intent.done[main])


def never_happened(
    intent: Intent, main: str, *, may_repeat: bool = False
) -> tuple[StepDone, ...] | None:
    """Failed steps of a call that left no trace; None as long as it might still be under way.

    With ``may_repeat`` Shopify itself sees to it that the same call does not happen twice, so
    that it is enough to wait until a search would find what was made.
    """
    began = intent.began_at
    if may_repeat:
        if began is not None and now() - began < SOON_AFTER:
            return None
    elif began is None or now() - began < LONG_AFTER:
        return None
    return each_step(intent, main, "failed", reason="Shopify knows nothing of it.", can_retry=True)


def check_errors(payload: Node, *, field: str = "userErrors") -> None:
    """Raises ActionRefused where Shopify's answer says that it was not done, and why."""
    errors = payload.get(field) or []
    if errors:
        raise refusal_of(errors)


def refusal_of(errors: list[Node]) -> ActionRefused:
    """The refusal in Shopify's words, with a reason code where we know them."""
    words = " ".join(str(each.get("message") or "") for each in errors).strip()[:300]
    low = words.lower()
    code = next((code for signs, code in _SIGNS if any(each in low for each in signs)), "refused")
    return ActionRefused(f"Shopify refused it: {words}", reason_code=code)


_SIGNS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("already been cancelled", "already been canceled", "already cancelled"), "already_cancelled"),
    (("been refunded", "already refunded"), "already_refunded"),
    (("cannot refund more", "exceed", "greater than the maximum", "more than"), "too_much"),
    (("been fulfilled", "already fulfilled", "outstanding fulfillment"), "already_shipped"),
    (("pending payment", "payment is pending", "authorization"), "payment_pending"),
    (("active return", "open return", "return in progress"), "return_open"),
    (("missing customer", "no customer", "store credit account owner"), "guest_customer"),
    (("not enabled", "not supported", "not available on", "permission"), "not_offered"),
    (("expired", "no longer", "not editable", "cannot be edited"), "too_late"),
)


def chosen_lines(
    params: dict[str, Any], name: str, most: dict[str, int]
) -> dict[str, dict[str, Any]]:
    """The lines that were named ({line: entry}), none more often than ``most`` allows."""
    found: dict[str, dict[str, Any]] = {}
    entries = params.get(name) or []
    if not isinstance(entries, list):
        raise InvalidInput.field(f"params.{name}", "Lines are a list.")
    for position, entry in enumerate(entries):
        where = f"params.{name}.{position}"
        if not isinstance(entry, dict):
            raise InvalidInput.field(where, "A line is an object.")
        line, quantity = str(entry.get("line") or ""), whole_number(entry.get("quantity"), where)
        if line not in most:
            raise InvalidInput.field(f"{where}.line", "The order has no such line.")
        if quantity > most[line] - (found[line]["quantity"] if line in found else 0):
            raise InvalidInput.field(
                f"{where}.quantity", f"At most {most[line]} of it can be chosen."
            )
        if line in found:
            quantity += found[line]["quantity"]
        found[line] = {**entry, "line": line, "quantity": quantity}
    return {line: each for line, each in found.items() if each["quantity"]}


def chosen_or_all(params: dict[str, Any], most: dict[str, int]) -> dict[str, dict[str, Any]]:
    """The lines that were named; all of them where none is."""
    if params.get("lines"):
        return chosen_lines(params, "lines", most)
    return {line: {"line": line, "quantity": count} for line, count in most.items() if count}


def whole_number(value: Any, where: str) -> int:
    """A quantity or an amount: a whole number that is not below zero."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput.field(where, "This must be a whole number, not below zero.")
    return value


def line_nodes(desk: Desk) -> dict[str, Node]:
    """The order's lines by their number."""
    return {str(each["id"]).rsplit("/", 1)[-1]: each for each in nodes(desk.node, "lineItems")}
