"""What the killed workers of the inbound torture do, and how they may be broken on purpose.

The parser runs inside the worker here: starting its child takes longer than most of these lives.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from helpdesk.lib.failpoints import failpoint
from inbox import door, raw
from inbox.models import MailboxCursor
from integrations.email import imap
from integrations.email.channels import imap_server_of
from integrations.email.connector import EmailConnector
from integrations.email.mime import parse_mail
from tickets.models import Channel


def fetch_and_process() -> None:
    """Fetch every mailbox and process what came, until nothing is left."""
    EmailConnector._parse = lambda self, raw: parse_mail(raw)  # type: ignore[method-assign]
    door.MAX_CLAIMS = 30_000  # here it is the worker that is ill, not the mail
    for channel in Channel.objects.filter(is_active=True):
        server = imap_server_of(channel)
        assert server is not None
        with imap.open_mailbox(server) as mailbox:
            while imap.fetch_new(channel, mailbox) + door.process_due(limit=20):
                continue


def move_cursor_first() -> None:
    """Mutant: acknowledge, then store."""

    def store(
        channel: Channel, cursor: MailboxCursor, mailbox: Any, mails: list[Any], *, upto: int
    ) -> None:
        del mailbox
        MailboxCursor.objects.filter(pk=cursor.pk).update(last_uid=upto)
        cursor.last_uid = upto
        with transaction.atomic():
            for mail in mails:
                raw.store(channel, mail.content, source=f"imap:{mail.uid}")
                failpoint("imap.one_stored")

    imap._store = store
