"""The contact form: anybody writes, nothing is lost, nothing is believed about who they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.accounts.models import Organization, User
from inbox import door, webhooks
from inbox.models import Hook
from integrations.form.words import words_for
from tests.factories import make_channel, make_customer
from tickets.actions.channels import create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Channel, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def form(organization: Organization) -> Channel:
    return create_channel(organization, kind="form", name="Linden & Loom", handle_kind="email")


def address(form: Channel) -> str:
    return f"/hooks/form/{form.hook_token}"


def send(form: Channel, values: dict[str, Any], **more: Any) -> Any:
    answer = Client().post(address(form), values, **more)
    webhooks.process_hooks(form.pk)
    door.process_channel(form.pk)
    return answer


ASKED = {"email": "Mia@Posteo.example", "name": "Mia", "message": "Where is my parcel? 包裹"}


def test_what_is_filled_in_opens_a_ticket_with_the_shops_own_fields(form: Channel) -> None:
    photo = SimpleUploadedFile("hole.png", b"\x89PNG\r\n\x1a\n0000", "image/png")
    answer = send(form, {**ASKED, "order": "#1042", "size": "240 × 220", "files": photo})
    assert answer.status_code == 200
    assert "Thank you" in answer.content.decode()
    message = Message.objects.select_related("body", "ticket", "ticket__customer").get()
    assert message.body.text == "Where is my parcel? 包裹"
    assert message.ticket.subject == "Where is my parcel? 包裹"
    assert message.details == {"form": {"size": "240 × 220", "order": "#1042"}}
    assert [each.name for each in message.attachments.all()] == ["hole.png"]
    handle = message.ticket.customer.handles.get()
    assert (handle.kind, handle.value, handle.is_verified) == (
        "email", "mia@posteo.example", False,
    )  # fmt: skip
    assert message.is_sender_verified is None


def test_a_known_address_is_not_believed(form: Channel, organization: Organization) -> None:
    """Whoever writes somebody's address into a form is not somebody."""
    organization.joins_automatically = True
    organization.save()
    make_customer(organization, is_verified=True)
    send(form, ASKED)
    message = Message.objects.get()
    assert message.is_sender_verified is None


def test_two_presses_of_the_button_are_one_message(form: Channel) -> None:
    page = Client().get(address(form)).content.decode()
    submission = page.split('name="submission" value="')[1].split('"')[0]
    for _ in range(3):
        assert send(form, {**ASKED, "submission": submission}).status_code == 200
    assert Message.objects.count() == 1


def test_the_same_words_on_another_day_are_another_message(form: Channel) -> None:
    send(form, {**ASKED, "submission": "monday"})
    send(form, {**ASKED, "submission": "friday"})
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({**ASKED, "email": "mia"}, ["email"]),
        ({**ASKED, "message": "  "}, ["message"]),
        ({}, ["email", "message"]),
        ({**ASKED, "message": "x" * 50_001}, ["message"]),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    form: Channel, values: dict[str, str], paths: list[str]
) -> None:
    answer = send(form, values, headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert Hook.objects.count() == 0
    ours = send(form, values, headers={"origin": "http://127.0.0.1:8000"})
    page = ours.content.decode()
    assert ours.status_code == 422
    for path in paths:
        assert f'id="{path}-wrong"' in page
    assert Hook.objects.count() == 0


def test_what_was_written_stands_there_again_and_is_never_run(form: Channel) -> None:
    evil = {"email": "x", "message": "<script>alert(1)</script>"}
    page = send(form, evil, headers={"origin": "http://127.0.0.1:8000"}).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>" not in page


def test_a_program_that_fills_in_the_hidden_field_opens_no_ticket(form: Channel) -> None:
    assert send(form, {**ASKED, "website": "https://spam.example"}).status_code == 200
    assert Ticket.objects.count() == 0
    assert Hook.objects.get().outcome[0]["item"] == "ignored"


def test_only_the_sites_that_are_named_may_post(form: Channel) -> None:
    form.config = {"origins": ["https://shop.example"]}
    form.save()
    assert send(form, ASKED, headers={"origin": "https://evil.example"}).status_code == 401
    assert send(form, ASKED).status_code == 401
    assert send(form, ASKED, headers={"origin": "https://shop.example"}).status_code == 200
    assert Ticket.objects.count() == 1


def test_afterwards_people_come_to_the_page_the_shop_chose(form: Channel) -> None:
    form.config = {"thanks_url": "https://shop.example/thanks"}
    form.save()
    answer = send(form, ASKED)
    assert (answer.status_code, answer["Location"]) == (303, "https://shop.example/thanks")


def test_the_page_speaks_the_language_of_its_reader(form: Channel) -> None:
    for tag, heading in (
        ("de-AT,de;q=0.9", "Schreiben Sie uns"),
        ("th", "ติดต่อเรา"),
        ("xx", "Write to us"),
    ):
        page = Client().get(address(form), headers={"accept-language": tag}).content.decode()
        assert f"<h1>{heading}</h1>" in page
    names = set(words_for("en")) - {"language"}
    for tag in ("de", "fr", "es", "pl", "cs", "ru", "zh", "th"):
        assert set(words_for(tag)) - {"language"} == names


def test_an_answer_goes_out_by_the_mailbox_that_was_chosen(
    form: Channel, organization: Organization, bo: User
) -> None:
    make_channel(organization)
    second = make_channel(organization, slug="second", address="second@shop.example")
    send(form, ASKED)
    ticket = Ticket.objects.get()
    first = reply(ticket.pk, OutgoingMessage(text="On Tuesday."), user=bo)
    assert first.channel is not None
    assert first.channel.address == "help@shop.example"
    form.config = {"answers_by": str(second.pk)}
    form.save()
    again = reply(ticket.pk, OutgoingMessage(text="On Tuesday."), user=bo)
    assert again.channel_id == second.pk
    assert [each["address"] for each in again.to] == ["mia@posteo.example"]


def test_a_flood_of_nonsense_is_refused_and_real_people_get_through(form: Channel) -> None:
    for body in (b"", b"\xff" * 99, b"a=" * 200, b'{"email": 1}'):
        answer = Client().post(
            address(form), body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 422
    broken = Client().post(
        address(form), b"--x\r\nbroken", content_type="multipart/form-data; boundary=x"
    )
    assert broken.status_code == 422
    assert send(form, ASKED).status_code == 200
    assert Ticket.objects.count() == 1


def test_agents_read_the_ticket_like_any_other(
    form: Channel, bo: User, api_as: Callable[..., Any]
) -> None:
    send(form, ASKED)
    [row] = api_as(bo).get("/api/v1/tickets").json()["results"]
    assert row["channel_kind"] == "form"
