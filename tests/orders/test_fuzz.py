"""The small version of ``make fuzz-orders`` (G11: 10,000), and that it can fail."""

from __future__ import annotations

import pytest

from helpdesk.lib.clock import now
from integrations.commerce.ledger import intents, steps, worker
from integrations.commerce.ledger.models import ActionState, OrderAction
from tests.orders.fuzz import Play

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
SEED = 20_261_122
RUNS = 30
MOVES = (4, 9)


def test_every_intent_is_done_exactly_once_and_never_too_much_goes_back(organization, ada, bo, cy):
    """RELIABILITY G11, TEST_MATRIX F56"""
    told = Play(organization, [ada, bo, cy], SEED, moves=MOVES).run(RUNS)

    assert told["intents"] > RUNS / 2
    for what in ("done", "failed", "crash", "already_running", "action_refused", "stale_preview"):
        assert told[what] > 0, (what, told)


def believe(action_id, order_id, fence, reason):
    """Mutant: a lost answer is called done."""
    row = OrderAction.objects.get(pk=action_id)
    row.steps = [{**each, "state": "done"} for each in row.steps]
    row.state, row.began, row.due_at = ActionState.DONE, [], None
    worker.settle(row, steps.given_back(row))
    row.save()
    return True


def call_again(action_id, order_id, fence, reason):
    """Mutant: what nobody answered is asked for once more."""
    OrderAction.objects.filter(pk=action_id).update(
        state=ActionState.QUEUED, began=[], due_at=now(), worker=None
    )
    return True


def hold_nothing_back(order, amount_minor, told, refundable_minor=None):
    """Mutant: each action gives what the shop last said was there."""


# The order that mostly shows each of them; two who act at once may miss each other, then the next do.
MUTANTS = [
    ("_park", believe, 15, "was done 0x"),
    ("_park", call_again, 24, "done twice|was done 1x"),
    ("reserve", hold_nothing_back, 101, "went back of"),
]


@pytest.mark.parametrize(("name", "broken", "number", "said"), MUTANTS)
def test_the_fuzz_notices_a_broken_worker(
    organization, ada, bo, cy, monkeypatch, name, broken, number, said
):
    """The negative control."""
    for module in (worker, intents):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, broken)

    with pytest.raises(AssertionError, match=said):
        Play(organization, [ada, bo, cy], SEED, moves=MOVES).run(60, first=number)
