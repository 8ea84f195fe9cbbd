"""What rules can do beyond the ticket's own fields: calls outside, news, turns; and taking it back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from automation.models import RuleRun, WebhookCall
from automation.rules import outside
from automation.rules.edit import create_rule
from automation.rules.models import CallState, RunOutcome
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.signatures import fits_standard_webhook
from helpdesk.notifications.models import Notification
from tests.factories import receive_mail
from tickets.actions.marks import set_priority
from tickets.actions.tags import change_tags
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def make_rule(organization):
    def make(*actions: tuple[str, dict[str, Any]], **fields: Any):
        said = {
            "name": "Rule",
            "triggers": ["message.received"],
            "conditions": {
                "field": "message.text", "operator": "has_word_of", "value": ["parcel"],
            },
            "actions": [{"type": kind, "params": params} for kind, params in actions],
        }  # fmt: skip
        return create_rule(organization, {**said, **fields})

    return make


class Receiver:
    """Somebody outside who answers what they are told to."""

    def __init__(self) -> None:
        self.status = 200
        self.calls: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.calls.append((headers, body))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    found = Receiver()
    settings.HTTP_ALLOWED_PREFIXES = [*settings.HTTP_ALLOWED_PREFIXES, f"{found.url}/"]
    yield found
    found.server.shutdown()
    found.server.server_close()


def call_now() -> WebhookCall:
    """Whatever is due, whenever it would be."""
    WebhookCall.objects.filter(state=CallState.QUEUED).update(due_at=now())
    outside.send_due()
    return WebhookCall.objects.get()


def test_a_call_outside_is_signed_and_has_one_id_however_often_it_is_tried(
    organization, channel, make_rule, receiver, catch_up
):
    make_rule(("webhook", {"url": f"{receiver.url}/hook"}))
    receiver.status = 503
    message = receive_mail(channel)
    catch_up()
    call = call_now()
    assert (call.state, call.attempts, call.status) == (CallState.QUEUED, 1, 503)
    assert call.due_at > now() + timedelta(seconds=5)
    assert outside.send_due() == 0
    receiver.status = 204

    assert call_now().state == CallState.DONE
    call_now()

    assert len(receiver.calls) == 2
    assert len({headers["webhook-id"] for headers, _ in receiver.calls}) == 1
    headers, body = receiver.calls[1]
    secret = outside.signing_secret(organization.pk)
    signed = (headers["webhook-id"], headers["webhook-timestamp"], body)
    assert fits_standard_webhook(secret, *signed, headers["webhook-signature"])
    said = json.loads(body)["data"]
    assert said["ticket"]["id"] == str(message.ticket_id)
    assert said["why"] == "Newly written text has a word of parcel"
    run = RuleRun.objects.get()
    assert [each["outcome"] for each in run.actions] == ["queued"]


def test_who_never_answers_is_given_up_and_named_in_the_run(channel, make_rule, receiver, catch_up):
    rule = make_rule(("webhook", {"url": f"{receiver.url}/"}), ("add_tags", {"tags": ["told"]}))
    receiver.status = 500
    message = receive_mail(channel)
    catch_up()
    for _ in range(len(outside.AGAIN_AFTER) + 3):
        call = call_now()

    assert (call.state, call.attempts) == (CallState.FAILED, len(outside.AGAIN_AFTER) + 1)
    run = RuleRun.objects.get()
    assert run.outcome == RunOutcome.PARTLY
    assert run.actions[0]["outcome"] == "failed after 7 tries: The other side answered 500."
    assert Ticket.objects.get(pk=message.ticket_id).tags == ["told"]
    assert rule.mode == "on"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "ftp://a.example/", "https://u:p@a.example/", "", 5]
)
def test_addresses_of_our_own_are_refused_when_saved_or_when_called(
    make_rule, channel, catch_up, url
):
    if url != "http://127.0.0.1/":
        with pytest.raises(InvalidInput) as refused:
            make_rule(("webhook", {"url": url}))
        assert refused.value.errors[0].path == "actions.0.params.url"
        return
    make_rule(("webhook", {"url": url}))
    receive_mail(channel)
    catch_up()
    call = call_now()
    assert (call.state, call.attempts, call.status) == (CallState.FAILED, 1, None)


def test_people_and_teams_are_told_once_and_in_the_rules_name(
    organization, channel, ada, bo, cy, team_a, make_rule, catch_up
):
    who = {"user_ids": [str(ada.pk)], "team_ids": [str(team_a.pk)], "text": "Look  here"}
    make_rule(("notify", who))
    receive_mail(channel)
    catch_up()

    told = Notification.objects.filter(kind="rule_notice")
    assert {each.user_id for each in told} == {ada.pk, bo.pk}
    assert {(each.preview, each.actor["name"]) for each in told} == {("Look here", "Rule")}
    with pytest.raises(InvalidInput) as refused:
        make_rule(("notify", {}))
    assert refused.value.errors[0].path == "actions.0.params.user_ids"


def test_a_ticket_is_given_to_whose_turn_it_is_and_stays_with_them(
    organization, channel, ada, bo, team_a, make_rule, catch_up
):
    ada.teams.add(team_a)
    rule = ("assign_by_turn", {"team_id": str(team_a.pk), "strategy": "round_robin"})
    make_rule(rule)
    messages = [receive_mail(channel) for _ in range(4)]
    receive_mail(channel, "And my parcel?", ticket=messages[0].ticket)
    catch_up()

    given = [Ticket.objects.get(pk=each.ticket_id) for each in messages]
    assert {each.team_id for each in given} == {team_a.pk}
    assert [each.assignee_id for each in given][:2] == [each.assignee_id for each in given][2:]
    assert {each.assignee_id for each in given} == {ada.pk, bo.pk}
    team_a.refresh_from_db()
    assert team_a.strategy == "manual"
    for person in (ada, bo):
        person.is_available = False
        person.save()
    late = receive_mail(channel)
    catch_up()
    assert Ticket.objects.get(pk=late.ticket_id).assignee_id is None
    run = RuleRun.objects.get(ticket_id=late.ticket_id)
    assert run.actions[0]["outcome"] == "given to the team: nobody is free"


def test_a_run_is_taken_back_once_and_only_what_nobody_changed_since(
    channel, bo, cy, make_rule, api_as, catch_up
):
    make_rule(
        ("add_tags", {"tags": ["a", "b"]}),
        ("set_priority", {"priority": "urgent"}),
        ("add_note", {"text": "Look"}),
    )
    one, other = receive_mail(channel), receive_mail(channel)
    catch_up()
    change_tags(one.ticket_id, add=["mine"])
    runs = {run.ticket_id: run for run in RuleRun.objects.all()}
    address = f"/api/v1/rule-runs/{runs[one.ticket_id].pk}"
    assert api_as(bo).get(address).json()["can_undo"] is True

    undone = api_as(bo).post(f"{address}/undo", {})
    again = api_as(cy).post(f"{address}/undo", {})

    assert [each.status_code for each in (undone, again)] == [200, 200]
    assert again.json()["undone_by"] == bo.name
    assert undone.json()["can_undo"] is False
    ticket = Ticket.objects.get(pk=one.ticket_id)
    assert (ticket.tags, ticket.priority, ticket.message_count) == (["mine"], "normal", 2)
    tagged = Event.objects.filter(type="ticket.tagged", ticket_id=one.ticket_id).last()
    assert tagged is not None
    assert tagged.actor["name"] == bo.name

    set_priority(other.ticket_id, "low")
    late = api_as(bo).post(f"/api/v1/rule-runs/{runs[other.ticket_id].pk}/undo", {})
    assert (late.status_code, late.json()["code"]) == (409, "changed_since")
    assert Ticket.objects.get(pk=other.ticket_id).tags == ["a", "b"]


def test_the_reason_names_the_very_words_that_were_found(channel, make_rule, catch_up):
    make_rule(("add_tags", {"tags": ["x"]}))
    receive_mail(channel, "Hello. Where is my PARCEL, please?")
    catch_up()
    line = RuleRun.objects.get().trace[0]
    assert (line["is_true"], line["matched"]) == (True, "PARCEL")
