"""Calls of vendors can be seen, read again and fetched; they are limited, kept for a while, told of."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

import inbox.connector
from helpdesk.accounts.models import Organization, User
from helpdesk.commands.doctor import _channels, _hooks
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib import rate_limit
from helpdesk.lib.clock import now
from helpdesk.lib.secrets import encrypt
from helpdesk.notifications.mail import _compose
from helpdesk.notifications.models import Notification, NotificationMail
from inbox import door, webhooks
from inbox.connector import SetsUp
from inbox.models import Connection, Hook, HookState, RawInbound
from inbox.polling import poll_channel
from tests.contracts.channel_connector import Call
from tests.contracts.parcelbox import ParcelboxConnector
from tests.contracts.test_parcelbox import SECRET, signed, text_event
from tests.factories import make_channel
from tickets.actions.channels import create_channel, note_failure, note_success
from tickets.models import Channel, Message

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]


@pytest.fixture
def parcelbox() -> Iterator[ParcelboxConnector]:
    connector = ParcelboxConnector()
    inbox.connector.register(connector)
    yield connector
    inbox.connector._registry.pop("parcelbox")


@pytest.fixture
def channel(organization: Organization, parcelbox: ParcelboxConnector) -> Channel:
    return create_channel(
        organization, kind="parcelbox", name="Parcelbox", handle_kind="external",
        secrets=encrypt({"token": "t", "signing_secret": SECRET}),
    )  # fmt: skip


def call_in(channel: Channel, call: Call) -> int:
    place = f"/hooks/parcelbox/{channel.hook_token}"
    said = Client().post(place, call.body, content_type="application/json", headers=call.headers)
    return said.status_code


def settle(channel: Channel) -> None:
    webhooks.process_hooks(channel.pk)
    door.process_due(limit=100)


def test_the_log_says_what_became_of_each_thing(api_as: Api, ada: User, channel: Channel):
    """Replaying a processed call brings nothing twice."""
    call_in(channel, signed(text_event("m1", "Hello"), {"type": "typing", "id": "x"}))
    settle(channel)
    client = api_as(ada)
    [hook] = client.get("/api/v1/hooks").json()["results"]
    assert (hook["state"], hook["outcome"][0]["became"]) == (
        "processed", "arrival",
    )  # fmt: skip
    again = client.post(f"/api/v1/hooks/{hook['id']}/replay").json()
    settle(channel)
    assert (again["state"], again["outcome"][0]["became"]) == ("processed", "known")
    assert Message.objects.count() == RawInbound.objects.count() == 1


def test_what_cannot_be_read_waits_in_quarantine_with_its_reason_and_its_bytes(
    api_as: Api, ada: User, channel: Channel, parcelbox: ParcelboxConnector
):
    call_in(channel, signed({"no": "type"}))
    settle(channel)
    client = api_as(ada)
    [hook] = client.get("/api/v1/hooks?state=quarantined").json()["results"]
    assert hook["reason"] == "This is not a call of Parcelbox."
    raw = client.get(f"/api/v1/hooks/{hook['id']}/raw")
    assert raw.content == b'{"events": [{"no": "type"}]}'
    assert raw["Content-Disposition"].startswith("attachment")
    parcelbox.split = lambda channel, request: []  # type: ignore[method-assign]  # it learned
    assert client.post(f"/api/v1/hooks/{hook['id']}/replay").json()["state"] == "processed"


def test_the_log_is_filtered_and_belongs_to_the_organization(
    api_as: Api, ada: User, dee: User, channel: Channel
):
    for number in range(3):
        call_in(channel, signed(text_event(f"m{number}", "Hello")))
    client = api_as(ada)
    first = client.get("/api/v1/hooks?limit=2").json()
    rest = client.get("/api/v1/hooks", {"limit": 2, "after": first["next"]}).json()
    found = [each["id"] for each in (*first["results"], *rest["results"])]
    assert len(set(found)) == 3
    assert rest["next"] is None
    other = make_channel(channel.organization)
    assert client.get(f"/api/v1/hooks?channel={other.pk}").json()["results"] == []
    assert len(client.get(f"/api/v1/hooks?channel={channel.pk}").json()["results"]) == 3
    assert client.get("/api/v1/hooks?state=odd").status_code == 422
    assert client.get("/api/v1/hooks?channel=x").status_code == 422
    assert client.get(f"/api/v1/inbound?channel={channel.pk}").status_code == 200
    foreign = api_as(dee)
    assert foreign.get("/api/v1/hooks").json()["results"] == []
    assert foreign.get(f"/api/v1/hooks/{found[0]}/raw").status_code == 404
    assert foreign.post(f"/api/v1/hooks/{found[0]}/replay").status_code == 404


def test_too_many_calls_are_told_to_come_again_and_what_was_taken_stays(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rate_limit, "AT_ONCE", 3.0)
    monkeypatch.setattr(rate_limit, "PER_SECOND", 0.0)
    answers = [call_in(channel, signed(text_event(f"m{n}", f"line {n}"))) for n in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    settle(channel)
    assert Message.objects.count() == 3
    rate_limit._buckets.clear()
    assert call_in(channel, signed(text_event("m4", "line 4"))) == 200
    assert rate_limit.admits(uuid.uuid4())


def test_read_calls_are_forgotten_after_a_month_and_quarantined_ones_are_not(channel: Channel):
    call_in(channel, signed(text_event("m1", "Hello")))
    call_in(channel, signed({"no": "type"}))
    settle(channel)
    assert webhooks.forget_old_hooks() == 0
    with time_machine.travel(now() + timedelta(days=31)):
        assert webhooks.forget_old_hooks() == 1
    assert [each.state for each in Hook.objects.all()] == [HookState.QUARANTINED]
    assert Message.objects.count() == 1


def test_the_doctor_names_failing_channels_and_calls_that_wait_or_lie(channel: Channel):
    call_in(channel, signed({"no": "type"}))
    settle(channel)
    note_failure(channel.pk, "The token ended.")
    assert (_hooks().is_ok, _hooks().seen) == (False, "1 calls in quarantine")
    [found] = _channels()
    assert (found.is_ok, found.seen) == (False, "parcelbox: The token ended.")
    assert found.to_do
    call_in(channel, signed(text_event("m1", "Hello")))
    Hook.objects.update(received_at=now() - timedelta(minutes=6))
    assert (_hooks().is_ok, _hooks().seen) == (False, "1 calls wait for a worker")


def test_admins_are_told_once_per_problem(channel: Channel, ada: User, bo: User):
    def told() -> list[tuple[str, str]]:
        run_subscribers(channel.organization_id)
        rows = Notification.objects.order_by("pk").values_list("user__name", "preview")
        return [(str(name), str(text)) for name, text in rows]

    note_failure(channel.pk, "The webhook was disabled.")
    assert told() == [(ada.name, "The webhook was disabled.")]
    note_success(channel.pk)
    note_failure(channel.pk, "The webhook was disabled.")
    assert len(told()) == 1
    note_failure(channel.pk, "The token ended.")
    assert len(told()) == 2
    with time_machine.travel(now() + timedelta(days=2)):
        Notification.objects.update(read_at=now())
        note_success(channel.pk)
        note_failure(channel.pk, "The token ended.")
        assert len(told()) == 3


def test_news_of_a_channel_are_listed_read_and_mailed(api_as: Api, ada: User, channel: Channel):
    note_failure(channel.pk, "The token ended.")
    run_subscribers(channel.organization_id)
    client = api_as(ada)
    [news] = client.get("/api/v1/notifications").json()["results"]
    assert (news["kind"], news["ticket_id"], news["channel_id"], news["channel_name"]) == (
        "channel_problem", None, str(channel.pk), "Parcelbox",
    )  # fmt: skip
    start = client.get("/api/v1/bootstrap").json()
    assert start["unread_notifications"] == [{"id": news["id"], "ticket_id": None}]
    row = Notification.objects.select_related("channel", "ticket").get()
    mail = _compose(NotificationMail(user=ada), ada, [row], make_channel(channel.organization))
    assert mail.subject == "Parcelbox does not work"
    assert f"/settings/channels/{channel.pk}" in mail.text
    read = client.post("/api/v1/notifications/read", {"ids": [news["id"]]}).json()
    assert read["notification_ids"] == [news["id"]]


def test_a_disabled_webhook_stays_a_problem_while_polling_works(
    channel: Channel, parcelbox: ParcelboxConnector, monkeypatch: pytest.MonkeyPatch
):
    said = ["The webhook is disabled. Enable it at Parcelbox."]
    for name, method in {
        "connect": lambda channel, hook_url: None,
        "disconnect": lambda channel: None,
        "check": lambda channel, hook_url: list(said),
        "poll": lambda channel, cursor: inbox.connector.Polled([], {"at": 1}),
    }.items():
        monkeypatch.setattr(parcelbox, name, method, raising=False)
    assert isinstance(parcelbox, SetsUp)

    def ask() -> Channel:
        Connection.objects.update_or_create(
            channel=channel, defaults={"poll_due_at": now(), "check_due_at": now()}
        )
        poll_channel(channel.pk)
        channel.refresh_from_db()
        return channel

    assert ask().failure == said[0]
    Connection.objects.update(check_due_at=now() + timedelta(hours=1))
    Connection.objects.update(poll_due_at=now())
    poll_channel(channel.pk)
    channel.refresh_from_db()
    assert channel.failure == said[0]
    said.clear()
    assert ask().failure == ""
