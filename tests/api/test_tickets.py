"""Tickets over HTTP: lists, changes, answers, drafts, and the errors that name what is wrong."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.actions import create_token
from helpdesk.accounts.models import Organization, User
from helpdesk.events.models import Event
from helpdesk.events.selectors import head_of
from helpdesk.lib.clock import now
from tests.api.conftest import channel_of, write_in
from tickets.actions.marks import set_priority
from tickets.models import Message, Ticket
from tickets.views import ensure_default_views

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]


def posted(text: str = "It is on its way.", **more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "text": text, "last_seen_position": 1, **more}


def test_bootstrap_is_the_state_after_the_event_it_names(api_as: Api, bo: User, ticket: Ticket):
    answer = api_as(bo).get("/api/v1/bootstrap").json()
    assert answer["event"]["cursor"] == head_of(bo.organization_id).seq
    assert answer["me"]["email"] == "bo@linden.example"
    assert answer["counts"]["unassigned"] == 1
    assert answer["counts"]["mine"] == 0
    assert [each["slug"] for each in answer["views"]][:2] == ["mine", "unassigned"]


def test_a_list_asks_the_same_number_of_questions_however_long_it_is(
    api_as: Api, bo: User, organization: Organization
):
    """G14.1."""
    ensure_default_views(organization)
    client, counted = api_as(bo), []
    client.get("/api/v1/me")
    for size in (1, 25):
        while Ticket.objects.count() < size:
            write_in(organization, email=f"c{Ticket.objects.count()}@shopper.example")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get("/api/v1/tickets?view=all&limit=200").json()
        assert len(answer["results"]) == size
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[1] <= 10


def test_pages_follow_each_other_without_gap_or_double(
    api_as: Api, bo: User, organization: Organization
):
    """G14.3."""
    tickets = [write_in(organization, email=f"c{n}@shopper.example").ticket for n in range(7)]
    set_priority(tickets[0].pk, "urgent")
    client, seen, after = api_as(bo), [], ""
    while True:
        page = client.get(f"/api/v1/tickets?limit=3&after={after}").json()
        seen += [each["number"] for each in page["results"]]
        if page["next"] is None:
            break
        after = page["next"]
    newest_first = [each.number for each in reversed(tickets[1:])]
    assert seen == [tickets[0].number, *newest_first]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=broken", "status"),
        ("assignee=someone", "assignee"),
        ("sort=random", "sort"),
        ("limit=0", "limit"),
        ("limit=1000", "limit"),
        ("after=nonsense", "after"),
        ("after=WzEsMiwzXQ", "after"),
        ("stauts=open", "stauts"),
        ("channel=5", "channel"),
        ("q=%00", "q"),
    ],
)
def test_a_filter_that_is_wrong_is_named(api_as: Api, bo: User, query: str, field: str):
    answer = api_as(bo).get(f"/api/v1/tickets?{query}")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [each["path"] for each in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("q=order", 1),
        ("q=%231", 1),
        ("q=mia@shopper", 1),
        ("q=Laurent", 1),
        ("q=parcel", 1),
        ("q=nowhere", 0),
        ("assignee=none", 1),
        ("assignee=me", 0),
        ("unread=true", 1),
        ("status=open&status=closed", 1),
        ("status=closed", 0),
        ("tag=vip", 0),
    ],
)
def test_filters_find(api_as: Api, bo: User, organization: Organization, query: str, total: int):
    write_in(organization, "The parcel has not come.")
    assert api_as(bo).get(f"/api/v1/tickets?{query}").json()["total"] == total


def test_several_changes_are_one_transaction_by_the_agent(api_as: Api, bo: User, ticket: Ticket):
    changes = {
        "priority": "urgent",
        "assignee_id": str(bo.pk),
        "tags_add": ["VIP", "cancellation"],
        "client_id": "tab-1",
    }
    answer = api_as(bo).patch(f"/api/v1/tickets/{ticket.pk}", changes)
    assert answer.status_code == 200
    assert answer.json()["tags"] == ["vip", "cancellation"]
    events = Event.objects.filter(ticket_id=ticket.pk, client_id="tab-1").order_by("seq")
    assert {each.type for each in events} == {
        "ticket.priority_changed",
        "ticket.assigned",
        "ticket.tagged",
    }
    assert {each.actor["name"] for each in events} == {"Bo Larsen"}
    assert {each.payload["ticket"]["version"] for each in events} == {answer.json()["version"]}


def test_one_wrong_change_means_none_is_made(api_as: Api, bo: User, dee: User, ticket: Ticket):
    before = head_of(bo.organization_id).seq
    changes = {"priority": "urgent", "assignee_id": str(dee.pk)}
    answer = api_as(bo).patch(f"/api/v1/tickets/{ticket.pk}", changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "assignee_id"
    assert Ticket.objects.get(pk=ticket.pk).priority == "normal"
    assert head_of(bo.organization_id).seq == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prio": "urgent"}, "prio"),
        ({"status": "solved"}, "status"),
        ({"status": "snoozed"}, "snoozed_until"),
        ({"snoozed_until": "2020-01-01T00:00:00Z"}, "snoozed_until"),
        ({"subject": "two\nlines"}, "subject"),
        ({"tags": [""]}, "tags"),
        ({"is_unread": "perhaps"}, "is_unread"),
        ({"assignee_id": "nobody"}, "assignee_id"),
        ({"team_id": str(uuid.uuid4())}, "team_id"),
    ],
)
def test_a_change_that_is_wrong_names_the_field(
    api_as: Api, bo: User, ticket: Ticket, changes: dict[str, Any], field: str
):
    answer = api_as(bo).patch(f"/api/v1/tickets/{ticket.pk}", changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"].split(".")[0] == field
    assert Ticket.objects.get(pk=ticket.pk).version == ticket.version


def test_a_change_to_a_ticket_that_moved_on_is_refused_with_the_ticket(
    api_as: Api, bo: User, ticket: Ticket
):
    client = api_as(bo)
    set_priority(ticket.pk, "high")
    answer = client.patch(
        f"/api/v1/tickets/{ticket.pk}", {"priority": "low"}, HTTP_IF_MATCH=str(ticket.version)
    )
    assert answer.status_code == 409
    assert answer.json()["code"] == "version_conflict"
    assert answer.json()["ticket"]["priority"] == "high"


def test_snoozing_and_waking(api_as: Api, bo: User, ticket: Ticket):
    client, until = api_as(bo), (now() + timedelta(hours=3)).isoformat()
    snoozed = client.patch(f"/api/v1/tickets/{ticket.pk}", {"snoozed_until": until}).json()
    assert snoozed["status"] == "snoozed"
    awake = client.patch(f"/api/v1/tickets/{ticket.pk}", {"snoozed_until": None}).json()
    assert (awake["status"], awake["snoozed_until"]) == ("open", None)


def test_the_same_message_twice_is_one_message(api_as: Api, bo: User, ticket: Ticket):
    """G10.1."""
    client, body = api_as(bo), posted(then="close")
    first = client.post(f"/api/v1/tickets/{ticket.pk}/messages", body)
    client.patch(f"/api/v1/tickets/{ticket.pk}", {"status": "open"})
    second = client.post(f"/api/v1/tickets/{ticket.pk}/messages", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"] == body["id"]
    assert Message.objects.filter(ticket=ticket, direction="out").count() == 1
    assert Ticket.objects.get(pk=ticket.pk).status == "open"


def test_the_same_message_from_two_tabs_at_once_is_one_message(
    api_as: Api, bo: User, ticket: Ticket
):
    """G10.1."""
    body = posted()
    statuses: list[int] = []

    def send() -> None:
        try:
            client = clients.pop()
            answer = client.post(f"/api/v1/tickets/{ticket.pk}/messages", body)
            statuses.append(answer.status_code)
        finally:
            connection.close()

    clients = [api_as(bo) for _ in range(4)]
    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 200, 201]
    assert Message.objects.filter(ticket=ticket, direction="out").count() == 1


def test_something_newer_must_be_seen_before_sending(
    api_as: Api, bo: User, organization: Organization, ticket: Ticket
):
    """G10.3."""
    write_in(organization, "Forget it, it came!", ticket=ticket)
    client, body = api_as(bo), posted()
    refused = client.post(f"/api/v1/tickets/{ticket.pk}/messages", body)
    assert refused.status_code == 409
    assert refused.json()["code"] == "newer_messages"
    assert [each["text"] for each in refused.json()["messages"]] == ["Forget it, it came!"]
    assert Message.objects.filter(ticket=ticket, direction="out").count() == 0
    sent = client.post(f"/api/v1/tickets/{ticket.pk}/messages", {**body, "send_anyway": True})
    assert sent.status_code == 201


def test_a_reply_is_held_for_undo_and_a_note_never_leaves(api_as: Api, bo: User, ticket: Ticket):
    client = api_as(bo)
    reply = client.post(f"/api/v1/tickets/{ticket.pk}/messages", posted()).json()
    note = client.post(f"/api/v1/tickets/{ticket.pk}/messages", posted(kind="note")).json()
    assert (reply["delivery_state"], note["delivery_state"]) == ("held", None)
    assert reply["to"] == [{"name": "Mia Laurent", "address": "mia@shopper.example"}]
    assert (note["to"], note["direction"]) == ([], "internal")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x", "to": [{"address": "no address"}]}, "to"),
        ({"text": "x", "cc": [{"adress": "a@b.example"}]}, "cc"),
        ({"text": "x", "kind": "survey"}, "kind"),
        ({"text": "x", "then": "explode"}, "then"),
        ({"text": "x", "then": "snooze"}, "snoozed_until"),
        ({"text": "x", "attachment_ids": [str(uuid.uuid4())]}, "attachment_ids"),
        ({"text": "x", "id": "not an id"}, "id"),
        ({"text": "a\x00b"}, "text"),
    ],
)
def test_a_message_that_cannot_be_sent_names_the_field_and_nothing_is_written(
    api_as: Api, bo: User, ticket: Ticket, body: dict[str, Any], field: str
):
    answer = api_as(bo).post(
        f"/api/v1/tickets/{ticket.pk}/messages", {"id": str(uuid.uuid4()), **body}
    )
    assert answer.status_code == 422, answer.json()
    assert answer.json()["errors"][0]["path"].split(".")[0] == field
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_a_draft_survives_and_an_older_one_never_overwrites_it(
    api_as: Api, bo: User, ticket: Ticket
):
    """G10.2."""
    client, place = api_as(bo), f"/api/v1/tickets/{ticket.pk}/drafts/reply"
    first = client.put(place, {"text": "Dear", "rev": 0}).json()
    second = client.put(place, {"text": "Dear Mia", "rev": first["rev"]}).json()
    late = client.put(place, {"text": "D", "rev": first["rev"]})
    assert late.status_code == 409
    assert late.json()["code"] == "draft_conflict"
    assert late.json()["draft"]["text"] == "Dear Mia"
    client.post(f"/api/v1/tickets/{ticket.pk}/messages", posted("Dear Mia, …"))
    gone = client.put(place, {"text": "Dear Mia, again", "rev": second["rev"]})
    assert (gone.status_code, gone.json()["code"]) == (409, "draft_gone")
    assert client.get(f"/api/v1/tickets/{ticket.pk}").json()["drafts"] == []


def test_a_colleagues_draft_is_not_shown(api_as: Api, bo: User, cy: User, ticket: Ticket):
    api_as(bo).put(f"/api/v1/tickets/{ticket.pk}/drafts/note", {"text": "hm", "rev": 0})
    assert api_as(cy).get(f"/api/v1/tickets/{ticket.pk}").json()["drafts"] == []


def test_a_ticket_can_begin_with_our_own_message(api_as: Api, bo: User, organization: Organization):
    channel = channel_of(organization)
    body = {
        "id": str(uuid.uuid4()),
        "customer_email": "New@Shopper.example",
        "customer_name": "Noa",
        "subject": "Your order is late",
        "channel_id": str(channel.pk),
        "text": "We are sorry.",
    }
    client = api_as(bo)
    first, again = client.post("/api/v1/tickets", body), client.post("/api/v1/tickets", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    shown = client.get(f"/api/v1/tickets/{first.json()['id']}").json()
    assert shown["messages"][0]["to"] == [{"name": "Noa", "address": "new@shopper.example"}]
    types = Event.objects.filter(ticket_id=first.json()["id"]).values_list("type", flat=True)
    assert set(types) == {"ticket.created", "ticket.assigned", "message.queued"}


def test_a_cookie_without_the_csrf_header_changes_nothing(bo: User, ticket: Ticket):
    from tests.cast import JsonClient

    client = JsonClient(enforce_csrf_checks=True)
    client.force_login(bo)
    answer = client.patch(f"/api/v1/tickets/{ticket.pk}", {"priority": "urgent"})
    assert answer.status_code == 403
    assert Ticket.objects.get(pk=ticket.pk).priority == "normal"


def test_a_token_works_until_it_is_revoked_and_needs_no_csrf_header(bo: User, ticket: Ticket):
    from tests.cast import JsonClient

    token, secret = create_token(bo, "script")
    client = JsonClient(enforce_csrf_checks=True, HTTP_AUTHORIZATION=f"Bearer {secret}")
    place = f"/api/v1/tickets/{ticket.pk}"
    assert client.patch(place, {"priority": "high"}).status_code == 200
    assert client.get("/api/v1/tokens").json()["results"][0].get("secret") is None
    assert client.delete(f"/api/v1/tokens/{token.pk}").status_code == 204
    assert client.get(place).status_code == 401


def test_an_answer_names_an_event_it_is_at_least_as_new_as(api_as: Api, bo: User, ticket: Ticket):
    answer = api_as(bo).get(f"/api/v1/tickets/{ticket.pk}")
    assert answer["Event-Cursor"] == str(head_of(bo.organization_id).seq)


def test_the_event_log_over_http_goes_on_where_it_stopped(api_as: Api, bo: User, ticket: Ticket):
    client, after, seen = api_as(bo), 0, []
    while True:
        page = client.get(f"/api/v1/events?after={after}&limit=2").json()
        seen += [each["seq"] for each in page["results"]]
        if page["next"] is None:
            break
        after = page["upto"]
    assert seen == list(range(1, head_of(bo.organization_id).seq + 1))
    reset = client.get(f"/api/v1/events?after=0&epoch={uuid.uuid4()}")
    assert (reset.status_code, reset.json()["code"]) == (409, "reset")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/nothing", "", 404, "not_found"),
        ("GET", "/api/v1/tickets/00000000-0000-7000-8000-000000000000", "", 404, "not_found"),
        ("DELETE", "/api/v1/tickets", "", 405, "method_not_allowed"),
        ("POST", "/api/v1/tickets", "{broken", 400, "parse_error"),
        ("POST", "/api/v1/tickets", "[]", 422, "invalid_input"),
        ("PATCH", "/api/v1/me", '{"name": ""}', 422, "invalid_input"),
    ],
)
def test_every_error_is_a_problem_document(
    api_as: Api, bo: User, method: str, path: str, body: str, status: int, code: str
):
    answer = api_as(bo).generic(method, path, body, "application/json")
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == answer["X-Request-Id"]


def test_probes_answer_without_a_session(api_as: Api, db: None):
    client = api_as(None)
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("text", ["Track it: ⟦order.tracking_url⟧", "Hello {{ customer.name }}"])
def test_a_text_with_a_value_we_do_not_have_is_never_sent(
    api_as: Api, bo: User, ticket: Ticket, text: str
):
    answer = api_as(bo).post(f"/api/v1/tickets/{ticket.pk}/messages", posted(text))
    assert answer.status_code == 422
    assert answer.json()["code"] == "missing_values"
    assert answer.json()["errors"]
    assert Message.objects.filter(ticket=ticket, direction="out").count() == 0
