"""Rules and macros that act on orders: mostly a proposal that waits on the ticket for a person.

A rule acts by itself only where an admin set it to *automatic* with caps, on the sender's own order
that the message names (or the only one it can mean), when the sender is proven, and only while
the rule still matches: that is asked again by the worker right before. Else it proposes.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING, Any

from automation.rules.automatic_replies import why_not_answerable
from automation.rules.compiled import CompiledRule
from automation.rules.conditions import evaluate
from automation.rules.models import Mode, Rule, RuleRun
from automation.rules.snapshot import Snapshot
from helpdesk.events.outbox import current_origin
from helpdesk.lib.clock import now
from helpdesk.lib.errors import FieldError, HelpdeskError, InvalidInput
from integrations.commerce.acting import MONEY_KINDS, ActionKind
from integrations.commerce.ledger.automatic import Caps, Wanted, ask_before_acting, propose
from integrations.commerce.ledger.models import OrderAction
from integrations.commerce.ledger.params import clean_params
from integrations.commerce.ledger.quoting import ask_shop
from integrations.commerce.money import format_money
from integrations.commerce.state import OrderState, state_of
from tickets.actions.change import lock_ticket
from tickets.models import Message, Ticket

if TYPE_CHECKING:
    from automation.orders import OrderMeant
    from automation.rules.actions import ActionContext

Params = dict[str, Any]
TYPE = "order_action"
MODES = ("propose", "automatic")
_CAPS = ("per_action_minor", "per_day_minor", "per_day")
_DONE = (OrderState.DELIVERED, OrderState.RETURNED, OrderState.REFUNDED, OrderState.CANCELLED)
IN_WORDS = {
    ActionKind.CANCEL: "Cancel the order",
    ActionKind.REFUND: "Refund",
    ActionKind.EDIT_ADDRESS: "Change the delivery address",
    ActionKind.EDIT_ITEMS: "Change the items",
    ActionKind.DUPLICATE: "Send it again",
    ActionKind.RETURN_LABEL: "Make a return label",
    ActionKind.DISCOUNT_CODE: "Make a discount code",
    ActionKind.STORE_CREDIT: "Give store credit",
    ActionKind.GIFT_CARD: "Give a gift card",
    ActionKind.NOTE: "Set the order’s note",
    ActionKind.TAGS: "Change the order’s tags",
    ActionKind.HOLD: "Hold the order back",
    ActionKind.RELEASE: "Release the order",
}


class ActOnOrder:
    """``{kind, params, mode, caps: {per_action_minor, per_day_minor, per_day}}``."""

    type, label, is_for_macros = TYPE, "Act on the order", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        wrong = sorted(set(params) - {"kind", "params", "mode", "caps"})
        if wrong:
            raise InvalidInput.field(wrong[0], "There is no such parameter.")
        if params.get("kind") not in set(ActionKind):
            raise InvalidInput.field("kind", f"Choose from: {', '.join(ActionKind)}.")
        mode = params.get("mode") or "propose"
        if mode not in MODES:
            raise InvalidInput.field("mode", f"Choose from: {', '.join(MODES)}.")
        kind = ActionKind(params["kind"])
        return {
            "kind": str(kind),
            "params": clean_params(kind, params.get("params") or {}),
            "mode": mode,
            "caps": _clean_caps(kind, params.get("caps") or {}) if mode == "automatic" else {},
        }

    def dangers(self, params: Params) -> frozenset[str]:
        """A proposal waits for a person and moves nothing."""
        return frozenset({"money"}) if _is_automatic(params) else frozenset()

    def describe(self, params: Params) -> str:
        words = IN_WORDS[ActionKind(params["kind"])]
        amount = params["params"].get("amount_minor")
        if amount:
            words += f" ({amount / 100:.2f})"
        return words if params["mode"] == "automatic" else f"Propose: {words[0].lower()}{words[1:]}"

    def apply(self, context: ActionContext, params: Params) -> str:
        ticket = lock_ticket(context.ticket_id)
        meant = context.order_meant
        order = meant.order if meant else None
        if order is None or meant is None:
            return "not proposed: the customer has no order that it could be about"
        doubt = _why_only_proposed(context, ticket, meant) if _is_automatic(params) else ""
        source = str(context.run_id or (context.message.pk if context.message else ticket.pk))
        action = propose(
            Wanted(
                kind=ActionKind(params["kind"]),
                params=params["params"],
                order=order,
                ticket_id=ticket.pk,
                customer_id=ticket.customer_id,
                actor=current_origin().actor.as_json(),
                source_key=f"{source}:{_digest(params)}",
                rule_id=_rule_of(context),
                is_automatic=_is_automatic(params) and not doubt,
                caps=Caps(**{name: params["caps"].get(name) for name in _CAPS}),
                note=doubt or f"Proposed by {context.source}." if context.source else doubt,
            )
        )
        if action.is_automatic:
            return f"begun on {order.number}"
        return f"proposed for {order.number}" + (f": {doubt}" if doubt else "")


def would(params: Params, ticket: Ticket, message: Message | None) -> str:
    """What it would come to now, asked of the shop: for trying a rule."""
    meant = Snapshot(ticket, message, at=now()).order_meant
    order = meant.order
    if order is None:
        return "would not be proposed: there is no order of this customer"
    try:
        quoted = ask_shop(order, ActionKind(params["kind"]), params["params"])
    except HelpdeskError as error:
        return f"would not be done on {order.number}: {error.message}"
    quote = quoted.quote
    steps = ", ".join(
        f"{each.name} {format_money(each.amount_minor, quoted.currency)}"
        if each.amount_minor
        else each.name
        for each in quote.effects
    )
    how = "would be done" if _is_automatic(params) else "would be proposed"
    caps, doubt = params["caps"], ""
    most = caps.get("per_action_minor")
    if _is_automatic(params):
        doubt = why_not_answerable(message, ticket) or "" if message else "no message"
        if most is not None and quote.amount_minor > most:
            doubt = f"more than {format_money(most, quoted.currency)}"
    if doubt:
        how = f"would only be proposed ({doubt})"
    return f"{how} on {order.number}: {steps}"


def why_not_any_more(action: OrderAction) -> str:
    """The guard right before a rule acts: why it must not, or an empty word."""
    run_id = action.source_key.partition(":")[0]
    run = RuleRun.objects.filter(pk=run_id).first() if len(run_id) == 36 else None
    rules = Rule.objects.filter(mode=Mode.ON, pk__in=[action.rule_id])
    rule = rules.first() if action.rule_id else None
    if (
        run is None
        or rule is None
        or not any(
            each["type"] == TYPE and _digest(each["params"]) == action.source_key.partition(":")[2]
            for each in (*rule.actions, *rule.else_actions)
        )
    ):
        return "The rule is switched off or says something else now."
    ticket = Ticket.objects.select_related("customer").filter(pk__in=[action.ticket_id]).first()
    message = Message.objects.select_related("body").filter(pk__in=[run.message_id]).first()
    if ticket is None or message is None:
        return "The ticket or its message is gone."
    doubt = why_not_answerable(message, ticket)
    if doubt:
        return f"Not by itself: {doubt}."
    snapshot = Snapshot(ticket, message, at=now())
    order = snapshot.order_meant.order
    if order is None or order.pk != action.order_id:
        return "The ticket is about another order now."
    if not evaluate(CompiledRule.of(rule).conditions, snapshot, {}, at=snapshot.at).is_match:
        return "The rule does not match any more."
    return ""


ask_before_acting(why_not_any_more)


def _clean_caps(kind: ActionKind, caps: Any) -> dict[str, int]:
    """Nothing acts by itself without an end: a number a day, and for money two sums."""
    needed = _CAPS if kind in MONEY_KINDS else ("per_day",)
    if not isinstance(caps, dict) or set(caps) - set(_CAPS):
        raise InvalidInput.field("caps", f"Caps are: {', '.join(_CAPS)}.")
    wrong = [
        FieldError(f"caps.{name}", "required", "Give a whole number: nothing acts without an end.")
        for name in needed
        if not isinstance(caps.get(name), int) or isinstance(caps[name], bool) or caps[name] < 0
    ]
    if wrong:
        raise InvalidInput(wrong[0].message, errors=wrong)
    return {name: value for name, value in caps.items() if isinstance(value, int)}


def _why_only_proposed(context: ActionContext, ticket: Ticket, meant: OrderMeant) -> str:
    """Why a person must look first; a spoofed or unclear request moves no money (G16.5)."""
    if context.run_id is None or context.message is None:
        return "macros only propose"
    doubt = why_not_answerable(context.message, ticket)
    if doubt:
        return doubt
    open_ones = [each for each in meant.orders if state_of(each, now()) not in _DONE]
    if not meant.is_named and len(open_ones) != 1:
        return "the message does not say which order"
    return ""


def _is_automatic(params: Params) -> bool:
    return bool(params["mode"] == "automatic")


def _rule_of(context: ActionContext) -> uuid.UUID | None:
    actor = current_origin().actor
    is_rule = context.run_id is not None and actor.type == "rule" and actor.id
    return uuid.UUID(str(actor.id)) if is_rule else None


def _digest(params: Params) -> str:
    return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()[:16]
