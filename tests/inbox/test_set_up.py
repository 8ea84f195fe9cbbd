"""Channels of any kind are set up from their manifest alone; secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import inbox.connector
from helpdesk.accounts.models import User
from helpdesk.lib.errors import (
    FieldError,
    InvalidInput,
    NeedsReauthorization,
    TemporaryFailure,
)
from helpdesk.lib.secrets import decrypt
from inbox.connector import Account, ConfigField, Manifest, Step
from inbox.models import Connection, RawInbound
from tests.api.conftest import write_in
from tests.contracts.parcelbox import ParcelboxConnector
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]


class Kite(ParcelboxConnector):
    """A vendor with every type of field, who is told where to call."""

    manifest = Manifest(
        kind="kite",
        label="Kite",
        group="chat",
        capabilities=frozenset({"receives", "sends", "webhooks"}),
        handle_kind="phone",
        config=(
            ConfigField("address", "Number", type="phone"),
            ConfigField("token", "Access token", is_secret=True),
            ConfigField("call_secret", "Secret of our calls", is_secret=True, is_made=True),
            ConfigField("region", "Region", type="choice", choices=("eu", "us"), default="eu"),
            ConfigField("site", "Site", type="url", is_required=False),
            ConfigField("pace", "Messages a second", type="number", is_required=False),
            ConfigField("words", "Words", type="list", is_required=False),
            ConfigField("is_test", "Test account", type="flag", is_required=False),
        ),
        steps=(
            Step("Paste this address", "{hook_url}"),
            Step("Paste this", "{verify_token}"),
            Step("Sign with", "{call_secret}", "{public_url}/help"),
        ),
    )

    def __init__(self) -> None:
        self.said: Exception | None = None
        self.told: list[str] = []

    def connect(self, channel: Channel, hook_url: str) -> Account:
        if self.said:
            raise self.said
        self.told.append(hook_url)
        return Account("Linden & Loom", "+4930777", {"account_id": "a1"}, ("Calls come in.",))

    def disconnect(self, channel: Channel) -> None:
        if self.said:
            raise self.said
        self.told.append("gone")

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        return []


WHOLE = {
    "kind": "kite", "name": "Kite", "address": "0049 (30) 123-4567",
    "secrets": {"token": "t0p s3cret"},
}  # fmt: skip


@pytest.fixture
def kite() -> Iterator[Kite]:
    connector = Kite()
    inbox.connector.register(connector)
    yield connector
    inbox.connector._registry.pop("kite")


def test_the_gallery_says_what_each_kind_asks_for(api_as: Api, bo: User, kite: Kite):
    listed = api_as(bo).get("/api/v1/connectors").json()["results"]
    found = {each["kind"]: each for each in listed}
    assert {"email", "kite"} <= set(found)
    assert found["kite"]["can_test"] is True
    assert [each["name"] for each in found["kite"]["config"]][:3] == [
        "address", "token", "call_secret",
    ]  # fmt: skip
    assert found["kite"]["steps"][0] == {
        "text": "Paste this address", "copy": "{hook_url}", "link": "",
    }  # fmt: skip


def test_a_channel_is_made_of_its_fields_and_what_we_make_up(api_as: Api, ada: User, kite: Kite):
    made = api_as(ada).post("/api/v1/channels", WHOLE)
    assert made.status_code == 201, made.content
    channel, shown = Channel.objects.get(pk=made.json()["id"]), made.json()
    secrets = decrypt(channel.secrets)
    assert (channel.handle_kind, channel.address) == ("phone", "+49301234567")
    assert secrets["token"] == "t0p s3cret"
    assert set(secrets) == {"token", "call_secret", "verify_token"}
    assert shown["config"] == {"region": "eu"}
    assert shown["secrets"] == {"call_secret": True, "token": True, "verify_token": True}
    assert b"t0p s3cret" not in made.content
    assert [each["copy"] for each in shown["steps"]] == [
        f"http://testserver/hooks/kite/{channel.hook_token}"
        if shown["hook_url"].startswith("http://testserver")
        else shown["hook_url"],
        secrets["verify_token"],
        secrets["call_secret"],
    ]
    assert channel.hook_token in shown["hook_url"]
    assert shown["steps"][2]["link"].endswith("/help")
    assert "{" not in shown["steps"][2]["link"]


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"secrets": {}}, ["secrets.token"]),
        ({"address": "12"}, ["address"]),
        ({"config": {"region": "mars", "site": "x", "pace": "9"}},
         ["config.region", "config.site", "config.pace"]),
        ({"config": {"words": [1], "is_test": 1}}, ["config.words", "config.is_test"]),
        ({"config": {"token": "t"}}, ["config.token"]),
        ({"secrets": {"token": "t", "nope": "x"}}, ["secrets.nope"]),
        ({"config": {"account_id": "a2"}}, ["config.account_id"]),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named_at_its_place(
    api_as: Api, ada: User, kite: Kite, change: dict[str, Any], paths: list[str]
):
    answer = api_as(ada).post("/api/v1/channels", {**WHOLE, **change})
    assert answer.status_code == 422
    assert [each["path"] for each in answer.json()["errors"]] == paths
    assert Channel.objects.count() == 0


def test_a_draft_may_lack_what_it_needs_until_it_is_switched_on(api_as: Api, ada: User, kite: Kite):
    client = api_as(ada)
    draft = client.post(
        "/api/v1/channels", {"kind": "kite", "name": "Kite", "is_active": False}
    ).json()
    place = f"/api/v1/channels/{draft['id']}"
    assert draft["missing"] == ["address", "secrets.token"]
    tried = client.post(f"{place}/test").json()
    assert (tried["is_ok"], kite.told) == (False, [])
    assert [each["path"] for each in tried["errors"]] == ["address", "secrets.token"]
    refused = client.patch(place, {"is_active": True})
    assert [each["path"] for each in refused.json()["errors"]] == ["address", "secrets.token"]
    whole = client.patch(
        place, {"is_active": True, "address": "+4930777", "secrets": {"token": "t"}}
    )
    assert (whole.status_code, whole.json()["missing"]) == (200, [])


def test_trying_it_tells_the_vendor_where_to_call_and_keeps_what_it_says(
    api_as: Api, ada: User, kite: Kite
):
    client = api_as(ada)
    made = client.post("/api/v1/channels", WHOLE).json()
    tried = client.post(f"/api/v1/channels/{made['id']}/test").json()
    assert tried == {
        "is_ok": True, "detail": "", "account": "Linden & Loom", "notes": ["Calls come in."],
        "errors": [],
    }  # fmt: skip
    channel = Channel.objects.get(pk=made["id"])
    assert (channel.address, channel.config["account_id"]) == ("+4930777", "a1")
    assert kite.told == [made["hook_url"]]
    assert client.get(f"/api/v1/channels/{made['id']}").json()["health"]["state"] == "ok"


def test_what_the_vendor_says_is_told_in_its_words_and_at_the_field(
    api_as: Api, ada: User, kite: Kite
):
    client = api_as(ada)
    made = client.post("/api/v1/channels", WHOLE).json()
    kite.said = NeedsReauthorization("The vendor does not accept our credentials. Token ended.")
    tried = client.post(f"/api/v1/channels/{made['id']}/test").json()
    assert (tried["is_ok"], tried["detail"]) == (False, kite.said.message)
    assert client.get("/api/v1/channels").json()["results"][0]["health"]["state"] == "failing"
    kite.said = InvalidInput(
        "Not a token.", errors=[FieldError("token", "invalid", "Not a token.")]
    )
    tried = client.post(f"/api/v1/channels/{made['id']}/test").json()
    assert tried["errors"] == [
        {"path": "secrets.token", "code": "invalid", "message": "Not a token."}
    ]


def test_a_secret_is_replaced_taken_away_or_made_anew(api_as: Api, ada: User, kite: Kite):
    client = api_as(ada)
    made = client.post("/api/v1/channels", WHOLE).json()
    place = f"/api/v1/channels/{made['id']}"
    before = decrypt(Channel.objects.get().secrets)
    assert client.patch(place, {"name": "Kites"}).status_code == 200
    assert decrypt(Channel.objects.get().secrets) == before
    assert client.patch(place, {"secrets": {"token": ""}}).status_code == 200
    assert decrypt(Channel.objects.get().secrets) == before
    turned = client.patch(place, {"secrets": {"token": "new", "verify_token": None}})
    after = decrypt(Channel.objects.get().secrets)
    assert (after["token"], after["call_secret"]) == ("new", before["call_secret"])
    assert after["verify_token"] not in ("", before["verify_token"])
    assert turned.json()["steps"][1]["copy"] == after["verify_token"]
    refused = client.patch(place, {"secrets": {"token": None}})
    assert [each["path"] for each in refused.json()["errors"]] == ["secrets.token"]


def test_disconnecting_takes_the_webhook_back_and_pauses(api_as: Api, ada: User, kite: Kite):
    client = api_as(ada)
    made = client.post("/api/v1/channels", WHOLE).json()
    answer = client.post(f"/api/v1/channels/{made['id']}/disconnect").json()
    assert (kite.told, answer["left_over"]) == (["gone"], "")
    assert answer["channel"]["is_active"] is False
    kite.said = TemporaryFailure("The vendor cannot be reached.")
    answer = client.post(f"/api/v1/channels/{made['id']}/disconnect").json()
    assert answer["left_over"] == "The vendor cannot be reached."


def test_only_a_channel_that_nothing_came_through_can_go(api_as: Api, ada: User, kite: Kite):
    client = api_as(ada)
    unused = client.post("/api/v1/channels", WHOLE).json()
    assert client.delete(f"/api/v1/channels/{unused['id']}").status_code == 204
    assert Channel.objects.count() == 0
    ticket = write_in(ada.organization)
    used = client.delete(f"/api/v1/channels/{ticket.channel_id}")
    assert (used.status_code, used.json()["code"]) == (409, "in_use")
    made = client.post("/api/v1/channels", WHOLE).json()
    RawInbound.objects.create(
        organization=ada.organization, channel_id=made["id"], sha256="0", raw=b"x"
    )
    assert client.delete(f"/api/v1/channels/{made['id']}").status_code == 409
    assert Channel.objects.count() == 2


def test_the_line_to_the_vendor_is_shown_as_it_is(api_as: Api, ada: User, kite: Kite):
    client = api_as(ada)
    made = client.post("/api/v1/channels", WHOLE).json()
    Connection.objects.update_or_create(
        channel_id=made["id"], defaults={"problems": ["The webhook is off."], "refused": 3}
    )
    shown = client.get(f"/api/v1/channels/{made['id']}").json()
    assert shown["connection"]["problems"] == ["The webhook is off."]
    assert (shown["connection"]["refused"], shown["connection"]["is_called"]) == (3, True)
    assert len(shown["activity"]) == 14
    assert {each["events"] for each in shown["activity"]} == {0}


def test_a_flood_of_calls_that_are_not_the_vendors_costs_no_write_each(
    api_as: Api, ada: User, kite: Kite, client: Any
):
    made = api_as(ada).post("/api/v1/channels", WHOLE).json()
    place = "/" + made["hook_url"].split("/", 3)[3]
    for _ in range(20):
        assert client.post(place, b"{}", content_type="application/json").status_code == 401
    assert Connection.objects.get().refused == 1
    shown = api_as(ada).get(f"/api/v1/channels/{made['id']}").json()
    assert shown["connection"]["refused"] == 20
