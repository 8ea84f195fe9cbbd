"""Views: whose they are, who may change them, who hears of it, and how their lists are ordered."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.actions import create_team
from helpdesk.accounts.models import Organization, User
from helpdesk.events.selectors import head_of
from helpdesk.lib.clock import now
from tests.api.conftest import write_in
from tickets.actions.assign import assign
from tickets.actions.marks import set_priority
from tickets.actions.status import close
from tickets.actions.tags import change_tags
from tickets.models import Ticket, View
from tickets.selectors import counts_for_people
from tickets.views import SORTS, ensure_default_views

pytestmark = pytest.mark.django_db(transaction=True)
VIP = {"all": [{"field": "ticket.tags", "operator": "contains_any_of", "value": ["vip"]}]}


def heard(client: Any, cursor: int) -> list[tuple[str, str]]:
    """Type and view id of each view event that this person is sent."""
    events = client.get(f"/api/v1/events?after={cursor}").json()["results"]
    return [
        (each["type"], each["payload"].get("view", each["payload"]).get("id", ""))
        for each in events
        if each["type"].startswith("view.")
    ]


def names(client: Any) -> list[str]:
    return [each["name"] for each in client.get("/api/v1/views").json()["results"]]


def test_a_personal_view_is_its_owners_alone(api_as: Callable[..., Any], bo: User, cy: User):
    """UX §1.3: neither list, bootstrap, counts, address nor event of it reaches a colleague."""
    bos, cys = api_as(bo), api_as(cy)
    cursor = head_of(bo.organization_id).seq

    view = bos.post("/api/v1/views", {"name": "Mine alone", "conditions": VIP}).json()

    assert (view["scope"], view["owner_id"], view["section"]) == ("personal", str(bo.pk), "me")
    assert names(bos) == ["Mine alone"]
    assert names(cys) == []
    assert cys.get(f"/api/v1/views/{view['id']}").status_code == 404
    assert cys.patch(f"/api/v1/views/{view['id']}", {"name": "Hers"}).status_code == 404
    assert cys.delete(f"/api/v1/views/{view['id']}").status_code == 404
    assert cys.get(f"/api/v1/tickets?view={view['slug']}").status_code == 404
    assert view["slug"] not in cys.get("/api/v1/views/counts").json()
    assert view["id"] not in [each["id"] for each in cys.get("/api/v1/bootstrap").json()["views"]]
    assert heard(bos, cursor) == [("view.updated", view["id"])]
    assert heard(cys, cursor) == []
    counts = counts_for_people(bo.organization_id, [bo.pk, cy.pk])
    assert counts[bo.pk] == {view["slug"]: 0}
    assert counts[cy.pk] == {}


def test_saving_a_view_twice_saves_it_once(api_as: Callable[..., Any], bo: User):
    client, body = api_as(bo), {"id": str(uuid.uuid4()), "name": "Gifts", "conditions": {}}
    first, second = client.post("/api/v1/views", body), client.post("/api/v1/views", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert View.objects.count() == 1


def test_the_id_of_somebody_elses_view_is_not_a_key_to_it(
    api_as: Callable[..., Any], bo: User, cy: User
):
    body = {"id": str(uuid.uuid4()), "name": "Gifts"}
    api_as(bo).post("/api/v1/views", body)
    assert api_as(cy).post("/api/v1/views", body).status_code == 404


def test_sharing_takes_the_right_to_change_views(
    api_as: Callable[..., Any], ada: User, bo: User, cy: User
):
    bos, adas = api_as(bo), api_as(ada)
    body = {"name": "For all", "scope": "shared", "conditions": VIP}
    refused = bos.post("/api/v1/views", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert View.objects.count() == 0

    own = bos.post("/api/v1/views", {"name": "Own"}).json()
    assert bos.patch(f"/api/v1/views/{own['id']}", {"scope": "shared"}).status_code == 403
    shared = adas.post("/api/v1/views", body).json()
    assert bos.patch(f"/api/v1/views/{shared['id']}", {"name": "X"}).status_code == 403
    assert bos.delete(f"/api/v1/views/{shared['id']}").status_code == 403
    assert View.objects.get(pk=shared["id"]).name == "For all"
    assert names(api_as(cy)) == ["For all"]


def test_a_teams_view_reaches_its_team_and_leaves_it_again(
    api_as: Callable[..., Any], ada: User, bo: User, cy: User, organization: Organization
):
    team = create_team(organization, "Returns desk")
    bo.teams.add(team)
    adas, bos, cys = api_as(ada), api_as(bo), api_as(cy)
    view = adas.post(
        "/api/v1/views", {"name": "Parcels back", "scope": "team", "team_id": str(team.pk)}
    ).json()
    assert view["section"] == "team"
    assert (names(bos), names(cys)) == (["Parcels back"], [])

    cursor = head_of(organization.pk).seq
    adas.patch(f"/api/v1/views/{view['id']}", {"scope": "personal"})
    assert heard(bos, cursor) == [("view.removed", view["id"])]
    assert heard(cys, cursor) == []
    assert heard(adas, cursor) == [("view.removed", view["id"]), ("view.updated", view["id"])]
    assert names(bos) == []


def test_a_deleted_view_comes_back_under_its_own_id(api_as: Callable[..., Any], bo: User):
    client = api_as(bo)
    body = {"id": str(uuid.uuid4()), "name": "Gifts", "conditions": VIP, "sort": "waiting"}
    saved = client.post("/api/v1/views", body).json()
    cursor = head_of(bo.organization_id).seq
    assert client.delete(f"/api/v1/views/{saved['id']}").status_code == 204
    assert names(client) == []
    assert heard(client, cursor) == [("view.removed", saved["id"])]
    again = client.post("/api/v1/views", body).json()
    assert again == saved


def test_a_view_that_came_along_stays(
    api_as: Callable[..., Any], ada: User, organization: Organization
):
    ensure_default_views(organization)
    client, view = api_as(ada), View.objects.get(slug="wismo")
    refused = client.delete(f"/api/v1/views/{view.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "shipped_view")
    assert client.patch(f"/api/v1/views/{view.pk}", {"scope": "personal"}).status_code == 422
    changed = client.patch(f"/api/v1/views/{view.pk}", {"name": "Parcels"}).json()
    assert (changed["name"], changed["slug"], changed["is_shipped"]) == ("Parcels", "wismo", True)


def test_what_is_wrong_with_a_tree_is_named_by_its_place(api_as: Callable[..., Any], bo: User):
    tree = {
        "all": [
            {"field": "ticket.status", "operator": "is", "value": "open"},
            {"not": {"any": [{"field": "ticket.color", "operator": "is", "value": "red"}]}},
            {"field": "ticket.tags", "operator": "contains_any_of", "value": []},
        ]
    }
    for answer in (
        api_as(bo).post("/api/v1/views", {"name": "Broken", "conditions": tree}),
        api_as(bo).post("/api/v1/views/preview", {"conditions": tree}),
    ):
        assert answer.status_code == 422
        assert [each["path"] for each in answer.json()["errors"]] == [
            "conditions.all.1.not.any.0.field",
            "conditions.all.2.value",
        ]
    assert View.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"), [("sort", "random"), ("group", "color"), ("columns", ["x"]), ("name", " ")]
)
def test_what_a_view_cannot_have_is_named(
    field: str, value: Any, api_as: Callable[..., Any], bo: User
):
    answer = api_as(bo).post("/api/v1/views", {"name": "Broken", field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"].startswith(field)


def test_a_preview_counts_and_stores_nothing(api_as: Callable[..., Any], bo: User, ticket: Ticket):
    change_tags(ticket.pk, add=["vip"])
    write_in(bo.organization, email="other@shopper.example")
    client = api_as(bo)
    assert client.post("/api/v1/views/preview", {"conditions": VIP}).json() == {"total": 1}
    assert client.post("/api/v1/views/preview", {"conditions": {}}).json() == {"total": 2}
    assert View.objects.count() == 0


def test_each_person_keeps_an_order_of_their_own(
    api_as: Callable[..., Any], bo: User, cy: User, organization: Organization
):
    ensure_default_views(organization)
    bos, cys = api_as(bo), api_as(cy)
    ids = [str(each.pk) for each in View.objects.all()][::-1]
    cursor = head_of(organization.pk).seq
    kept = bos.put("/api/v1/views/order", {"view_ids": [*ids, str(uuid.uuid4()), ids[0]]}).json()
    assert kept == {"view_ids": ids}
    assert bos.get("/api/v1/bootstrap").json()["view_order"] == ids
    assert cys.get("/api/v1/bootstrap").json()["view_order"] == []
    assert [type_ for type_, _ in heard(bos, cursor)] == ["view.ordered"]
    assert heard(cys, cursor) == []


def test_counts_of_a_view_equal_its_list(api_as: Callable[..., Any], bo: User, ticket: Ticket):
    """UX 6."""
    client = api_as(bo)
    change_tags(ticket.pk, add=["vip"])
    closed = write_in(bo.organization, email="other@shopper.example").ticket
    change_tags(closed.pk, add=["vip"])
    close(closed.pk)
    conditions = {
        "all": [*VIP["all"], {"field": "ticket.status", "operator": "is", "value": "open"}]
    }
    view = client.post("/api/v1/views", {"name": "Open VIP", "conditions": conditions}).json()
    assert client.get("/api/v1/views/counts").json() == {view["slug"]: 1}
    assert client.get(f"/api/v1/tickets?view={view['slug']}").json()["total"] == 1
    assert counts_for_people(bo.organization_id, [bo.pk])[bo.pk] == {view["slug"]: 1}


def _numbers(client: Any, parameters: str) -> list[int]:
    """All numbers of the list, three to a page."""
    numbers: list[int] = []
    after = ""
    while True:
        page = client.get(f"/api/v1/tickets?{parameters}&limit=3{after}").json()
        numbers += [each["number"] for each in page["results"]]
        if page["next"] is None:
            return numbers
        after = f"&after={page['next']}"


@pytest.fixture
def shelf(organization: Organization, bo: User) -> list[Ticket]:
    """Ten tickets that differ in everything a list can be ordered by."""
    tickets = []
    for index in range(10):
        ticket = write_in(organization, email=f"shopper{index}@shop.example").ticket
        if index % 2:
            assign(ticket.pk, assignee_id=bo.pk)
        set_priority(ticket.pk, ("urgent", "high", "normal", "low")[index % 4])
        if index % 3 == 0:
            close(ticket.pk)
        Ticket.objects.filter(pk=ticket.pk).update(
            last_message_at=now() - timedelta(hours=(index * 7) % 10),
            waiting_since=None if index % 5 == 0 else now() - timedelta(hours=(index * 3) % 10),
        )
        tickets.append(Ticket.objects.get(pk=ticket.pk))
    return tickets


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("group", ["", "status", "priority", "assignee", "channel", "day"])
def test_every_order_pages_without_a_gap_or_a_double(
    sort: str, group: str, api_as: Callable[..., Any], bo: User, shelf: list[Ticket]
):
    numbers = _numbers(api_as(bo), f"sort={sort}&group={group}")
    assert sorted(numbers) == sorted(each.number for each in shelf)
    by_number = {each.number: each for each in shelf}
    rows = [by_number[number] for number in numbers]
    if group in ("status", "priority", "assignee"):
        keys = [getattr(each, "assignee_id" if group == "assignee" else group) for each in rows]
        assert len(list(dict.fromkeys(keys))) == sum(
            1 for index, key in enumerate(keys) if index == 0 or keys[index - 1] != key
        )


def test_the_orders_are_what_they_say(api_as: Callable[..., Any], bo: User, shelf: list[Ticket]):
    client = api_as(bo)
    never = now() + timedelta(days=9)
    wanted = {
        "newest": sorted(shelf, key=lambda each: each.last_message_at, reverse=True),
        "oldest": sorted(shelf, key=lambda each: each.last_message_at),
        "waiting": sorted(
            shelf, key=lambda each: (each.waiting_since or never, each.last_message_at)
        ),
        "priority": sorted(
            shelf,
            key=lambda each: (
                ("urgent", "high", "normal", "low").index(each.priority),
                -each.last_message_at.timestamp(),
            ),
        ),
    }
    for sort, rows in wanted.items():
        assert _numbers(client, f"sort={sort}") == [each.number for each in rows], sort
