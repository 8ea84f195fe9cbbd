"""Channels over HTTP: passwords go in and never come out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import User
from helpdesk.lib.secrets import decrypt
from tests.services.dovecot import Mailbox
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]

MAILBOX = {
    "kind": "email",
    "name": "Support",
    "address": "Support@linden.example",
    "config": {
        "imap": "imaps://support:s3cret%20word@mail.linden.example:993",
        "smtp": "smtps://support@mail.linden.example:465",
    },
    "secrets": {"smtp_password": "other"},
}


def test_passwords_are_stored_encrypted_and_never_shown(api_as: Api, ada: User):
    client = api_as(ada)
    made = client.post("/api/v1/channels", MAILBOX)
    assert made.status_code == 201
    channel = Channel.objects.get(pk=made.json()["id"])
    assert decrypt(channel.secrets) == {"imap_password": "s3cret word", "smtp_password": "other"}
    shown = client.get(f"/api/v1/channels/{channel.pk}").json()
    assert shown["config"]["imap"] == "imaps://support@mail.linden.example:993"
    assert (shown["address"], shown["config"]["folder"]) == ("support@linden.example", "INBOX")
    is_set = {name for name, has in shown["secrets"].items() if has}
    assert is_set == {"imap_password", "smtp_password"}
    everything = made.content + str(shown).encode() + client.get("/api/v1/channels").content
    assert b"s3cret" not in everything
    assert b"s3cret" not in channel.secrets.encode()


def test_a_new_address_keeps_the_password_that_is_there(api_as: Api, ada: User):
    client = api_as(ada)
    channel_id = client.post("/api/v1/channels", MAILBOX).json()["id"]
    change = {"config": {"imap": "imaps://support@new.linden.example"}, "name": "Help"}
    changed = client.patch(f"/api/v1/channels/{channel_id}", change).json()
    assert changed["name"] == "Help"
    assert changed["config"]["imap"] == "imaps://support@new.linden.example"
    secrets = decrypt(Channel.objects.get(pk=channel_id).secrets)
    assert secrets == {"imap_password": "s3cret word", "smtp_password": "other"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"config": {"imap": "http://x"}}, "config.imap"),
        ({"address": "no"}, "address"),
        ({"address": ""}, "address"),
        ({"kind": "pigeon"}, "kind"),
        ({"imap": "x"}, "imap"),
        ({"config": {"colour": "red"}}, "config.colour"),
        ({"config": {"imap_password": "x"}}, "config.imap_password"),
        ({"secrets": {"smtp": "x"}}, "secrets.smtp"),
        ({"config": {"authserv_ids": "mx.example"}}, "config.authserv_ids"),
    ],
)
def test_what_is_wrong_is_named(api_as: Api, ada: User, change: dict[str, Any], field: str):
    answer = api_as(ada).post("/api/v1/channels", {**MAILBOX, **change})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == field
    assert Channel.objects.count() == 0


def test_trying_a_channel_says_what_is_wrong(api_as: Api, ada: User):
    client = api_as(ada)
    unreachable = {**MAILBOX, "config": {"imap": "imap://support:x@127.0.0.1:1"}}
    channel_id = client.post("/api/v1/channels", unreachable).json()["id"]
    tried = client.post(f"/api/v1/channels/{channel_id}/test").json()
    assert tried["is_ok"] is False
    assert tried["detail"]
    assert client.get("/api/v1/channels").json()["results"][0]["health"]["state"] == "failing"


def test_a_channel_of_another_organization_does_not_exist(api_as: Api, ada: User, dee: User):
    channel_id = api_as(ada).post("/api/v1/channels", MAILBOX).json()["id"]
    client = api_as(dee)
    assert client.get(f"/api/v1/channels/{channel_id}").status_code == 404
    assert client.patch(f"/api/v1/channels/{channel_id}", {"name": "x"}).status_code == 404
    assert client.post(f"/api/v1/channels/{channel_id}/test").status_code == 404


def test_a_mailbox_that_lets_us_in_is_well(api_as: Api, ada: User, mailbox: Mailbox):
    client = api_as(ada)
    fits = {**MAILBOX, "config": {"imap": mailbox.imap_url}, "secrets": {}}
    channel_id = client.post("/api/v1/channels", fits).json()["id"]
    tried = client.post(f"/api/v1/channels/{channel_id}/test").json()
    assert (tried["is_ok"], tried["account"]) == (True, "support@linden.example")
    assert client.get("/api/v1/channels").json()["results"][0]["health"]["state"] == "ok"
