"""Setting up e-mail channels: credentials stay secret, mistakes are named."""

from __future__ import annotations

import pytest

from helpdesk.events.models import Event
from helpdesk.lib.errors import InvalidInput
from integrations.email.channels import add_email_channel, imap_server_of, smtp_server_of
from tickets.actions.channels import change_channel, note_failure, note_success
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)


def add(organization, **more):
    values = {"name": "Help", "address": "Help@Shop.example", **more}
    return add_email_channel(organization, **values)


def test_credentials_are_stored_encrypted_and_come_back_whole(organization):
    channel = add(
        organization,
        imap_url="imaps://help%40shop.example:p%2Fss%3Aw%40rd@imap.example:1993",
        smtp_url="smtp://help:other@smtp.example",
        folder="Support",
    )
    channel = Channel.objects.get(pk=channel.pk)
    shown = str(channel.config) + channel.secrets
    assert "w%40rd" not in shown
    assert "other" not in shown
    imap, smtp = imap_server_of(channel), smtp_server_of(channel)
    assert (imap.host, imap.port, imap.is_tls, imap.folder) == (
        "imap.example", 1993, True, "Support",
    )  # fmt: skip
    assert (imap.user, imap.password) == ("help@shop.example", "p/ss:w@rd")
    assert (smtp.host, smtp.port, smtp.user, smtp.password) == (
        "smtp.example", 587, "help", "other",
    )  # fmt: skip


def test_a_password_may_come_from_the_environment(organization, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "from outside")
    channel = add(
        organization, imap_url="imaps://help@imap.example", imap_password_env="SHOP_PASSWORD"
    )
    assert imap_server_of(channel).password == "from outside"
    with pytest.raises(InvalidInput, match="SHOP_SECRET is empty"):
        add(organization, imap_url="imaps://help@imap.example", imap_password_env="SHOP_SECRET")


@pytest.mark.parametrize(
    ("mistake", "path"),
    [
        ({"address": "help"}, "address"),
        ({"imap_url": "https://imap.example"}, "imap"),
        ({"imap_url": "imaps://imap.example"}, "imap"),
        ({"imap_url": "imaps://help:x@imap.example:many"}, "imap"),
        ({"smtp_url": "smpt://smtp.example"}, "smtp"),
    ],
)
def test_a_mistake_is_named(organization, mistake, path):
    with pytest.raises(InvalidInput) as refused:
        add(organization, **mistake)
    assert [each.path for each in refused.value.errors] == [path]
    assert Channel.objects.count() == 0


def test_two_channels_of_one_name_get_different_slugs(organization):
    assert add(organization).slug != add(organization).slug


def test_health_is_announced_only_when_it_changes(organization):
    """G1.6"""
    channel = add(organization)
    for _ in range(3):
        note_success(channel.pk)
    for _ in range(3):
        note_failure(channel.pk, "imap.example refused the password.")
    note_success(channel.pk)
    states = [
        each.payload["channel"]["health"]["state"]
        for each in Event.objects.filter(type="channel.updated").order_by("seq")
    ]
    assert states == ["unknown", "ok", "failing", "ok"]


def test_changing_settings_clears_the_failure(organization):
    channel = add(organization)
    note_failure(channel.pk, "away")
    assert change_channel(channel.pk, is_active=False).failing_since is None
    with pytest.raises(KeyError):
        change_channel(channel.pk, kind="chat")
