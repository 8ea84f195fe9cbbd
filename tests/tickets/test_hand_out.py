"""Teams that hand out: who gets which ticket, never two, never none while somebody is free."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from helpdesk.accounts.models import Organization, Team, User
from helpdesk.accounts.people import change_person, set_available
from helpdesk.accounts.teams import change_team
from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.models import Event
from helpdesk.lib.errors import InvalidInput
from tests.api.conftest import write_in
from tickets.actions.assign import assign, take_next
from tickets.actions.hand_out import hand_out, hand_out_due
from tickets.actions.hand_over import hand_over_due
from tickets.actions.marks import set_priority
from tickets.actions.status import close
from tickets.models import Status, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def waiting(organization: Organization, team: Team, number: int) -> list[Ticket]:
    tickets = [
        write_in(organization, email=f"w{uuid.uuid4().hex[:8]}@shopper.example").ticket
        for _ in range(number)
    ]
    for each in tickets:
        assign(each.pk, team_id=team.pk)
    return tickets


def given(team: Team) -> Counter[str]:
    rows = Ticket.objects.filter(team=team, assignee__isnull=False, status=Status.OPEN)
    return Counter(rows.values_list("assignee__name", flat=True))


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run the calls in threads that begin together; returns what each answered or raised."""
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def one(index: int, call: Callable[[], object]) -> None:
        gate.wait()
        try:
            answers[index] = call()  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(calls)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return list(answers)


@pytest.fixture
def both(team_a: Team, bo: User, cy: User) -> Team:
    """Bo and Cy in one team that hands out in turn."""
    return change_team(team_a.pk, {"strategy": "round_robin", "member_ids": [bo.pk, cy.pk]})


def test_a_team_by_hand_hands_out_nothing(organization: Organization, team_a: Team, bo: User):
    waiting(organization, team_a, 2)
    assert hand_out_due() == 0
    assert given(team_a) == {}


def test_in_turn_goes_on_where_it_stopped_after_a_restart(
    organization: Organization, both: Team, bo: User, cy: User
):
    order = []
    for _ in range(5):
        (ticket,) = waiting(organization, both, 1)
        hand_out(organization.pk)
        ticket.refresh_from_db()
        order.append(ticket.assignee)
    assert order == [bo, cy, bo, cy, bo]


def test_a_new_ticket_of_the_team_is_handed_out_after_its_event(
    organization: Organization, both: Team
):
    waiting(organization, both, 4)
    run_subscribers(organization.pk)
    assert given(both) == {"Bo Larsen": 2, "Cy Okafor": 2}
    event = Event.objects.filter(type="ticket.assigned").order_by("-seq").first()
    assert event is not None
    assert event.actor == {"type": "system", "id": str(both.pk), "name": "Orders"}


def test_least_busy_looks_at_all_open_tickets(organization: Organization, both: Team, bo: User):
    change_team(both.pk, {"strategy": "least_busy"})
    for _ in range(3):
        assign(write_in(organization, email=f"{uuid.uuid4().hex}@x.example").ticket.pk,
               assignee_id=bo.pk)  # fmt: skip
    waiting(organization, both, 4)
    hand_out(organization.pk)
    assert given(both) == {"Cy Okafor": 4} or given(both)["Cy Okafor"] >= 3
    assert given(both)["Bo Larsen"] <= 1


def test_who_is_away_or_full_is_passed_over_and_the_queue_waits(
    organization: Organization, both: Team, bo: User, cy: User
):
    change_team(both.pk, {"capacity": 2})
    set_available(cy.pk, is_available=False)
    tickets = waiting(organization, both, 4)
    run_subscribers(organization.pk)
    assert given(both) == {"Bo Larsen": 2}

    close(tickets[0].pk)
    run_subscribers(organization.pk)
    assert given(both) == {"Bo Larsen": 2}
    assert Ticket.objects.filter(team=both, assignee=None, status=Status.OPEN).count() == 1

    set_available(cy.pk, is_available=True)
    run_subscribers(organization.pk)
    assert given(both) == {"Bo Larsen": 2, "Cy Okafor": 1}


def test_urgent_tickets_come_first_then_the_oldest(
    organization: Organization, both: Team, bo: User
):
    change_team(both.pk, {"capacity": 1, "member_ids": [bo.pk]})
    first, second, third = waiting(organization, both, 3)
    set_priority(third.pk, "urgent")
    hand_out(organization.pk)
    third.refresh_from_db()
    assert third.assignee == bo
    close(third.pk)
    hand_out(organization.pk)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.assignee, second.assignee) == (bo, None)


def test_many_workers_at_once_give_each_ticket_once_and_keep_the_capacity(
    organization: Organization, both: Team
):
    change_team(both.pk, {"capacity": 5})
    waiting(organization, both, 14)
    at_once(
        *[lambda: hand_out(organization.pk)] * 5, *[lambda: run_subscribers(organization.pk)] * 2
    )
    hand_out(organization.pk)
    assert given(both) == {"Bo Larsen": 5, "Cy Okafor": 5}
    to_somebody = [
        each for each in Event.objects.filter(type="ticket.assigned")
        if each.payload["change"].get("assignee_id", [None, None])[1]
    ]  # fmt: skip
    assert len(to_somebody) == 10
    assert len({each.object_id for each in to_somebody}) == 10


def test_two_who_take_the_next_one_at_once_get_two_tickets(
    organization: Organization, bo: User, cy: User
):
    for number in range(2):
        write_in(organization, email=f"n{number}@shopper.example")
    taken = at_once(lambda: take_next(bo), lambda: take_next(cy))
    assert len({each.pk for each in taken if isinstance(each, Ticket)}) == 2
    assert take_next(bo) is None


def test_take_the_next_one_leaves_other_teams_tickets_alone(
    organization: Organization, team_b: Team, bo: User, cy: User
):
    (ticket,) = waiting(organization, team_b, 1)
    assert take_next(bo) is None
    assert take_next(cy) == ticket


def test_into_a_private_team_a_ticket_goes_without_who_is_not_in_it(
    ticket: Ticket, team_b: Team, bo: User, cy: User
):
    change_team(team_b.pk, {"is_private": True})
    assign(ticket.pk, assignee_id=bo.pk)
    after = assign(ticket.pk, team_id=team_b.pk)
    assert (after.assignee_id, after.team_id) == (None, team_b.pk)
    with pytest.raises(InvalidInput) as refused:
        assign(ticket.pk, assignee_id=bo.pk)
    assert refused.value.errors[0].path == "assignee_id"
    assert assign(ticket.pk, assignee_id=cy.pk).assignee_id == cy.pk


def test_who_leaves_hands_over_open_and_snoozed_tickets_and_keeps_closed_ones(
    organization: Organization, ada: User, bo: User, cy: User
):
    tickets = [write_in(organization, email=f"l{n}@shopper.example").ticket for n in range(3)]
    for each in tickets:
        assign(each.pk, assignee_id=bo.pk)
    close(tickets[2].pk)
    change_person(bo.pk, {"is_active": False, "tickets_to": cy.pk}, by=ada)
    run_subscribers(organization.pk)
    hand_over_due()
    owners = [Ticket.objects.get(pk=each.pk).assignee for each in tickets]
    assert owners == [cy, cy, bo]
    assert User.objects.get(pk=bo.pk).handover is None
    assert hand_over_due() == 0
