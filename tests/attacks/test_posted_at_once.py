"""The same POST sent several times at the same moment, by real threads, is one thing (G14, A54)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from helpdesk.accounts.models import User
from helpdesk.events.models import Event
from integrations.email.channels import add_email_channel
from tests.api.conftest import write_in
from tickets.models import BulkJob, Customer, CustomerNote, Message, Ticket, View

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]
AT_ONCE, ROUNDS = 4, 3


@pytest.fixture
def post_at_once(api_as: Api, bo: User) -> Callable[[str, dict[str, Any]], list[Any]]:
    """Post the same body from several threads, all let go at once; returns the answers."""

    def post(path: str, body: dict[str, Any]) -> list[Any]:
        clients = [api_as(bo) for _ in range(AT_ONCE)]
        start, answers = threading.Barrier(AT_ONCE), []

        def send(client: Any) -> None:
            try:
                start.wait(30)
                answers.append(client.post(path, body))
            finally:
                connection.close()

        threads = [threading.Thread(target=send, args=(client,)) for client in clients]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
        assert len(answers) == AT_ONCE
        return answers

    return post


def _assert_one(answers: list[Any], *, created: int = 1) -> None:
    told = [(each.status_code, each.content[:300]) for each in answers]
    codes = sorted(code for code, _ in told)
    assert codes == [200] * (AT_ONCE - created) + [201] * created, told
    assert len({each.json()["id"] for each in answers}) == 1


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_a_message(post_at_once: Any, ticket: Ticket, kind: str):
    for _ in range(ROUNDS):
        before = Message.objects.filter(ticket=ticket).count()
        body: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "kind": kind,
            "text": "Once only.",
            "html": None,
        }
        answers = post_at_once(f"/api/v1/tickets/{ticket.pk}/messages", body)
        codes = sorted(each.status_code for each in answers)
        assert codes == [200, 200, 200, 201], [each.content[:300] for each in answers]
        assert Message.objects.filter(ticket=ticket).count() == before + 1
        said = Event.objects.filter(
            object_id=body["id"], type__in=["message.queued", "message.noted"]
        )
        assert said.count() == 1
        assert Ticket.objects.get(pk=ticket.pk).last_position == before + 1


def test_a_note_about_a_customer(post_at_once: Any, ticket: Ticket):
    for _ in range(ROUNDS):
        body: dict[str, Any] = {"id": str(uuid.uuid4()), "text": "Prefers the phone"}
        _assert_one(post_at_once(f"/api/v1/customers/{ticket.customer_id}/notes", body))
        assert CustomerNote.objects.filter(pk=body["id"]).count() == 1
        assert Event.objects.filter(object_id=body["id"]).count() <= 1


def test_a_view(post_at_once: Any):
    for _ in range(ROUNDS):
        before = View.objects.count()
        body: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "name": f"Mine {before}",
            "conditions": {"all": [{"field": "ticket.status", "operator": "is", "value": "open"}]},
        }
        _assert_one(post_at_once("/api/v1/views", body))
        assert View.objects.count() == before + 1
        assert Event.objects.filter(object_id=body["id"]).count() == 1


def test_a_job(post_at_once: Any, ticket: Ticket):
    for _ in range(ROUNDS):
        body: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "action": "tags",
            "params": {"tags_add": ["late"]},
            "selection": {"ids": [str(ticket.pk)]},
        }
        answers = post_at_once("/api/v1/bulk-jobs", body)
        assert {each.status_code for each in answers} == {201}, [each.content for each in answers]
        assert BulkJob.objects.filter(pk=body["id"]).count() == 1
        assert Event.objects.filter(object_id=body["id"], type="bulk.started").count() <= 1


def test_a_ticket_that_we_begin(post_at_once: Any, organization: Any):
    channel = add_email_channel(organization, name="Shop", address="help@shop.example")
    for number in range(ROUNDS):
        before = Ticket.objects.count()
        body: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "channel_id": str(channel.pk),
            "customer_email": f"mia{number}@posteo.example",
            "customer_name": "Mia",
            "subject": "Your parcel",
            "text": "It has left.",
            "html": None,
        }
        _assert_one(post_at_once("/api/v1/tickets", body))
        assert Ticket.objects.count() == before + 1
        assert Message.objects.filter(pk=body["id"]).count() == 1
        assert Customer.objects.filter(handles__value=body["customer_email"]).count() == 1


def test_mails_of_a_new_sender_at_once_make_one_customer(organization: Any):
    """Two workers file two first mails of the same person."""
    errors: list[BaseException] = []
    start = threading.Barrier(AT_ONCE)

    def receive(number: int) -> None:
        try:
            start.wait(30)
            write_in(organization, f"mail {number}", email="new@posteo.example")
        except BaseException as error:  # noqa: BLE001 (told by the test)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=receive, args=(number,)) for number in range(AT_ONCE)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert errors == []
    assert Customer.objects.filter(handles__value="new@posteo.example").count() == 1
    assert Message.objects.filter(from_address__address="new@posteo.example").count() == AT_ONCE
