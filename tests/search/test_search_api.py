"""GET /search and /tickets?q=: what is found, what is marked, and what is said when nothing is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from tests.search.conftest import Find, write_in
from tickets.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]


def test_a_hit_shows_the_matching_message_with_the_places_that_match(
    api_as: Api, bo: User, organization: Organization
):
    first = write_in(organization, "🙂 Please can you cancelled it? Thanks", subject="My shirt")
    write_in(organization, "Any news?", ticket=first.ticket)
    answer = api_as(bo).get("/api/v1/search", {"q": "cancel shirt"}).json()
    [hit] = answer["results"]
    assert hit["kind"] == "ticket"
    assert hit["title"] == {"text": "My shirt", "spans": [[3, 8]]}
    assert hit["message"]["id"] == str(first.pk)
    text = hit["snippet"]["text"]
    assert text == "🙂 Please can you cancelled it? Thanks"
    [[start, end]] = hit["snippet"]["spans"]
    as_javascript = text.encode("utf-16-le")
    assert as_javascript[start * 2 : end * 2].decode("utf-16-le") == "cancelled"
    assert answer["counts"]["tickets"] == {"count": 1, "is_exact": True}
    assert [each["subject"] for each in answer["tickets"]] == ["My shirt"]


def test_words_of_different_messages_and_of_the_customer_find_one_ticket(
    find: Find, organization: Organization
):
    first = write_in(organization, "linen shirt", subject="Size")
    write_in(organization, "too small", ticket=first.ticket)
    write_in(organization, "linen only", subject="Other", email="ada@shopper.example")
    assert find("linen small mia@shopper.example") == ["Size"]
    assert sorted(find("linen")) == ["Other", "Size"]
    assert find("linen -small") == ["Other"]
    assert sorted(find("small OR only")) == ["Other", "Size"]
    assert find('"too small"') == ["Size"]
    assert find('"small too"') == []


def test_what_is_unknown_is_searched_as_text_and_reported(
    api_as: Api, bo: User, organization: Organization
):
    write_in(organization, "chanel email perfume")
    Tag.objects.create(organization=organization, name="wholesale")
    answer = api_as(bo).get("/api/v1/tickets", {"q": "chanel:email tag:wholesal"}).json()
    problems = [(each["code"], each["token"], each["hint"]) for each in answer["query"]["problems"]]
    assert problems == [("unknown_key", "chanel:email", "channel:email")]
    token = answer["query"]["tokens"][1]
    assert token["is_understood"] is True
    assert token["values"] == [{"text": "wholesal", "label": "wholesale"}]
    only = api_as(bo).get("/api/v1/tickets", {"q": "chanel:email"}).json()
    assert only["total"] == 1
    assert only["total_is_exact"] is True


def test_nothing_found_names_the_term_that_hides_most_and_the_likely_spelling(
    api_as: Api, bo: User, organization: Organization
):
    for number in range(3):
        write_in(organization, f"please cancel {number}", email=f"c{number}@shopper.example")
    Tag.objects.create(organization=organization, name="vip")
    hidden = api_as(bo).get("/api/v1/search", {"q": "cancel tag:vip"}).json()
    assert hidden["results"] == []
    assert hidden["without"] == {
        "token": "tag:vip",
        "start": 7,
        "end": 14,
        "query": "cancel",
        "count": 3,
        "is_exact": True,
    }
    wrong = api_as(bo).get("/api/v1/search", {"q": "cancle"}).json()
    assert wrong["spelling"] == {
        "query": "cancel",
        "words": [{"wrong": "cancle", "right": "cancel", "start": 0, "end": 6}],
    }
    assert api_as(bo).get("/api/v1/search", {"q": "cancel"}).json()["spelling"] is None


def test_pages_follow_each_other_without_gap_or_double(
    api_as: Api, bo: User, organization: Organization
):
    for number in range(7):
        write_in(organization, "parcel", subject=f"Parcel {number}", email=f"p{number}@x.example")
    for sort in ("relevance", "newest", "oldest"):
        seen: list[str] = []
        after = ""
        while True:
            page = api_as(bo).get(
                "/api/v1/search", {"q": "parcel", "sort": sort, "limit": "3", "after": after}
            )
            seen += [each["id"] for each in page.json()["results"]]
            after = page.json()["next"]
            if not after:
                break
        assert len(seen) == len(set(seen)) == 7, sort
        assert page.json()["sort"] == sort


def test_customers_are_found_by_name_address_and_phone(
    api_as: Api, bo: User, organization: Organization
):
    from tickets.actions.customers import add_handle

    ticket = write_in(organization).ticket
    add_handle(ticket.customer, "phone", "+33655510872")
    for q in ("laurent", "mia@shopper", "06 55 51 08 72", "phone:+336*", "phone:0655510872"):
        answer = api_as(bo).get("/api/v1/search", {"q": q, "kind": "customers"}).json()
        assert [each["id"] for each in answer["results"]] == [str(ticket.customer_id)], q
        assert answer["customers"][0]["name"] == "Mia Laurent"
    nobody = api_as(bo).get("/api/v1/search", {"q": "is:open", "kind": "customers"}).json()
    assert nobody["results"] == []


def test_suggestions_are_keys_then_values_and_replace_what_is_typed(
    api_as: Api, bo: User, organization: Organization
):
    Tag.objects.create(organization=organization, name="very important")
    client = api_as(bo)

    def inserts(q: str, **more: Any) -> list[str]:
        answer = client.get("/api/v1/search/suggestions", {"q": q, **more}).json()
        return [each["insert"] for each in answer["results"]]

    assert "assignee:" in inserts("")
    assert inserts("as")[0] == "assignee:"
    assert inserts("cancel -ta") == ["-tag:"]
    assert inserts("tag:impo") == ['tag:"very important" ']
    assert "assignee:@bo " in inserts("assignee:@b")
    write_in(organization)
    assert inserts("from:mi") == ["from:mia@shopper.example "]
    middle = client.get("/api/v1/search/suggestions", {"q": "🙂 ta cancel", "at": 5}).json()
    assert (middle["start"], middle["end"]) == (3, 5)
    assert client.get("/api/v1/search/suggestions", {"q": "x", "at": "y"}).status_code == 422


def test_nothing_of_another_organization_is_found(
    api_as: Api, dee: User, bo: User, organization: Organization
):
    write_in(organization, "a secret parcel")
    for kind in ("tickets", "customers"):
        answer = api_as(dee).get("/api/v1/search", {"q": "parcel OR laurent", "kind": kind}).json()
        assert answer["results"] == []
        assert answer["spelling"] is None
    suggested = api_as(dee).get("/api/v1/search/suggestions", {"q": "from:mia"}).json()
    assert suggested["results"] == []
