"""The only way for an order to be changed at its shop: each intent exactly once.

``queued → running → done | pending | partial | failed | checking``. A step is committed as begun
before its irreversible call goes out: a worker that dies earlier has certainly changed nothing and
another goes on; one that dies later may have, so the action is *checking*. Then the shop is asked
what became of it, and nothing is repeated unless a person asks for it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    ConnectorFailure,
    HelpdeskError,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.failpoints import failpoint
from helpdesk.lib.workers import dead_workers, worker_number
from integrations.commerce.acting import ActionKind, ActionRefused, Outcome
from integrations.commerce.actions import upsert_order
from integrations.commerce.connector import get_store_connector
from integrations.commerce.ledger import doorbell, steps
from integrations.commerce.ledger.automatic import check_still_allowed
from integrations.commerce.ledger.intents import fill, save
from integrations.commerce.ledger.labels import remember_label
from integrations.commerce.ledger.models import ActionState, OrderAction
from integrations.commerce.ledger.money import money_back, reserve, settle
from integrations.commerce.ledger.quoting import acting_connector, ask_shop
from integrations.commerce.ledger.records import LOOKS, told_of
from integrations.commerce.models import Order
from integrations.commerce.normal_form import OrderData
from integrations.commerce.selectors import get_order

CLAIM_SECONDS = 120
FINAL_ANSWER_SECONDS = 660
RINGS_AHEAD_SECONDS = 300
QUOTE_HOLDS = timedelta(seconds=60)
"""After that long the shop is asked once more whether it would still do the same."""
RETRY_SECONDS = (5, 15, 45, 120, 300)
GIVE_UP_AFTER = len(RETRY_SECONDS)
LOOK_SECONDS = (3, 10, 30, 120, 600, 1800)
PENDING_SECONDS = (2, 3, 5, 10, 20, 30, 60)
LONGEST_PENDING = 200
"""Looks (some three hours) after which a person is asked about what the shop still works on."""

log = structlog.get_logger()


class _ClaimLost(Exception):
    """Recovery took the claim away before anything irreversible was done."""


class _Changed(HelpdeskError):
    """What was confirmed is not what would happen now; nothing was done."""


def attend(action_id: uuid.UUID) -> bool:
    """Carry the action out if it is due, or ask what became of it; whether there was anything.

    Safe to run twice and beside itself: a claim is one conditional change of a locked row.
    """
    action = _claim(action_id)
    if action is None:
        return _look_after(action_id)
    failpoint("order.claimed")
    try:
        if not _is_still_right(action):
            return True
        connector = acting_connector(action.store, ActionKind(action.kind))
        outcome = connector.act(
            action.store,
            action.order,
            steps.intent_of(action),
            lambda name: _begin_step(action, name),
        )
    except _ClaimLost:
        return True
    except ActionRefused as refused:
        _refuse(action, refused.message, refused.reason_code, [str(e) for e in refused.instead])
    except _Changed as changed:
        _refuse(action, changed.message, "changed", [])
    except ConnectorFailure as failure:
        _fail(action, failure)
    except HelpdeskError as error:
        _refuse(action, error.message, error.code, [])
    except Exception as error:
        log.exception("order_action.crashed", action_id=str(action.pk))
        _fail(action, TemporaryFailure(f"{type(error).__name__} while asking the shop."))
    else:
        failpoint("order.answered")
        _finish(action, outcome)
    return True


def attend_due(limit: int = 50) -> int:
    """Everything that is due; returns how many were attended to."""
    due = OrderAction.objects.filter(
        state__in=[ActionState.QUEUED, ActionState.PENDING, ActionState.CHECKING],
        due_at__lte=now(),
    )
    found = due.order_by("due_at").values_list("pk", flat=True)[:limit]
    return sum(attend(action_id) for action_id in list(found))


def recover_claims() -> int:
    """Take back the claims of workers that died: nothing begun → again, else → checking."""
    held = list(
        OrderAction.objects.filter(state=ActionState.RUNNING).values(
            "pk", "order_id", "fence", "worker", "lease_until"
        )
    )
    dead = dead_workers({each["worker"] for each in held if each["worker"]})
    count = 0
    for each in held:
        if each["worker"] in dead or each["lease_until"] is None or each["lease_until"] < now():
            count += _recover(each["pk"], each["order_id"], each["fence"])
    return count


def _claim(action_id: uuid.UUID) -> OrderAction | None:
    """The action as ours, if it is due and nobody is changing its order."""
    number = worker_number()
    known = OrderAction.objects.filter(pk=action_id, state=ActionState.QUEUED, due_at__lte=now())
    found = known.values("order_id", "actor").first()
    if found is None:
        return None
    with unit_of_work(actor=Actor(**found["actor"])):
        _lock_order(found["order_id"])
        rows = OrderAction.objects.select_for_update(of=("self",), no_key=True)
        action = (
            rows.select_related("order__store", "store", "user__organization", "approver")
            .filter(_order_is_free(), pk=action_id, state=ActionState.QUEUED, due_at__lte=now())
            .first()
        )
        if action is None:
            return None
        action.state = ActionState.RUNNING
        action.attempts += 1
        action.fence += 1
        action.worker = number
        action.lease_until = now() + timedelta(seconds=CLAIM_SECONDS)
        action.due_at = action.lease_until
        action.started_at = action.started_at or now()
        save(action, ActionState.QUEUED)
    return action


def _order_is_free() -> Any:
    """Orders are changed one action at a time."""
    running = OrderAction.objects.filter(order_id=OuterRef("order_id"), state=ActionState.RUNNING)
    return ~Exists(running)


def _begin_step(action: OrderAction, name: str) -> None:
    """Commit that the next call counts; raises _ClaimLost if the claim is no longer ours."""
    failpoint("order.before_step")
    began = action.began if name in action.began else [*action.began, name]
    changed = OrderAction.objects.filter(
        pk=action.pk, state=ActionState.RUNNING, fence=action.fence
    ).update(
        began=began, began_at=now(), lease_until=now() + timedelta(seconds=FINAL_ANSWER_SECONDS)
    )
    if not changed:
        raise _ClaimLost
    action.began = began
    failpoint("order.step_committed")


def _is_still_right(action: OrderAction) -> bool:
    """Whether to go on: what was confirmed a while ago is asked for once more.

    False where it went back to people: what a rule wants is more than it may. Raises
    ActionRefused, _Changed, or TemporaryFailure where the shop is away.
    """
    is_new = action.quoted_at is None
    if not is_new and (action.again or now() - (action.quoted_at or now()) < QUOTE_HOLDS):
        return True
    try:
        quoted = ask_shop(action.order, ActionKind(action.kind), action.params)
    except ActionRefused:
        raise
    except HelpdeskError as error:
        if error.code == "shop_unreachable":
            raise TemporaryFailure(error.message) from error
        raise
    if not is_new:
        if quoted.quote.basis() != action.basis:
            raise _Changed("The order changed meanwhile. Nothing was done: look and confirm again.")
        action.context = {**action.context, **quoted.quote.context}
        return _write(action, {"context": action.context, "quoted_at": now()})
    with unit_of_work(actor=Actor(**action.actor)):
        row = _ours(action)
        if row is None:
            raise _ClaimLost
        fill(row, quoted)
        waits_for = check_still_allowed(row)
        if waits_for:
            row.state, row.reason = ActionState.PROPOSED, waits_for
            row.lease_until = row.worker = row.due_at = None
            row.expires_at = now() + timedelta(days=7)
        else:
            wanted = money_back(quoted.quote)
            reserve(row.order, wanted, quoted.quote.order, quoted.quote.refundable_minor)
            row.reserved_minor = wanted
        save(row, ActionState.RUNNING)
    for name in ("params", "context", "steps", "amount_minor", "currency", "basis", "quoted_at"):
        setattr(action, name, getattr(row, name))
    return not waits_for


def _write(action: OrderAction, fields: dict[str, Any]) -> bool:
    mine = OrderAction.objects.filter(pk=action.pk, fence=action.fence, state=ActionState.RUNNING)
    if not mine.update(**fields):
        raise _ClaimLost
    return True


def _fail(action: OrderAction, failure: ConnectorFailure) -> None:
    """No answer, or none that says what is: who may have been heard is asked, never told again."""
    if action.began or isinstance(failure, UncertainOutcome):
        _park(action.pk, action.order_id, action.fence, failure.message)
    elif isinstance(failure, PermanentFailure):
        _refuse(action, failure.message, failure.reason_code, [])
    elif action.attempts > GIVE_UP_AFTER:
        code = "credentials" if isinstance(failure, NeedsReauthorization) else "shop_unreachable"
        _refuse(action, failure.message, code, [])
    else:
        _plan_retry(action, failure)


def _plan_retry(action: OrderAction, failure: ConnectorFailure) -> None:
    planned = RETRY_SECONDS[min(action.attempts, len(RETRY_SECONDS)) - 1]
    wait = max(planned, getattr(failure, "retry_after_seconds", None) or 0)
    with unit_of_work(actor=Actor(**action.actor)):
        row = _ours(action)
        if row is None:
            return
        row.state, row.reason = ActionState.QUEUED, failure.message[:500]
        row.due_at = now() + timedelta(seconds=wait)
        row.lease_until = row.worker = None
        save(row, ActionState.RUNNING)
        _ring_after(row.pk, wait)


def _refuse(action: OrderAction, message: str, code: str, instead: list[str]) -> None:
    """Nothing was changed, and it will not be tried again."""
    told = _read_order(action)
    with unit_of_work(actor=Actor(**action.actor)):
        row = _ours(action)
        if row is None:
            return
        if told is not None:
            upsert_order(row.store, told)
        row.reason, row.reason_code, row.instead = message[:500], code[:40], instead
        is_partly_done = any(each["state"] == "done" for each in row.steps)
        for step in row.steps:
            if step["state"] in ("waiting", "pending"):
                step["state"] = "failed"
        _end(row, ActionState.PARTIAL if is_partly_done else ActionState.FAILED)


def _finish(action: OrderAction, outcome: Outcome) -> bool:
    """Take over what the shop says became of it; False if somebody else was faster."""
    told = outcome.order or _read_order(action)
    with unit_of_work(actor=Actor(**action.actor)):
        row = _ours(action, (ActionState.RUNNING, ActionState.PENDING, ActionState.CHECKING))
        if row is None:
            return False
        before = row.state
        row.steps = steps.merged(row.steps, outcome.steps, is_all_done=outcome.state == "done")
        if told is not None:
            upsert_order(row.store, told)
        if row.kind == ActionKind.RETURN_LABEL:
            remember_label(row)
        state = steps.state_after(row.steps)
        named = {each.name for each in outcome.steps}
        row.began = [name for name in row.began if name not in named]
        if state == ActionState.PENDING:
            row.checks = row.checks if before == ActionState.PENDING else 0
            wait = PENDING_SECONDS[min(row.checks, len(PENDING_SECONDS) - 1)]
            row.state, row.due_at = state, now() + timedelta(seconds=wait)
            row.lease_until = row.worker = None
            if before != ActionState.PENDING or row.steps != action.steps:
                save(row, before)
            else:
                row.save(update_fields=["due_at", "lease_until", "worker", "steps", "began"])
            _ring_after(row.pk, wait)
        else:
            reasons = [each["reason"] for each in row.steps if each["state"] == "failed"]
            row.reason = "; ".join(each for each in reasons if each)[:500]
            _end(row, state, before)
    return True


def _end(row: OrderAction, state: ActionState, before: str = ActionState.RUNNING) -> None:
    """It is over: the money that did not go back is free again, and the next one may begin."""
    row.state, row.began = state, []
    settle(row, steps.given_back(row))
    row.after = told_of(get_order(row.organization_id, row.order_id))
    row.finished_at = now()
    row.lease_until = row.worker = row.due_at = None
    save(row, before)
    waiting = OrderAction.objects.filter(order_id=row.order_id, state=ActionState.QUEUED)
    for action_id in waiting.values_list("pk", flat=True):
        _ring_after(action_id, 0)


def _park(action_id: uuid.UUID, order_id: Any, fence: int, reason: str) -> bool:
    """Nobody knows what became of it: the shop is asked, and only asked."""
    with unit_of_work():
        _lock_order(order_id)
        row = _row(action_id)
        if row.state != ActionState.RUNNING or row.fence != fence:
            return False
        row.state, row.reason, row.checks = ActionState.CHECKING, reason[:500], 0
        row.due_at = now() + timedelta(seconds=LOOK_SECONDS[0])
        row.lease_until = row.worker = None
        save(row, ActionState.RUNNING)
        _ring_after(row.pk, LOOK_SECONDS[0])
    return True


def _look_after(action_id: uuid.UUID) -> bool:
    """Ask the shop what became of a pending action, or of one whose answer was lost."""
    looked = OrderAction.objects.filter(
        pk=action_id, state__in=[ActionState.PENDING, ActionState.CHECKING], due_at__lte=now()
    ).update(due_at=now() + timedelta(seconds=CLAIM_SECONDS), checks=F("checks") + 1)
    if not looked:
        return False
    action = _row(action_id, is_locked=False)
    try:
        connector = acting_connector(action.store, ActionKind(action.kind))
        outcome = connector.look_up(action.store, action.order, steps.intent_of(action))
    except HelpdeskError as failure:
        log.warning("order_action.not_found_out", action_id=str(action_id), reason=failure.message)
        outcome = None
    except Exception:
        log.exception("order_action.look_up_crashed", action_id=str(action_id))
        outcome = None
    is_endless = action.checks >= LONGEST_PENDING
    if outcome is None or (is_endless and outcome.state == "pending"):
        _plan_next_look(action)
        return True
    return _finish(action, outcome)


def _plan_next_look(action: OrderAction) -> None:
    with unit_of_work(actor=Actor(**action.actor)):
        row = _ours(action, (ActionState.PENDING, ActionState.CHECKING))
        if row is None:
            return
        before = row.state
        if before == ActionState.PENDING and row.checks < LONGEST_PENDING:
            wait = PENDING_SECONDS[min(row.checks, len(PENDING_SECONDS) - 1)]
        elif before == ActionState.CHECKING and row.checks < LOOKS:
            wait = LOOK_SECONDS[min(row.checks, len(LOOK_SECONDS) - 1)]
        else:
            row.state, row.checks, row.due_at = ActionState.CHECKING, LOOKS, None
            save(row, before)
            return
        row.due_at = now() + timedelta(seconds=wait)
        row.save(update_fields=["due_at"])
        _ring_after(row.pk, wait)


def _recover(action_id: uuid.UUID, order_id: Any, fence: int) -> int:
    with unit_of_work():
        _lock_order(order_id)
        row = _row(action_id)
        if row.state != ActionState.RUNNING or row.fence != fence:
            return 0
        if not row.began:
            row.state, row.due_at = ActionState.QUEUED, now()
            row.lease_until = row.worker = None
            save(row, ActionState.RUNNING)
            _ring_after(row.pk, 0)
            return 1
    reason = "The worker stopped while the shop was answering."
    return int(_park(action_id, order_id, fence, reason))


def _read_order(action: OrderAction) -> OrderData | None:
    """The order as the shop has it now, or None if it does not say."""
    store = action.store
    try:
        return get_store_connector(store.kind).get_order(store, action.order.external_id)
    except HelpdeskError:
        return None


def _ours(
    action: OrderAction, among: tuple[ActionState, ...] = (ActionState.RUNNING,)
) -> OrderAction | None:
    """The locked row if it is still as we left it, after its order."""
    _lock_order(action.order_id)
    row = _row(action.pk)
    return row if row.fence == action.fence and row.state in among else None


def _row(action_id: uuid.UUID, *, is_locked: bool = True) -> OrderAction:
    rows = OrderAction.objects.select_related("order__store", "store", "user", "approver")
    if is_locked:
        rows = rows.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=action_id)


def _lock_order(order_id: Any) -> None:
    rows = Order.objects.select_for_update(no_key=True).filter(pk=order_id)
    rows.values_list("pk").first()


def _ring_after(action_id: uuid.UUID, seconds: float) -> None:
    if seconds <= RINGS_AHEAD_SECONDS:
        transaction.on_commit(lambda: doorbell.ring(action_id, in_seconds=seconds), robust=True)
