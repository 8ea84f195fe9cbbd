"""Buttons on cards: signed by Slack, done once, as the person with the proven address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from helpdesk.accounts.permissions import require
from helpdesk.events.outbox import current_origin
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict
from inbox import presses, team_posts, webhooks
from inbox.cards import Button, Card
from inbox.models import Hook, Press, TeamPost
from tests.contracts import test_slack
from tests.contracts.test_slack import signed
from tests.contracts.vendor import VendorServer
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = r"/chat\.postEphemeral$"
DONE: list[tuple[str, str, str]] = []


@pytest.fixture(autouse=True)
def approvals() -> Iterator[None]:
    """Somebody who wants to know of buttons called ``parcel.…``."""
    DONE.clear()

    @presses.handles_presses("parcel.")
    def decide(press: Press, user: Any, post: TeamPost | None) -> str:
        require(user, "ticket.change")
        if press.value == "gone":
            raise Conflict("Somebody was faster.")
        if press.value == "broken":
            raise ZeroDivisionError
        assert post is not None
        DONE.append((press.action_id, press.value, current_origin().actor.name))
        team_posts.change_card(post.pk, Card(f"Approved by {user.name}"))
        return "Thank you."

    yield
    presses._handlers.pop("parcel.")


@pytest.fixture
def card(slack: Channel, slack_says: VendorServer) -> TeamPost:
    """A card with two buttons that was posted."""
    buttons = (
        Button("Approve", "parcel.approve", "r7", style="primary", confirm="Refund 84.90 €?"),
        Button("Refuse", "parcel.refuse", "r7", style="danger"),
    )
    post = team_posts.queue_card(slack, "C9ALERTS", Card("A refund", buttons=buttons), key="r7")
    team_posts.tell_due()
    [actions] = json.loads(slack_says.last("POST", r"/chat\.postMessage$").form["blocks"])[1:]
    assert [each["action_id"] for each in actions["elements"]] == [
        "parcel.approve", "parcel.refuse",
    ]  # fmt: skip
    return TeamPost.objects.get(pk=post.pk)


def person(vendor: VendorServer, email: str = "bo@linden.example", **more: Any) -> None:
    user = {
        "id": "UBO", "team_id": "T1", "name": "bo", "is_email_confirmed": True,
        "profile": {"email": email, "real_name": "Bo"}, **more,
    }  # fmt: skip
    vendor.answers("GET", r"/users\.info$", 200, {"ok": True, "user": user})


def payload(value: str = "r7", at: str = "1795651301.5", **more: Any) -> dict[str, Any]:
    return {
        "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "UBO", "team_id": "T1"},
        "channel": {"id": "C9ALERTS"}, "message": {"ts": "1795651300.000100"},
        "actions": [
            {"action_id": "parcel.approve", "value": value, "type": "button", "action_ts": at}
        ],
        **more,
    }  # fmt: skip


def press(channel: Channel, told: Any, *, signer: Any = signed) -> int:
    form = urlencode({"payload": told if isinstance(told, str) else json.dumps(told)}).encode()
    call = signer(form, content_type="application/x-www-form-urlencoded")
    status = test_slack.TestSlack().post(channel, call)
    webhooks.process_hooks(channel.pk)
    return status


def test_a_press_is_done_once_as_the_person_and_the_card_says_so(card, slack, slack_says, bo):
    person(slack_says)
    for _ in range(3):
        assert press(slack, payload()) == 200
    assert press(slack, payload(trigger_id="another delivery")) == 200

    presses.process_due()
    presses.process_due()
    team_posts.tell_due()

    assert DONE == [("parcel.approve", "r7", "Bo Larsen")]
    told = slack_says.last("POST", ANSWER).form
    assert told == {"channel": "C9ALERTS", "user": "UBO", "text": "Thank you."}
    assert slack_says.asked("POST", ANSWER) == 1
    assert "Approved by Bo Larsen" in slack_says.last("POST", r"/chat\.update$").form["blocks"]
    assert Press.objects.get().user == bo


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"email": "mallory@linden.example"}, "knows nobody"),
        ({"email": "dee@nord.example"}, "knows nobody"),
        ({"is_email_confirmed": False}, "not confirmed"),
        ({"team_id": "T2"}, "not confirmed"),
        ({"deleted": True}, "not confirmed"),
        ({"is_bot": True}, "not confirmed"),
        ({"is_stranger": True}, "not confirmed"),
        ({"profile": {}}, "not confirmed"),
    ],
)
def test_who_is_nobody_of_ours_is_refused_in_words_only_they_see(
    card, slack, slack_says, bo, dee, more, words
):
    person(slack_says, **more)
    press(slack, payload())

    presses.process_due()

    assert DONE == []
    assert words in slack_says.last("POST", ANSWER).form["text"]
    assert (Press.objects.get().is_done, Press.objects.get().user) == (False, None)


def test_who_left_or_may_not_is_refused(card, slack, slack_says, bo):
    person(slack_says)
    bo.role = "viewer"
    bo.save()
    press(slack, payload())
    presses.process_due()
    assert "Your role (Viewer) does not allow this" in slack_says.last("POST", ANSWER).form["text"]

    bo.is_active = False
    bo.save()
    press(slack, payload(at="1795651302.5"))
    presses.process_due()
    assert "knows nobody" in slack_says.last("POST", ANSWER).form["text"]
    assert DONE == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (payload("gone"), "Somebody was faster."),
        (payload("broken"), "something went wrong"),
        (
            payload(actions=[{"action_id": "old.button", "action_ts": "1.5", "value": "x"}]),
            "not in use any more",
        ),
    ],
)
def test_what_cannot_be_done_is_told_and_not_tried_again(card, slack, slack_says, bo, told, words):
    person(slack_says)
    press(slack, told)

    presses.process_due()
    presses.process_due()

    assert words in slack_says.last("POST", ANSWER).form["text"]
    assert slack_says.asked("POST", ANSWER) == 1
    assert Press.objects.get().is_done is False


def test_while_slack_does_not_say_who_it_was_nothing_is_done_and_it_is_asked_again(
    card, slack, slack_says, bo
):
    slack_says.answers("GET", r"/users\.info$", 503, {"ok": False})
    press(slack, payload())
    presses.process_due()
    assert DONE == []
    assert slack_says.asked("POST", ANSWER) == 0

    person(slack_says)
    presses.process_due()
    assert DONE == []  # not before its time
    Press.objects.update(due_at=now())
    presses.process_due()
    assert [value for _, value, _ in DONE] == ["r7"]


def test_an_answer_that_cannot_be_told_undoes_nothing(card, slack, slack_says, bo):
    person(slack_says)
    slack_says.answers("POST", ANSWER, 503, {"ok": False}, times=1)
    press(slack, payload())

    presses.process_due()
    Press.objects.update(due_at=now())
    presses.process_due()

    assert len(DONE) == 1
    assert slack_says.asked("POST", ANSWER) == 2
    assert Press.objects.get().state == "finished"


def test_a_forged_press_and_nonsense_do_nothing(card, slack, slack_says, bo):
    def forged(body: bytes, content_type: str) -> Any:
        call = signed(body, content_type=content_type)
        return type(call)(
            call.body, {**call.headers, "X-Slack-Signature": f"v0={'0' * 64}"},
            content_type=content_type,
        )  # fmt: skip

    assert press(slack, payload(), signer=forged) == 401
    assert Hook.objects.count() == 0
    for nonsense in ("{", "[]", {"type": "block_actions"}, {"type": "block_actions", "actions": 1}):
        assert press(slack, nonsense) == 200
    assert set(Hook.objects.values_list("state", flat=True)) == {"quarantined"}
    assert press(slack, {"type": "view_submission"}) == 200
    link = {"action_id": "link:0", "action_ts": "2.5"}
    assert press(slack, payload(actions=[link])) == 200
    assert Press.objects.count() == 0
