"""Importing files: every mail once, every mail accounted for, nothing sent."""

from __future__ import annotations

import json
import mailbox
import os

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.events.models import SubscriberFailure
from helpdesk.lib.errors import InvalidInput
from inbox.models import Delivery, RawInbound, RawState
from integrations.email.import_mail import import_mail
from integrations.email.mailbox_files import is_mbox, read_mails, split_mbox
from tests.factories import make_channel
from tests.inbox.mails import write_mail
from tickets.models import Channel, Message, MessageBody, Ticket

NOTHING = {
    "seen": 0, "messages": 0, "tickets": 0, "duplicates": 0, "quarantined": 0, "auto": 0,
    "bounces": 0,
}  # fmt: skip


def counts(totals):
    return {name: value for name, value in totals.items() if name != "seconds"}


@pytest.fixture
def folder(tmp_path):
    """A single file, an mbox with two mails, and a Maildir with two in different parts."""
    (tmp_path / "one.eml").write_bytes(write_mail("One"))
    box = mailbox.mbox(tmp_path / "box")
    for text in ("Two\n\nFrom here on it is quoted", "Three"):
        box.add(write_mail(text).replace(b"\r\n", b"\n"))
    box.close()
    maildir = tmp_path / "Maildir"
    for part in ("new", "cur", "tmp"):
        (maildir / part).mkdir(parents=True)
    (maildir / "new" / "1.host").write_bytes(write_mail("Four"))
    (maildir / "cur" / "2.host:2,S").write_bytes(write_mail("Five"))
    (maildir / "tmp" / "3.host").write_bytes(b"half a ma")
    (tmp_path / ".hidden").write_bytes(b"not a mail")
    return tmp_path


@pytest.mark.django_db(transaction=True)
class TestImporting:
    """The contract of ``aftercare import-mail``."""

    def test_a_folder_is_imported_once(self, folder):
        first = import_mail([folder])
        assert counts(first) == NOTHING | {"seen": 5, "messages": 5, "tickets": 5}
        assert list(Organization.objects.values_list("slug", flat=True)) == ["my-shop"]
        assert list(Channel.objects.values_list("slug", flat=True)) == ["imported-mail"]
        texts = sorted(MessageBody.objects.values_list("text", flat=True))
        assert texts == ["Five", "Four", "One", "Three", "Two\n\nFrom here on it is quoted"]

        second = import_mail([folder])
        assert counts(second) == NOTHING | {"seen": 5, "duplicates": 5}
        assert Message.objects.count() == 5

    def test_the_first_mail_channel_is_used_or_the_one_that_is_named(self, folder, organization):
        make_channel(organization)
        other = make_channel(organization, slug="b2b", address="b2b@shop.example")
        import_mail([folder / "one.eml"])
        import_mail([folder / "one.eml"], channel_slug="b2b")
        assert list(RawInbound.objects.order_by("id").values_list("channel__slug", flat=True)) == [
            "help",
            "b2b",
        ]
        assert other.organization_id == organization.pk

    def test_an_unknown_channel_or_path_is_named(self, folder, organization):
        with pytest.raises(InvalidInput, match="no channel called “nowhere”"):
            import_mail([folder], channel_slug="nowhere")
        with pytest.raises(InvalidInput, match="absent does not exist"):
            import_mail([folder / "absent"])

    def test_an_import_that_was_interrupted_is_finished_by_the_next(self, folder, monkeypatch):
        """G1.3"""
        from inbox import door

        def interrupt(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(door, "_file", interrupt)
        with pytest.raises(KeyboardInterrupt):
            import_mail([folder])
        assert Message.objects.count() == 0
        monkeypatch.undo()
        RawInbound.objects.update(worker=7)  # that process is gone
        totals = import_mail([folder])
        assert counts(totals) == NOTHING | {"seen": 5, "messages": 5, "tickets": 5}

    @pytest.mark.timeout(400)
    def test_the_whole_corpus_twice(self, corpora):
        """G1.4, G4.1, G6.2: all accounted for, none sent, and the second time nothing new."""
        folder = corpora / "email"
        lines = (folder / "expected.jsonl").read_text(encoding="utf-8").splitlines()
        cases = [json.loads(line) for line in lines]
        paths = [folder / each["file"] for each in cases if each["kind"] in ("rfc822", "mbox")]
        first = import_mail(paths)
        second = import_mail(paths)

        assert first["seen"] >= len(paths)
        assert first["seen"] == first["messages"] + first["duplicates"] + first["quarantined"]
        assert first["quarantined"] == 0
        assert first["bounces"] > 300
        assert first["auto"] > 10
        assert counts(second) == NOTHING | {"seen": first["seen"], "duplicates": first["seen"]}
        assert RawInbound.objects.filter(state=RawState.RECEIVED).count() == 0
        assert Message.objects.filter(direction="out").count() == 0
        assert Delivery.objects.count() == 0
        assert SubscriberFailure.objects.count() == 0
        assert not Ticket.objects.filter(messages=None).exists()


def test_an_mbox_is_split_at_its_separators_only():
    content = (
        b"From a@x Sat Nov 21 10:00:00 2026\nSubject: 1\n\nBody\n>From the start\n>>From twice\n\n"
        b"From b@x Sat Nov 21 11:00:00 2026\nSubject: 2\n\nno\n\nFrom here\n"
    )
    assert list(split_mbox(content)) == [
        b"Subject: 1\n\nBody\nFrom the start\n>From twice\n",
        b"Subject: 2\n\nno\n\nFrom here\n",
    ]
    assert is_mbox(content)
    assert is_mbox(b"\xef\xbb\xbfFrom -\nSubject: of Thunderbird\n\nHello")
    assert not is_mbox(b"From: a@x\n\nHello")
    assert not is_mbox(b"From here on there is no header\n")


def test_files_that_are_not_mail_are_mail_all_the_same(tmp_path):
    """Whatever bytes a file holds, they are one arrival."""
    (tmp_path / "junk").write_bytes(os.urandom(200))
    (tmp_path / "empty").write_bytes(b"")
    assert [len(content) for _, content in read_mails([tmp_path])] == [0, 200]
