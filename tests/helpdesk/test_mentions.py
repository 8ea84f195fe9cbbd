"""Mentions in notes, and following a ticket (issue 3, point 6)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.actions import change_profile
from helpdesk.accounts.models import Team, User
from tests.api.conftest import foreign_ticket, ticket, write
from tickets.actions.mentions import set_following
from tickets.models import Message, Ticket
from tickets.views import ensure_default_views

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["foreign_ticket", "ticket", "write"]


def note(client: Any, ticket: Ticket, *mentioned: Any, kind: str = "note") -> Any:
    body = {
        "id": str(uuid.uuid4()),
        "kind": kind,
        "text": "@Cy Okafor, can you look?",
        "mention_ids": [str(each.pk) for each in mentioned],
    }
    return client.post(f"/api/v1/tickets/{ticket.pk}/messages", body)


def test_a_note_keeps_whom_it_names_and_the_ticket_shows_them(
    ticket: Ticket, bo: User, cy: User, api_as: Callable[..., Any]
):
    answer = note(api_as(bo), ticket, cy)

    assert answer.status_code == 201
    assert answer.json()["mentions"] == [{"kind": "user", "id": str(cy.pk), "name": "Cy Okafor"}]
    ticket.refresh_from_db()
    assert ticket.mentioned_ids == [cy.pk]
    assert ticket.follower_ids == [cy.pk]


def test_who_does_not_want_to_follow_is_only_mentioned(
    ticket: Ticket, bo: User, cy: User, api_as: Callable[..., Any]
):
    change_profile(cy, settings={"auto_follow": {"mentioned": False}})

    note(api_as(bo), ticket, cy)

    ticket.refresh_from_db()
    assert ticket.mentioned_ids == [cy.pk]
    assert ticket.follower_ids == []


def test_a_team_stands_for_its_members_without_the_author(
    ticket: Ticket, bo: User, cy: User, team_a: Team, api_as: Callable[..., Any]
):
    cy.teams.add(team_a)

    answer = note(api_as(bo), ticket, team_a)

    assert answer.json()["mentions"] == [{"kind": "team", "id": str(team_a.pk), "name": "Orders"}]
    ticket.refresh_from_db()
    assert ticket.mentioned_ids == [cy.pk]


@pytest.mark.parametrize("who", ["dee", "gone", "nobody"])
def test_nobody_who_cannot_see_the_ticket_can_be_mentioned(
    who: str, ticket: Ticket, bo: User, cy: User, dee: User, api_as: Callable[..., Any]
):
    if who == "gone":
        User.objects.filter(pk=cy.pk).update(is_active=False)
    person: Any = {"dee": dee, "gone": cy, "nobody": User(id=uuid.uuid4())}[who]

    answer = note(api_as(bo), ticket, person)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "mention_ids"
    assert Message.objects.filter(kind="note").count() == 0


def test_a_reply_mentions_nobody(ticket: Ticket, bo: User, cy: User, api_as: Callable[..., Any]):
    answer = note(api_as(bo), ticket, cy, kind="reply")

    assert answer.status_code == 201
    assert answer.json()["mentions"] == []
    ticket.refresh_from_db()
    assert ticket.mentioned_ids == []


def test_the_view_mentions_holds_the_persons_own(
    ticket: Ticket, bo: User, cy: User, api_as: Callable[..., Any]
):
    ensure_default_views(bo.organization)
    note(api_as(bo), ticket, cy)

    for person, wanted in ((cy, [str(ticket.pk)]), (bo, [])):
        page = api_as(person).get("/api/v1/tickets?view=mentions").json()
        assert [each["id"] for each in page["results"]] == wanted
        assert api_as(person).get("/api/v1/views/counts").json()["mentions"] == len(wanted)


def test_following_twice_is_following_once_and_has_an_end(
    ticket: Ticket, bo: User, api_as: Callable[..., Any]
):
    client, address = api_as(bo), f"/api/v1/tickets/{ticket.pk}/follow"

    first, second = client.put(address).json(), client.put(address).json()
    assert first["follower_ids"] == [str(bo.pk)]
    assert second == first
    assert client.delete(address).json()["follower_ids"] == []


def test_a_ticket_of_another_shop_cannot_be_followed(
    foreign_ticket: Ticket, bo: User, api_as: Callable[..., Any]
):
    answer = api_as(bo).put(f"/api/v1/tickets/{foreign_ticket.pk}/follow")

    assert answer.status_code == 404
    foreign_ticket.refresh_from_db()
    assert foreign_ticket.follower_ids == []


def test_who_replies_follows_where_they_want_that(
    ticket: Ticket, bo: User, api_as: Callable[..., Any]
):
    change_profile(bo, settings={"auto_follow": {"replied": True}})

    note(api_as(bo), ticket, kind="reply")

    ticket.refresh_from_db()
    assert ticket.follower_ids == [bo.pk]
    set_following(ticket.pk, bo, is_following=False)
    ticket.refresh_from_db()
    assert ticket.follower_ids == []
