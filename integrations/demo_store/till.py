"""The demo shop's own side: its orders as they are, and what it does when it is asked.

It behaves like a platform with idempotency keys: a call that comes twice is done once and answered
the same. With ``slow_seconds`` calls become jobs that are done later, as they are at real shops.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import asdict, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Union, get_args, get_origin, get_type_hints

from django.db import transaction

from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound, PermanentFailure
from integrations.commerce.models import (
    FinancialStatus,
    FulfillmentStatus,
    ReturnState,
    ReturnStatus,
    Store,
)
from integrations.commerce.normal_form import (
    AddressData,
    LineQuantity,
    OrderData,
    OrderLineData,
    PaymentData,
    RefundData,
    ReturnData,
)
from integrations.demo_store import content
from integrations.demo_store.models import ShopCall, ShopState
from integrations.demo_store.shop import order_data

DONE, WAITING, REFUSED = "done", "waiting", "refused"
LABEL_URL = "https://returns.lindenloom.example/{number}.pdf"


def all_orders(store: Store) -> list[OrderData]:
    """Every order of the shop as it is now."""
    finish_jobs(store)
    changed = {each.external_id: each for each in ShopState.objects.filter(store=store)}
    told = {f"demo-{number}": each for number, each in content.orders().items()}
    opened_at = _opened_at(store)
    names = [*told, *(name for name in changed if name not in told)]
    return [
        _completed(
            _read(changed[name].order) if name in changed else order_data(told[name], opened_at)
        )
        for name in names
    ]


def order_now(store: Store, external_id: str) -> OrderData:
    """The order as it is now; raises NotFound."""
    finish_jobs(store, external_id)
    return _completed(_find(store, external_id))


def shipping_refunded(store: Store, external_id: str) -> int:
    """How much of the order's shipping went back."""
    found = ShopState.objects.filter(store=store, external_id=external_id).first()
    return found.shipping_refunded_minor if found else 0


def ask(store: Store, external_id: str, key: str, step: str, args: dict[str, Any]) -> ShopCall:
    """Have the shop do something; the same key again is answered with what came of it then."""
    slow = float(store.config.get("slow_seconds") or 0)
    with transaction.atomic():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)  # this shop has one till
        call, is_new = ShopCall.objects.get_or_create(
            store=store,
            key=key,
            defaults={
                "external_id": external_id, "step": step, "args": args, "state": WAITING,
                "done_at": now() + timedelta(seconds=slow),
            },
        )  # fmt: skip
        if is_new and slow <= 0:
            _do(call)
    return call


def find_call(store: Store, key: str) -> ShopCall | None:
    """What the shop knows of that key, or None if it never heard of it."""
    found = ShopCall.objects.filter(store=store, key=key).first()
    if found is not None:
        finish_jobs(store, found.external_id)
        found.refresh_from_db()
    return found


def finish_jobs(store: Store, external_id: str = "") -> None:
    """Do what was asked for and is due by now."""
    due = ShopCall.objects.filter(store=store, state=WAITING, done_at__lte=now())
    if external_id:
        due = due.filter(external_id=external_id)
    if not due.exists():
        return
    with transaction.atomic():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)
        for call in list(due.order_by("pk")):
            _do(call)


def _do(call: ShopCall) -> None:
    """Do it at the shop, in the caller's transaction; never after a step that was refused."""
    before = call.args.get("after")
    if (
        before
        and not ShopCall.objects.filter(store_id=call.store_id, key=before, state=DONE).exists()
    ):
        call.state, call.answer = REFUSED, {"code": "refused", "reason": "The step before failed."}
        call.save()
        return
    state = ShopState.objects.filter(store_id=call.store_id, external_id=call.external_id).first()
    if state is None:
        order = _find(call.store, call.external_id)
        state = ShopState(store_id=call.store_id, external_id=call.external_id)
    else:
        order = _read(state.order)
    try:
        after, answer = _STEPS[call.step](order, call, state)
    except _No as no:
        call.state, call.answer = REFUSED, {"code": no.code, "reason": str(no)}
        call.save()
        return
    if after != order:
        after = replace(after, updated_at=max(now(), order.updated_at + timedelta(milliseconds=1)))
        state.order, state.updated_at = plain(after), after.updated_at
        state.save()
    call.state, call.answer = DONE, answer
    call.save()


