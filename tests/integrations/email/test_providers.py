"""Mail that a provider posts goes the way of every mail: proven, kept as it came, once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import encrypt
from inbox import door, set_up, webhooks
from inbox.connector import ArrivedRaw, Confirm, WebhookRequest
from inbox.models import Hook, RawInbound
from integrations.email.providers import mails_in
from tests.contracts.vendor import contract_file
from tests.factories import make_channel
from tickets.models import Channel, Message, Ticket

SIGNING_KEY = "key-0123456789"
MAIL = (
    b"From: Mia Laurent <mia@posteo.example>\r\nTo: help@shop.example\r\nSubject: My order\r\n"
    b"Message-ID: <p1@posteo.example>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\nWo bleibt mein P\xe4ckchen?\r\n"
)


@pytest.fixture
def channel_of(organization: Organization) -> Any:
    def make(provider: str, secret: str = "") -> Channel:
        return make_channel(
            organization,
            config={"provider": provider},
            secrets=encrypt({"provider_secret": secret}) if secret else "",
        )

    return make


def post(channel: Channel, body: bytes, kind: str, **head: Any) -> int:
    address = f"/hooks/email/{channel.hook_token}"
    status = Client().generic("POST", address, body, content_type=kind, **head).status_code
    webhooks.process_hooks(channel.pk)
    door.process_channel(channel.pk)
    return status


def mailgun_form(raw: bytes, *, key: str = SIGNING_KEY, **more: str) -> bytes:
    signature = hmac.new(key.encode(), b"1795000000token-1", hashlib.sha256).hexdigest()
    fields = {
        "timestamp": "1795000000", "token": "token-1", "signature": signature,
        "sender": "mia@posteo.example", "recipient": "help@shop.example", **more,
    }  # fmt: skip
    return urlencode({**{k: v.encode() for k, v in fields.items()}, "body-mime": raw}).encode()


FORM = "application/x-www-form-urlencoded"


@pytest.mark.django_db(transaction=True)
def test_a_raw_mail_of_mailgun_is_read_byte_for_byte_and_once(channel_of: Any) -> None:
    channel = channel_of("mailgun", SIGNING_KEY)
    for _ in range(3):
        assert post(channel, mailgun_form(MAIL), FORM) == 200
    message = Message.objects.select_related("body", "ticket").get()
    assert message.body.text.strip() == "Wo bleibt mein Päckchen?"
    assert message.external_id == "p1@posteo.example"
    assert message.ticket.subject == "My order"
    assert bytes(RawInbound.objects.get().raw) == MAIL


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_also_came_by_imap_is_one_message(channel_of: Any) -> None:
    from inbox import raw

    channel = channel_of("mailgun", SIGNING_KEY)
    row, _ = raw.store(channel, b"Received: by mx\r\n" + MAIL, is_claimed=True)
    door.process_claimed(row)
    assert post(channel, mailgun_form(MAIL), FORM) == 200
    assert Message.objects.count() == 1
    assert sorted(RawInbound.objects.values_list("fate", flat=True)) == ["duplicate", "message"]


@pytest.mark.django_db(transaction=True)
def test_a_wrong_signature_is_refused_and_nothing_is_kept(channel_of: Any) -> None:
    channel = channel_of("mailgun", SIGNING_KEY)
    assert post(channel, mailgun_form(MAIL, key="other"), FORM) == 401
    assert post(channel, b"", FORM) == 401
    assert Hook.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_mailbox_without_a_provider_takes_no_call(channel_of: Any) -> None:
    assert post(channel_of(""), mailgun_form(MAIL), FORM) == 401


@pytest.mark.django_db(transaction=True)
def test_postmark_gives_the_raw_mail_and_its_password_is_asked_for(channel_of: Any) -> None:
    channel = channel_of("postmark", "hook:sesame")
    body = json.dumps(
        {"FromFull": {"Email": "mia@posteo.example"}, "RawEmail": MAIL.decode("latin-1")}
    ).encode()
    login = base64.b64encode(b"hook:sesame").decode()
    assert post(channel, body, "application/json") == 401
    assert post(channel, body, "application/json", HTTP_AUTHORIZATION=f"Basic {login}") == 200
    assert Ticket.objects.get().subject == "My order"


@pytest.mark.django_db(transaction=True)
def test_amazon_ses_gives_the_mail_by_sns(channel_of: Any) -> None:
    told = {
        "notificationType": "Received",
        "mail": {"messageId": "ses-1", "source": "mia@posteo.example"},
        "receipt": {"action": {"type": "SNS", "encoding": "BASE64"}, "recipients": ["help@shop.example"]},
        "content": base64.b64encode(MAIL).decode(),
    }  # fmt: skip
    body = json.dumps({"Type": "Notification", "Message": json.dumps(told)}).encode()
    assert post(channel_of("ses"), body, "text/plain; charset=UTF-8") == 200
    assert Message.objects.get().external_id == "p1@posteo.example"


def call(body: bytes, kind: str) -> WebhookRequest:
    return WebhookRequest(
        "POST", "https://help.example/hooks/email/x", {}, {"content-type": kind}, body
    )


def test_only_an_address_of_amazon_is_confirmed() -> None:
    channel = Channel(kind="email", config={"provider": "ses"})
    good = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"

    def asked(url: str) -> list[Any]:
        body = json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": url}).encode()
        return mails_in(channel, call(body, "text/plain"))

    assert asked(good) == [Confirm(good)]
    for evil in (
        "https://sns.evil.example/?Token=1", "http://sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com.evil.example/", "https://169.254.169.254/",
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            asked(evil)


def recorded(path: Path) -> WebhookRequest:
    """A recorded call: a whole HTTP message."""
    head, _, body = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = dict(
        line.split(": ", 1) for line in head.decode("latin-1").splitlines()[1:] if ": " in line
    )
    return call(body, {name.lower(): value for name, value in lines.items()}["content-type"])


@pytest.mark.parametrize("provider", ["mailgun", "postmark", "sendgrid"])
def test_every_recorded_call_is_a_mail_or_is_refused_in_words(corpora: Path, provider: str) -> None:
    channel = Channel(kind="email", config={"provider": provider})
    files = sorted((corpora / "payloads" / "email-provider-webhooks").glob(f"{provider}_*.txt"))
    assert files
    taken = 0
    for path in files:
        try:
            [item] = mails_in(channel, recorded(path))
        except InvalidInput:
            continue
        assert isinstance(item, ArrivedRaw)
        assert b"From:" in item.content
        taken += 1
    assert taken >= 1


@pytest.mark.parametrize("provider", ["mailgun", "postmark", "sendgrid", "ses"])
def test_calls_of_others_and_nonsense_are_refused_and_never_crash(
    corpora: Path, provider: str
) -> None:
    channel = Channel(kind="email", config={"provider": provider})
    bodies = [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"a=b",
        b'{"Type": "Notification"}',
        b"--x\r\n\r\n--x--",
    ]
    for kind in ("application/json", FORM, "multipart/form-data; boundary=x", "text/plain"):
        for body in bodies:
            try:
                mails_in(channel, call(body, kind))
            except InvalidInput:
                continue
    for path in sorted((corpora / "payloads" / "email-provider-webhooks").glob("*.txt")):
        try:
            mails_in(channel, recorded(path))
        except InvalidInput:
            continue


@pytest.mark.parametrize("name", ["inbound_raw_data.txt", "inbound_default_data.txt"])
def test_what_sendgrid_really_posts_becomes_a_mail(name: str) -> None:
    body = contract_file(f"sendgrid/{name}").read_bytes()
    boundary = body.lstrip().split(b"\n", 1)[0].strip()[2:].decode()
    kind = f"multipart/form-data; boundary={boundary}"
    [item] = mails_in(Channel(kind="email", config={"provider": "sendgrid"}), call(body, kind))
    assert isinstance(item, ArrivedRaw)
    assert b"From:" in item.content


@pytest.mark.django_db(transaction=True)
def test_checking_says_whether_the_provider_has_called(channel_of: Any) -> None:
    channel = channel_of("mailgun", SIGNING_KEY)
    before = set_up.try_out(channel)
    assert before.is_ok
    assert before.notes == (
        "Mailgun has not posted any mail here yet: send one to help@shop.example and check again.",
    )
    assert post(channel, mailgun_form(MAIL), FORM) == 200
    [note] = set_up.try_out(channel).notes
    assert note.startswith("Mailgun last posted mail here on 20")


@pytest.mark.django_db(transaction=True)
def test_checking_a_mailbox_that_lacks_what_it_needs_names_it(
    organization: Organization, channel_of: Any
) -> None:
    tried = set_up.try_out(channel_of("mailgun"))
    assert not tried.is_ok
    assert [each.path for each in tried.errors] == ["secrets.provider_secret"]
    nothing = set_up.try_out(make_channel(organization, slug="bare"))
    assert (nothing.is_ok, nothing.detail[:34]) == (False, "This mailbox has neither a server ")
