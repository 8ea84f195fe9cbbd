"""Every decision about an order action: start, propose, approve, turn down, retry, settle.

Each is one transaction with its event. Nothing here changes an order: a worker does
(``ledger.worker``), through the shop's connector.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import may
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    Conflict,
    ConnectorFailure,
    HelpdeskError,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from integrations.commerce.acting import ActionKind, ActionRefused
from integrations.commerce.actions import upsert_order
from integrations.commerce.connector import get_store_connector
from integrations.commerce.ledger import doorbell, steps
from integrations.commerce.ledger.limits import approval_needed, may_approve
from integrations.commerce.ledger.models import ActionState, OrderAction
from integrations.commerce.ledger.money import money_back, reserve, settle
from integrations.commerce.ledger.quoting import (
    Asked,
    Quoted,
    ask_shop,
    changes_between,
    check_unchanged,
    open_actions,
    read_token,
    seen_in,
    seen_in_order,
    unreachable,
)
from integrations.commerce.ledger.records import action_payload, action_record, can_retry, told_of
from integrations.commerce.models import Order
from integrations.commerce.selectors import find_customer_of_order, get_order
from tickets.models import Ticket
from tickets.selectors import tickets_visible_to

APPROVE_WITHIN = timedelta(hours=24)
PROPOSAL_LASTS = timedelta(days=7)


def actions_of(organization_id: uuid.UUID) -> QuerySet[OrderAction]:
    """The organization's order actions with what their records show."""
    found = OrderAction.objects.filter(organization_id=organization_id)
    return found.select_related("order", "store", "user", "approver")


def get_action(organization_id: uuid.UUID, action_id: uuid.UUID) -> OrderAction:
    """The action; raises NotFound."""
    action = actions_of(organization_id).filter(pk=action_id).first()
    if action is None:
        raise NotFound("There is no such order action.")
    return action


def start(
    user: User, order: Order, *, action_id: uuid.UUID, token: str, note: str = ""
) -> OrderAction:
    """Make what a person confirmed an intent; the same id twice is the same intent.

    Above the person's limits it waits for a second person. Raises Conflict ``stale_preview``,
    ``already_running`` or ActionRefused where it is not as it was shown; then nothing was done.
    """
    known = _find_own(user, order, action_id)
    if known is not None:
        return known
    asked = read_token(user, order, token)
    _check_none_running(order, asked.kind)
    quoted = _ask_again(order, asked)
    check_unchanged(user, asked, quoted)
    action = fill(
        OrderAction(
            id=action_id,
            organization_id=order.organization_id,
            store=order.store,
            order=quoted.order,
            customer_id=find_customer_of_order(quoted.order),
            ticket=_ticket(user, asked.ticket_id),
            kind=asked.kind,
            user=user,
            actor=Actor.of_user(user).as_json(),
            note=note,
        ),
        quoted,
    )
    return _insert(action, lambda: _open(action, user, quoted), user)


def confirm(user: User, action: OrderAction, *, token: str, note: str = "") -> OrderAction:
    """A person makes a rule's or macro's proposal their own; their limits hold."""
    asked = read_token(user, action.order, token)
    _check_same(asked, action)
    _check_none_running(action.order, asked.kind)
    quoted = _ask_again(action.order, asked)
    check_unchanged(user, asked, quoted)

    def change(row: OrderAction) -> None:
        row.user, row.expires_at = user, None
        row.note = note or row.note
        _open(fill(row, quoted), user, quoted)

    return _decide(user, action, {ActionState.PROPOSED}, change)


def approve(user: User, action: OrderAction, *, token: str = "") -> OrderAction:
    """A second person agrees to what the shop says now; raises NotAllowed for who may not.

    Without a token it must still be exactly what was asked for.
    """
    check_may_approve(user, action)
    if token:
        asked = read_token(user, action.order, token)
        _check_same(asked, action)
    else:
        asked = Asked(
            ActionKind(action.kind), action.params, action.ticket_id, action.basis,
            seen=action.context.get("seen", {}), is_in_time=True,
        )  # fmt: skip
    quoted = _ask_again(action.order, asked)
    check_unchanged(user, asked, quoted)

    def change(row: OrderAction) -> None:
        fill(row, quoted)
        check_may_approve(user, row)
        row.approver, row.decided_at, row.expires_at = user, now(), None
        _queue(row, quoted)

    return _decide(user, action, {ActionState.NEEDS_APPROVAL}, change)


def check_may_approve(user: User, action: OrderAction) -> None:
    """Raises NotAllowed saying why not."""
    if action.user_id == user.pk:
        raise NotAllowed("Nobody approves what they asked for themselves.", code="own_request")
    if not may_approve(user, action):
        raise NotAllowed("This is above what you may allow.", code="above_limit")


