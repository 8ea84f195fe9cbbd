"""Workers are killed at any instant of a bulk job: every ticket is done exactly once."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from tests.api.conftest import write_in
from tests.torture.zygote import Zygote
from tickets.actions import bulk
from tickets.models import BulkJob, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
WORK = "tests.torture.bulk:work_until_done"


@pytest.fixture
def zygote():
    server = Zygote()
    yield server
    server.stop()


def test_a_killed_worker_leaves_nothing_half_done_and_nothing_is_done_twice(
    organization, bo, zygote
):
    from automation.macros.edit import create_macro

    tickets = [
        write_in(organization, f"q{n}", email=f"c{n}@shopper.example").ticket for n in range(90)
    ]
    variant = {"language": "en", "body": "Hello"}
    macro = create_macro(organization, {"name": "Hi", "variants": [variant]}, user=bo)
    job = bulk.start_bulk(
        bo,
        job_id=uuid.uuid4(),
        action="macro",
        params={"macro_id": str(macro.pk)},
        tickets=Ticket.objects.filter(pk__in=[each.pk for each in tickets]),
    )
    for name in ("bulk.applied:1", "bulk.committed:1", "bulk.applied:2", "bulk.committed:1"):
        assert zygote.run(WORK, failpoint=name)
    assert not zygote.run(WORK)

    job = BulkJob.objects.get(pk=job.pk)
    assert (job.state, job.done, job.failed) == ("done", 90, 0)
    answers = Counter(Message.objects.filter(kind="reply").values_list("ticket_id", flat=True))
    assert (len(answers), set(answers.values())) == (90, {1})
