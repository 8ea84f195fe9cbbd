"""One action on many tickets: progress, failures, undo, and workers that die (UX 10)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine

from automation.macros.edit import create_macro
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput
from tests.api.conftest import write_in
from tickets.actions import bulk
from tickets.actions.assign import assign
from tickets.actions.edit import edit_ticket
from tickets.actions.status import snooze
from tickets.actions.tags import change_tags
from tickets.models import BulkItem, BulkJob, Draft, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
KEPT_OUT = ("version", "updated_at", "resolution")


@pytest.fixture
def tickets(organization):
    """Forty-five open tickets of as many customers."""
    return [
        write_in(organization, f"Question {n}", email=f"c{n}@shopper.example").ticket
        for n in range(45)
    ]


def begin(user, tickets, action, **params):
    return bulk.start_bulk(
        user,
        job_id=uuid.uuid4(),
        action=action,
        params=params,
        tickets=Ticket.objects.filter(pk__in=[each.pk for each in tickets]),
    )


def state_of(tickets):
    rows = Ticket.objects.filter(pk__in=[each.pk for each in tickets]).order_by("pk").values()
    return [{k: v for k, v in row.items() if k not in KEPT_OUT} for row in rows]


def finished(job):
    bulk.run_bulk(job.pk)
    return BulkJob.objects.get(pk=job.pk)


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("tags", {"tags_add": ["carrier-delay"]}),
        ("status", {"status": "closed"}),
        ("status", {"status": "spam"}),
        ("priority", {"priority": "urgent"}),
        ("snooze", {"wakes_on": "reply"}),
        ("read", {"is_unread": False}),
    ],
)
def test_undo_restores_every_ticket_exactly(tickets, bo, cy, action, params):
    change_tags(tickets[0].pk, add=["carrier-delay", "vip"])
    assign(tickets[1].pk, assignee_id=cy.pk)
    snooze(tickets[2].pk, now() + timedelta(days=2))
    before = state_of(tickets)
    job = finished(begin(bo, tickets, action, **params))
    assert (job.state, job.done, job.failed) == ("done", 45, 0)
    assert state_of(tickets) != before

    bulk.undo_bulk(job.pk, bo)
    job = finished(job)
    assert (job.state, job.undone, job.kept) == ("undone", 45, 0)
    assert state_of(tickets) == before


def test_what_a_colleague_changed_since_is_left_alone_and_told(tickets, bo, cy):
    job = finished(begin(bo, tickets[:3], "status", status="closed"))
    edit_ticket(tickets[1].pk, {"status": "open"}, user=cy)
    edit_ticket(tickets[1].pk, {"priority": "high"}, user=cy)
    bulk.undo_bulk(job.pk, bo)
    record = bulk.bulk_record(finished(job))
    assert (record["undone"], record["kept"]) == (2, 1)
    assert [each["number"] for each in record["failures"]] == [tickets[1].number]
    assert Ticket.objects.get(pk=tickets[1].pk).priority == "high"


def test_one_ticket_that_refuses_stops_nobody_else(tickets, bo):
    full = tickets[7]
    change_tags(full.pk, add=[f"t{n}" for n in range(50)])
    job = finished(begin(bo, tickets, "tags", tags_add=["one-more"]))
    record = bulk.bulk_record(job)
    assert (job.state, job.done, job.failed) == ("done", 44, 1)
    assert record["failures"][0]["number"] == full.number
    assert "50 tags" in record["failures"][0]["reason"]


def test_progress_is_told_in_the_event_log(tickets, bo):
    finished(begin(bo, tickets, "priority", priority="high"))
    progressed = Event.objects.filter(type="bulk.progressed").order_by("seq")
    told = [each.payload["job"] for each in progressed]
    assert [each["done"] for each in told] == [0, 20, 40, 45, 45]
    assert told[-1]["state"] == "done"


def test_a_stopped_job_leaves_the_rest_and_can_be_taken_back(tickets, bo):
    before = state_of(tickets)
    job = begin(bo, tickets, "status", status="closed")
    bulk._run_chunk(job.pk)
    bulk.cancel_bulk(job.pk, bo)
    bulk.run_bulk(job.pk)
    assert Ticket.objects.filter(status="closed").count() == 20
    bulk.undo_bulk(job.pk, bo)
    finished(job)
    assert state_of(tickets) == before


def test_the_same_job_sent_twice_is_one(tickets, bo):
    job_id = uuid.uuid4()
    for _ in range(2):
        bulk.start_bulk(
            bo,
            job_id=job_id,
            action="tags",
            params={"tags_add": ["x"]},
            tickets=Ticket.objects.filter(pk=tickets[0].pk),
        )
    assert BulkJob.objects.count() == BulkItem.objects.count() == 1


def test_after_a_minute_nothing_is_taken_back(tickets, bo):
    job = finished(begin(bo, tickets[:2], "status", status="closed"))
    with (
        time_machine.travel(now() + timedelta(seconds=80), tick=False),
        pytest.raises(Conflict) as refused,
    ):
        bulk.undo_bulk(job.pk, bo)
    assert refused.value.code == "too_late"


def test_many_are_merged_into_one_and_come_back(tickets, bo):
    five = tickets[:5]
    job = finished(begin(bo, five, "merge", target_id=str(five[0].pk)))
    assert job.done == 5
    assert Message.objects.filter(ticket=five[0]).count() == 5
    bulk.undo_bulk(job.pk, bo)
    job = finished(job)
    assert (job.undone, job.kept) == (5, 0)
    assert [Message.objects.filter(ticket=each).count() for each in five] == [1] * 5


def test_a_macro_answers_each_once_and_keeps_drafts(tickets, bo, organization):
    variant = {"language": "en", "body": "Hello {{ customer.first_name }}"}
    macro = create_macro(organization, {"name": "Hi", "variants": [variant]}, user=bo)
    Draft.objects.create(ticket=tickets[0], user=bo, mode="reply", content={"text": "mine"})
    job = finished(begin(bo, tickets[:3], "macro", macro_id=str(macro.pk)))
    assert job.done == 3
    replies = Message.objects.filter(kind="reply")
    assert {each.body.text for each in replies.select_related("body")} == {"Hello Mia"}
    assert replies.count() == 3
    assert Draft.objects.get(ticket=tickets[0]).content["text"] == "mine"
    with pytest.raises(Conflict) as refused:
        bulk.undo_bulk(job.pk, bo)
    assert refused.value.code == "not_reversible"


def test_an_unknown_action_or_parameter_is_named(tickets, bo):
    with pytest.raises(InvalidInput) as refused:
        begin(bo, tickets, "explode")
    assert refused.value.errors[0].path == "action"
    with pytest.raises(InvalidInput) as refused:
        begin(bo, tickets, "status", priority="high")
    assert refused.value.errors[0].path == "params.priority"


def test_a_whole_view_is_resolved_by_the_server_when_the_job_begins(tickets, bo, api_as):
    from tickets.views import ensure_default_views

    ensure_default_views(bo.organization)
    order = {
        "id": str(uuid.uuid4()),
        "selection": {"filter": {"view": "all"}, "except_ids": [str(tickets[0].pk)]},
        "action": "tags",
        "params": {"tags_add": ["Sale"]},
    }
    client = api_as(bo)
    shown = client.post("/api/v1/bulk-jobs/preview", {k: order[k] for k in list(order)[1:]})
    assert shown.json() == {"total": 44, "mails": 0, "is_reversible": True}
    job = client.post("/api/v1/bulk-jobs", order).json()
    assert (job["total"], job["state"]) == (44, "running")
    bulk.run_bulk(uuid.UUID(job["id"]))
    assert Ticket.objects.filter(tags__contains=["sale"]).count() == 44
    assert client.get(f"/api/v1/bulk-jobs/{job['id']}").json()["done"] == 44
