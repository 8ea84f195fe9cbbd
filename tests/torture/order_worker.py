"""What the killed workers of order actions do, and how they may be broken on purpose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from helpdesk.lib.clock import now
from integrations.commerce.connector import register_store
from integrations.commerce.ledger import worker
from integrations.commerce.ledger.models import ActionState, OrderAction
from integrations.commerce.ledger.money import settle
from integrations.commerce.ledger.steps import given_back
from tests.torture.order_shop import KeptShop


def work_until_done() -> None:
    """What a worker does, with its waits over at once: recover, act, look up, until all is known."""
    register_store(KeptShop())
    worker.QUOTE_HOLDS = timedelta(days=1)
    idle = 0
    while idle < 2:
        done = worker.recover_claims()
        waiting = OrderAction.objects.filter(state__in=["queued", "pending", "checking"])
        waiting.exclude(due_at=None).update(due_at=now() - timedelta(seconds=1))
        done += worker.attend_due(limit=5)
        idle = 0 if done else idle + 1


def call_again() -> None:
    """Mutant: what nobody answered is asked for once more, as most helpdesks do."""

    def requeue(action_id: Any, order_id: Any, fence: int, reason: str) -> bool:
        del order_id, fence, reason
        return bool(
            OrderAction.objects.filter(pk=action_id).update(
                state=ActionState.QUEUED, began=[], worker=None, lease_until=None, due_at=now()
            )
        )

    worker._park = requeue


def forget_the_claim() -> None:
    """Mutant: nothing is committed before the call that counts."""

    def go_on(action: OrderAction, name: str) -> None:
        """Say nothing to the database."""

    worker._begin_step = go_on


def believe() -> None:
    """Mutant: what nobody answered is called done."""

    def end(action_id: Any, order_id: Any, fence: int, reason: str) -> bool:
        del order_id, fence, reason
        row = OrderAction.objects.get(pk=action_id)
        row.steps = [{**each, "state": "done"} for each in row.steps]
        row.state, row.began, row.due_at = ActionState.DONE, [], None
        settle(row, given_back(row))
        row.save()
        return True

    worker._park = end
