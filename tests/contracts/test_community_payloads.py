"""Every recorded payload of Slack, Discord, Mastodon and Bluesky: accepted into the normal form,
ignored or refused in words, never anything else; delivered twice and shuffled it has one effect."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import encrypt
from inbox import door, webhooks
from inbox.connector import Amended, Arrived, Item, WebhookRequest, get_connector
from inbox.models import Connection, Hook
from integrations.bluesky import posts as bluesky
from integrations.discord import messages as discord
from integrations.mastodon import posts as mastodon
from tests.contracts.channel_connector import poll
from tests.contracts.test_slack import CONFIG, SECRET, signed
from tests.contracts.vendor import Asked, VendorServer
from tickets.actions.channels import create_channel
from tickets.models import Channel, Message, Ticket

Record = dict[str, Any]
HOST = "weavers.example"


def payloads(corpora: Path, vendor: str) -> Iterator[tuple[str, Any]]:
    for path in sorted((corpora / "payloads" / vendor).glob("*.json")):
        yield path.name, json.loads(path.read_bytes())


def became(read: Callable[[], list[Item]], parse: Callable[[Record], object]) -> str:
    """accepted, changed, ignored or refused; anything else raises."""
    try:
        items = read()
        for each in items:
            if isinstance(each, Arrived):
                parse(json.loads(json.dumps(each.payload)))
    except InvalidInput as refusal:
        return "refused" if refusal.message else "refused without a word"
    if any(isinstance(each, Arrived) for each in items):
        return "accepted"
    return "changed" if any(isinstance(each, Amended) for each in items) else "ignored"


@pytest.fixture
def slack(organization: Organization) -> Channel:
    return create_channel(
        organization, kind="slack", name="Slack", handle_kind="slack", config=CONFIG,
        secrets=encrypt({"token": "xoxb-1", "signing_secret": SECRET}),
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_slack_payloads_posted_twice_and_shuffled_open_no_ticket(
    corpora: Path, slack: Channel
) -> None:
    """They are skeletons: their texts, channels and times are empty, so none is a message."""
    found = [told for _, told in payloads(corpora, "slack")] * 2
    random.Random(1).shuffle(found)
    for told in found:
        call = signed(told)
        headers: Any = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in call.headers.items()}
        said = Client().generic(
            "POST", f"/hooks/slack/{slack.hook_token}", call.body,
            content_type="application/json", **headers,
        )  # fmt: skip
        assert said.status_code == 200
    webhooks.process_hooks(slack.pk)
    door.process_channel(slack.pk)
    assert Hook.objects.count() == len(found) / 2
    assert not Hook.objects.filter(state="received").exists()
    assert Ticket.objects.count() == 0


@pytest.mark.django_db
def test_slack_payloads_filled_in_are_messages_changes_or_nothing(
    corpora: Path, slack: Channel
) -> None:
    """The same with what the skeletons leave empty: only what a person wrote is a message."""
    connector: Any = get_connector("slack")
    outcome = {}
    for name, told in payloads(corpora, "slack"):
        _fill(told["event"])
        call = WebhookRequest("POST", "", {}, {}, json.dumps(told).encode())
        outcome[name] = became(
            lambda call=call: connector.split(slack, call),  # type: ignore[misc]
            lambda told: connector.parse(slack, json.dumps(told).encode(), {}),
        )
    acting = {name: each for name, each in outcome.items() if each != "ignored"}
    assert acting == {
        "MessageFileSharePayload.json": "accepted",
        "MessageMePayload.json": "accepted",
        "MessageChangedPayload.json": "changed",
    }


def _fill(event: Record) -> None:
    for each in (event, event.get("message")):
        if isinstance(each, dict):
            each.update(user="UMIA", ts="1795651200.000001", channel="C1")
            for empty in ("bot_id", "bot_profile", "thread_ts", "team", "user_team"):
                each.pop(empty, None)
            if each.get("subtype") == "bot_message":
                each["bot_id"] = "B2"


def test_discord_payloads_are_read_or_refused(corpora: Path) -> None:
    connector: Any = get_connector("discord")
    outcome = {}
    for name, told in payloads(corpora, "discord"):
        if name.startswith("webhook-events"):
            call = WebhookRequest("POST", "", {}, {}, json.dumps(told).encode())
            outcome[name] = became(
                lambda call=call: connector.split(Channel(), call),  # type: ignore[misc]
                discord.inbound_of,
            )
            continue
        place = {"id": told.get("channel_id", "1"), "kind": "text", "guild_id": "100"}
        outcome[name] = became(
            lambda told=told, place=place: [discord.item_of(told, place)],  # type: ignore[misc]
            discord.inbound_of,
        )
    assert {name for name, each in outcome.items() if each == "accepted"} == {"message_0.json"}
    assert {each for name, each in outcome.items() if name.startswith("webhook")} == {"ignored"}


def test_mastodon_payloads_are_read_or_refused(corpora: Path) -> None:
    outcome = {}
    for name, told in payloads(corpora, "mastodon"):
        for number, each in enumerate(told if isinstance(told, list) else [told]):
            if "type" in each:
                read = lambda each=each: [mastodon.item_of(each, "1", HOST)]  # noqa: E731
            else:
                read = lambda each=each: [  # noqa: E731
                    mastodon.post_item(each, "1", HOST, root="", heard="mention")
                ]
            outcome[name, number] = became(read, lambda told: mastodon.inbound_of(told, "1"))
    kinds = set(outcome.values())
    assert kinds == {"accepted", "ignored", "refused"}
    assert outcome["notifications_2.json", 0] == "accepted"
    assert outcome["conversations_1.json", 0] == "accepted"
    assert outcome["follow_with_notify_reblog_5.json", 0] == "ignored"
    assert outcome["follow_with_notify_reblog_1.json", 0] == "refused"
    assert outcome["grouped_notifications_5.json", 0] == "refused"


def test_bluesky_payloads_are_refused_in_words(corpora: Path) -> None:
    """None of the four is a notification: two records, a list of people, a document of a did."""
    for _, told in payloads(corpora, "bluesky"):
        assert became(
            lambda told=told: [bluesky.item_of(told, {}, "did:plc:shop")],  # type: ignore[misc]
            lambda told: bluesky.inbound_of(told, "shop.example"),
        ) == "refused"  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_mastodon_mentions_asked_twice_and_shuffled_have_one_effect(
    corpora: Path, organization: Organization, vendor: VendorServer
) -> None:
    mentions: list[Record] = [
        each
        for _, told in payloads(corpora, "mastodon")
        for each in (told if isinstance(told, list) else [told])
        if each.get("type") == "mention" and "status" in each
    ]
    people = {each["account"]["id"] for each in mentions}
    ids = {each["status"]["id"] for each in mentions}
    shuffled = mentions * 2
    random.Random(2).shuffle(shuffled)

    def told_of(asked: Asked) -> tuple[int, Any]:
        return 200, shuffled

    vendor.answers("GET", "^/api/v1/notifications$", 200, told_of)
    vendor.answers("GET", "/context$", 404, {"error": "Record not found"})
    vendor.answers("GET", "^/api/v1/statuses$", 404, {"error": "not here"})
    channel = create_channel(
        organization, kind="mastodon", name="M", handle_kind="mastodon",
        config={"api_url": vendor.url, "instance": f"https://{HOST}", "account_id": "1"},
        secrets=encrypt({"token": "t"}),
    )  # fmt: skip
    Connection.objects.create(channel=channel, cursor={"newest": "1"})
    for _ in range(2):
        poll(channel)
        door.process_channel(channel.pk)
    found = Message.objects.values_list("external_id", flat=True)
    assert sorted(found) == sorted(f"{HOST}:{each}" for each in ids)
    assert len(ids) > 1
    assert Ticket.objects.values("customer").distinct().count() == len(people)
