"""The steps of an order action as rows keep them, and what a shop's answer makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integrations.commerce.acting import ActionKind, Effect, Intent, StepDone
from integrations.commerce.ledger.models import ActionState, OrderAction
from integrations.commerce.ledger.money import gives_back

Step = dict[str, Any]


def planned(effects: Iterable[Effect]) -> list[Step]:
    """What is to be done, before anything is."""
    return [
        {
            "name": each.name,
            "state": "waiting",
            "amount_minor": each.amount_minor,
            "quantity": each.quantity,
            "about": each.detail,
            "reference": "",
            "reason": "",
            "detail": {},
            "can_retry": False,
        }
        for each in effects
    ]


def merged(steps: list[Step], told: Iterable[StepDone], *, is_all_done: bool) -> list[Step]:
    """The steps with what the shop says of them.

    Steps that it does not mention were part of the others where everything is done.
    """
    after = [dict(each) for each in steps]
    free = list(range(len(after)))
    for each in told:
        place = next((index for index in free if after[index]["name"] == each.name), None)
        if place is None:
            after.append({"name": each.name, "quantity": None, "about": "", "amount_minor": None})
            place = len(after) - 1
        else:
            free.remove(place)
        step = after[place]
        step["state"], step["reason"] = each.state, each.reason
        step["reference"] = each.reference or step.get("reference", "")
        step["detail"] = {**step.get("detail", {}), **each.detail}
        step["can_retry"] = each.state == "failed" and each.can_retry
        if each.amount_minor is not None:
            step["amount_minor"] = each.amount_minor
    if is_all_done:
        for step in after:
            if step["state"] == "waiting":
                step["state"] = "done"
    return after


def state_after(steps: list[Step]) -> ActionState:
    """How the whole action stands: earlier tries may have done some of it.

    While one step is under way it is not over, whatever became of the others.
    """
    if any(each["state"] == "pending" for each in steps):
        return ActionState.PENDING
    failed = any(each["state"] == "failed" for each in steps)
    done = any(each["state"] == "done" for each in steps)
    if failed:
        return ActionState.PARTIAL if done else ActionState.FAILED
    return ActionState.DONE


def given_back(action: OrderAction) -> int:
    """How much money of the order the steps sent back that were not yet settled; marks them."""
    names, total = gives_back(action.kind), 0
    for step in action.steps:
        if step["name"] in names and step["state"] == "done" and not step.get("is_settled"):
            total += step.get("amount_minor") or 0
            step["is_settled"] = True
    return total


def still_to_give(action: OrderAction) -> int:
    """How much money of the order the steps will send back that are not done."""
    names = gives_back(action.kind)
    return sum(
        step.get("amount_minor") or 0
        for step in action.steps
        if step["name"] in names and step["state"] != "done"
    )


def intent_of(action: OrderAction) -> Intent:
    """The action as connectors are told it."""
    return Intent(
        key=action.pk,
        kind=ActionKind(action.kind),
        params=action.params,
        amount_minor=action.amount_minor,
        currency=action.currency,
        context=action.context,
        done={e["name"]: e["reference"] for e in action.steps if e["state"] == "done"},
        began=tuple(action.began),
        pending={e["name"]: e["reference"] for e in action.steps if e["state"] == "pending"},
        began_at=action.began_at,
        again=action.again,
    )