class _No(Exception):
    """The shop does not do this."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


Did = tuple[OrderData, dict[str, Any]]


def _cancel(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    if order.cancelled_at is not None:
        raise _No("already_cancelled", "The order is cancelled already.")
    if order.fulfillment_status != FulfillmentStatus.UNFULFILLED:
        raise _No("already_shipped", "The order has left the warehouse.")
    reason = call.args.get("reason") or "customer"
    after = replace(
        order, cancelled_at=now(), cancel_reason=_CANCEL_WORDS.get(reason, reason),
        is_on_hold=False, hold_reason="", pick_at=None,
    )  # fmt: skip
    return after, {"reference": f"cancel-{call.pk}"}


def _void(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    return replace(order, financial_status=FinancialStatus.VOIDED), {"reference": f"void-{call.pk}"}


def _refund(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    amount = call.args["amount_minor"]
    refunded = sum(each.amount_minor for each in order.refunds)
    if amount <= 0 or refunded + amount > captured_of(order):
        raise _No("too_much", "That is more than was paid and has not gone back yet.")
    method = call.args.get("method", "original")
    refund = RefundData(
        external_id=f"{order.external_id}-refund-{call.pk}",
        amount_minor=amount,
        refunded_at=now(),
        reason=call.args.get("reason", "")[:200],
        method="Store credit" if method == "store_credit" else order.payment_method,
    )
    back = {each["line"]: each["quantity"] for each in call.args.get("lines", [])}
    lines = tuple(
        replace(each, refunded_quantity=each.refunded_quantity + back.get(each.external_id, 0))
        for each in order.lines
    )
    if any(each.refunded_quantity > each.quantity for each in lines):
        raise _No("too_much", "More of an item than was bought.")
    state.shipping_refunded_minor += call.args.get("shipping_minor", 0)
    is_all = refunded + amount == captured_of(order)
    status = FinancialStatus.REFUNDED if is_all else FinancialStatus.PARTIALLY_REFUNDED
    after = replace(order, refunds=(*order.refunds, refund), lines=lines, financial_status=status)
    return after, {"reference": refund.external_id}


def _nothing(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    """Restocking and mails to customers leave no trace on the order."""
    return order, {"reference": f"{call.step}-{call.pk}"}


def _address(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    if order.fulfillment_status != FulfillmentStatus.UNFULFILLED or order.cancelled_at:
        raise _No("too_late", "The parcel has left with the old address.")
    after = replace(order, shipping_address=AddressData(**call.args["address"]))
    return after, {"reference": f"address-{call.pk}"}


def _items(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    if order.fulfillment_status != FulfillmentStatus.UNFULFILLED or order.cancelled_at:
        raise _No("too_late", "Items can only be changed before they leave the warehouse.")
    wanted = {each["line"]: each["quantity"] for each in call.args["lines"]}
    kept = [
        replace(each, quantity=wanted.get(each.external_id, each.quantity)) for each in order.lines
    ]
    added = [_line_read(each) for each in call.args["add"]]
    lines = tuple(each for each in [*kept, *added] if each.quantity > 0)
    subtotal = sum(each.price_minor * each.quantity for each in lines)
    after = replace(
        order, lines=lines, subtotal_minor=subtotal,
        total_minor=subtotal + order.shipping_minor, captured_minor=captured_of(order),
    )  # fmt: skip
    return after, {"reference": f"items-{call.pk}"}


def _duplicate(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    count = ShopCall.objects.filter(
        store_id=call.store_id, external_id=order.external_id, step="duplicate", state=DONE
    ).count()
    number = f"{order.number}-R{count + 1}"
    wanted = {each["line"]: each["quantity"] for each in call.args["lines"]}
    name = f"{order.external_id}-R{count + 1}"
    lines = tuple(
        replace(
            each, external_id=f"{name}-{position}", quantity=wanted[each.external_id],
            fulfilled_quantity=0, refunded_quantity=0,
            price_minor=0 if call.args["is_free"] else each.price_minor,
        )
        for position, each in enumerate(order.lines, start=1)
        if wanted.get(each.external_id, 0) > 0
    )  # fmt: skip
    subtotal = sum(each.price_minor * each.quantity for each in lines)
    new = OrderData(
        external_id=name,
        number=number,
        placed_at=now(),
        updated_at=now(),
        currency=order.currency,
        subtotal_minor=subtotal,
        total_minor=subtotal,
        financial_status=FinancialStatus.PENDING if subtotal else FinancialStatus.PAID,
        fulfillment_status=FulfillmentStatus.UNFULFILLED,
        customer=order.customer,
        email=order.email,
        phone=order.phone,
        payment_method="" if call.args["is_free"] else order.payment_method,
        shipping_address=AddressData(**call.args["address"]),
        billing_address=order.billing_address,
        note=call.args.get("note") or f"Instead of {order.number}",
        tags=("replacement",) if call.args["is_free"] else (),
        lines=lines,
        captured_minor=0,
    )
    ShopState.objects.create(
        store_id=call.store_id, external_id=name, order=plain(new), updated_at=new.updated_at
    )
    return order, {"reference": name, "detail": {"number": number}}


def _return(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    number = f"RMA-{order.number.strip('#')}-{len(order.returns) + 1}"
    titles = {each.external_id: each.title for each in order.lines}
    new = ReturnData(
        external_id=f"{order.external_id}-return-{call.pk}",
        number=number,
        state=ReturnState.APPROVED,
        requested_at=now(),
        label_url=LABEL_URL.format(number=number),
        carrier="CTT",
        tracking_number=f"RR{call.pk:09d}PT",
        lines=tuple(
            LineQuantity(each["line"], each["quantity"], each.get("reason", ""),
                         titles.get(each["line"], ""))
            for each in call.args["lines"]
        ),
    )  # fmt: skip
    after = replace(order, returns=(*order.returns, new), return_status=ReturnStatus.REQUESTED)
    return after, {
        "reference": new.external_id,
        "detail": {"url": new.label_url, "number": number, "tracking_number": new.tracking_number},
    }


def _code(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    prefix = {"discount_code": "SORRY", "store_credit": "CREDIT", "gift_card": "GIFT"}[call.step]
    code = call.args.get("code") or f"{prefix}-{call.key.replace('-', '')[:6].upper()}"
    after = order
    if call.step == "discount_code":
        after = replace(order, discount_codes=(*order.discount_codes, code))
    return after, {"reference": f"{call.step}-{call.pk}", "detail": {"code": code}}


def _note(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    return replace(order, note=call.args["text"]), {"reference": f"note-{call.pk}"}


def _tags(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    gone = set(call.args["remove"])
    kept = [each for each in order.tags if each not in gone]
    tags = tuple(dict.fromkeys([*kept, *call.args["add"]]))
    return replace(order, tags=tags), {"reference": f"tags-{call.pk}"}


def _hold(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    if order.fulfillment_status != FulfillmentStatus.UNFULFILLED or order.cancelled_at:
        raise _No("too_late", "There is nothing left to hold back.")
    reason = call.args.get("reason") or "Held by support"
    after = replace(order, is_on_hold=True, hold_reason=reason)
    return after, {"reference": f"hold-{call.pk}"}


def _release(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    return replace(order, is_on_hold=False, hold_reason=""), {"reference": f"release-{call.pk}"}


def _ship(order: OrderData, call: ShopCall, state: ShopState) -> Did:
    """The warehouse was faster: what happens at a shop while an agent looks at a preview."""
    if order.is_on_hold or order.cancelled_at:
        raise _No("too_late", "The warehouse leaves this order alone.")
    after = replace(order, fulfillment_status=FulfillmentStatus.FULFILLED, packed_at=now())
    return after, {"reference": f"ship-{call.pk}"}


_STEPS: dict[str, Callable[[OrderData, ShopCall, ShopState], Did]] = {
    "cancel": _cancel,
    "void": _void,
    "refund": _refund,
    "restock": _nothing,
    "notify": _nothing,
    "address": _address,
    "items": _items,
    "duplicate": _duplicate,
    "return": _return,
    "discount_code": _code,
    "store_credit": _code,
    "gift_card": _code,
    "note": _note,
    "tags": _tags,
    "hold": _hold,
    "release": _release,
    "ship": _ship,
}
_CANCEL_WORDS = {
    "customer": "Customer asked", "fraud": "Fraud", "stock": "Out of stock",
    "staff": "Our mistake", "other": "Other",
}  # fmt: skip


def captured_of(order: OrderData) -> int:
    """What was paid."""
    if order.captured_minor is not None:
        return order.captured_minor
    unpaid = (FinancialStatus.PENDING, FinancialStatus.AUTHORIZED, FinancialStatus.VOIDED)
    return 0 if order.financial_status in unpaid else order.total_minor


def _completed(order: OrderData) -> OrderData:
    """With what follows from the rest: what can still be done, and the payment."""
    captured = captured_of(order)
    refunded = sum(each.amount_minor for each in order.refunds)
    is_gone = order.fulfillment_status != FulfillmentStatus.UNFULFILLED
    is_over = order.cancelled_at is not None
    payment = PaymentData(
        f"{order.external_id}-p1", "captured", captured, order.payment_method, order.placed_at
    )
    return replace(
        order,
        captured_minor=captured,
        refundable_minor=max(0, captured - refunded),
        can_cancel=not is_gone and not is_over,
        cannot_cancel_reason="cancelled" if is_over else "shipped" if is_gone else "",
        can_edit_address=not is_gone and not is_over,
        payments=(payment,) if captured else (),
    )


def _find(store: Store, external_id: str) -> OrderData:
    changed = ShopState.objects.filter(store=store, external_id=external_id).first()
    if changed is not None:
        return _read(changed.order)
    order = content.orders().get(external_id.removeprefix("demo-"))
    if order is None:
        raise NotFound("The demo store has no such order.")
    return order_data(order, _opened_at(store))


def _opened_at(store: Store) -> datetime:
    text = store.config.get("opened_at", "")
    try:
        opened_at = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise PermanentFailure(
            f"The demo store “{store.slug}” has no valid opened_at; seed the demo again."
        ) from error
    return opened_at


def _line_read(told: dict[str, Any]) -> OrderLineData:
    line: OrderLineData = _of_type(OrderLineData, told)
    return line


def _read(told: dict[str, Any]) -> OrderData:
    order: OrderData = _of_type(OrderData, told)
    return order


def plain(value: Any) -> Any:
    """Dataclasses as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(each) for name, each in asdict(value).items()}
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _of_type(hint: Any, value: Any) -> Any:
    """JSON as the dataclasses it came from."""
    origin = get_origin(hint)
    if value is None:
        return None
    if origin in (Union, types.UnionType):
        return _of_type(next(each for each in get_args(hint) if each is not type(None)), value)
    if origin is tuple:
        return tuple(_of_type(get_args(hint)[0], each) for each in value)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        kind: Any = hint
        return kind(**{name: _of_type(hints[name], each) for name, each in value.items()})
    return datetime.fromisoformat(value) if hint is datetime else value
