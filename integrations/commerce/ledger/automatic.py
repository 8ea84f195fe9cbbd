"""What rules and macros want done to orders: proposals for a person, or by themselves.

By themselves only within the caps of their rule, to an order of the customer who is proven to
have written, and only while the rule still holds: that is asked right before.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Sum

from helpdesk.accounts.models import User
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from integrations.commerce.acting import ActionKind
from integrations.commerce.ledger import doorbell
from integrations.commerce.ledger.intents import PROPOSAL_LASTS, save
from integrations.commerce.ledger.limits import start_of_day
from integrations.commerce.ledger.models import OPEN_STATES, ActionState, OrderAction
from integrations.commerce.ledger.records import told_of
from integrations.commerce.models import Order
from integrations.commerce.money import format_money

StillWanted = Callable[[OrderAction], str]
_guards: list[StillWanted] = []


@dataclass(frozen=True)
class Caps:
    """What one rule may do by itself: at once, in a day, and how often in a day."""

    per_action_minor: int | None = None
    per_day_minor: int | None = None
    per_day: int | None = None

    def as_json(self) -> dict[str, int | None]:
        return {
            "per_action_minor": self.per_action_minor,
            "per_day_minor": self.per_day_minor,
            "per_day": self.per_day,
        }


@dataclass(frozen=True)
class Wanted:
    """An order action that a rule or macro wants. ``source_key`` is made of the run and the place
    in it: the same one twice is the same action."""

    kind: ActionKind
    params: dict[str, Any]
    order: Order
    ticket_id: uuid.UUID
    customer_id: uuid.UUID
    actor: dict[str, Any]
    source_key: str
    rule_id: uuid.UUID | None = None
    is_automatic: bool = False
    caps: Caps = field(default_factory=Caps)
    note: str = ""
    user: User | None = None


def ask_before_acting(guard: StillWanted) -> None:
    """Let the guard be asked right before an automatic action; it says why not, or nothing."""
    if guard not in _guards:
        _guards.append(guard)


def propose(wanted: Wanted) -> OrderAction:
    """Put it before people, or into the queue where it is to be done automatically.

    No shop is asked here: that is done before anybody confirms, or right before acting.
    """
    with unit_of_work():
        known = OrderAction.objects.filter(
            organization_id=wanted.order.organization_id, source_key=wanted.source_key
        ).first()
        if known is not None:
            return known
        action = OrderAction(
            organization_id=wanted.order.organization_id,
            store=wanted.order.store,
            order=wanted.order,
            ticket_id=wanted.ticket_id,
            customer_id=wanted.customer_id,
            kind=wanted.kind,
            params=wanted.params,
            currency=wanted.order.currency,
            actor=wanted.actor,
            before=told_of(wanted.order),
            source_key=wanted.source_key,
            rule_id=wanted.rule_id,
            is_automatic=wanted.is_automatic,
            caps=wanted.caps.as_json(),
            note=wanted.note[:1000],
            state=ActionState.PROPOSED,
            expires_at=now() + PROPOSAL_LASTS,
        )
        action.due_at = action.expires_at
        if wanted.is_automatic and not _is_taken(action):
            action.state, action.expires_at, action.due_at = ActionState.QUEUED, None, now()
            action_id = action.pk
            transaction.on_commit(lambda: doorbell.ring(action_id), robust=True)
        save(action, None)
    return action


def check_still_allowed(action: OrderAction) -> str:
    """Why an automatic action must wait for a person after all, or an empty word."""
    for guard in _guards:
        reason = guard(action)
        if reason:
            return reason
    return _above_caps(action)


def _above_caps(action: OrderAction) -> str:
    caps, amount = Caps(**action.caps), action.amount_minor
    if caps.per_action_minor is not None and amount > caps.per_action_minor:
        most = format_money(caps.per_action_minor, action.currency)
        return f"It costs more than the rule may spend at once ({most})."
    today = OrderAction.objects.filter(
        organization_id=action.organization_id,
        rule_id=action.rule_id,
        is_automatic=True,
        currency=action.currency,
        created_at__gte=start_of_day(action.store.organization),
        started_at__isnull=False,
        user=None,
    ).exclude(pk=action.pk).exclude(
        state__in=[ActionState.FAILED, ActionState.REJECTED, ActionState.PROPOSED]
    )  # fmt: skip
    if caps.per_day is not None and today.count() >= caps.per_day:
        return f"The rule has acted {caps.per_day} times today, as often as it may."
    spent = today.aggregate(total=Sum("amount_minor"))["total"] or 0
    if caps.per_day_minor is not None and spent + amount > caps.per_day_minor:
        most = format_money(caps.per_day_minor, action.currency)
        return f"It is more than the rule may spend in a day ({most})."
    return ""


def _is_taken(action: OrderAction) -> bool:
    """Whether such an action is under way on the order: then this one is only proposed."""

    return OrderAction.objects.filter(
        order_id=action.order_id, kind=action.kind, state__in=OPEN_STATES
    ).exists()
