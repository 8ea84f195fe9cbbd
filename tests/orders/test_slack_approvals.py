"""UX 32: what is above somebody's limit is approved by a button in Slack, as the app would do it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from automation.order_approvals import follow_action
from helpdesk.accounts.models import Organization, User
from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.secrets import encrypt
from inbox import presses, team_posts
from inbox.models import TeamPost, Thread
from integrations.commerce.ledger.intents import expire_due
from integrations.commerce.ledger.models import OrderAction
from integrations.demo_store import till
from tests.contracts.test_slack import CONFIG, SECRET, judge_of_slack
from tests.contracts.vendor import VendorServer
from tests.factories import make_channel, receive_mail
from tests.integrations.slack.test_presses import payload, person, press
from tests.orders.conftest import calls, work
from tickets.actions.channels import create_channel
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)

ROOM = "/api/v1/order-limits/approvals"
POST, UPDATE, WHISPER = r"/chat\.postMessage$", r"/chat\.update$", r"/chat\.postEphemeral$"


@pytest.fixture
def slack_says(vendor: VendorServer) -> VendorServer:
    vendor.judged_by(judge_of_slack(), connector="slack")
    room = {"id": "C9ALERTS", "name": "approvals", "is_member": True}
    posted = {"ok": True, "channel": "C9ALERTS", "ts": "1795651300.000100"}
    vendor.answers("GET", r"/conversations\.info$", 200, {"ok": True, "channel": room})
    vendor.answers("POST", POST, 200, posted)
    vendor.answers("POST", UPDATE, 200, posted)
    vendor.answers("POST", WHISPER, 200, {"ok": True, "message_ts": "1.1"})
    return vendor


@pytest.fixture
def slack(organization: Organization, slack_says: VendorServer) -> Channel:
    return create_channel(
        organization, kind="slack", name="Slack", handle_kind="slack", address="T1",
        config={"api_url": slack_says.url, **CONFIG},
        secrets=encrypt({"token": "xoxb-1", "signing_secret": SECRET}),
    )  # fmt: skip


@pytest.fixture
def wish(
    slack: Channel, desk_of: Callable[[User], Any], ada: User, bo: User, order_of: Any, mia: Any
) -> dict[str, Any]:
    """Bo, who may give 20.00 alone, wants to refund 25.01; #approvals in Slack is asked."""
    admin = desk_of(ada).client
    euros = {"currency": "EUR", "per_action_minor": 2000, "per_day_minor": None}
    admin.put("/api/v1/order-limits", {"role": "agent", "kinds": None, "limits": [euros]})
    place = {"channel_id": str(slack.pk), "place": "C9ALERTS", "name": "#approvals"}
    assert admin.put(ROOM, place).json() == {"room": place}
    action: dict[str, Any] = desk_of(bo).confirm(order_of("1042"), "refund", mia, amount_minor=2501)
    assert action["state"] == "needs_approval"
    tell(bo)
    return action


def tell(user: User) -> None:
    """Let everything that happened be heard and posted."""
    run_subscribers(user.organization_id)
    team_posts.tell_due()


def press_button(
    slack: Channel, vendor: VendorServer, user: User | None, what: str, value: str,
    at: str = "1795651301.5",
) -> str:  # fmt: skip
    """What the presser is told."""
    person(vendor, user.email if user else "mallory@linden.example")
    told = {"action_id": what, "value": value, "type": "button", "action_ts": at}
    assert press(slack, payload(actions=[told])) == 200
    presses.process_due()
    words: str = vendor.last("POST", WHISPER).form["text"]
    return words


def test_the_room_is_asked_once_though_told_three_times(wish, slack_says, mia, bo):
    event = Event.objects.get(type="order_action.changed")
    for _ in range(3):
        follow_action(event)
    tell(bo)

    assert slack_says.asked("POST", POST) == 1
    assert slack_says.asked("POST", UPDATE) == 0
    assert TeamPost.objects.get().ticket_id == mia.pk
    shown = slack_says.last("POST", POST).form["blocks"]
    blocks = json.loads(shown)
    assert blocks[0]["text"]["text"] == "Refund €25.01 · #1042"
    said = [each["text"] for part in blocks if "fields" in part for each in part["fields"]]
    lines = dict(zip(said[::2], said[1::2], strict=True))
    assert lines["*Customer*"] == "Mia Laurent"
    assert lines["*Asked for by*"] == "Bo Larsen"
    assert lines["*Why a second person*"].startswith("Above €20.00")
    assert lines["*What happens*"].startswith("refund €25.01")
    [buttons] = [part["elements"] for part in blocks if part["type"] == "actions"]
    assert [each["action_id"] for each in buttons[:2]] == ["order.approve", "order.refuse"]
    assert buttons[2]["url"].endswith(f"/t/{mia.number}")
    sure = buttons[0]["confirm"]["text"]["text"]
    assert "€25.01" in sure
    assert "Mia Laurent" in sure


