"""Who is told what, and who is not (issue 3, points 6 and 13; G6.3)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from helpdesk.accounts.actions import change_profile
from helpdesk.accounts.models import Team, User
from helpdesk.events.actor import Actor
from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.models import Event, SubscriberCursor
from helpdesk.events.outbox import unit_of_work
from helpdesk.events.selectors import head_of
from helpdesk.notifications.models import Notification
from tests.api.conftest import ticket, write, write_in
from tickets.actions.assign import assign
from tickets.actions.delivery import set_delivery_state
from tickets.actions.mentions import set_following
from tickets.actions.reply import OutgoingMessage, add_note, reply
from tickets.actions.status import close
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["ticket", "write"]


def by(user: User) -> Any:
    return unit_of_work(actor=Actor.of_user(user))


def told(*people: User) -> list[tuple[str, str]]:
    """What they were told, oldest first: name and kind."""
    run_subscribers(people[0].organization_id)
    found = Notification.objects.filter(user__in=people).order_by("event_seq", "user__name")
    return [(each.user.first_name, each.kind) for each in found]


def events_of(client: Any, after: int) -> list[str]:
    page = client.get(f"/api/v1/events?after={after}").json()
    return [each["type"] for each in page["results"] if each["type"].startswith("notif")]


def test_whoever_is_given_a_ticket_is_told_and_nobody_else(
    ticket: Ticket, ada: User, bo: User, cy: User
):
    with by(ada):
        assign(ticket.pk, assignee_id=bo.pk)

    assert told(ada, bo, cy) == [("Bo", "assigned")]
    row = Notification.objects.get()
    assert row.actor == {"type": "agent", "id": str(ada.pk), "name": "Ada Kern"}
    assert row.channels == ["in_app", "desktop", "sound", "email"]


def test_nobody_is_told_of_what_they_did_themselves(ticket: Ticket, bo: User):
    with by(bo):
        assign(ticket.pk, assignee_id=bo.pk)
    add_note(ticket.pk, "@Bo Larsen", user=bo, mention_ids=[bo.pk])
    set_following(ticket.pk, bo, is_following=True)
    with by(bo):
        close(ticket.pk)

    assert told(bo) == []


def test_a_team_is_told_of_its_ticket(ticket: Ticket, ada: User, bo: User, cy: User, team_a: Team):
    with by(ada):
        assign(ticket.pk, team_id=team_a.pk)

    assert told(ada, bo, cy) == [("Bo", "team_assigned")]


def test_a_mention_tells_the_person_once_however_often_they_are_named(
    ticket: Ticket, bo: User, cy: User, team_b: Team
):
    text = "@Cy Okafor look, @Wholesale too"
    add_note(ticket.pk, text, user=bo, mention_ids=[cy.pk, team_b.pk])

    assert told(bo, cy) == [("Cy", "mentioned")]
    assert Notification.objects.get().preview == text


def test_a_second_run_tells_nobody_twice(ticket: Ticket, bo: User, cy: User):
    add_note(ticket.pk, "@Cy Okafor", user=bo, mention_ids=[cy.pk])
    assert told(bo, cy) == [("Cy", "mentioned")]

    SubscriberCursor.objects.filter(subscriber="helpdesk.notifications").update(seq=0)

    assert told(bo, cy) == [("Cy", "mentioned")]
    assert Event.objects.filter(type="notification.added").count() == 1


def test_a_customers_answer_reaches_the_assignee_and_followers(
    ticket: Ticket, ada: User, bo: User, cy: User
):
    with by(bo):
        assign(ticket.pk, assignee_id=bo.pk)
    set_following(ticket.pk, cy, is_following=True)
    set_following(ticket.pk, bo, is_following=True)

    write_in(ticket.organization, "And now?", ticket=ticket)

    assert told(ada, bo, cy) == [("Bo", "customer_replied"), ("Cy", "followed_replied")]
    assert {each.actor["name"] for each in Notification.objects.all()} == {"Mia Laurent"}


def test_followers_hear_of_the_end(ticket: Ticket, ada: User, bo: User):
    set_following(ticket.pk, bo, is_following=True)
    with by(ada):
        close(ticket.pk)

    assert told(ada, bo) == [("Bo", "followed_closed")]


def test_new_tickets_are_told_only_to_who_asked_for_it(ada: User, bo: User, cy: User):
    run_subscribers(bo.organization_id)
    change_profile(cy, settings={"notifications": {"new_unassigned": {"in_app": True}}})

    write_in(bo.organization, email="new@shopper.example")

    assert told(ada, bo, cy) == [("Cy", "new_unassigned")]


def test_trouble_with_a_message_is_told_to_its_author(ticket: Ticket, ada: User, bo: User):
    message = reply(ticket.pk, OutgoingMessage(text="On its way"), user=bo)
    run_subscribers(bo.organization_id)
    set_delivery_state(message.pk, "sending")
    set_delivery_state(message.pk, "failed", reason="No such mailbox")

    assert ("Bo", "delivery_problem") in told(ada, bo)
    assert Notification.objects.get(kind="delivery_problem").preview == "No such mailbox"


def test_who_wants_to_hear_nothing_hears_nothing(ticket: Ticket, ada: User, bo: User):
    change_profile(bo, settings={"notifications": {"assigned": {"in_app": False}}})
    with by(ada):
        assign(ticket.pk, assignee_id=bo.pk)

    assert told(ada, bo) == []


@pytest.mark.parametrize(
    ("at", "loud"),
    [
        ("2026-11-23T18:59:00Z", True),  # Monday 19:59 in Berlin
        ("2026-11-23T19:00:00Z", False),  # 20:00
        ("2026-11-24T06:59:00Z", False),  # Tuesday 07:59
        ("2026-11-24T07:00:00Z", True),  # 08:00
        ("2026-11-28T20:00:00Z", True),  # Saturday: the hours begin on weekdays only
    ],
)
def test_quiet_hours_are_of_the_persons_own_clock(
    at: str, loud: bool, ticket: Ticket, ada: User, bo: User
):
    quiet = {"is_on": True, "from": "20:00", "to": "08:00", "days": [0, 1, 2, 3, 4]}
    change_profile(bo, settings={"time_zone": "Europe/Berlin", "quiet_hours": quiet})

    with time_machine.travel(datetime.fromisoformat(at), tick=False):
        with by(ada):
            assign(ticket.pk, assignee_id=bo.pk)
        assert told(ada, bo) == [("Bo", "assigned")]

    row = Notification.objects.select_related("mail").get()
    assert ("desktop" in row.channels, "sound" in row.channels) == (loud, loud)
    assert row.is_listed
    assert row.mail is not None
    morning = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    if not loud:
        assert row.mail.due_at >= morning


def test_only_the_person_themselves_gets_the_event(
    ticket: Ticket, ada: User, bo: User, cy: User, api_as: Callable[..., Any]
):
    cursor = head_of(bo.organization_id).seq
    with by(ada):
        assign(ticket.pk, assignee_id=bo.pk)
    told(bo)

    assert events_of(api_as(bo), cursor) == ["notification.added"]
    assert events_of(api_as(cy), cursor) == []
    assert events_of(api_as(ada), cursor) == []


def test_reading_is_told_to_ones_other_pages_and_changes_nobody_elses(
    ticket: Ticket, ada: User, bo: User, cy: User, api_as: Callable[..., Any]
):
    add_note(ticket.pk, "@both", user=ada, mention_ids=[bo.pk, cy.pk])
    told(bo)
    client, cursor = api_as(bo), head_of(bo.organization_id).seq
    listed = client.get("/api/v1/notifications").json()["results"]
    assert [(each["kind"], each["read_at"]) for each in listed] == [("mentioned", None)]
    assert len(client.get("/api/v1/bootstrap").json()["unread_notifications"]) == 1

    read = client.post("/api/v1/notifications/read", {"ticket_id": str(ticket.pk)}).json()

    assert read["notification_ids"] == [listed[0]["id"]]
    assert events_of(client, cursor) == ["notification.read"]
    assert client.get("/api/v1/bootstrap").json()["unread_notifications"] == []
    assert len(api_as(cy).get("/api/v1/bootstrap").json()["unread_notifications"]) == 1
    again = client.post("/api/v1/notifications/read", {}).json()
    assert again["notification_ids"] == []


def test_nobody_can_read_anothers(
    ticket: Ticket, ada: User, bo: User, cy: User, api_as: Callable[..., Any]
):
    add_note(ticket.pk, "@Bo", user=ada, mention_ids=[bo.pk])
    told(bo)
    row = Notification.objects.get()

    assert api_as(cy).get("/api/v1/notifications").json()["results"] == []
    answer = api_as(cy).post("/api/v1/notifications/read", {"ids": [str(row.pk)]})

    assert answer.json()["notification_ids"] == []
    row.refresh_from_db()
    assert row.read_at is None


def test_the_list_is_read_page_by_page_in_few_queries(
    ticket: Ticket,
    ada: User,
    bo: User,
    api_as: Callable[..., Any],
    django_assert_max_num_queries: Any,
):
    for number in range(5):
        add_note(ticket.pk, f"{number}", user=ada, mention_ids=[bo.pk], message_id=uuid.uuid4())
    told(bo)
    client = api_as(bo)
    client.get("/api/v1/notifications")
    with django_assert_max_num_queries(8):
        first = client.get("/api/v1/notifications?limit=3").json()
    rest = client.get(f"/api/v1/notifications?limit=3&after={first['next']}").json()

    assert [each["preview"] for each in first["results"] + rest["results"]] == list("43210")
    assert rest["next"] is None
