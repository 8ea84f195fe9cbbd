"""Tokens that end: renewed in time, by one worker at a time, kept encrypted with the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, transaction

from helpdesk.lib.clock import now
from helpdesk.lib.errors import NeedsReauthorization
from helpdesk.lib.secrets import decrypt, encrypt
from inbox.connector import RenewsTokens, get_connector
from inbox.models import Connection
from tickets.actions.channels import keep_secrets
from tickets.models import Channel

MARGIN = timedelta(minutes=2)
LIFE_UNKNOWN = timedelta(days=1)
LOCK_SPACE = 0x544F4B

Result = TypeVar("Result")


def keep_fresh(channel: Channel) -> None:
    """Renew the channel's tokens if they end soon; ``channel.secrets`` holds the new ones then.

    A refresh token is often good for one use: one worker renews while others wait for what it
    gets. Not inside a transaction of the caller: what was renewed must stay. Raises what the
    connector's ``renew`` raises.
    """
    connector = get_connector(channel.kind)
    if not isinstance(connector, RenewsTokens):
        return
    if not _end_soon(channel):
        channel.refresh_from_db(fields=["secrets"])
        return
    with transaction.atomic():
        _wait_for_others(channel)
        channel.refresh_from_db(fields=["secrets"])
        if not _end_soon(channel):
            return
        renewed = connector.renew(channel)
        channel.secrets = encrypt({**decrypt(channel.secrets), **renewed.secrets})
        keep_secrets(channel.pk, channel.secrets)
        _note_end(channel, renewed.expires_at or now() + LIFE_UNKNOWN)


def note_refused(channel: Channel) -> None:
    """The vendor did not take tokens that should be good: the next use renews them first."""
    if isinstance(get_connector(channel.kind), RenewsTokens):
        _note_end(channel, now())


def with_fresh(channel: Channel, work: Callable[[], Result]) -> Result:
    """Do what may be done twice; where the vendor refuses the tokens, renew and do it once more."""
    keep_fresh(channel)
    try:
        return work()
    except NeedsReauthorization:
        if not isinstance(get_connector(channel.kind), RenewsTokens):
            raise
    note_refused(channel)
    keep_fresh(channel)
    return work()


def _end_soon(channel: Channel) -> bool:
    known = Connection.objects.filter(channel=channel).values_list("token_expires_at", flat=True)
    end = known.first()
    return end is None or end <= now() + MARGIN


def _note_end(channel: Channel, end: datetime) -> None:
    Connection.objects.update_or_create(channel=channel, defaults={"token_expires_at": end})


def _wait_for_others(channel: Channel) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, str(channel.pk)]
        )
