"""The money of one order that our actions may still send back; every write is one statement.

A reservation is made before the shop is asked and ends when it is known what became of it. The
database refuses a reservation that would send back more than came in, whoever asks and however
many ask at once.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from helpdesk.lib.clock import now
from integrations.commerce.acting import ActionKind, ActionRefused, Quote
from integrations.commerce.ledger.models import OrderAction, OrderMoney
from integrations.commerce.models import FinancialStatus, Order
from integrations.commerce.money import format_money
from integrations.commerce.normal_form import OrderData

BELIEVED_AFTER = timedelta(minutes=5)
"""What a shop says so long after our last refund knows of that refund."""

_TAKEN_WHOLE = (
    FinancialStatus.PAID, FinancialStatus.PARTIALLY_REFUNDED, FinancialStatus.REFUNDED,
)  # fmt: skip
_GIVES_BACK = {
    ActionKind.CANCEL: ("refund", "store_credit"),
    ActionKind.REFUND: ("refund", "store_credit"),
    ActionKind.EDIT_ITEMS: ("refund",),
    ActionKind.RETURN_LABEL: ("refund",),
}


def gives_back(kind: str) -> tuple[str, ...]:
    """The names of the steps that send the order's own money back."""
    return _GIVES_BACK.get(ActionKind(kind), ())


def money_back(quote: Quote) -> int:
    """How much of the order's own money goes back if the quote is carried out."""
    names = gives_back(quote.kind)
    return sum(each.amount_minor or 0 for each in quote.effects if each.name in names)


def captured_of(data: OrderData, refundable_minor: int | None = None) -> int:
    """What came in, from what the shop says, or as much as it says can be given back."""
    refunded = sum(each.amount_minor for each in data.refunds)
    if data.captured_minor is not None:
        return data.captured_minor
    if refundable_minor is None:
        refundable_minor = data.refundable_minor
    if refundable_minor is not None:
        return refunded + refundable_minor
    if data.financial_status in _TAKEN_WHOLE:
        return data.total_minor
    return sum(each.amount_minor for each in data.payments if each.state == "captured")


def reserve(
    order: Order, amount_minor: int, told: OrderData, refundable_minor: int | None = None
) -> None:
    """Hold the amount back for one action; raises ActionRefused where it is not there any more.

    ``told`` is the order as the shop has just told it, ``refundable_minor`` what it said besides.
    """
    if amount_minor <= 0:
        return
    _read_anew(order, told, refundable_minor)
    changed = OrderMoney.objects.filter(
        pk=order.pk,
        captured_minor__gte=F("refunded_minor") + F("reserved_minor") + amount_minor,
    ).update(reserved_minor=F("reserved_minor") + amount_minor)
    if changed:
        return
    money = OrderMoney.objects.get(pk=order.pk)
    left = max(0, money.captured_minor - money.refunded_minor - money.reserved_minor)
    raise ActionRefused(
        f"Only {format_money(left, order.currency)} of this order can still go back: the rest has "
        "gone back already or is on its way.",
        reason_code="too_much" if left else "nothing_left",
    )


def settle(action: OrderAction, given_minor: int, *, keep_minor: int = 0) -> None:
    """So much of the reservation went back; all but ``keep_minor`` of the rest is free again."""
    if action.reserved_minor <= 0 and given_minor <= 0:
        return
    given_minor = min(given_minor, action.reserved_minor)
    freed = action.reserved_minor - keep_minor
    OrderMoney.objects.filter(pk=action.order_id).update(
        reserved_minor=F("reserved_minor") - freed,
        refunded_minor=F("refunded_minor") + given_minor,
        settled_at=now(),
    )
    action.reserved_minor = keep_minor


def _read_anew(order: Order, told: OrderData, refundable_minor: int | None) -> None:
    """Take over what the shop says, unless something of ours is on its way there."""
    captured = captured_of(told, refundable_minor)
    refunded = sum(each.amount_minor for each in told.refunds)
    OrderMoney.objects.bulk_create(
        [OrderMoney(order=order, captured_minor=captured, refunded_minor=refunded)],
        ignore_conflicts=True,
    )
    money = OrderMoney.objects.select_for_update(no_key=True).get(pk=order.pk)
    if money.reserved_minor > 0:
        return
    knows = money.settled_at is None or told.updated_at > money.settled_at + BELIEVED_AFTER
    money.captured_minor = captured
    money.refunded_minor = refunded if knows else max(refunded, money.refunded_minor)
    money.save(update_fields=["captured_minor", "refunded_minor"])