def reject(user: User, action: OrderAction, *, reason: str = "") -> OrderAction:
    """Turn a request or a proposal down; whoever asked may take it back themselves."""
    is_own = action.user_id == user.pk
    is_proposal = action.state == ActionState.PROPOSED
    if not (is_own or is_proposal or may(user, "order.approve")):
        raise NotAllowed("Only an approver can turn this down.")

    def change(row: OrderAction) -> None:
        row.approver = None if is_own or is_proposal else user
        row.decided_at = row.finished_at = now()
        row.state = ActionState.REJECTED
        row.reason = reason or ("Taken back." if is_own else "")
        row.reason_code = "taken_back" if is_own else "rejected"
        row.due_at = None

    return _decide(user, action, {ActionState.NEEDS_APPROVAL, ActionState.PROPOSED}, change)


def retry(user: User, action: OrderAction) -> OrderAction:
    """Once more for the steps that failed and may be tried again; the done ones stay done."""
    if not can_retry(action):
        raise Conflict("Nothing of this can be tried again.", code="not_failed")
    store = action.store
    try:
        told = get_store_connector(store.kind).get_order(store, action.order.external_id)
    except ConnectorFailure as failure:
        raise unreachable(store, failure.message, "away") from failure
    upsert_order(store, told)

    def change(row: OrderAction) -> None:
        if not can_retry(row):
            raise Conflict("Nothing of this can be tried again.", code="not_failed")
        failed = {e["name"] for e in row.steps if e["state"] == "failed" and e["can_retry"]}
        for step in row.steps:
            if step["state"] == "failed" and step["can_retry"]:
                step.update(state="waiting", reason="", can_retry=False)
        row.began = [name for name in row.began if name not in failed]
        row.again += 1
        wanted = steps.still_to_give(row)
        reserve(row.order, wanted, told)
        row.reserved_minor = wanted
        _to_queue(row)

    return _decide(user, action, {ActionState.PARTIAL, ActionState.FAILED}, change)


def settle_by_hand(
    user: User, action: OrderAction, *, did_happen: bool, reference: str = ""
) -> OrderAction:
    """A person has looked in the shop and tells what became of a lost answer."""

    def change(row: OrderAction) -> None:
        for step in row.steps:
            if step["state"] in ("waiting", "pending"):
                step["state"] = "done" if did_happen else "failed"
                step["reference"] = reference or step.get("reference", "")
                step["reason"] = "" if did_happen else f"{user.name} saw that it did not happen."
                step["can_retry"] = not did_happen
        row.began = []
        is_done = any(each["state"] == "done" for each in row.steps)
        is_failed = any(each["state"] == "failed" for each in row.steps)
        row.state = ActionState.DONE
        if is_failed:
            row.state = ActionState.PARTIAL if is_done else ActionState.FAILED
        row.reason = f"{user.name} looked in the shop."
        settle(row, steps.given_back(row))
        row.fence += 1
        row.finished_at, row.due_at, row.lease_until, row.worker = now(), None, None, None

    return _decide(user, action, {ActionState.CHECKING}, change)


def expire_due(limit: int = 100) -> int:
    """Close what nobody decided in time."""
    due = OrderAction.objects.filter(
        state__in=[ActionState.NEEDS_APPROVAL, ActionState.PROPOSED], expires_at__lte=now()
    )
    count = 0
    for action_id in list(due.order_by("expires_at").values_list("pk", flat=True)[:limit]):
        with unit_of_work():
            action = _locked(action_id)
            waits = action.state in (ActionState.NEEDS_APPROVAL, ActionState.PROPOSED)
            if waits and action.expires_at is not None and action.expires_at <= now():
                before = action.state
                action.state, action.finished_at = ActionState.EXPIRED, now()
                action.due_at = None
                save(action, before)
                count += 1
    return count


def save(action: OrderAction, before: str | None) -> None:
    """Write the row and announce it; the last thing of every change."""
    action.version = 1 if before is None else action.version + 1
    action.save(force_insert=before is None)
    record(
        "order_action.changed",
        organization_id=action.organization_id,
        object_type="order_action",
        object_id=action.pk,
        ticket_id=action.ticket_id,
        payload=lambda: dict(action_payload(action)),
        change={"state": (before, str(action.state))},
    )


def _find_own(user: User, order: Order, action_id: uuid.UUID) -> OrderAction | None:
    rows = OrderAction.objects.select_related("order", "store", "user", "approver")
    known = rows.filter(pk=action_id).first()
    if known is None:
        return None
    if known.user_id != user.pk or known.order_id != order.pk:
        raise InvalidInput.field("id", "This id is taken.")
    return known


