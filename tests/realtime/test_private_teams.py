"""What people in and out of a private team see, live and loaded afresh: always the same.

UX 44 (server side): who loses sight of a ticket is told to forget it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import Team, User
from helpdesk.accounts.people import change_person, set_available
from helpdesk.accounts.teams import change_team
from helpdesk.events.selectors import head_of
from tests.api.conftest import write_in
from tests.realtime.reducer import apply_events
from tests.realtime.socket import Page, in_thread, live_page, sign_in
from tests.realtime.test_state_equals_fresh_load import fresh_load
from tickets.actions import marks
from tickets.actions.assign import assign
from tickets.actions.reply import add_note
from tickets.models import Ticket
from tickets.selectors import (
    counts_for_people,
    tickets_visible_to,
    view_counts,
    views_visible_to,
)
from tickets.views import ensure_default_views

pytestmark = pytest.mark.django_db(transaction=True)
run = asyncio.run
Api = Callable[..., Any]


@pytest.fixture
def wholesale(team_b: Team, cy: User) -> Team:
    """Cy's team, private."""
    return change_team(team_b.pk, {"is_private": True})


@pytest.fixture
def secret(ticket: Ticket, wholesale: Team) -> Ticket:
    """A ticket of the private team."""
    return assign(ticket.pk, team_id=wholesale.pk)


def test_no_endpoint_shows_a_private_teams_ticket_to_somebody_else(
    api_as: Api, ada: User, bo: User, cy: User, secret: Ticket
):
    message = write_in(secret.organization, "Our price list?", ticket=secret, html="<p>x</p>")
    for user, status, total in ((ada, 200, 1), (cy, 200, 1), (bo, 404, 0)):
        client = api_as(user)
        asked = [
            f"tickets/{secret.pk}", f"tickets/by-number/{secret.number}",
            f"tickets/{secret.pk}/messages", f"tickets/{secret.pk}/drafts",
            f"tickets/{secret.pk}/rule-runs", f"messages/{message.pk}/html",
        ]  # fmt: skip
        told = {each: client.get(f"/api/v1/{each}").status_code for each in asked}
        assert set(told.values()) == {status}, (user.name, told)
        assert client.get("/api/v1/tickets").json()["total"] == total
        assert client.get("/api/v1/tickets?q=price").json()["total"] == total
        of_customer = client.get(f"/api/v1/customers/{secret.customer_id}/tickets").json()
        assert of_customer["total"] == total
    assert api_as(bo).patch(f"/api/v1/tickets/{secret.pk}", {"priority": "low"}).status_code == 404


def test_counts_are_of_what_one_sees_together_and_alone(bo: User, cy: User, secret: Ticket):
    ensure_default_views(bo.organization)
    views = list(views_visible_to(bo))
    together = counts_for_people(bo.organization_id, [bo.pk, cy.pk])
    assert (together[bo.pk]["all"], together[cy.pk]["all"]) == (0, 1)
    assert together[bo.pk] == view_counts(bo, views)
    assert together[cy.pk] == view_counts(cy, views)


@pytest.mark.parametrize("who", ["bo", "cy", "ada"])
def test_live_and_fresh_are_equal_for_members_others_and_admins(
    who: str, api_as: Api, ada: User, bo: User, cy: User, ticket: Ticket, wholesale: Team
):
    """G9.3 for each of them: in, changed while in, out again."""
    client = api_as({"ada": ada, "bo": bo, "cy": cy}[who])
    write_in(ticket.organization, "Another matter")
    before, cursor = fresh_load(client, ticket), head_of(bo.organization_id).seq
    assign(ticket.pk, team_id=wholesale.pk)
    marks.set_priority(ticket.pk, "urgent")
    add_note(ticket.pk, "A secret", user=cy)
    events = client.get(f"/api/v1/events?after={cursor}").json()["results"]
    inside = fresh_load(client, ticket)
    assert apply_events(before, events) == inside
    assert ("A secret" in json.dumps(events)) == (who != "bo")
    assert [each["type"] for each in events if who == "bo"] == (["ticket.hidden"] * (who == "bo"))

    cursor = head_of(bo.organization_id).seq
    assign(ticket.pk, team_id=None)
    events = client.get(f"/api/v1/events?after={cursor}").json()["results"]
    assert apply_events(inside, events)["tickets"] == fresh_load(client, ticket)["tickets"]