def test_another_admin_approves_once_and_the_card_says_so(wish, slack, slack_says, ada, bo):
    first = press_button(slack, slack_says, ada, "order.approve", wish["id"])
    again = press_button(slack, slack_says, ada, "order.approve", wish["id"], "1795651302.5")
    work()
    tell(bo)

    assert first == "Approved: Refund €25.01 · #1042. The shop is asked now."
    assert again == "Nothing was done: Approved by Ada Kern."
    action = OrderAction.objects.get()
    assert (action.state, action.user, action.approver) == ("done", bo, ada)
    assert calls("refund") == 1
    card = slack_says.last("POST", UPDATE).form["blocks"]
    assert "Approved by Ada Kern. Done." in card
    assert "order.approve" not in card
    said = Event.objects.filter(type="order_action.changed")
    assert "Ada Kern" in {each.actor["name"] for each in said}


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("bo", "Nobody approves what they asked for themselves."),
        ("cy", "Your role (Agent) does not allow this"),
        ("mallory", "knows nobody"),
        ("dee", "knows nobody"),
    ],
)
def test_who_may_not_is_refused_in_words(wish, slack, slack_says, bo, cy, dee, who, words):
    bo.role = "admin"
    bo.save()
    user = {"bo": bo, "cy": cy, "dee": dee, "mallory": None}[who]

    assert words in press_button(slack, slack_says, user, "order.approve", wish["id"])
    work()
    tell(bo)

    action = OrderAction.objects.get()
    assert (action.state, action.approver, calls("refund")) == ("needs_approval", None, 0)
    assert slack_says.asked("POST", UPDATE) == 0


def test_an_action_of_nobody_known_and_an_unknown_button_do_nothing(
    wish, slack, slack_says, ada, bo
):
    strange = press_button(slack, slack_says, ada, "order.approve", str(uuid.uuid4()))
    other = press_button(slack, slack_says, ada, "order.double", wish["id"], "1795651302.5")

    assert strange == "There is no such order action."
    assert "not in use any more" in other
    assert OrderAction.objects.get().state == "needs_approval"


def test_it_is_refused_by_button(wish, slack, slack_says, ada, bo):
    said = press_button(slack, slack_says, ada, "order.refuse", wish["id"])
    work()
    tell(bo)

    assert said.startswith("Refused by Ada Kern.")
    action = OrderAction.objects.get()
    assert (action.state, action.approver, calls("refund")) == ("rejected", ada, 0)
    assert "Refused by Ada Kern." in slack_says.last("POST", UPDATE).form["blocks"]


def test_what_is_decided_in_the_app_stands_on_the_card(wish, slack, slack_says, desk_of, ada, bo):
    reason = {"reason": "She has been paid."}
    assert desk_of(ada).tell(wish, "reject", **reason).status_code == 200
    tell(bo)

    card = slack_says.last("POST", UPDATE).form["blocks"]
    assert "Refused by Ada Kern. She has been paid." in card
    assert "order.approve" not in card
    late = press_button(slack, slack_says, ada, "order.approve", wish["id"])
    assert late == "Nothing was done: Refused by Ada Kern. She has been paid."
    assert OrderAction.objects.get().state == "rejected"


def test_what_nobody_decided_says_so(wish, slack_says, bo):
    with time_machine.travel(now() + timedelta(hours=25), tick=True):
        assert expire_due() == 1
        tell(bo)

    assert "Nobody decided in time." in slack_says.last("POST", UPDATE).form["blocks"]


def test_an_amount_that_changed_since_is_refused_in_words(
    wish, slack, slack_says, desk_of, order_of, ada, bo, shop
):
    order = order_of("1036")
    cancel = desk_of(bo).confirm(order, "cancel")
    assert cancel["state"] == "needs_approval"
    till.ask(shop, order.external_id, "at-the-shop", "refund", {"amount_minor": 500})

    said = press_button(slack, slack_says, ada, "order.approve", cancel["id"])
    work()

    assert said.startswith("Nothing was done: something has changed since Bo Larsen asked: amount")
    assert cancel["amount"]["text"] in said
    action = OrderAction.objects.get(pk=cancel["id"])
    assert (action.state, action.approver, calls("cancel")) == ("needs_approval", None, 0)


def test_without_a_room_nobody_is_asked_in_slack(slack, desk_of, ada, bo, order_of, slack_says):
    policy = {"role": "agent", "kinds": ["note"], "limits": []}
    admin = desk_of(ada).client
    place = {"channel_id": str(slack.pk), "place": "C9ALERTS", "name": "#approvals"}
    assert admin.put("/api/v1/order-limits", policy).status_code == 200
    assert admin.put(ROOM, place).status_code == 200
    assert admin.put(ROOM, {"channel_id": None}).json() == {"room": None}

    assert desk_of(bo).confirm(order_of("1036"), "hold")["state"] == "needs_approval"
    tell(bo)

    assert admin.get(ROOM).json() == {"room": None}
    assert TeamPost.objects.count() == 0
    changes = Event.objects.filter(type="order_limits.updated").order_by("seq")
    assert [each.payload["approvals"] for each in changes] == [None, place, None]


def test_the_room_is_one_of_the_teams_own(slack, desk_of, ada, organization):
    admin, mail = desk_of(ada).client, make_channel(organization)
    ticket = receive_mail(mail, "Where is it?").ticket
    Thread.objects.create(channel=slack, key="C1:1.1", ticket=ticket)

    for body, path in (
        ({"channel_id": str(mail.pk), "place": "C9ALERTS"}, "channel_id"),
        ({"channel_id": str(uuid.uuid4()), "place": "C9ALERTS"}, "channel_id"),
        ({"channel_id": str(slack.pk), "place": "general"}, "place"),
        ({"channel_id": str(slack.pk), "place": "C1"}, "place"),
        ({"channel_id": str(slack.pk)}, "place"),
    ):
        refused = admin.put(ROOM, body)
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, path), body
    assert admin.get(ROOM).json() == {"room": None}
