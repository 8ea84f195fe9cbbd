"""People, teams, invitations and drafts of colleagues over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Invitation, Team, User
from helpdesk.accounts.teams import change_team
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from tests.api.conftest import write_in
from tickets.actions.assign import assign
from tickets.actions.attach import keep_upload
from tickets.models import Attachment, Draft, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]
PASSWORD = "every linen thread 48213"


def invited(api_as: Api, ada: User, **more: Any) -> str:
    body = {"email": "eli@linden.example", **more}
    answer = api_as(ada).post("/api/v1/invitations", body)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["link"]).rsplit("/", 1)[1]


def test_an_invitation_works_once_and_brings_role_and_teams(api_as: Api, ada: User, team_a: Team):
    secret = invited(api_as, ada, role="agent", team_ids=[str(team_a.pk)])
    nobody = api_as(None)
    welcome = nobody.get(f"/api/v1/join/{secret}").json()
    assert welcome == {"email": "eli@linden.example", "organization": "Linden & Loom",
                       "invited_by": "Ada Kern"}  # fmt: skip
    joined = nobody.post(f"/api/v1/join/{secret}", {"name": "Eli Roth", "password": PASSWORD})
    assert joined.status_code == 201
    assert joined.json()["team_ids"] == [str(team_a.pk)]
    assert nobody.get("/api/v1/me").json()["email"] == "eli@linden.example"
    again = api_as(None).post(f"/api/v1/join/{secret}", {"name": "Eve", "password": PASSWORD})
    assert again.status_code == 404
    assert User.objects.filter(email="eli@linden.example").count() == 1
    assert api_as(ada).get("/api/v1/invitations").json()["results"] == []


def test_an_invitation_that_is_too_old_taken_back_or_replaced_does_not_work(api_as: Api, ada: User):
    first = invited(api_as, ada)
    second = invited(api_as, ada)
    assert api_as(None).get(f"/api/v1/join/{first}").status_code == 404
    assert api_as(None).get(f"/api/v1/join/{second}").status_code == 200
    Invitation.objects.update(expires_at=now() - timedelta(seconds=1))
    assert "too old" in api_as(None).get(f"/api/v1/join/{second}").json()["detail"]
    third = invited(api_as, ada)
    (open_one,) = api_as(ada).get("/api/v1/invitations").json()["results"]
    assert api_as(ada).delete(f"/api/v1/invitations/{open_one['id']}").status_code == 204
    assert api_as(None).get(f"/api/v1/join/{third}").status_code == 404
    assert not User.objects.filter(email="eli@linden.example").exists()


def test_a_weak_password_leaves_the_invitation_open(api_as: Api, ada: User):
    secret = invited(api_as, ada)
    weak = api_as(None).post(f"/api/v1/join/{secret}", {"name": "Eli", "password": "12345"})
    assert weak.status_code == 422
    assert weak.json()["errors"][0]["path"] == "password"
    assert api_as(None).get(f"/api/v1/join/{secret}").status_code == 200


def test_a_team_has_members_strategy_and_capacity(api_as: Api, ada: User, bo: User, cy: User):
    client = api_as(ada)
    body = {"name": "Returns", "strategy": "least_busy", "capacity": 20, "is_private": True,
            "member_ids": [str(bo.pk), str(cy.pk)]}  # fmt: skip
    team = client.post("/api/v1/teams", body).json()
    assert (team["strategy"], team["capacity"], team["is_private"]) == ("least_busy", 20, True)
    users = {each["id"]: each for each in client.get("/api/v1/bootstrap").json()["users"]}
    assert team["id"] in users[str(bo.pk)]["team_ids"]
    assert client.post("/api/v1/teams", body).status_code == 409
    changed = client.patch(f"/api/v1/teams/{team['id']}", {"member_ids": [str(cy.pk)]})
    assert changed.status_code == 200
    assert not bo.teams.filter(pk=team["id"]).exists()
    assert client.delete(f"/api/v1/teams/{team['id']}").status_code == 204


def test_a_team_with_tickets_is_not_deleted(api_as: Api, ada: User, ticket: Ticket, team_a: Team):
    assign(ticket.pk, team_id=team_a.pk)
    refused = api_as(ada).delete(f"/api/v1/teams/{team_a.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert Ticket.objects.get(pk=ticket.pk).team_id == team_a.pk


def test_the_last_admin_stays_and_nobody_demotes_themselves(api_as: Api, ada: User, bo: User):
    client = api_as(ada)
    alone = client.patch(f"/api/v1/people/{ada.pk}", {"role": "agent"})
    assert (alone.status_code, alone.json()["code"]) == (409, "yourself")
    assert client.patch(f"/api/v1/people/{bo.pk}", {"role": "admin"}).status_code == 200
    left = api_as(bo).patch(f"/api/v1/people/{ada.pk}", {"is_active": False})
    assert left.status_code == 200
    last = api_as(bo).patch(f"/api/v1/people/{bo.pk}", {"is_active": False})
    assert last.status_code == 409


def test_nobody_reaches_people_or_teams_of_another_organization(
    api_as: Api, dee: User, bo: User, team_a: Team
):
    client = api_as(dee)
    assert client.patch(f"/api/v1/people/{bo.pk}", {"role": "admin"}).status_code == 404
    assert client.patch(f"/api/v1/teams/{team_a.pk}", {"name": "Mine"}).status_code == 404
    assert client.delete(f"/api/v1/teams/{team_a.pk}").status_code == 404
    stolen = client.post("/api/v1/teams", {"name": "X", "member_ids": [str(bo.pk)]})
    assert stolen.status_code == 422


def test_a_hand_off_note_and_the_assignment_are_one_change(
    api_as: Api, bo: User, cy: User, ticket: Ticket
):
    body = {"assignee_id": str(cy.pk), "note": "She waits since Monday.",
            "note_id": str(uuid.uuid4())}  # fmt: skip
    client = api_as(bo)
    for _ in range(2):
        assert client.patch(f"/api/v1/tickets/{ticket.pk}", body).status_code == 200
    notes = Message.objects.filter(ticket=ticket, kind="note")
    assert [each.body.text for each in notes] == ["She waits since Monday."]
    assert Event.objects.filter(ticket_id=ticket.pk, type="ticket.assigned").count() == 1
    refused = client.patch(
        f"/api/v1/tickets/{ticket.pk}",
        {"assignee_id": str(uuid.uuid4()), "note": "lost?", "note_id": str(uuid.uuid4())},
    )
    assert refused.status_code == 422
    assert Message.objects.filter(ticket=ticket, kind="note").count() == 1


def test_the_next_one_and_the_load(api_as: Api, bo: User, ticket: Ticket):
    client = api_as(bo)
    taken = client.post("/api/v1/tickets/next", {}).json()["ticket"]
    assert (taken["id"], taken["assignee_id"]) == (str(ticket.pk), str(bo.pk))
    assert client.post("/api/v1/tickets/next", {}).json() == {"ticket": None}
    loads = {
        each["user_id"]: each["open"] for each in client.get("/api/v1/loads").json()["results"]
    }
    assert loads == {str(bo.pk): 1}


def test_a_colleagues_draft_can_be_read_and_taken_over_with_its_files(
    api_as: Api, bo: User, cy: User, ticket: Ticket
):
    file = keep_upload(bo, name="label.pdf", content_type="application/pdf", content=b"%PDF")
    path = f"/api/v1/tickets/{ticket.pk}/drafts"
    written = {"text": "Dear Mia, your parcel", "rev": 0, "attachment_ids": [str(file.pk)]}
    assert api_as(bo).put(f"{path}/reply", written).status_code == 200
    cys = api_as(cy)
    (seen,) = cys.get(path).json()["results"]
    assert (seen["user_id"], seen["text"]) == (str(bo.pk), "Dear Mia, your parcel")
    assert api_as(bo).get(path).json()["results"] == []
    taken = cys.post(f"{path}/reply/take-over", {"user_id": str(bo.pk)}).json()
    assert taken["text"] == "Dear Mia, your parcel"
    assert [each.user for each in Draft.objects.all()] == [cy]
    assert Attachment.objects.get(pk=file.pk).uploaded_by == cy
    gone = cys.post(f"{path}/reply/take-over", {"user_id": str(bo.pk)})
    assert gone.status_code == 404
    late = api_as(bo).put(f"{path}/reply", {"text": "Dear Mia, your parcel is", "rev": 1})
    assert late.json()["code"] == "draft_gone"


def test_who_moves_a_ticket_out_of_their_own_sight_may_do_so(
    api_as: Api, bo: User, cy: User, ticket: Ticket, team_b: Team
):
    change_team(team_b.pk, {"is_private": True})
    client = api_as(bo)
    moved = client.patch(f"/api/v1/tickets/{ticket.pk}", {"team_id": str(team_b.pk)})
    assert moved.status_code == 200
    assert client.get(f"/api/v1/tickets/{ticket.pk}").status_code == 404
    assert write_in(ticket.organization, "More", ticket=ticket).ticket_id == ticket.pk
