"""Holding an order back from the warehouse, and letting it go."""

from __future__ import annotations

from typing import Any

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
from integrations.shopify.acting.base import (
    Desk,
    already_done,
    finished,
    quoted,
    refusal_of,
)
from integrations.shopify.client import Node
from integrations.shopify.reading import nodes

HOLD = """mutation Hold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
    fulfillmentHold { id } userErrors { code field message }
  }
}"""
RELEASE = """mutation Release($id: ID!) {
  fulfillmentOrderReleaseHold(id: $id) { fulfillmentOrder { id status } userErrors { code field message } }
}"""
REASONS = {
    "address": "INCORRECT_ADDRESS", "fraud": "HIGH_RISK_OF_FRAUD", "stock": "INVENTORY_OUT_OF_STOCK",
    "payment": "AWAITING_PAYMENT",
}  # fmt: skip


class Hold:
    """Every part of the order that can be held. Holds carry a handle: the same is set once."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        found = _able(desk, "HOLD")
        if not found:
            raise ActionRefused(
                "Nothing of it waits in the warehouse any more.", reason_code="too_late"
            )
        reason = str(params.get("reason") or "other")[:100]
        return quoted(
            ActionKind.HOLD, desk, {"reason": reason},
            [Effect("hold", quantity=len(found), detail=reason)],
            is_final=False, context={"parts": [each["id"] for each in found]},
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "hold")
        if done:
            return done
        reason = str(intent.params["reason"])
        hold = {
            "reason": REASONS.get(reason.lower(), "OTHER"), "reasonNotes": reason,
            "handle": _handle(intent), "notifyMerchant": False,
        }  # fmt: skip
        before_step("hold")
        held: list[str] = []
        for part in intent.context["parts"]:
            payload = desk.client.act(HOLD, id=part, hold=hold)["fulfillmentOrderHold"]
            errors = payload.get("userErrors") or []
            if errors and not any(
                each.get("code") == "DUPLICATE_FULFILLMENT_HOLD_HANDLE" for each in errors
            ):
                return _partly(intent, "hold", held, refusal_of(errors))
            held.append(str(part))
        return finished(intent, "hold", held[0].rsplit("/", 1)[-1])

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        handle = _handle(intent)
        held = [
            each["id"]
            for each in nodes(desk.node, "fulfillmentOrders")
            if any(hold.get("handle") == handle for hold in each.get("fulfillmentHolds") or [])
        ]
        if held:
            return finished(intent, "hold", str(held[0]).rsplit("/", 1)[-1])
        return (StepDone("hold", "failed", reason="It is not held.", can_retry=True),)


class Release:
    """Takes every hold away, also those of others."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        held = _held(desk)
        if not held:
            raise ActionRefused("This order is not on hold.", reason_code="nothing_left")
        holds = [hold for each in held for hold in each["fulfillmentHolds"]]
        told = ", ".join(str(each.get("displayReason") or each["reason"]) for each in holds)
        others = [each for each in holds if not each.get("heldByRequestingApp")]
        warnings = (
            [Warned("other", {"text": "Somebody else set a hold on it: that is released, too."})]
            if others
            else []
        )
        return quoted(
            ActionKind.RELEASE, desk, {"reason": str(params.get("reason") or "")[:100]},
            [Effect("release", quantity=len(held), detail=told)],
            is_final=False, warnings=warnings, context={"parts": [each["id"] for each in held]},
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "release")
        if done:
            return done
        still = {each["id"] for each in _held(desk)}
        released: list[str] = []
        before_step("release")
        for part in intent.context["parts"]:
            if part in still:
                payload = desk.client.act(RELEASE, id=part)["fulfillmentOrderReleaseHold"]
                if payload.get("userErrors"):
                    return _partly(intent, "release", released, refusal_of(payload["userErrors"]))
            released.append(str(part))
        return finished(intent, "release", desk.number)

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        still = {each["id"] for each in _held(desk)}
        if still.isdisjoint(intent.context["parts"]):
            return finished(intent, "release", desk.number)
        return (StepDone("release", "failed", reason="It is still held.", can_retry=True),)


def _partly(
    intent: Intent, name: str, finished_parts: list[str], refusal: ActionRefused
) -> tuple[StepDone, ...]:
    """A refusal in the middle: the first part refused means that nothing was changed."""
    if not finished_parts:
        raise refusal
    count = len(intent.context["parts"])
    return (
        StepDone(
            name, "failed", str(finished_parts[-1]).rsplit("/", 1)[-1],
            f"Done for {len(finished_parts)} of {count} parts. {refusal.message}", can_retry=True,
        ),
    )  # fmt: skip


def _handle(intent: Intent) -> str:
    return f"aftercare-{intent.key.hex[:20]}"


def _able(desk: Desk, action: str) -> list[Node]:
    return [
        each
        for each in nodes(desk.node, "fulfillmentOrders")
        if any(able["action"] == action for able in each.get("supportedActions") or [])
    ]


def _held(desk: Desk) -> list[Node]:
    return [each for each in nodes(desk.node, "fulfillmentOrders") if each.get("fulfillmentHolds")]
