"""``aftercare import-mail``: files, mbox, Maildir and folders through the same door as live mail."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from helpdesk.accounts.actions import create_organization
from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from inbox import door, raw
from inbox.models import Fate, RawInbound, RawState
from integrations.email.channels import get_channel
from integrations.email.mailbox_files import read_mails
from tickets.actions.channels import create_channel
from tickets.models import Channel

IMPORTED = "imported-mail"
SUBSCRIBERS_EVERY = 200

Totals = dict[str, int | float]


def import_mail(
    paths: Iterable[Path],
    *,
    channel_slug: str | None = None,
    organization: Organization | None = None,
) -> Totals:
    """Take in every mail of the paths; returns the totals of the command's contract.

    Each mail seen is counted in exactly one of messages, duplicates and quarantined; auto and
    bounces are among the messages. A second run finds everything there. Raises InvalidInput for
    an unknown channel or a path that does not exist.
    """
    began = time.perf_counter()
    organization = organization or _organization()
    channel = _channel(organization, channel_slug)
    totals: Totals = dict.fromkeys(
        ("seen", "messages", "tickets", "duplicates", "quarantined", "auto", "bounces"), 0
    )
    tickets: set[object] = set()
    for source, content in read_mails(paths):
        arrival, is_new = take_in(channel, content, source=source)
        _count(totals, arrival, is_new=is_new)
        if is_new and arrival.ticket_id is not None:
            tickets.add(arrival.ticket_id)
        if totals["seen"] % SUBSCRIBERS_EVERY == 0:
            run_subscribers(organization.pk)
    run_subscribers(organization.pk)
    totals["tickets"] = len(tickets)
    totals["seconds"] = round(time.perf_counter() - began, 3)
    return totals


def take_in(channel: Channel, content: bytes, *, source: str) -> tuple[RawInbound, bool]:
    """Store one mail and process it at once; returns its row and whether it was new."""
    arrival, is_new = raw.store(channel, content, source=source, is_claimed=True)
    if is_new:
        return door.process_claimed(arrival, channels={channel.pk: channel}), True
    if arrival.state == RawState.RECEIVED:
        return door.process(arrival.pk), True
    return arrival, False


def _count(totals: Totals, arrival: RawInbound, *, is_new: bool) -> None:
    totals["seen"] += 1
    if arrival.state == RawState.QUARANTINED:
        totals["quarantined"] += 1
    elif not is_new or arrival.fate == Fate.DUPLICATE:
        totals["duplicates"] += 1
    else:
        totals["messages"] += 1
        totals["auto"] += arrival.fate == Fate.AUTO_REPLY
        totals["bounces"] += arrival.fate == Fate.BOUNCE


def _organization() -> Organization:
    """The first organization; a new installation gets one, so that an import needs no set-up."""
    first = Organization.objects.order_by("created_at").first()
    return first or create_organization("My shop", slug="my-shop")


def _channel(organization: Organization, slug: str | None) -> Channel:
    """The channel asked for, else the first e-mail channel, else one made for imports."""
    if slug:
        return get_channel(organization.pk, slug)
    first = (
        Channel.objects.select_related("organization")
        .filter(organization=organization, kind="email")
        .order_by("created_at", "id")
        .first()
    )
    return first or create_channel(organization, kind="email", name="Imported mail", slug=IMPORTED)