def _check_none_running(order: Order, kind: str) -> None:
    running = next((each for each in open_actions(order) if each.kind == kind), None)
    if running is not None:
        raise _already_running(running)


def _already_running(running: OrderAction) -> Conflict:
    who = running.user.name if running.user else running.actor.get("name", "Somebody")
    return Conflict(
        f"{who} has started this already.",
        code="already_running",
        extra={"running": action_record(running)},
    )


def _ask_again(order: Order, asked: Asked) -> Quoted:
    """The shop's word now; where it refuses, with what has changed since it was shown."""
    try:
        return ask_shop(order, asked.kind, asked.params)
    except ActionRefused as refused:
        after = _look(order)
        if after is not None:
            told = seen_in_order(after)
            before = {name: asked.seen.get(name, "") for name in told}
            refused.extra["changes"] = changes_between(before, told) if asked.seen else []
        raise


def _look(order: Order) -> Order | None:
    store = order.store
    try:
        told = get_store_connector(store.kind).get_order(store, order.external_id)
        upsert_order(store, told)
    except HelpdeskError:
        return None
    return get_order(order.organization_id, order.pk)


def _ticket(user: User, ticket_id: uuid.UUID | None) -> Ticket | None:
    return None if ticket_id is None else tickets_visible_to(user).filter(pk=ticket_id).first()


def _check_same(asked: Asked, action: OrderAction) -> None:
    if asked.kind != action.kind:
        raise InvalidInput.field("preview_token", "This preview is of something else.")


def fill(action: OrderAction, quoted: Quoted) -> OrderAction:
    """The action with what the shop said of it just now."""
    quote = quoted.quote
    action.params, action.basis = quote.params, quote.basis()
    action.context = {**quote.context, "seen": seen_in(quoted)}
    action.steps = steps.planned(quote.effects)
    action.effects = action.steps
    action.amount_minor, action.currency = quote.amount_minor, quoted.currency
    action.refund_to = quote.refund_to[:200]
    action.before = told_of(quoted.order)
    action.quoted_at = now()
    return action


def _open(action: OrderAction, user: User, quoted: Quoted) -> None:
    """Into the queue, or to a second person where this one may not do it alone."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one budget, one at a time
    action.approval = approval_needed(
        user, action.kind, action.amount_minor, action.currency, leave_out=action.pk
    )
    if action.approval:
        action.state = ActionState.NEEDS_APPROVAL
        action.expires_at = now() + APPROVE_WITHIN
        action.due_at = action.expires_at
    else:
        _queue(action, quoted)


def _queue(action: OrderAction, quoted: Quoted) -> None:
    wanted = money_back(quoted.quote)
    reserve(action.order, wanted, quoted.quote.order, quoted.quote.refundable_minor)
    action.reserved_minor = wanted
    _to_queue(action)


def _to_queue(action: OrderAction) -> None:
    action.state, action.due_at = ActionState.QUEUED, now()
    action.attempts = action.checks = 0
    action.reason = action.reason_code = ""
    action.instead = []
    action.finished_at = None
    action_id = action.pk
    transaction.on_commit(lambda: doorbell.ring(action_id), robust=True)


def _insert(action: OrderAction, opens: Callable[[], None], user: User) -> OrderAction:
    try:
        with unit_of_work(actor=Actor.of_user(user)):
            _lock_order(action.order_id)
            opens()
            save(action, None)
    except IntegrityError:
        known = _find_own(user, action.order, action.pk)
        if known is not None:
            return known
        _check_none_running(action.order, action.kind)
        raise
    return action


def _decide(
    user: User, action: OrderAction, among: set[ActionState], change: Callable[[OrderAction], None]
) -> OrderAction:
    """Change the row if it still waits for this decision; raises Conflict ``already_decided``."""
    try:
        with unit_of_work(actor=Actor.of_user(user)):
            _lock_order(action.order_id)
            row = _locked(action.pk)
            if row.state not in among:
                raise Conflict(
                    "Somebody was faster: this is not waiting any more.",
                    code="already_decided",
                    extra={"order_action": action_record(row)},
                )
            before = row.state
            change(row)
            save(row, before)
    except IntegrityError:
        _check_none_running(action.order, action.kind)
        raise
    return row


def _lock_order(order_id: Any) -> None:
    rows = Order.objects.select_for_update(no_key=True).filter(pk=order_id)
    rows.values_list("pk").first()


def _locked(action_id: uuid.UUID) -> OrderAction:
    rows = OrderAction.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("order__store", "store", "user", "approver").get(pk=action_id)
