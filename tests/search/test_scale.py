"""What keeps lists, counts and searches quick with many tickets (G14): queries, bounds and plans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import Organization, User
from helpdesk.bench.big_shop import EVERY, FIFTH, OLD, make_big_shop
from helpdesk.lib.clock import now
from tickets import counting, selectors
from tickets.actions.words import reindex_tickets
from tickets.counting import statuses_of
from tickets.fields import as_query
from tickets.models import Ticket, TicketWords, View
from tickets.search import hits, periods
from tickets.search.reading import read_query

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(quick_passwords: None) -> User:
    """Ana of a shop with 400 tickets and 30 views, made as the bench makes a million."""
    make_big_shop(400)
    return User.objects.select_related("organization").get(email="ana@lindenloom.example")


def test_lists_counts_and_searches_ask_few_questions_and_are_right(
    shop: User, api_as: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    """G14.1, G14.2, G14.3."""
    client = api_as(shop)
    client.get("/api/v1/me")
    asked = {}
    for path in ("tickets?limit=25", "tickets?limit=100", f"search?q={EVERY}&limit=25"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/api/v1/{path}").status_code == 200
        asked[path] = len(queries)
    assert asked["tickets?limit=25"] == asked["tickets?limit=100"] <= 10
    assert asked[f"search?q={EVERY}&limit=25"] <= 20

    views = list(View.objects.all())
    assert len(views) == 30
    with CaptureQueriesContext(connection) as queries:
        counts = selectors.view_counts(shop, views)
    assert len(queries) <= 3
    for view in views:
        exact = Ticket.objects.filter(selectors.tickets_in(view, shop)).count()
        assert counts[view.slug] == exact, view.slug

    assert TicketWords.objects.count() == 400
    monkeypatch.setattr(hits, "MAX_RANKED", 20)
    seen = every_page(client, EVERY, limit="90")
    newest = Ticket.objects.order_by("-last_message_at", "-pk").values_list("pk", flat=True)
    assert seen == [str(each) for each in newest]


def every_page(client: Any, q: str, **more: str) -> list[str]:
    """The ids of all pages of a search of more than 20 matches, none of them by relevance."""
    seen: list[str] = []
    after = ""
    while True:
        page = client.get("/api/v1/search", {"q": q, "after": after, **more}).json()
        assert page["sort"] == more.get("sort", "newest")
        assert page["counts"]["tickets"] == {"count": 20, "is_exact": False}
        seen += [each["id"] for each in page["results"]]
        after = page["next"]
        if not after:
            return seen


def test_pages_over_periods_hold_every_match_once_and_in_order(
    shop: User, api_as: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    """G14.2: whether a period is collected or walked, many tickets of one moment included."""
    early = list(Ticket.objects.order_by("last_message_at")[5:60])
    alike = Ticket.objects.filter(pk__in=[each.pk for each in early])
    alike.update(last_message_at=early[0].last_message_at)
    monkeypatch.setattr(hits, "MAX_RANKED", 20)
    monkeypatch.setattr(hits, "FEW_TICKETS", 0)
    client = api_as(shop)
    phrase = "退款"
    for q in (EVERY, f"is:closed {EVERY} -{FIFTH}", f'order "{EVERY}"', f"{OLD} OR {phrase}"):
        reading = read_query(q, shop)
        wanted = Ticket.objects.filter(as_query(reading.conditions, me=shop.pk))
        for sort, sign in (("newest", "-"), ("oldest", "")):
            rows = wanted.order_by(f"{sign}last_message_at", f"{sign}pk")
            expected = [str(each) for each in rows.values_list("pk", flat=True)]
            assert len(expected) > 20
            for few, steps in ((1, (3, 7)), (1, (1000,)), (1000, (3, 7))):
                monkeypatch.setattr(periods, "FEW", few)
                monkeypatch.setattr(periods, "FEW_CANDIDATES", few * 2)
                monkeypatch.setattr(periods, "STEPS", steps)
                assert every_page(client, q, sort=sort, limit="29") == expected, (q, sort, few)


def test_words_lie_in_the_period_of_the_last_message(shop: User):
    """The database sees to it, whoever writes."""
    ticket = Ticket.objects.order_by("last_message_at")[0]
    of_ticket = TicketWords.objects.filter(ticket=ticket)
    for at in (now(), now() - timedelta(days=4000)):
        Ticket.objects.filter(pk=ticket.pk).update(last_message_at=at)
        assert [each.period for each in of_ticket.all()] == [periods.period_of(at)]
    reindex_tickets([ticket.pk])
    assert [each.period for each in of_ticket.all()] == [periods.period_of(at)]
    assert periods.begin_of(periods.period_of(at)) <= at
    assert at < periods.begin_of(periods.period_of(at) + 1)
    found = periods.periods(is_down=True)
    assert found == sorted({each.period for each in TicketWords.objects.all()}, reverse=True)
    assert found[::-1] == periods.periods(is_down=False)


def test_words_of_a_period_are_asked_without_their_places():
    """The index knows no places; what asks for them is held against the document itself."""
    assert periods.of_period("('can''t':* & 'a':*A)", 7) == "('7:can''t':* & '7:a':*)"
    assert periods.of_period("('a' <-> 'b' <2> 'c':*)", 7) == "('7:a' & '7:b' & '7:c':*)"
    assert periods.is_plain("('a':* | 'b<->c')")
    assert not periods.is_plain("('a' <-> 'b')")
    assert not periods.is_plain("'a':*B")


def test_a_count_stops_where_nobody_counts_further(
    shop: User, organization: Organization, monkeypatch: pytest.MonkeyPatch
):
    everything = Ticket.objects.all()
    assert selectors.bounded_count(everything, 399) == (399, False)
    assert selectors.bounded_count(everything, 400) == (400, True)
    monkeypatch.setattr(counting, "COUNT_LIMIT", 10)
    slugs = {each.slug: each for each in View.objects.all()}
    assert selectors.view_counts(shop, [slugs["closed"]])["closed"] <= 11


def test_which_statuses_a_tree_can_mean():
    is_open = {"field": "ticket.status", "operator": "is", "value": "open"}
    two = {"field": "ticket.status", "operator": "is_any_of", "value": ["open", "closed"]}
    other = {"field": "ticket.priority", "operator": "is", "value": "high"}
    assert statuses_of({"all": [is_open, other]}) == {"open"}
    assert statuses_of({"all": [is_open, two]}) == {"open"}
    assert statuses_of({"any": [is_open, two]}) == {"open", "closed"}
    assert statuses_of({"any": [is_open, other]}) is None
    assert statuses_of({"none": [is_open]}) is None
    assert statuses_of({}) is None
