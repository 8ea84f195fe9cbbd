"""Order actions and previews as the API and the event log say them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict, cast

from helpdesk.accounts.models import User
from helpdesk.events.payloads import (
    ActionActorRecord,
    ActionStepRecord,
    ApprovalRecord,
    OrderActionPayload,
    OrderActionRecord,
)
from helpdesk.lib.clock import iso, now
from integrations.commerce.acting import Quote, Warned
from integrations.commerce.ledger.models import ActionState, OrderAction
from integrations.commerce.models import Order
from integrations.commerce.records import MoneyRecord, OrderRecord, money, order_record
from integrations.commerce.state import state_of

PICKS_SOON = timedelta(hours=24)
LOOKS = 6
"""How often a shop is asked what became of a lost answer before a person is."""


class EffectRecord(TypedDict):
    name: str
    amount: MoneyRecord | None
    quantity: int | None
    detail: str


class RefundableLineRecord(TypedDict):
    line: str
    title: str
    variant: str
    quantity: int
    unit: MoneyRecord
    can_restock: bool


class WarningRecord(TypedDict):
    code: str
    detail: dict[str, Any]


class PreviewRecord(TypedDict):
    """What would happen if this were confirmed now; the token is good for five minutes."""

    preview_token: str
    expires_at: str
    kind: str
    params: dict[str, Any]
    order: OrderRecord
    effects: list[EffectRecord]
    amount: MoneyRecord
    refund_to: str
    refundable: MoneyRecord | None
    refundable_lines: list[RefundableLineRecord]
    refundable_shipping: MoneyRecord
    methods: list[str]
    warnings: list[WarningRecord]
    is_final: bool
    needs_approval: ApprovalRecord | None
    running: list[OrderActionRecord]


class ChangeRecord(TypedDict):
    """Something that is not any more as it was shown."""

    field: str
    before: str
    after: str


class OrderActionList(TypedDict):
    results: list[OrderActionRecord]
    next: str | None


def action_record(action: OrderAction) -> OrderActionRecord:
    """The action; select ``order``, ``store``, ``user`` and ``approver`` for lists."""
    return cast(
        OrderActionRecord,
        {
            "id": str(action.pk),
            "order_id": str(action.order_id),
            "order_number": action.order.number,
            "store_id": str(action.store_id),
            "store_name": action.store.name,
            "ticket_id": _id(action.ticket_id),
            "customer_id": _id(action.customer_id),
            "kind": action.kind,
            "params": action.params,
            "amount": money(action.amount_minor, action.currency) if action.quoted_at else None,
            "refund_to": action.refund_to,
            "state": str(action.state),
            "steps": [_step_record(each, action.currency) for each in action.steps],
            "actor": _actor(action),
            "approver": _person(action.approver),
            "approval": _approval(action.approval, action.currency),
            "note": action.note,
            "reason": action.reason,
            "reason_code": action.reason_code,
            "instead": list(action.instead),
            "is_automatic": action.is_automatic,
            "rule_id": _id(action.rule_id),
            "before": action.before,
            "after": action.after,
            "can_retry": can_retry(action),
            "needs_person": action.state == ActionState.CHECKING and action.checks >= LOOKS,
            "created_at": iso(action.created_at),
            "started_at": iso(action.started_at),
            "finished_at": iso(action.finished_at),
            "expires_at": iso(action.expires_at),
            "version": action.version,
        },
    )


def can_retry(action: OrderAction) -> bool:
    """Whether a person may ask once more for what failed."""
    is_over = action.state in (ActionState.PARTIAL, ActionState.FAILED)
    return is_over and any(e["state"] == "failed" and e["can_retry"] for e in action.steps)


def action_payload(action: OrderAction) -> OrderActionPayload:
    """Payload of ``order_action.changed``."""
    return {
        "order_action": action_record(action),
        "ticket_id": _id(action.ticket_id),
        "team_id": _id(action.ticket.team_id) if action.ticket else None,
        "customer_id": _id(action.customer_id),
    }


def preview_record(
    quote: Quote,
    order: Order,
    *,
    token: str,
    good_until: datetime,
    approval: dict[str, Any],
    running: list[OrderAction],
) -> PreviewRecord:
    """What the quote says of the order (with parts), in amounts and words."""
    currency = quote.currency or order.currency
    refundable = quote.refundable_minor
    return {
        "preview_token": token,
        "expires_at": cast(str, iso(good_until)),
        "kind": str(quote.kind),
        "params": quote.params,
        "order": order_record(order, now()),
        "effects": [
            {
                "name": each.name,
                "amount": None if each.amount_minor is None else money(each.amount_minor, currency),
                "quantity": each.quantity,
                "detail": each.detail,
            }
            for each in quote.effects
        ],
        "amount": money(quote.amount_minor, currency),
        "refund_to": quote.refund_to,
        "refundable": None if refundable is None else money(refundable, currency),
        "refundable_lines": _refundable_lines(quote, order, currency),
        "refundable_shipping": money(quote.refundable_shipping_minor, currency),
        "methods": list(quote.methods),
        "warnings": [
            {"code": each.code, "detail": _warning_detail(each, currency)}
            for each in warnings_of(quote)
        ],
        "is_final": quote.is_final,
        "needs_approval": _approval(approval, currency),
        "running": [action_record(each) for each in running],
    }


def warnings_of(quote: Quote) -> list[Warned]:
    """The shop's own warnings, and when picking begins where it did not say so itself."""
    warnings = list(quote.warnings)
    pick_at = quote.order.pick_at
    is_soon = pick_at is not None and now() < pick_at < now() + PICKS_SOON
    if pick_at and is_soon and not any(each.code == "picking_soon" for each in warnings):
        warnings.insert(0, Warned("picking_soon", {"at": iso(pick_at)}))
    return warnings