def test_the_socket_hides_what_others_may_not_see(
    bo: User, cy: User, ticket: Ticket, wholesale: Team
):
    def happens() -> None:
        assign(ticket.pk, team_id=wholesale.pk)
        add_note(ticket.pk, "A secret", user=cy)

    async def story() -> tuple[list[Any], list[Any]]:
        bos, cys = await live_page(bo), await live_page(cy)
        await in_thread(happens)
        head = await in_thread(head_of, bo.organization_id)
        for page in (bos, cys):
            await page.hear_until(head.seq)
            await page.close()
        return bos.events, cys.events

    bos, cys = run(story())
    assert [each["type"] for each in bos] == ["ticket.hidden"]
    assert bos[0]["payload"] == {"ticket_id": str(ticket.pk)}
    assert [each["type"] for each in cys] == ["ticket.assigned", "message.noted"]


@pytest.mark.parametrize("how", ["out of the team", "the team becomes private"])
def test_who_loses_sight_loads_afresh_and_nobody_else_does(
    how: str, ada: User, bo: User, cy: User, ticket: Ticket, team_b: Team
):
    """UX 44."""
    assign(ticket.pk, team_id=team_b.pk)
    is_private = how == "out of the team"
    change_team(team_b.pk, {"is_private": is_private, "member_ids": [bo.pk, cy.pk]})

    def happens() -> None:
        if is_private:
            change_person(bo.pk, {"team_ids": []}, by=ada)
        else:
            change_team(team_b.pk, {"is_private": True, "member_ids": [cy.pk]})

    async def story() -> tuple[str, bool]:
        bos, cys = await live_page(bo), await live_page(cy)
        await in_thread(happens)
        reason: str = (await bos.hear("reset"))["reason"]
        head = await in_thread(head_of, bo.organization_id)
        await cys.hear_until(head.seq)
        await bos.close()
        nothing_more = await cys.hears_nothing()
        await cys.close()
        return reason, nothing_more

    assert run(story()) == ("permissions", True)
    assert not tickets_visible_to(User.objects.get(pk=bo.pk)).exists()


def test_rights_lost_while_away_are_noticed_at_hello_and_over_http(
    api_as: Api, ada: User, bo: User, secret: Ticket, team_b: Team
):
    change_team(team_b.pk, {"member_ids": [bo.pk]})
    before = head_of(bo.organization_id)
    change_person(bo.pk, {"team_ids": []}, by=ada)

    async def story() -> str:
        page = Page(await in_thread(sign_in, bo))
        await page.open()
        await page.hello(before.seq, before.epoch)
        reason: str = (await page.hear("reset"))["reason"]
        await page.close()
        return reason

    assert run(story()) == "permissions"
    answer = api_as(bo).get(f"/api/v1/events?after={before.seq}")
    assert (answer.status_code, answer.json()["reason"]) == (409, "permissions")


def test_going_away_makes_nobody_load_afresh(bo: User, cy: User):
    async def story() -> list[Any]:
        page = await live_page(bo)
        await in_thread(lambda: set_available(bo.pk, is_available=False))
        await page.hear("batch")
        await page.close()
        return page.events

    events = run(story())
    assert [each["payload"]["user"]["is_available"] for each in events] == [False]


def test_presence_on_a_private_teams_ticket_is_told_to_its_members_only(
    ada: User, bo: User, cy: User, secret: Ticket
):
    async def story() -> tuple[list[Any], bool]:
        adas, bos, cys = await live_page(ada), await live_page(bo), await live_page(cy)
        await asyncio.sleep(0.05)
        await cys.say({"type": "presence", "ticket_id": str(secret.pk), "state": "replying"})
        seen = (await adas.hear("presence"))["users"]
        nothing = await bos.hears_nothing()
        for page in (adas, bos, cys):
            await page.close()
        return seen, nothing

    assert run(story()) == ([{"id": str(cy.pk), "state": "replying"}], True)
