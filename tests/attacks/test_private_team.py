"""Somebody outside a private team reaches nothing of its tickets, from whichever side they try."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from automation.csat.models import CsatSurvey
from automation.customer_export import export_of
from helpdesk.accounts.models import Organization, Team, User
from helpdesk.events.models import Event
from helpdesk.realtime.visibility import records_for
from tests.api.conftest import write_in
from tests.attacks.conftest import CANARY
from tickets.actions import bulk
from tickets.actions.link import link
from tickets.actions.merge import merge
from tickets.actions.split import split
from tickets.models import BulkJob, Customer, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]


def state_of(ticket: Ticket) -> dict[str, Any]:
    """The whole row, to say that nothing was written."""
    return dict(Ticket.objects.filter(pk=ticket.pk).values().get())


def test_a_split_inside_a_private_team_cannot_be_undone_from_outside(
    api_as: Api, bo: User, cy: User, secret: Ticket, organization: Organization
):
    write_in(organization, "And another thing", ticket=secret)
    first = Message.objects.filter(ticket=secret).order_by("position").first()
    assert first is not None
    row = split(secret.pk, first.pk, user=cy, split_id=uuid.uuid4(), with_later=False)
    before = state_of(row.ticket), state_of(secret)
    answer = api_as(bo).post(f"/api/v1/splits/{row.pk}/undo", {})
    assert answer.status_code == 404
    assert (state_of(row.ticket), state_of(secret)) == before
    assert api_as(cy).post(f"/api/v1/splits/{row.pk}/undo", {}).status_code == 200


def test_a_merge_into_a_private_ticket_cannot_be_undone_from_outside(
    api_as: Api, bo: User, cy: User, secret: Ticket, open_ticket: Ticket
):
    merge(open_ticket.pk, secret.pk, user=cy, merge_id=uuid.uuid4())
    before = state_of(open_ticket), state_of(secret)
    answer = api_as(bo).post(f"/api/v1/tickets/{open_ticket.pk}/unmerge", {})
    assert answer.status_code == 404
    assert (state_of(open_ticket), state_of(secret)) == before


def test_a_tombstone_does_not_lead_a_merge_into_a_private_ticket(
    api_as: Api, bo: User, cy: User, secret: Ticket, open_ticket: Ticket, organization: Organization
):
    merge(open_ticket.pk, secret.pk, user=cy, merge_id=uuid.uuid4())
    mine = write_in(organization, "Mine").ticket
    before = state_of(mine), state_of(secret)
    body = {"id": str(uuid.uuid4()), "target_id": str(open_ticket.pk)}
    assert api_as(bo).post(f"/api/v1/tickets/{mine.pk}/merge", body).status_code == 404
    job = bulk.start_bulk(
        bo,
        job_id=uuid.uuid4(),
        action="merge",
        params={"target_id": str(open_ticket.pk)},
        tickets=Ticket.objects.filter(pk=mine.pk),
    )
    bulk.run_bulk(job.pk)
    assert BulkJob.objects.get(pk=job.pk).failed == 1
    assert (state_of(mine), state_of(secret)) == before


@pytest.mark.parametrize("way", ["link", "merge", "split"])
def test_what_binds_a_public_ticket_to_a_private_one_does_not_tell_its_subject(
    way: str,
    api_as: Api,
    bo: User,
    cy: User,
    secret: Ticket,
    open_ticket: Ticket,
    organization: Organization,
    team_b: Team,
):
    if way == "link":
        link(open_ticket.pk, secret.pk, user=cy)
    elif way == "merge":
        merge(open_ticket.pk, secret.pk, user=cy, merge_id=uuid.uuid4())
    else:
        message = write_in(organization, f"A {CANARY} again", ticket=open_ticket)
        row = split(
            open_ticket.pk, message.pk, user=cy, split_id=uuid.uuid4(), with_later=False,
            subject="Parcel",
        )  # fmt: skip
        Ticket.objects.filter(pk=row.ticket_id).update(team=team_b)
        row.ticket.refresh_from_db()
        link(open_ticket.pk, secret.pk, user=cy)
    seen = api_as(bo).get(f"/api/v1/tickets/{open_ticket.pk}").content.decode()
    assert CANARY not in seen
    bound = Event.objects.filter(
        organization_id=organization.pk,
        type__in=["ticket.linked", "ticket.merged", "ticket.split", "message.moved"],
        ticket_id__in=[open_ticket.pk, secret.pk],
    ).order_by("seq")
    if way != "split":
        assert CANARY not in json.dumps(records_for(bo, list(bound)), default=str)
    assert CANARY in json.dumps(records_for(cy, list(bound)), default=str)


def test_a_bulk_job_and_its_failures_are_told_to_nobody_but_who_began_it(
    bo: User, cy: User, secret: Ticket, open_ticket: Ticket, organization: Organization
):
    merge(secret.pk, open_ticket.pk, user=cy, merge_id=uuid.uuid4())
    job = bulk.start_bulk(
        cy,
        job_id=uuid.uuid4(),
        action="priority",
        params={"priority": "high"},
        tickets=Ticket.objects.filter(pk=secret.pk),
    )
    bulk.run_bulk(job.pk)
    events = list(
        Event.objects.filter(organization_id=organization.pk, type="bulk.progressed").order_by(
            "seq"
        )
    )
    assert [each["payload"]["job"]["failed"] for each in records_for(cy, events)] == [0, 1, 1]
    assert records_for(bo, events) == []


def test_the_id_of_a_colleagues_job_does_not_show_the_job(
    api_as: Api, bo: User, cy: User, secret: Ticket, open_ticket: Ticket
):
    job = bulk.start_bulk(
        cy,
        job_id=uuid.uuid4(),
        action="priority",
        params={"priority": "high"},
        tickets=Ticket.objects.filter(pk=secret.pk),
    )
    body = {
        "id": str(job.pk),
        "action": "priority",
        "params": {"priority": "low"},
        "selection": {"ids": [str(open_ticket.pk)]},
    }
    answer = api_as(bo).post("/api/v1/bulk-jobs", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "id_taken")
    assert "params" not in answer.json()


def test_the_preview_of_a_customer_merge_counts_only_what_is_seen(
    api_as: Api, bo: User, cy: User, secret: Ticket, organization: Organization
):
    other = write_in(organization, email="mia@work.example").ticket.customer_id
    body = {"source_id": str(secret.customer_id)}
    url = f"/api/v1/customers/{other}/merge/preview"
    assert api_as(bo).post(url, body).json()["tickets"] == 0
    assert api_as(cy).post(url, body).json()["tickets"] == 1


def test_mentioning_somebody_outside_is_refused_by_name_and_tells_them_nothing(
    api_as: Api, bo: User, cy: User, secret: Ticket
):
    body = {
        "id": str(uuid.uuid4()),
        "kind": "note",
        "text": f"@Bo look at the {CANARY}",
        "mention_ids": [str(bo.pk)],
    }
    answer = api_as(cy).post(f"/api/v1/tickets/{secret.pk}/messages", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "mention_ids"
    assert "Bo Larsen" in answer.json()["detail"]
    assert Message.objects.filter(ticket=secret).count() == 1
    assert api_as(bo).get("/api/v1/notifications").json()["results"] == []


def test_nothing_that_can_be_asked_for_shows_a_private_ticket(
    api_as: Api, bo: User, cy: User, secret: Ticket, open_ticket: Ticket
):
    """Every list, count, suggestion and preview, asked for by number, words, customer and id."""
    client, customer = api_as(bo), secret.customer_id
    seq = Event.objects.filter(organization_id=bo.organization_id).order_by("-seq")[0].seq
    api_as(cy).put(
        f"/api/v1/tickets/{secret.pk}/drafts/reply", {"text": f"{CANARY} draft", "rev": 0}
    )
    everything = {"filter": {"q": CANARY}}
    asked = [
        client.get(f"/api/v1/search?q={CANARY}"),
        client.get(f"/api/v1/search?q={CANARY}&sort=newest"),
        client.get(f"/api/v1/search?q={CANARY}x"),
        client.get(f"/api/v1/search?q=%23{secret.number}"),
        client.get(f"/api/v1/search?q={CANARY}+tag:none"),
        client.get(f"/api/v1/tickets?q={CANARY}"),
        client.get(f"/api/v1/tickets/{open_ticket.pk}/merge-targets?q={CANARY}"),
        client.get(f"/api/v1/tickets/{open_ticket.pk}/merge-targets?q={secret.number}"),
        client.get(f"/api/v1/tickets/{open_ticket.pk}/merge-targets"),
        client.get(f"/api/v1/tickets/{open_ticket.pk}/joinable"),
        client.get(f"/api/v1/customers/{customer}"),
        client.get(f"/api/v1/customers/{customer}/tickets"),
        client.get(f"/api/v1/customers/{customer}/figures"),
        client.get(f"/api/v1/customers/{customer}/history"),
        client.get(f"/api/v1/customers/{customer}/possible"),
        client.get("/api/v1/views/counts"),
        client.get("/api/v1/bootstrap"),
        client.get(f"/api/v1/events?after={seq}"),
        client.get("/api/v1/notifications"),
        client.post("/api/v1/bulk-jobs/preview", {"action": "read", "selection": everything}),
    ]
    for each in asked:
        assert each.status_code == 200, (each.request["PATH_INFO"], each.content)
        text = each.content.decode().replace(f'"text": "{CANARY}', "")
        assert str(secret.pk) not in text, each.request["PATH_INFO"]
        assert f"The {CANARY}" not in text, each.request["PATH_INFO"]
        assert f"My {CANARY}" not in text, each.request["PATH_INFO"]
    assert asked[-1].json()["total"] == 0
    assert asked[0].json()["counts"]["tickets"]["count"] == 0
    assert (asked[2].json()["without"] or {}).get("count", 0) == 0
    assert asked[2].json()["spelling"] is None, asked[2].json()["spelling"]
    assert asked[12].json()["tickets"] == 1
    preview = client.post(
        "/api/v1/views/preview",
        {"conditions": {"field": "ticket.customer", "operator": "is", "value": str(customer)}},
    )
    assert preview.status_code in (200, 422)
    selected = {"ids": [str(secret.pk)]}
    body = {"id": str(uuid.uuid4()), "action": "read", "params": {"is_unread": False}}
    assert client.post("/api/v1/bulk-jobs", {**body, "selection": selected}).status_code == 422


def test_every_address_of_a_private_ticket_is_closed_to_who_is_outside(
    api_as: Api, bo: User, cy: User, secret: Ticket, open_ticket: Ticket
):
    client, base = api_as(bo), f"/api/v1/tickets/{secret.pk}"
    message = Message.objects.get(ticket=secret)
    own = f"/api/v1/tickets/{open_ticket.pk}"
    fresh = {"id": str(uuid.uuid4())}
    before = state_of(secret), state_of(open_ticket)
    tried = [
        client.get(base),
        client.get(f"/api/v1/tickets/by-number/{secret.number}"),
        client.patch(base, {"priority": "urgent"}),
        client.put(f"{base}/follow"),
        client.delete(f"{base}/follow"),
        client.get(f"{base}/messages"),
        client.post(f"{base}/messages", {**fresh, "kind": "note", "text": "x"}),
        client.get(f"{base}/drafts"),
        client.get(f"{base}/drafts/reply"),
        client.put(f"{base}/drafts/reply", {"text": "x", "rev": 0}),
        client.delete(f"{base}/drafts/reply"),
        client.post(f"{base}/drafts/reply/take-over", {"user_id": str(cy.pk)}),
        client.get(f"{base}/merge-targets"),
        client.post(f"{base}/merge/preview", {"ticket_id": str(open_ticket.pk)}),
        client.post(f"{own}/merge/preview", {"ticket_id": str(secret.pk)}),
        client.post(f"{base}/merge", {**fresh, "target_id": str(open_ticket.pk)}),
        client.post(f"{own}/merge", {**fresh, "target_id": str(secret.pk)}),
        client.post(f"{base}/unmerge", {}),
        client.post(f"{base}/split", {**fresh, "message_id": str(message.pk)}),
        client.post(f"{own}/split", {**fresh, "message_id": str(message.pk)}),
        client.post(f"{base}/links", {"ticket_id": str(open_ticket.pk)}),
        client.post(f"{own}/links", {"ticket_id": str(secret.pk)}),
        client.delete(f"{own}/links/{secret.pk}"),
        client.post(f"{base}/apart", {"other_id": str(open_ticket.pk)}),
        client.post(f"{own}/apart", {"other_id": str(secret.pk)}),
        client.get(f"{base}/joinable"),
        client.get(f"{base}/rule-runs"),
        client.get(f"/api/v1/messages/{message.pk}/html"),
        client.get(f"/api/v1/messages/{message.pk}/raw"),
        client.post(f"/api/v1/messages/{message.pk}/withdraw"),
        client.post(f"/api/v1/messages/{message.pk}/send-now"),
        client.post(
            "/api/v1/blocked-senders", {"value": "a@b.example", "ticket_id": str(secret.pk)}
        ),
    ]
    answers = [(each.request["PATH_INFO"], each.status_code) for each in tried]
    assert [each for each in answers if each[1] != 404] == []
    assert (state_of(secret), state_of(open_ticket)) == before
    assert Customer.objects.count() == 1


def test_an_export_holds_no_rating_of_a_ticket_that_is_not_seen(
    bo: User, secret: Ticket, open_ticket: Ticket
):
    CsatSurvey.objects.create(
        organization_id=secret.organization_id,
        ticket=secret,
        customer=secret.customer,
        state="answered",
        resolution=1,
        score=1,
        comment=CANARY,
    )
    assert CANARY not in json.dumps(export_of(bo, secret.customer), default=str)
