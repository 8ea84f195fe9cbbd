"""The small version of ``make fuzz-orders`` (G11: 10,000), and that it can fail."""

from __future__ import annotations

import pytest

from integrations.commerce.ledger import steps, worker
from integrations.commerce.ledger.models import ActionState, OrderAction
from tests.orders.fuzz import Play

pytestmark = pytest.mark.django_db(transaction=True)
RUNS = 200
SEED = 20_261_122


@pytest.mark.timeout(600)
def test_every_intent_is_done_exactly_once_and_never_too_much_goes_back(organization, ada, bo, cy):
    told = Play(organization, [ada, bo, cy], SEED, moves=(4, 9)).run(RUNS)

    assert told["intents"] > RUNS / 2
    for what in ("done", "failed", "crash", "already_running", "action_refused", "stale_preview"):
        assert told[what] > 0, (what, told)


@pytest.mark.timeout(600)
def test_the_fuzz_notices_a_worker_that_calls_lost_answers_done(
    organization, ada, bo, cy, monkeypatch
):
    def believe(action_id, order_id, fence, reason):
        row = OrderAction.objects.get(pk=action_id)
        row.steps = [{**each, "state": "done"} for each in row.steps]
        row.state, row.began, row.due_at = ActionState.DONE, [], None
        worker.settle(row, steps.given_back(row))
        row.save()
        return True

    monkeypatch.setattr(worker, "_park", believe)

    with pytest.raises(AssertionError, match="was done 0x"):
        Play(organization, [ada, bo, cy], SEED, moves=(4, 9)).run(RUNS)
