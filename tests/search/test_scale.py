"""What keeps lists, counts and searches quick with many tickets (G14): queries, bounds and plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import Organization, User
from helpdesk.bench.big_shop import EVERY, make_big_shop
from tickets import counting, selectors
from tickets.counting import statuses_of
from tickets.models import Ticket, TicketWords, View
from tickets.search import hits

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
    monkeypatch.setattr(hits, "WINDOW", 50)
    seen: list[str] = []
    after = ""
    while True:
        page = client.get("/api/v1/search", {"q": EVERY, "limit": "90", "after": after}).json()
        assert page["sort"] == "newest"
        assert page["counts"]["tickets"] == {"count": 20, "is_exact": False}
        seen += [each["id"] for each in page["results"]]
        after = page["next"]
        if not after:
            break
    newest = Ticket.objects.order_by("-last_message_at", "-pk").values_list("pk", flat=True)
    assert seen == [str(each) for each in newest]


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