def told_of(order: Order) -> dict[str, str]:
    """The order (with parts) in a few words, for the before and after of receipts."""
    refunded = sum(each.amount_minor for each in order.refunds.all())
    address = order.shipping_address
    place = " ".join(part for part in (address.get("postcode"), address.get("city")) if part)
    parts = (address.get("name"), address.get("company"), address.get("street"), place,
             address.get("country_code"))  # fmt: skip
    return {
        "state": str(state_of(order, now()).label),
        "payment": order.get_financial_status_display(),
        "fulfillment": order.get_fulfillment_status_display(),
        "total": money(order.total_minor, order.currency)["text"],
        "refunded": money(refunded, order.currency)["text"],
        "address": ", ".join(part for part in parts if part),
        "items": ", ".join(f"{e.quantity} × {e.title}" for e in order.lines.all())[:500],
        "note": order.note[:300],
        "tags": ", ".join(order.tags)[:300],
        "hold": (order.hold_reason or "On hold") if order.is_on_hold else "",
    }


def _refundable_lines(quote: Quote, order: Order, currency: str) -> list[RefundableLineRecord]:
    lines = {each.external_id: each for each in order.lines.all()}
    return [
        {
            "line": each.line,
            "title": lines[each.line].title if each.line in lines else each.line,
            "variant": lines[each.line].variant if each.line in lines else "",
            "quantity": each.quantity,
            "unit": money(each.unit_minor, currency),
            "can_restock": each.can_restock,
        }
        for each in quote.refundable_lines
    ]


def _warning_detail(warning: Warned, currency: str) -> dict[str, Any]:
    """As the shop said it, with amounts as people read them beside."""
    detail = {
        name: iso(value) if isinstance(value, datetime) else value
        for name, value in warning.detail.items()
    }
    amount = detail.get("amount_minor")
    if isinstance(amount, int):
        detail["amount"] = money(amount, currency)
    return detail


def _step_record(step: dict[str, Any], currency: str) -> ActionStepRecord:
    amount = step.get("amount_minor")
    return {
        "name": step["name"],
        "state": step["state"],
        "amount": None if amount is None else money(amount, currency),
        "quantity": step.get("quantity"),
        "about": step.get("about", ""),
        "reference": step.get("reference", ""),
        "reason": step.get("reason", ""),
        "detail": step.get("detail", {}),
        "can_retry": step.get("can_retry", False),
    }


def _actor(action: OrderAction) -> ActionActorRecord:
    return _person(action.user) or {"id": None, "name": action.actor.get("name", "")}


def _person(user: User | None) -> ActionActorRecord | None:
    return None if user is None else {"id": str(user.pk), "name": user.name}


def _approval(approval: dict[str, Any], currency: str) -> ApprovalRecord | None:
    if not approval:
        return None
    limit = approval.get("limit_minor")
    return {
        "reason": approval["reason"],
        "limit": None if limit is None else money(limit, currency),
    }


def _id(value: Any) -> str | None:
    return None if value is None else str(value)
