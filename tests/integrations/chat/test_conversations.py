"""Conversations while tickets are merged, split, closed and rated; orders; and reply times."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest

from automation.csat.models import CsatSurvey
from automation.csat.settings import change_settings
from automation.csat.surveys import send_due_surveys
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from inbox import door
from inbox.raw import store
from integrations.chat import reply_time
from integrations.chat.models import Conversation, Line
from integrations.commerce.actions import create_store, upsert_order
from tests.factories import receive_mail
from tests.integrations.chat.conftest import Shopper, settle
from tests.integrations.commerce.tellings import telling
from tickets.actions.merge import merge, unmerge
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.split import split
from tickets.actions.status import close
from tickets.models import Channel, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_merged_ticket_keeps_the_conversation_and_so_does_taking_it_back(
    shopper: Shopper, organization: Organization, mailbox: Channel, bo: User
):
    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    source = Ticket.objects.get()
    target = receive_mail(mailbox, "My mail").ticket
    merge(source.pk, target.pk, user=bo, merge_id=uuid.uuid4())
    settle(organization)

    reply(
        target.pk,
        OutgoingMessage(text="After the merge", channel_id=Conversation.objects.get().channel_id),
        user=bo,
    )
    settle(organization)
    shopper.say("Thanks", conversation_id)

    lines = shopper.read(conversation_id)
    assert [each["text"] for each in lines] == ["Hello?", "", "After the merge", "Thanks"]
    assert [each["position"] for each in lines] == [1, 2, 3, 4]
    assert Message.objects.get(body__text="Thanks").ticket_id == target.pk

    unmerge(source.pk, user=bo)
    settle(organization)
    assert len(shopper.read(conversation_id)) == 4
    assert shopper.say("Still there?", conversation_id).status_code == 200


def test_a_split_ticket_takes_the_conversation_along_with_its_newest_words(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = shopper.say("First matter").json()["conversation_id"]
    shopper.say("Second matter", conversation_id)
    first = Ticket.objects.get()
    settle(organization)
    moved = Message.objects.get(body__text="Second matter")
    split(first.pk, moved.pk, user=bo, split_id=uuid.uuid4(), with_later=True)
    settle(organization)
    moved.refresh_from_db()
    assert moved.ticket_id != first.pk

    reply(moved.ticket_id, OutgoingMessage(text="On the second"), user=bo)
    settle(organization)

    assert [each["text"] for each in shopper.read(conversation_id)] == [
        "First matter", "Second matter", "", "On the second",
    ]  # fmt: skip


def test_a_post_whose_process_died_before_its_line_gets_it_afterwards(
    shopper: Shopper, organization: Organization, monkeypatch: pytest.MonkeyPatch
):
    from integrations.chat import posting

    def dies(*_: Any) -> None:
        raise OSError("the power went")

    posted = str(uuid.uuid4())
    with monkeypatch.context() as patch:
        patch.setattr(posting, "show_message", dies)
        assert shopper.say("Only once", id=posted).status_code == 500
    assert (Message.objects.count(), Line.objects.count()) == (1, 0)

    settle(organization)
    assert Line.objects.count() == 1
    again = shopper.say("Only once", id=posted).json()
    assert again["message"]["id"] == posted
    assert (Message.objects.count(), Line.objects.count()) == (1, 1)


def test_what_was_kept_before_the_door_died_is_the_same_message_when_posted_again(
    shopper: Shopper, organization: Organization, monkeypatch: pytest.MonkeyPatch
):
    from integrations.chat import posting

    posted = str(uuid.uuid4())
    with monkeypatch.context() as patch:
        patch.setattr(door, "process_claimed", lambda row: row)
        patch.setattr(posting, "WAIT_SECONDS", 0.05)
        answer = shopper.say("Only once", id=posted)
    assert (answer.status_code, answer.json()["code"]) == (502, "kept")

    from inbox.models import RawInbound

    RawInbound.objects.update(lease_until=None)
    door.process_due()
    again = shopper.say("Only once", id=posted)
    assert again.status_code == 200
    assert Message.objects.count() == 1


def test_a_second_copy_of_a_post_with_other_surroundings_is_the_same_message(
    shopper: Shopper,
):
    posted = str(uuid.uuid4())
    first = shopper.say("Only once", id=posted, page={"url": "https://shop.example/a"})
    line = Line.objects.get()
    line.delete()
    again = shopper.say("Only once", id=posted, page={"url": "https://shop.example/b"})
    assert again.json()["conversation_id"] == first.json()["conversation_id"]
    assert Message.objects.count() == 1


def test_closing_is_said_and_the_survey_is_answered_in_the_chat(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    ticket = Ticket.objects.get()
    path = f"conversations/{conversation_id}/csat"
    assert shopper.ask("POST", path, {"score": 5}).json()["code"] == "no_survey"
    reply(ticket.pk, OutgoingMessage(text="Done"), user=bo)
    settle(organization)
    close(ticket.pk)
    settle(organization)
    assert send_due_surveys() == 1
    settle(organization)

    lines = shopper.read(conversation_id)
    assert [each.get("system") for each in lines] == [None, "joined", None, "closed", "csat"]
    told = shopper.ask("GET", "conversations").json()[0]
    assert (told["status"], told["csat"]["state"]) == ("closed", "asked")
    assert (told["csat"]["kind"], told["csat"]["question"]) == ("csat", "")
    assert shopper.ask("POST", path, {"score": 6}).status_code == 422
    assert shopper.ask("POST", path, {"score": 0}).status_code == 422
    assert shopper.ask("POST", path, {"score": 2, "comment": "Slow"}).status_code == 200
    assert shopper.ask("POST", path, {"score": 4}).json()["score"] == 4
    ticket.refresh_from_db()
    assert ticket.csat_score == 4
    CsatSurvey.objects.update(answered_at=now() - timedelta(hours=25))
    assert shopper.ask("POST", path, {"score": 1}).json()["code"] == "already_answered"
    stranger = Shopper()
    stranger.begin()
    assert stranger.ask("POST", path, {"score": 1}).status_code == 404

    assert shopper.say("One more thing", conversation_id).status_code == 200
    settle(organization)
    assert shopper.ask("GET", "conversations").json()[0]["status"] == "open"


def test_the_chat_asks_whether_they_would_recommend_the_shop_in_its_own_words(
    shopper: Shopper, organization: Organization, bo: User
):
    """G8.4: 0 to 10 in the chat; the ticket keeps its stars."""
    change_settings(organization, {"kind": "nps"})
    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    reply(Ticket.objects.get().pk, OutgoingMessage(text="Done"), user=bo)
    settle(organization)
    close(Ticket.objects.get().pk)
    settle(organization)
    assert send_due_surveys() == 1
    settle(organization)

    card = shopper.ask("GET", "conversations").json()[0]["csat"]
    assert (card["state"], card["kind"], card["score"]) == ("asked", "nps", None)
    assert organization.name in card["question"]
    assert (card["least"], card["most"]) == ("0, not at all", "10, very likely")
    path = f"conversations/{conversation_id}/csat"
    assert shopper.ask("POST", path, {"score": 11}).status_code == 422
    told = shopper.ask("POST", path, {"score": 0, "comment": "Never"}).json()
    assert (told["state"], told["score"], told["said"]) == ("answered", 0, "0 of 10")
    survey = CsatSurvey.objects.get()
    assert (survey.score, survey.answered_on, survey.comment) == (0, "chat", "Never")
    ticket = Ticket.objects.get()
    assert (ticket.csat_state, ticket.csat_score) == ("answered", None)


def test_expected_reply_time_is_the_real_median_or_nothing(
    shopper: Shopper, organization: Organization, chat: Channel, bo: User
):
    def answered_after(minutes: float) -> None:
        visitor = Shopper()
        visitor.begin()
        visitor.say("Hello?")
        ticket = Ticket.objects.order_by("-number")[0]
        message = reply(ticket.pk, OutgoingMessage(text="Hi"), user=bo)
        first = Message.objects.get(ticket=ticket, position=1)
        message.created_at = first.created_at + timedelta(minutes=minutes)
        message.save(update_fields=["created_at"])

    for _ in range(19):
        answered_after(2.5)
    assert reply_time.expected_minutes(chat) is None
    answered_after(600)
    reply_time.forget()
    assert reply_time.expected_minutes(chat) == 3
    assert shopper.ask("GET", "boot").json()["reply_minutes"] == 3
    yesterday = now() - timedelta(days=8)
    Message.objects.filter(position=1).update(created_at=yesterday)
    reply_time.forget()
    assert reply_time.expected_minutes(chat) is None


def test_an_order_is_found_by_number_and_contact_and_every_miss_is_the_same(
    shopper: Shopper, organization: Organization
):
    """UX 59."""
    store_ = create_store(organization, kind="demo", slug="shop", name="Shop", currency="EUR")
    upsert_order(store_, telling(phone="+33655510872"))

    def ask(number: str, contact: str, who: Shopper = shopper) -> Any:
        return who.ask("POST", "orders/lookup", {"number": number, "contact": contact})

    hit = ask(" 1042", "MIA@posteo.example ")
    assert hit.json()["order"]["number"] == "#1042"
    assert "mia@posteo.example" not in hit.content.decode()
    assert ask("#1042", "+33 6 55 51 08 72").status_code == 200
    misses, times = [], []
    for number, contact in [
        ("1042", "eve@evil.example"), ("9999", "mia@posteo.example"), ("", "x"), ("#", "y"),
        ("1042", ""), ("1042'--", "mia"), ("1042", "+33655510873"),
    ]:  # fmt: skip
        began = time.perf_counter()
        answer = ask(number or "0", contact or "z")
        times.append(time.perf_counter() - began)
        misses.append(answer)
    bodies = {str({**each.json(), "instance": ""}) for each in misses[:6]}
    assert {each.status_code for each in misses[:6]} == {404}
    assert len(bodies) == 1
    assert misses[6].status_code == 429
    assert int(misses[6].headers["Retry-After"]) > 60
    assert ask("1042", "mia@posteo.example").status_code == 429
    other = Shopper(address="198.51.100.3")
    other.begin()
    began = time.perf_counter()
    assert ask("1042", "mia@posteo.example", other).status_code == 200
    took = time.perf_counter() - began
    assert took >= 0.15
    assert min(times[:6]) >= 0.15


def test_the_doors_own_copy_of_a_post_names_no_secret(shopper: Shopper, chat: Channel):
    shopper.say("Hello?")
    from inbox.models import RawInbound

    raw = bytes(RawInbound.objects.get().raw).decode()
    assert shopper.token not in raw
    bad, _ = store(chat, b'{"id": 1}', is_claimed=True)
    assert door.process_claimed(bad).state == "quarantined"
