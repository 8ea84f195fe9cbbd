"""Whatever is sent, each endpoint answers with a problem, never with 500 (G14, A54)."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from helpdesk.lib.errors import Conflict
from tests.api.conftest import write_in
from tests.api.test_permissions import ROUTES, address
from tickets.actions import bulk
from tickets.actions.merge import merge
from tickets.actions.split import split
from tickets.models import BulkJob, Merge, Message, Ticket
from tickets.rich_text import clean

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]
DEEP = "[" * 100_000
UPLOADS = {"attachments", "me/avatar"}


def test_json_nested_too_deeply_is_refused_by_every_address_that_reads_some(api_as: Api, ada: User):
    client = api_as(ada)
    for route in set(ROUTES) - UPLOADS:
        for method in set(ROUTES[route]) - {"GET", "DELETE"}:
            answer = client.generic(method, address(route), DEEP, "application/json")
            assert answer.status_code < 500, (method, route)
            assert answer["Content-Type"] == "application/problem+json" or answer.status_code < 300


@pytest.mark.parametrize("after", ["x", "W10", '["x"]', "[[]]", '["\\u0000"]', "[1]", "[1,2]"])
@pytest.mark.parametrize("route", ["notifications", "tickets", "customers", "search"])
def test_a_cursor_that_is_not_ours_is_refused_by_name(
    route: str, after: str, api_as: Api, ada: User, ticket: Ticket
):
    cursor = base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")
    answer = api_as(ada).get(f"/api/v1/{route}", {"after": cursor})
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["path"] == "after"


def test_odd_digits_and_nul_are_no_server_error(api_as: Api, ada: User, ticket: Ticket):
    client = api_as(ada)
    url = f"/api/v1/tickets/{ticket.pk}"
    for version in ("\u00b2".encode().decode("latin-1"), "9" * 5000, "x"):
        answer = client.patch(url, {"priority": "high"}, HTTP_IF_MATCH=version)
        assert answer.status_code == 422, version[:9]
    assert client.get("/api/v1/tickets", {"view": "a\x00b"}).status_code == 404
    assert Ticket.objects.get(pk=ticket.pk).priority == "normal"


@pytest.mark.parametrize("start", ["\u00b2", "9" * 5000, "-1", "x", ""])
def test_a_list_that_begins_nowhere_begins_at_one(start: str):
    assert clean(f'<ol start="{start}"><li>a</li></ol>').text == "1. a"


def test_deep_quotes_and_lists_stay_in_proportion_as_text():
    began = time.process_time()
    for tag in ("blockquote", "ul"):
        item = "x<br>" if tag == "blockquote" else "<li>x"
        html = f"<{tag}>" * 1900 + item * 20_000
        assert len(clean(html).text) < 10 * len(html)
    assert time.process_time() - began < 10


@pytest.mark.parametrize("href", ["\u00a0javascript:alert(1)", "//evil.example", "/api/v1/me", "x"])
def test_a_link_in_a_reply_leads_to_a_full_address_or_nowhere(href: str):
    assert "href" not in clean(f'<p><a href="{href}">here</a></p>').html


def test_one_id_is_one_thing_and_never_another(
    bo: User, ada: User, dee: User, organization: Organization, foreign_ticket: Ticket
):
    """F9: the same client id with another body, or from another shop, is refused and told."""
    one, two, three = (write_in(organization, f"No {n}").ticket for n in range(3))
    write_in(organization, "More", ticket=three)
    message = Message.objects.filter(ticket=three).order_by("position")[0]
    same = uuid.uuid4()
    merge(one.pk, two.pk, user=bo, merge_id=same)
    assert merge(one.pk, two.pk, user=bo, merge_id=same).pk == same
    row = split(three.pk, message.pk, user=bo, split_id=same, with_later=False)
    assert split(three.pk, message.pk, user=bo, split_id=same, with_later=False).pk == row.pk
    bulk.start_bulk(
        bo, job_id=same, action="priority", params={"priority": "high"},
        tickets=Ticket.objects.filter(pk=two.pk),
    )  # fmt: skip
    taken: list[Callable[[], Any]] = [
        lambda: merge(three.pk, two.pk, user=bo, merge_id=same),
        lambda: merge(foreign_ticket.pk, foreign_ticket.pk, user=dee, merge_id=same),
        lambda: split(two.pk, message.pk, user=bo, split_id=same, with_later=False),
    ]
    for who, level in ((bo, "low"), (ada, "high"), (dee, "high")):
        taken.append(
            lambda who=who, level=level: bulk.start_bulk(  # type: ignore[misc]
                who, job_id=same, action="priority", params={"priority": level},
                tickets=Ticket.objects.filter(pk=three.pk),
            )
        )  # fmt: skip
    for each in taken:
        with pytest.raises(Conflict) as refused:
            each()
        assert refused.value.code == "id_taken"
    assert (Merge.objects.count(), BulkJob.objects.count()) == (1, 1)
    assert json.loads(json.dumps(BulkJob.objects.get().params)) == {"priority": "high"}
