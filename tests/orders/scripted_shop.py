"""A shop with a ledger of its own that loses answers, is late and is asked by several at once.

It keeps what it did by the key of the intent, and counts every effect: money that went back, and
how often each order was cancelled. Without a database, so that thousands of runs are quick.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound, TemporaryFailure, UncertainOutcome
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Effect,
    Intent,
    Outcome,
    Quote,
    StepDone,
)
from integrations.commerce.connector import OrderPage, StoreCapabilities, StoreManifest
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import OrderData, RefundData

KIND = "scripted_shop"


class Crash(BaseException):
    """The worker is gone at this instant; nothing catches it but the test."""


@dataclass
class Did:
    """What the shop did for one intent."""

    steps: dict[str, str] = field(default_factory=dict)
    """Name and reference of each step that was done."""
    is_job: bool = False


@dataclass
class ScriptedShop:
    """``chaos`` says how likely each kind of trouble is at every call."""

    rng: random.Random
    chaos: float = 0.0
    orders: dict[str, OrderData] = field(default_factory=dict)
    done: dict[str, Did] = field(default_factory=dict)
    effects: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a step of an intent was done."""
    knows_keys: bool = True
    """Whether it takes the key of an intent and does nothing twice for one; some platforms do not."""
    counts_money: bool = True
    """Whether it refuses to give back more than came in; without, only we are left to."""

    @property
    def manifest(self) -> StoreManifest:
        return StoreManifest(
            kind=KIND,
            label="Scripted shop",
            capabilities=StoreCapabilities(
                gets_order=True, actions=frozenset({ActionKind.CANCEL, ActionKind.REFUND})
            ),
        )

    def open_order(self, name: str, total: int) -> OrderData:
        at = now() - timedelta(days=1)
        self.orders[name] = OrderData(
            external_id=name, number=f"#{name}", placed_at=at, updated_at=at, currency="EUR",
            total_minor=total, captured_minor=total, financial_status="paid",
            fulfillment_status="unfulfilled", refundable_minor=total,
        )  # fmt: skip
        return self.orders[name]

    def forget(self, name: str) -> None:
        """The order's play is over: thousands of them take no room."""
        del self.orders[name]
        self.done.clear()
        self.effects.clear()

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        return OrderPage(tuple(self.orders.values()))

    def get_order(self, store: Store, external_id: str) -> OrderData:
        self._may_be_away(0.3)
        if external_id not in self.orders:
            raise NotFound("No such order.")
        return self.orders[external_id]

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        told = self.orders[order.external_id]
        left = told.refundable_minor or 0
        if kind == ActionKind.CANCEL:
            if told.cancelled_at:
                raise ActionRefused("It is cancelled.", reason_code="already_cancelled")
            effects = [Effect("cancel")]
            amount = left
        else:
            amount = params.get("amount_minor", left)
            effects = []
            if amount > left or not left:
                raise ActionRefused("Too much.", reason_code="too_much")
        if amount:
            effects.append(Effect("refund", amount))
        return Quote(
            kind, {**params, **({"amount_minor": amount} if kind == ActionKind.REFUND else {})},
            told, tuple(effects), amount, "EUR", refundable_minor=left,
        )  # fmt: skip

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        self._may_crash()
        self._may_be_away()
        name = order.external_id
        did = self.done.setdefault(str(intent.key), Did())
        told: list[StepDone] = []
        wanted = ["cancel"] if intent.kind == ActionKind.CANCEL else []
        wanted += ["refund"] if intent.amount_minor else []
        for step in wanted:
            if step in intent.done:
                told.append(StepDone(step, "done", intent.done[step]))
                continue
            before_step(step)
            self._may_crash()
            if self.rng.random() < self.chaos / 2:  # it never arrived there
                raise UncertainOutcome("The line broke.")
            if step == "refund" and self.rng.random() < self.chaos / 2:
                told.append(StepDone(step, "failed", reason="Gateway.", can_retry=True))
                continue
            refused = self._do(name, step, intent, did)
            if refused:
                if not told:
                    raise ActionRefused(refused, reason_code="refused")
                told.append(StepDone(step, "failed", reason=refused))
                continue
            self._may_crash()
            if self.rng.random() < self.chaos / 2:
                raise UncertainOutcome("The answer was lost.")
            amount = intent.amount_minor if step == "refund" else None
            is_job = self.rng.random() < self.chaos / 2
            reference = did.steps[step]
            if is_job:
                told.append(StepDone(step, "pending", reference, amount_minor=amount))
            else:
                told.append(StepDone(step, "done", reference, amount_minor=amount))
        order_told = self.orders[name] if self.rng.random() < 0.5 else None
        return Outcome(tuple(told), order_told)

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        self._may_be_away()
        if self.rng.random() < self.chaos:
            return None
        did = self.done.get(str(intent.key), Did())
        wanted = ["cancel"] if intent.kind == ActionKind.CANCEL else []
        wanted += ["refund"] if intent.amount_minor else []
        told = [
            StepDone(step, "done", did.steps[step],
                     amount_minor=intent.amount_minor if step == "refund" else None)
            if step in did.steps
            else StepDone(step, "failed", reason="It never came.", can_retry=True)
            for step in wanted
        ]  # fmt: skip
        return Outcome(tuple(told), self.orders[order.external_id])

    def refund_at_the_shop(self, name: str, amount: int) -> None:
        """Somebody refunds behind our back."""
        order = self.orders[name]
        if amount <= (order.refundable_minor or 0):
            self._give_back(order, amount, "by-hand")

    def _do(self, name: str, step: str, intent: Intent, did: Did) -> str:
        """Do it once per intent, as a platform with idempotency keys; why not, or nothing."""
        if step in did.steps and self.knows_keys:
            return ""
        order = self.orders[name]
        if step == "cancel":
            if order.cancelled_at:
                return "It is cancelled."
            self.orders[name] = replace(order, cancelled_at=now(), updated_at=now())
        else:
            if self.counts_money and intent.amount_minor > (order.refundable_minor or 0):
                return "Too much."
            self._give_back(order, intent.amount_minor, str(intent.key))
        did.steps[step] = f"{step}-{intent.key}"
        self.effects[str(intent.key), step] += 1
        return ""

    def _give_back(self, order: OrderData, amount: int, key: str) -> None:
        count = len(order.refunds)
        refund = RefundData(f"{order.external_id}-{count}-{key}", amount, now())
        left = (order.refundable_minor or 0) - amount
        self.orders[order.external_id] = replace(
            order, refunds=(*order.refunds, refund), refundable_minor=left, updated_at=now(),
            financial_status="refunded" if not left else "partially_refunded",
        )  # fmt: skip

    def _may_crash(self) -> None:
        if self.rng.random() < self.chaos / 3:
            raise Crash

    def _may_be_away(self, share: float = 1.0) -> None:
        if self.rng.random() < self.chaos * share / 2:
            raise TemporaryFailure("The shop is away.")
