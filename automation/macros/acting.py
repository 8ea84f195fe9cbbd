"""A macro that acts on an order: a person looks at the action and confirms it, then the reply leaves.

Nothing is begun by sending. A reply says which action was confirmed for it, that it leaves without,
or, where nobody sits in front of each message, that the action is only proposed.
"""

from __future__ import annotations

import uuid
from typing import Any

from automation.macros.models import Macro
from integrations.commerce.acting import ActionKind
from integrations.commerce.ledger.models import OPEN_STATES, ActionState, OrderAction
from tickets.actions.reply import PROPOSE, WITHOUT, OutgoingMessage
from tickets.models import Ticket

TYPE = "order_action"
STARTED = (*OPEN_STATES, ActionState.DONE, ActionState.PARTIAL)
_WILL_HOLD = {
    ActionKind.CANCEL: frozenset({"cancelled", "refunded"}),
    ActionKind.REFUND: frozenset({"refunded"}),
}


def order_action_of(macro: Macro) -> dict[str, Any] | None:
    """What the macro does to the order: ``{kind, params}``, or None."""
    for each in macro.actions:
        if each["type"] == TYPE:
            return {"kind": each["params"]["kind"], "params": each["params"]["params"]}
    return None


def claims_to_come(macro: Macro) -> frozenset[str]:
    """What the text may say already because the macro's own action makes it so."""
    acts = order_action_of(macro)
    return _WILL_HOLD.get(ActionKind(acts["kind"]), frozenset()) if acts else frozenset()


def action_of(ticket: Ticket, outgoing: OutgoingMessage) -> OrderAction | None:
    """The action on this ticket that was confirmed for the message, as it stands now."""
    try:
        wanted = uuid.UUID(outgoing.order_action)
    except ValueError:
        return None
    return (
        OrderAction.objects.select_related("order")
        .filter(pk=wanted, organization_id=ticket.organization_id, ticket=ticket)
        .first()
    )


def why_not_decided(
    macro: Macro, outgoing: OutgoingMessage, action: OrderAction | None
) -> str | None:
    """What is to be done about the macro's action before the message may leave, or None."""
    acts = order_action_of(macro)
    if acts is None or outgoing.order_action in (WITHOUT, PROPOSE):
        return None
    is_it = (
        action is not None
        and action.kind == acts["kind"]
        and outgoing.order_id in (None, action.order_id)
    )
    if action is None or not is_it or action.state == ActionState.PROPOSED:
        return (
            "This macro also acts on the order, and nobody has confirmed that. "
            "Look at it and confirm, or send the reply without it."
        )
    if action.state not in STARTED:
        reason = action.reason or "Nothing was changed."
        return (
            f"What this macro does to order {action.order.number} did not happen: {reason} "
            "Try again, or send the reply without it."
        )
    return None
