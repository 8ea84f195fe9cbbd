"""Tokens that end are renewed in time, once, and after a refusal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection

import inbox.connector
from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NeedsReauthorization
from helpdesk.lib.secrets import decrypt, encrypt
from inbox import tokens
from inbox.connector import Renewed
from inbox.models import Connection
from tests.contracts.parcelbox import ParcelboxConnector
from tickets.actions.channels import create_channel
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)


class Renewing(ParcelboxConnector):
    """Each refresh token is good once, as X has it."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def renew(self, channel: Channel) -> Renewed:
        refresh = decrypt(channel.secrets)["refresh"]
        if refresh in self.used:
            raise NeedsReauthorization("This refresh token was used before.")
        self.used.append(refresh)
        number = len(self.used)
        return Renewed({"token": f"t{number}", "refresh": f"r{number}"}, now() + timedelta(hours=2))


@pytest.fixture
def vendor_of_tokens() -> Iterator[Renewing]:
    connector = Renewing()
    inbox.connector.register(connector)
    yield connector
    inbox.connector._registry.pop("parcelbox")


@pytest.fixture
def channel(organization: Organization, vendor_of_tokens: Renewing) -> Channel:
    return create_channel(
        organization, kind="parcelbox", name="P", handle_kind="external",
        secrets=encrypt({"refresh": "r0", "signing_secret": "kept"}),
    )  # fmt: skip


def test_tokens_are_renewed_before_they_end_and_the_other_secrets_stay(
    channel: Channel, vendor_of_tokens: Renewing
) -> None:
    tokens.keep_fresh(channel)
    tokens.keep_fresh(channel)
    assert vendor_of_tokens.used == ["r0"]
    stored = decrypt(Channel.objects.get(pk=channel.pk).secrets)
    assert stored == {"token": "t1", "refresh": "r1", "signing_secret": "kept"}
    assert decrypt(channel.secrets) == stored
    Connection.objects.filter(channel=channel).update(
        token_expires_at=now() + timedelta(seconds=30)
    )
    tokens.keep_fresh(channel)
    assert vendor_of_tokens.used == ["r0", "r1"]


def test_a_refusal_renews_and_the_work_is_done_once_more(
    channel: Channel, vendor_of_tokens: Renewing
) -> None:
    tokens.keep_fresh(channel)
    seen = []

    def work() -> str:
        seen.append(decrypt(channel.secrets)["token"])
        if seen == ["t1"]:
            raise NeedsReauthorization("Revoked.")
        return "done"

    assert tokens.with_fresh(channel, work) == "done"
    assert seen == ["t1", "t2"]


def test_workers_that_meet_renew_once(channel: Channel, vendor_of_tokens: Renewing) -> None:
    found: list[str] = []

    def worker() -> None:
        mine = Channel.objects.get(pk=channel.pk)
        tokens.keep_fresh(mine)
        found.append(decrypt(mine.secrets)["token"])
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (vendor_of_tokens.used, found) == (["r0"], ["t1"] * 4)
