"""Cancelling: Shopify takes the order for it and does it a little later."""

from __future__ import annotations

from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Effect,
    Intent,
    Quote,
    StepDone,
)
from integrations.shopify.acting.base import (
    LONG_AFTER,
    Desk,
    already_done,
    check_errors,
    each_step,
    marker,
    never_happened,
    quoted,
    refusal_of,
)
from integrations.shopify.client import Node
from integrations.shopify.reading import cancel_refusal, money, nodes

CANCEL = """mutation Cancel(
  $id: ID!, $reason: OrderCancelReason!, $refund: OrderCancelRefundMethodInput!,
  $restock: Boolean!, $notify: Boolean!, $note: String
) {
  orderCancel(
    orderId: $id, reason: $reason, refundMethod: $refund, restock: $restock,
    notifyCustomer: $notify, staffNote: $note
  ) {
    job { id done }
    jobResult { id done status errors { code field message } }
    orderCancelUserErrors { code field message }
  }
}"""
RESULT = """query CancelResult($id: ID!) {
  node(id: $id) {
    ... on OrderCancelJobResult { done status errors { code field message } }
  }
}"""
JOB = "query CancelJob($id: ID!) { job(id: $id) { done } }"
REASONS = {
    "customer": "CUSTOMER", "fraud": "FRAUD", "stock": "INVENTORY", "staff": "STAFF",
    "other": "OTHER",
}  # fmt: skip
WORDS = {
    "already_cancelled": "This order is cancelled already.",
    "already_shipped": "Part of this order is on its way: Shopify does not cancel it any more.",
    "payment_pending": "A payment is still pending: Shopify cancels it when that has ended.",
    "return_open": "A return is open: close it before the order is cancelled.",
}
INSTEAD = {"already_shipped": (ActionKind.RETURN_LABEL, ActionKind.REFUND)}


class Cancel:
    """The whole order; Shopify cancels no parts of one."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        refusal = cancel_refusal(desk.node)
        if refusal:
            raise ActionRefused(
                WORDS[refusal], reason_code=refusal, instead=INSTEAD.get(refusal, ())
            )
        wanted = {
            "reason": str(params.get("reason") or "customer"),
            "refund": str(params.get("refund") or "full"),
            "restock": bool(params.get("restock", True)),
            "notify": bool(params.get("notify", True)),
            "note": str(params.get("note") or "")[:250],
        }
        if wanted["reason"] not in REASONS:
            raise InvalidInput.field("params.reason", f"One of: {', '.join(REASONS)}.")
        if wanted["refund"] not in ("full", "none"):
            raise InvalidInput.field("params.refund", "Either full or none.")
        refundable = int(desk.order.refundable_minor or 0)
        amount = refundable if wanted["refund"] == "full" else 0
        held = money(desk.node["totalCapturableSet"])
        waiting = sum(int(each.get("unfulfilledQuantity") or 0) for each in _lines(desk))
        way = desk.order.payment_method
        effects = [Effect("cancel", detail=desk.order.number)]
        if amount:
            effects.append(Effect("refund", amount, detail=way))
        if held:
            effects.append(Effect("void", held, detail=way))
        if wanted["restock"] and waiting:
            effects.append(Effect("restock", quantity=waiting))
        if wanted["notify"] and desk.order.email:
            effects.append(Effect("notify", detail=desk.order.email))
        return quoted(
            ActionKind.CANCEL, desk, wanted, effects,
            amount_minor=amount, refund_to=way if amount else "", refundable_minor=refundable,
            context={"refunded_before": money(desk.node["totalRefundedSet"])},
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "cancel")
        if done:
            return self.look_up(desk, intent) or done
        params = intent.params
        before_step("cancel")
        payload = desk.client.act(
            CANCEL,
            id=desk.id,
            reason=REASONS[str(params["reason"])],
            refund={"originalPaymentMethodsRefund": params["refund"] == "full"},
            restock=bool(params["restock"]),
            notify=bool(params["notify"]),
            note=" · ".join(filter(None, [str(params.get("note") or ""), marker(intent)])),
        )["orderCancel"]
        check_errors(payload, field="orderCancelUserErrors")
        result = payload.get("jobResult") or {}
        if result.get("errors"):
            raise refusal_of(result["errors"])
        job = str(result.get("id") or (payload.get("job") or {}).get("id") or "")
        return each_step(intent, "cancel", "pending", job)

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        job = intent.pending.get("cancel", "")
        found = _job(desk, job) if job else {}
        if not desk.node.get("cancelledAt"):
            if found.get("errors"):
                words = refusal_of(found["errors"]).message
                return each_step(intent, "cancel", "failed", job, reason=words)
            if found.get("status") == "FAILED" or (found.get("done") and _is_old(intent)):
                return each_step(
                    intent, "cancel", "failed", job, reason="Shopify could not cancel it."
                )
            if job:
                return each_step(intent, "cancel", "pending", job)
            return never_happened(intent, "cancel")
        return tuple(
            self._refunded(desk, intent, job) if name == "refund" else StepDone(name, "done", job)
            for name in intent.context.get("steps") or ["cancel"]
        )

    def _refunded(self, desk: Desk, intent: Intent, job: str) -> StepDone:
        """What became of the money: it goes back a little after the order is cancelled."""
        back = money(desk.node["totalRefundedSet"]) - int(intent.context["refunded_before"])
        newest = (desk.node.get("refunds") or [{}])[-1]
        if back >= intent.amount_minor:
            reference = str(newest.get("id") or job).rsplit("/", 1)[-1]
            return StepDone("refund", "done", reference, amount_minor=back)
        states = {each["status"] for each in nodes(newest, "transactions")}
        if states & {"FAILURE", "ERROR"}:
            return StepDone(
                "refund", "failed", job, "The order is cancelled, but the payment provider refused "
                "the refund: refund it by itself.",
            )  # fmt: skip
        return StepDone("refund", "pending", job)


def _job(desk: Desk, job: str) -> Node:
    """What Shopify says of the job: its result where it has one, else only whether it is done."""
    if "/Job/" in job:
        return desk.client.ask(JOB, id=job).get("job") or {}
    return desk.client.ask(RESULT, id=job).get("node") or {}


def _is_old(intent: Intent) -> bool:
    return intent.began_at is not None and now() - intent.began_at > LONG_AFTER


def _lines(desk: Desk) -> list[Node]:
    return nodes(desk.node, "lineItems")
