"""Alerts in Slack: posted once per run of a rule, changed with the ticket, judged by Slack's own
document."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection

from automation.models import RuleRun
from automation.rules.edit import create_rule
from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from inbox import team_posts
from inbox.cards import Button, Card
from inbox.models import TeamPost, TeamPostState, Thread
from integrations.slack.cards import blocks_of
from tests.contracts import test_slack
from tests.contracts.test_slack import message_event, signed
from tests.contracts.vendor import HANG_UP, VendorServer
from tests.factories import make_channel, receive_mail
from tickets.actions.channels import create_channel
from tickets.actions.status import set_status
from tickets.models import Channel, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

POST, UPDATE = r"/chat\.postMessage$", r"/chat\.update$"


def due_now() -> None:
    TeamPost.objects.exclude(due_at=None).update(due_at=now(), lease_until=None)


def set_status_as(user: User, ticket: Ticket, status: str) -> None:
    with unit_of_work(actor=Actor.of_user(user)):
        set_status(ticket.pk, status)


def blocks(vendor: VendorServer, method: str = POST) -> str:
    return vendor.last("POST", method).form["blocks"]


def test_a_rule_posts_who_wrote_about_what_and_why_once(alert_rule, write, slack_says):
    ticket = write(subject="Parcel <!channel> & co")
    run = RuleRun.objects.get(ticket=ticket)
    assert run.actions[0]["outcome"] == "done"
    assert run.actions[0]["description"] == "Post to #alerts in Slack"

    team_posts.tell_due()
    run_subscribers(ticket.organization_id)
    team_posts.tell_due()

    assert slack_says.asked("POST", POST) == 1
    told = slack_says.last("POST", POST).form
    assert told["channel"] == "C9ALERTS"
    assert told["text"].startswith(f"#{ticket.number} Parcel &lt;!channel&gt; &amp; co")
    [header, section, actions] = json.loads(told["blocks"])
    assert header["text"]["text"] == f"#{ticket.number} Parcel <!channel> & co"
    assert header["text"]["type"] == "plain_text"
    said = [each["text"] for each in section["fields"]]
    assert said[:2] == ["*Customer*", ticket.customer.name]
    assert said[2:] == ["*Why*", "The rule “Tell us”: Status is open"]
    assert actions["elements"][0]["url"].endswith(f"/t/{ticket.number}")
    post = TeamPost.objects.get()
    assert (post.state, post.external_id, post.due_at) == (
        "posted", "C9ALERTS:1795651300.000100", None,
    )  # fmt: skip


def test_the_alert_says_when_the_ticket_is_closed_and_when_it_is_open_again(
    alert_rule, write, slack_says, bo
):
    ticket = write()
    team_posts.tell_due()

    set_status_as(bo, ticket, "closed")
    run_subscribers(ticket.organization_id)
    team_posts.tell_due()

    told = slack_says.last("POST", UPDATE).form
    assert (told["channel"], told["ts"]) == ("C9ALERTS", "1795651300.000100")
    assert "Closed by Bo Larsen" in told["blocks"]
    set_status_as(bo, ticket, "open")
    run_subscribers(ticket.organization_id)
    team_posts.tell_due()
    assert "Closed" not in blocks(slack_says, UPDATE)
    assert (slack_says.asked("POST", POST), slack_says.asked("POST", UPDATE)) == (1, 2)


def test_an_alert_whose_ticket_was_closed_before_it_left_says_so_at_once(
    alert_rule, write, slack_says, bo
):
    ticket = write()
    set_status_as(bo, ticket, "closed")
    run_subscribers(ticket.organization_id)

    team_posts.tell_due()
    team_posts.tell_due()

    assert "Closed by Bo Larsen" in blocks(slack_says)
    assert slack_says.asked("POST", UPDATE) == 0


@pytest.mark.parametrize(
    "failing",
    [
        {
            "status": 429,
            "data": {"ok": False, "error": "ratelimited"},
            "headers": {"Retry-After": "2"},
        },
        {"status": 200, "data": {"ok": False, "error": "invalid_auth"}},
        {"status": 503, "data": {"ok": False}},
    ],
)
def test_what_slack_cannot_take_now_is_posted_later_once(alert_rule, write, slack_says, failing):
    slack_says.answers("POST", POST, times=1, **failing)
    write()

    team_posts.tell_due()
    post = TeamPost.objects.get()
    assert post.state == TeamPostState.QUEUED
    assert post.due_at > now()
    assert post.reason
    due_now()
    team_posts.tell_due()
    due_now()
    team_posts.tell_due()

    assert TeamPost.objects.get().state == TeamPostState.POSTED
    assert slack_says.asked("POST", POST) == 2


@pytest.mark.parametrize("failing", [HANG_UP, {"ok": False, "error": "fatal_error"}])
def test_what_may_have_been_posted_is_not_posted_again(alert_rule, write, slack_says, failing, bo):
    slack_says.answers("POST", POST, 200, failing)
    ticket = write()

    team_posts.tell_due()
    due_now()
    team_posts.tell_due()
    set_status_as(bo, ticket, "closed")
    run_subscribers(ticket.organization_id)
    team_posts.tell_due()

    assert TeamPost.objects.get().state == TeamPostState.UNCERTAIN
    assert slack_says.asked("POST", POST) == 1
    assert slack_says.asked("POST", UPDATE) == 0


def test_a_worker_that_died_before_the_call_is_followed_one_that_died_after_is_not(
    alert_rule, write, slack_says
):
    first, second = write(), write()
    long_ago = now() - timedelta(minutes=10)
    died = TeamPost.objects.filter(ticket=first)
    died.update(state="claimed", attempts=1, lease_until=long_ago)
    TeamPost.objects.filter(ticket=second).update(
        state="dot_sent", attempts=1, lease_until=long_ago
    )

    team_posts.tell_due()

    assert died.get().state == TeamPostState.POSTED
    assert TeamPost.objects.get(ticket=second).state == TeamPostState.UNCERTAIN
    assert slack_says.asked("POST", POST) == 1


def test_eight_workers_at_once_post_it_once(alert_rule, write, slack_says):
    write()
    post_id = TeamPost.objects.get().pk
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        team_posts.tell(post_id)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert slack_says.asked("POST", POST) == 1


def test_a_room_that_another_company_reads_gets_no_alert_and_the_admin_is_told(
    alert_rule, write, slack_says, slack
):
    room = {"id": "C9ALERTS", "name": "alerts", "is_ext_shared": True}
    slack_says.answers("GET", r"/conversations\.info$", 200, {"ok": True, "channel": room})
    write()

    team_posts.tell_due()

    assert TeamPost.objects.get().state == TeamPostState.FAILED
    assert slack_says.asked("POST", POST) == 0
    slack.refresh_from_db()
    assert slack.failure.startswith("Could not tell the team: #alerts is shared with another")


def test_a_scope_that_is_missing_is_named(alert_rule, write, slack_says):
    said = {"ok": False, "error": "missing_scope", "needed": "channels:read"}
    slack_says.answers("GET", r"/conversations\.info$", 200, said)
    write()

    team_posts.tell_due()

    assert "add the scope channels:read" in TeamPost.objects.get().reason


def test_nothing_is_posted_while_the_workspace_is_paused(alert_rule, write, slack_says, slack):
    write()
    Channel.objects.filter(pk=slack.pk).update(is_active=False)

    team_posts.tell_due()

    assert slack_says.requests == []
    assert TeamPost.objects.get().state == TeamPostState.QUEUED


def test_what_the_team_says_below_an_alert_makes_no_ticket(alert_rule, write, slack, slack_says):
    write()
    contract = test_slack.TestSlack()
    slack.refresh_from_db()
    reply = message_event("1795651400.1", "I take it", channel="C9ALERTS", user="UBO")
    call = signed({"type": "event_callback", "team_id": "T1", "event": reply})
    assert contract.post(slack, call) == 200
    contract.settle(slack)

    assert Ticket.objects.filter(channel=slack).count() == 0


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"place": "C9ALERTS"}, "channel_id"),
        ({"channel_id": "slack", "place": "#alerts"}, "place"),
        ({"channel_id": "slack", "place": "C1"}, "place"),
        ({"channel_id": "mail", "place": "C9ALERTS"}, "channel_id"),
        ({"channel_id": "foreign", "place": "C9ALERTS"}, "channel_id"),
    ],
)
def test_a_rule_is_refused_that_names_no_room_of_the_team(
    organization, other_organization, slack, slack_says, params, path
):
    ticket = receive_mail(make_channel(organization)).ticket
    Thread.objects.create(channel=slack, key="C1:1.1", ticket=ticket)
    ids = {
        "slack": slack, "mail": make_channel(organization, slug="x"),
        "foreign": create_channel(other_organization, kind="slack", name="S", handle_kind="slack"),
    }  # fmt: skip
    if "channel_id" in params:
        params = {**params, "channel_id": str(ids[params["channel_id"]].pk)}

    with pytest.raises(InvalidInput) as refused:
        create_rule(
            organization,
            {
                "name": "Tell us", "triggers": ["message.received"], "conditions": {},
                "actions": [{"type": "post_to_slack", "params": params}],
            },
        )  # fmt: skip

    assert [each.path for each in refused.value.errors] == [f"actions.0.params.{path}"]


def test_an_admin_picks_among_the_rooms_of_the_teams_own(slack, slack_says, api_as, ada, bo):
    pages = {
        "": {
            "ok": True, "response_metadata": {"next_cursor": "dGVhbTo="},
            "channels": [
                {"id": "C2", "name": "orders"},
                {"id": "C3", "name": "shared-with-mia", "is_ext_shared": True},
            ],
        },
        "dGVhbTo=": {"ok": True, "channels": [{"id": "C1", "name": "alerts", "is_private": True}]},
    }  # fmt: skip
    slack_says.answers(
        "GET", r"/users\.conversations$", 200,
        lambda asked: (200, pages[asked.query.get("cursor", "")]),
    )  # fmt: skip

    said = api_as(ada).get(f"/api/v1/channels/{slack.pk}/team-places")

    assert said.json()["results"] == [
        {"id": "C1", "name": "#alerts", "is_private": True},
        {"id": "C2", "name": "#orders", "is_private": False},
    ]
    assert api_as(bo).get(f"/api/v1/channels/{slack.pk}/team-places").status_code == 403


def test_a_long_card_stays_within_slacks_limits():
    card = Card(
        "x" * 400, tuple((f"Line {n}", "y" * 5000) for n in range(12)),
        (Button("Approve " * 20, "a", confirm="z" * 900),),
    )  # fmt: skip
    shown = blocks_of(card)

    assert len(shown[0]["text"]["text"]) == 150
    sections = [each for each in shown if each["type"] == "section"]
    assert [len(each["fields"]) for each in sections] == [10, 10, 4]
    assert max(len(f["text"]) for each in sections for f in each["fields"]) <= 2000
    button = shown[-1]["elements"][0]
    assert len(button["text"]["text"]) <= 75
    assert len(button["confirm"]["text"]["text"]) <= 300
