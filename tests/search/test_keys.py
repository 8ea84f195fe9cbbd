"""Every key of UX 1.6: which tickets it finds, and what it says about values it does not know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automation.rules.models import Rule, RuleRun
from helpdesk.accounts.models import Organization, Team, User
from helpdesk.lib.clock import now
from integrations.commerce.actions import create_store, upsert_order
from tests.integrations.commerce.tellings import telling as told
from tests.search.conftest import Find, write_in
from tickets.actions.assign import assign
from tickets.actions.edit import edit_ticket
from tickets.actions.reply import add_note
from tickets.actions.words import read_stale_words
from tickets.fields import as_query, check_tree, parse_days
from tickets.models import Draft, StaleWords, Tag, Ticket, TicketWords
from tickets.search.keys import KEYS, Vocabulary
from tickets.search.reading import read_query

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(organization: Organization, bo: User, team_a: Team) -> tuple[Ticket, Ticket]:
    """Mia's ticket, worked on by Bo; and Ada's, which nobody has touched."""
    Tag.objects.create(organization=organization, name="vip")
    Tag.objects.create(organization=organization, name="very late")
    mia = write_in(organization, "please cancel", subject="Mia").ticket
    ada = write_in(organization, "where is it", subject="Ada", email="ada@other.example").ticket
    edit_ticket(mia.pk, {"tags": ["vip"], "priority": "urgent"}, user=bo)
    edit_ticket(ada.pk, {"tags": ["very late"]}, user=bo)
    assign(mia.pk, assignee_id=bo.pk, team_id=team_a.pk)
    add_note(mia.pk, "call her back", user=bo)
    Draft.objects.create(ticket=mia, user=bo, mode="reply", content={"text": "Hi"})
    Ticket.objects.filter(pk=mia.pk).update(
        csat_score=2, csat_state="answered", language="fr", has_attachments=True
    )
    Ticket.objects.filter(pk=ada.pk).update(
        created_at=now() - timedelta(days=20), waiting_since=now() - timedelta(hours=5)
    )
    return mia, ada


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("is:open", "Ada Mia"),
        ("is:closed", ""),
        ("is:unread", "Ada Mia"),
        ("is:unassigned", "Ada"),
        ("-is:unassigned", "Mia"),
        ("is:merged", ""),
        ("is:spam,open", "Ada Mia"),
        ("status:open,closed", "Ada Mia"),
        ("has:attachment", "Mia"),
        ("has:draft", "Mia"),
        ("has:note", "Mia"),
        ("has:csat", "Mia"),
        ("has:order", ""),
        ("assignee:me", "Mia"),
        ("assignee:none", "Ada"),
        ("assignee:@bo", "Mia"),
        ('assignee:"Bo Larsen"', "Mia"),
        ("assignee:me,none", "Ada Mia"),
        ("team:orders", "Mia"),
        ("team:none", "Ada"),
        ("channel:email", "Ada Mia"),
        ("channel:chat,whatsapp", ""),
        ("channel:support", "Ada Mia"),
        ("tag:vip", "Mia"),
        ('tag:vip,"very late"', "Ada Mia"),
        ("-tag:vip", "Ada"),
        ("priority:p1", "Mia"),
        ("priority:urgent,high", "Mia"),
        ("from:mia@shopper.example", "Mia"),
        ("from:ada@", "Ada"),
        ("from:shopper", "Mia"),
        ("created:today", "Mia"),
        ("created:7d", "Mia"),
        ("created:>7d", "Ada"),
        ("updated:<2h", "Ada Mia"),
        ("waiting:>4h", "Ada"),
        ("waiting:<4h", "Mia"),
        ("csat:<=2", "Mia"),
        ("csat:3..5", ""),
        ("csat:answered", "Mia"),
        ("lang:fr", "Mia"),
        ("lang:french", "Mia"),
        ("id:1", "Mia"),
        ("#2", "Ada"),
        ("subject:mia", "Mia"),
        ("subject:cancel", ""),
        ("is:open (cancel OR where) -tag:vip", "Ada"),
        ("assignee:me OR assignee:none", "Ada Mia"),
        ("tag:vip OR where", "Ada Mia"),
        ("-(tag:vip OR where)", ""),
        ("tag:", "Ada Mia"),
    ],
)
def test_what_each_key_finds(two: tuple[Ticket, Ticket], find: Find, q: str, found: str):
    assert " ".join(sorted(find(q))) == found


@pytest.mark.parametrize(
    ("q", "code", "hint"),
    [
        ("chanel:email", "unknown_key", "channel:email"),
        ("-chanel:email", "unknown_key", "-channel:email"),
        ("is:opne", "unknown_value", "is:open"),
        ("tag:vpi", "unknown_value", "tag:vip"),
        ("tag:verylate", "unknown_value", 'tag:"very late"'),
        ("assignee:@larson", "unknown_value", "assignee:@bo"),
        ("created:yesterdy", "bad_value", "created:yesterday"),
        ("created:2026-13-01", "bad_value", None),
        ("csat:many", "unknown_value", None),
        ("id:>x", "bad_value", None),
        ("tag:>vip", "bad_value", None),
        ("tag:", "no_value", None),
    ],
)
def test_what_is_not_understood_is_reported_with_what_may_have_been_meant(
    two: tuple[Ticket, Ticket], bo: User, q: str, code: str, hint: str | None
):
    [problem] = read_query(q, bo).problems
    assert (problem.code, problem.hint) == (code, hint)
    assert (problem.start, problem.end) == (0, len(q))


def test_every_example_is_understood_and_makes_a_tree_that_views_accept(
    two: tuple[Ticket, Ticket], bo: User, organization: Organization
):
    Rule.objects.create(
        organization=organization, name="Urgent cancellation", conditions={}, actions=[]
    )
    Team.objects.create(organization=organization, name="returns")
    examples = [each.example for each in KEYS.values()]
    assert len(examples) > 20
    for example in [*examples, "is:open (a OR -b) -(c d)", "06 55 51 08 72"]:
        reading = read_query(example, bo)
        assert reading.problems == [], example
        check_tree(reading.conditions)
        list(Ticket.objects.filter(as_query(reading.conditions, me=bo.pk)))


def test_orders_of_verified_customers_find_their_tickets(
    find: Find, api_as: Callable[..., Any], bo: User, organization: Organization
):
    from tickets.actions.customers import get_or_create_by_handle

    get_or_create_by_handle(organization.pk, "email", "mia@shopper.example", is_verified=True)
    write_in(organization, subject="Mia")
    write_in(organization, subject="Eve", email="eve@other.example")
    store = create_store(organization, kind="demo", slug="shop", name="Shop")
    upsert_order(store, told(number="#1042", email="mia@shopper.example", customer=None))
    upsert_order(store, told(number="#1043", email="eve@other.example", customer=None))
    assert find("order:1042") == ["Mia"]
    assert find("order:1043") == []
    assert find("has:order") == ["Mia"]
    assert find("-has:order") == ["Eve"]
    total = told().total_minor / 100
    assert find(f"order.total:>={total:.2f}") == ["Mia"]
    assert find(f"order.total:>{total:.2f}") == []
    status = told().fulfillment_status
    assert find(f"order.status:{status}") == ["Mia"]
    assert find("order.status:cancelled") == []
    orders = api_as(bo).get("/api/v1/search", {"q": "order:1042", "kind": "orders"}).json()
    assert [each["title"]["text"] for each in orders["results"]] == ["#1042"]
    assert orders["orders"][0]["number"] == "#1042"
    assert api_as(bo).get("/api/v1/search", {"q": "1042"}).json()["counts"]["orders"]["count"] == 1


def test_tickets_are_found_by_the_rule_that_ran(find: Find, organization: Organization):
    ticket = write_in(organization, subject="Mia").ticket
    write_in(organization, subject="Eve", email="eve@other.example")
    rule = Rule.objects.create(
        organization=organization, name="Urgent cancellation", conditions={}, actions=[]
    )
    RuleRun.objects.create(
        organization=organization,
        rule=rule,
        rule_name=rule.name,
        rule_version=1,
        ticket=ticket,
        event_seq=1,
        outcome="acted",
    )
    assert find('rule:"Urgent cancellation"') == ["Mia"]
    assert find('-rule:"urgent cancellation"') == ["Eve"]


def test_days_begin_in_the_time_zone_of_the_person(bo: User, organization: Organization):
    at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    from tickets.search.keys import zone_of

    organization.time_zone = "Europe/Berlin"
    organization.save()
    bo.refresh_from_db()
    first, after = parse_days("today", zone=zone_of(bo), at=at) or (None, None)
    assert first == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert after == datetime(2026, 11, 23, 23, tzinfo=UTC)
    bo.settings = {"time_zone": "America/New_York"}
    first, _ = parse_days("yesterday", zone=zone_of(bo), at=at) or (None, None)
    assert first == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert parse_days("2026-11", zone=UTC, at=at) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )


def test_words_follow_what_is_written_changed_and_withdrawn(
    find: Find, organization: Organization, bo: User
):
    from tickets.actions.customers import change_customer
    from tickets.actions.marks import set_subject

    ticket = write_in(organization, "parcel", subject="Old words").ticket
    add_note(ticket.pk, "secretnote", user=bo)
    assert find("secretnote parcel") == ["Old words"]
    set_subject(ticket.pk, "New words")
    assert find("new secretnote") == ["New words"]
    change_customer(ticket.customer, name="Ludmila Nová")
    assert StaleWords.objects.count() == 1
    assert read_stale_words() == 1
    assert find("ludmila") == ["New words"]
    assert find("laurent") == ["New words"], "her message is still signed with the old name"
    assert StaleWords.objects.count() == 0


def test_a_very_long_ticket_is_found_by_every_word_and_phrase(
    find: Find, organization: Organization
):
    ticket = write_in(organization, "firstword here", subject="Long").ticket
    filler = " ".join(f"w{n}" for n in range(9_000))
    for number in range(4):
        write_in(organization, f"{filler} end{number} phrase{number}", ticket=ticket)
    assert TicketWords.objects.filter(ticket=ticket).count() > 1
    for asked in ("firstword end3", '"end0 phrase0"', '"end3 phrase3"', "w8999", "end1 end2"):
        assert find(asked) == ["Long"], asked
    assert find('"phrase0 end0"') == []


def test_a_vocabulary_is_read_once_and_only_when_asked(
    bo: User, django_assert_num_queries: Callable[[int], Any]
):
    vocabulary = Vocabulary(bo)
    with django_assert_num_queries(0):
        read_query("cancel -is:open created:today", bo, vocabulary)
    with django_assert_num_queries(1):
        read_query("tag:a tag:b -tag:c", bo, vocabulary)
