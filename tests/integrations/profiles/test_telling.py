"""What services are told of tickets: once each, of the right people, never what was written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import PermanentFailure, TemporaryFailure
from integrations.commerce import syncing
from integrations.commerce.models import Store, StoreConnection
from integrations.commerce.profiles.keeping import forget_person
from integrations.commerce.profiles.models import Tiding, TidingState
from integrations.commerce.profiles.telling import after_ticket, forget_told
from tests.integrations.profiles.conftest import MIA
from tests.integrations.profiles.service import SUBSCRIBED, Fond
from tickets.actions.status import close, reopen
from tickets.models import Customer, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def eager(fond: Fond) -> Fond:
    """It hears of everybody, and knows Mia."""
    fond.listens_to, fond.people[MIA] = "everybody", SUBSCRIBED
    return fond


def told(store: Store) -> list[str]:
    rows = Tiding.objects.filter(store=store).order_by("happened_at", "pk")
    return [f"{each.name} {each.state}" for each in rows]


def test_a_ticket_is_told_of_once_when_it_opens_and_each_time_it_is_solved(
    eager: Fond, store: Store, ticket: Ticket, organization: Organization
) -> None:
    close(ticket.pk)
    run_subscribers(organization.pk)
    for event in Event.objects.filter(type__in=["ticket.created", "ticket.status_changed"]):
        after_ticket(event)  # a worker that died repeats it
    syncing.ask_store(store.pk)
    assert [each.name for each in eager.told] == ["Ticket opened", "Ticket solved"]
    assert eager.told[0].email == MIA
    assert eager.told[0].properties == {"ticket": ticket.number, "channel": "email"}
    assert len({each.key for each in eager.told}) == 2
    assert told(store) == ["Ticket opened sent", "Ticket solved sent"]
    assert set(Tiding.objects.values_list("email", flat=True)) == {""}


def test_reopening_is_no_news_and_nobody_is_told_who_does_not_listen(
    fond: Fond, store: Store, ticket: Ticket, organization: Organization
) -> None:
    run_subscribers(organization.pk)
    assert Tiding.objects.count() == 0
    fond.listens_to = "everybody"
    close(ticket.pk)
    reopen(ticket.pk)
    run_subscribers(organization.pk)
    assert [each.name for each in Tiding.objects.all()] == ["Ticket solved"]


def test_who_is_not_known_there_is_not_made_known(
    fond: Fond, store: Store, ticket: Ticket, organization: Organization
) -> None:
    fond.listens_to = "known"
    run_subscribers(organization.pk)
    syncing.ask_store(store.pk)
    assert fond.asked == [MIA]
    assert fond.told == []
    assert told(store) == ["Ticket opened passed"]


def test_who_is_known_there_is_told_of_after_they_were_read(
    fond: Fond, store: Store, ticket: Ticket, organization: Organization
) -> None:
    fond.listens_to, fond.people[MIA] = "known", SUBSCRIBED
    run_subscribers(organization.pk)
    syncing.ask_store(store.pk)
    assert [each.name for each in fond.told] == ["Ticket opened"]


def test_a_score_is_told_and_no_comment(
    eager: Fond, store: Store, ticket: Ticket, organization: Organization
) -> None:
    record = {"id": str(ticket.pk), "number": ticket.number, "channel_kind": "email",
              "customer_id": str(ticket.customer_id), "status": "closed"}  # fmt: skip
    survey = {"score": 2, "comment": "My number is +33655510872"}
    after_ticket(Event(
        organization=organization, seq=900, type="csat.answered", at=now(), object_id=ticket.pk,
        payload={"ticket": record, "customer": {}, "survey": survey},
    ))  # fmt: skip
    tiding = Tiding.objects.get()
    assert (tiding.name, tiding.properties["score"]) == ("Support rated", 2)
    assert "comment" not in str(tiding.properties)


def test_a_service_that_is_away_is_told_later_under_the_same_key(
    eager: Fond, store: Store, ticket: Ticket, organization: Organization
) -> None:
    eager.refuses = TemporaryFailure("It sleeps.")
    run_subscribers(organization.pk)
    syncing.ask_store(store.pk)
    tiding = Tiding.objects.get()
    assert (tiding.state, tiding.email) == (TidingState.WAITING, MIA)
    eager.refuses = None
    Tiding.objects.update(due_at=now())
    StoreConnection.objects.update(ask_next_at=None)
    syncing.ask_store(store.pk)
    assert [each.key for each in eager.told] == [tiding.key]


def test_what_is_refused_five_times_is_given_up_and_forgotten(
    eager: Fond, store: Store, ticket: Ticket, organization: Organization
) -> None:
    eager.refuses = PermanentFailure("No such metric.")
    run_subscribers(organization.pk)
    for _ in range(6):
        Tiding.objects.update(due_at=now())
        syncing.ask_store(store.pk)
    tiding = Tiding.objects.get()
    assert (tiding.state, tiding.attempts, tiding.email) == (TidingState.FAILED, 5, "")
    assert tiding.reason == "No such metric."


def test_old_news_is_told_no_more_and_is_deleted_in_the_end(
    eager: Fond, store: Store, ticket: Ticket, organization: Organization
) -> None:
    run_subscribers(organization.pk)
    Tiding.objects.update(happened_at=now() - timedelta(days=3))
    syncing.ask_store(store.pk)
    assert eager.told == []
    assert told(store) == ["Ticket opened passed"]
    assert forget_told() == 0
    Tiding.objects.update(happened_at=now() - timedelta(days=31))
    assert forget_told() == 1


def test_who_is_forgotten_is_told_of_no_more(
    eager: Fond, store: Store, mia: Customer, ticket: Ticket, organization: Organization
) -> None:
    run_subscribers(organization.pk)
    forget_person(organization.pk, emails=[MIA])
    syncing.ask_store(store.pk)
    assert eager.told == []
