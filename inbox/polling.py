"""Asking vendors that do not call, and closing the gaps that a lost webhook left.

Each channel with a polling connector is asked by one worker at a time (a lease on its
:class:`Connection`). What came and how far we are is written in one transaction. A vendor that
fails is asked less and less often, and the channel says what is wrong.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    ConnectorFailure,
    HelpdeskError,
    NeedsReauthorization,
    TemporaryFailure,
)
from inbox import door, doorbell, names, tokens
from inbox.connector import (
    Amended,
    Arrived,
    ChannelConnector,
    Item,
    KnowsPeople,
    Polled,
    Polls,
    SetsUp,
    get_connector,
    manifests,
)
from inbox.models import Connection
from inbox.webhooks import hook_url, take_in
from tickets.actions.channels import note_failure, note_success
from tickets.models import Channel

LEASE_SECONDS = 120
MAX_PAGES = 20
SLOWEST = timedelta(minutes=15)
FAILS_BEFORE_TOLD = 3
HEARD_PLACES = 1000

log = structlog.get_logger()


def ring_due() -> int:
    """Ring a worker for each channel whose time has come; returns how many."""
    _make_connections()
    due = Connection.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now()),
        Q(poll_due_at__lte=now()) | Q(check_due_at__lte=now()),
        channel__is_active=True,
    )
    channels = list(due.values_list("channel_id", flat=True)[:200])
    for channel_id in channels:
        doorbell.ring_poll(channel_id)
    return len(channels)


def poll_channel(channel_id: uuid.UUID) -> int:
    """Ask the channel's vendor if it is due and nobody else does; returns how many items came."""
    link = _claim(channel_id)
    if link is None:
        return 0
    channel = link.channel
    connector = get_connector(channel.kind)
    count = 0
    try:
        is_due = bool(link.poll_due_at and link.poll_due_at <= now())
        if isinstance(connector, Polls) and is_due:
            count = _poll(connector, channel, link)
        if isinstance(connector, KnowsPeople) and is_due:
            _look_up_names(connector, channel)
        if isinstance(connector, SetsUp) and link.check_due_at and link.check_due_at <= now():
            _check(connector, channel, link)
    finally:
        Connection.objects.filter(pk=link.pk).update(lease_until=None)
    return count


def hear(channel_id: uuid.UUID, newest: Mapping[str, int], line: Mapping[str, Any]) -> None:
    """Keep what a line held open to the vendor told, and ask the vendor soon: it is a doorbell.

    ``newest`` are conversations, each with its newest message; the 1,000 newest are kept. ``line``
    is how the line is taken up again. A poll finds all of it in its cursor, as ``heard``. A vendor
    that fails is not asked sooner than planned.
    """
    with transaction.atomic():
        link = _link_for_hearing(channel_id)
        places = {name: int(each) for name, each in link.heard.get("places", {}).items()}
        for name, each in newest.items():
            places[name] = max(each, places.get(name, 0))
        kept = sorted(places, key=lambda name: places[name])[-HEARD_PLACES:]
        link.heard = {"places": {name: str(places[name]) for name in kept}, "line": dict(line)}
        link.save(update_fields=["heard"])
        Connection.objects.filter(pk=link.pk, failures=0, poll_due_at__gt=now()).update(
            poll_due_at=now()
        )
        transaction.on_commit(lambda: doorbell.ring_poll(channel_id), robust=True)


def cannot_hear(channel_id: uuid.UUID, trouble: str) -> None:
    """The line to the vendor cannot be held: polls that succeed do not call the channel well."""
    with transaction.atomic():
        link = _link_for_hearing(channel_id)
        link.heard = {**link.heard, "trouble": trouble}
        link.save(update_fields=["heard"])


def _link_for_hearing(channel_id: uuid.UUID) -> Connection:
    Connection.objects.get_or_create(channel_id=channel_id)
    return Connection.objects.select_for_update(no_key=True).get(channel_id=channel_id)


def _poll(connector: Polls, channel: Channel, link: Connection) -> int:
    every = timedelta(seconds=_manifest(connector).poll_seconds or 60)
    count = 0
    try:
        for _ in range(MAX_PAGES):
            page = tokens.with_fresh(channel, lambda: connector.poll(channel, _cursor(link)))
            wait = every if page.wait_seconds is None else timedelta(seconds=page.wait_seconds)
            _file_what_is_changed(channel, page)
            with unit_of_work():
                outcome = take_in(channel, page.items, at=now())
                link.cursor = page.cursor
                Connection.objects.filter(pk=link.pk).update(
                    cursor=page.cursor, last_poll_at=now(), failures=0, poll_due_at=now() + wait,
                )  # fmt: skip
            count += sum(1 for each in outcome if each["became"] == "arrival")
            if not page.has_more:
                break
    except HelpdeskError as failure:
        _note_failure(channel, link, failure, every)
        return count
    except Exception as error:
        log.exception("poll.crashed", channel_id=str(channel.pk))
        _note_failure(
            channel, link, TemporaryFailure(f"{type(error).__name__} while asking."), every
        )
        return count
    if not link.problems and not link.heard.get("trouble"):
        note_success(channel.pk)
    return count


def _cursor(link: Connection) -> dict[str, Any]:
    return {**link.cursor, "heard": link.heard} if link.heard else link.cursor


def _look_up_names(connector: KnowsPeople, channel: Channel) -> None:
    every = timedelta(seconds=_manifest(connector).poll_seconds or 60)
    try:
        names.look_up(channel, connector)
    except Exception:
        log.exception("names.crashed", channel_id=str(channel.pk))
    if not isinstance(connector, Polls):
        Connection.objects.filter(channel=channel).update(poll_due_at=now() + every)


def _file_what_is_changed(channel: Channel, page: Polled) -> None:
    """A page that changes messages may change some that came just now: those are filed first.

    The cursor moves afterwards, so a worker that dies here begins the page again.
    """
    if not any(isinstance(each, Amended) for each in page.items):
        return
    arrived: list[Item] = [each for each in page.items if isinstance(each, Arrived)]
    with unit_of_work():
        take_in(channel, arrived, at=now())
    door.process_channel(channel.pk)


def _note_failure(
    channel: Channel, link: Connection, failure: HelpdeskError, every: timedelta
) -> None:
    failures = link.failures + 1
    asked = timedelta(seconds=getattr(failure, "retry_after_seconds", None) or 0)
    wait = max(asked, min(every * 2 ** min(failures, 10), max(SLOWEST, every)))
    Connection.objects.filter(pk=link.pk).update(
        failures=failures, last_poll_at=now(), poll_due_at=now() + wait
    )
    if isinstance(failure, NeedsReauthorization) or failures >= FAILS_BEFORE_TOLD:
        note_failure(channel.pk, failure.message)


def _check(connector: SetsUp, channel: Channel, link: Connection) -> None:
    """Ask the vendor whether the line is as it should be; problems are told on the channel."""
    every = timedelta(seconds=_manifest(connector).check_seconds)
    try:
        problems: list[str] | None = tokens.with_fresh(
            channel, lambda: connector.check(channel, hook_url(channel))
        )
    except ConnectorFailure as failure:
        problems = [failure.message] if isinstance(failure, NeedsReauthorization) else None
    Connection.objects.filter(channel=channel).update(
        last_check_at=now(), check_due_at=now() + every,
        **({} if problems is None else {"problems": problems}),
    )  # fmt: skip
    if problems:
        note_failure(channel.pk, problems[0])
    elif problems == [] and not link.heard.get("trouble"):
        note_success(channel.pk)


def _claim(channel_id: uuid.UUID) -> Connection | None:
    won = Connection.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now()), channel_id=channel_id,
        channel__is_active=True,
    ).update(lease_until=now() + timedelta(seconds=LEASE_SECONDS))  # fmt: skip
    if not won:
        return None
    return Connection.objects.select_related("channel", "channel__organization").get(
        channel_id=channel_id
    )


def _make_connections() -> None:
    """Give channels whose connector asks or checks a row to remember it by."""
    kinds = {each.kind for each in manifests() if _asks(get_connector(each.kind))}
    if not kinds:
        return
    bare = Channel.objects.filter(kind__in=kinds).filter(
        Q(connection=None) | Q(connection__poll_due_at=None, connection__check_due_at=None)
    )
    for channel in bare:
        connector = get_connector(channel.kind)
        Connection.objects.get_or_create(channel=channel)
        Connection.objects.filter(channel=channel, poll_due_at=None, check_due_at=None).update(
            poll_due_at=now() if isinstance(connector, Polls | KnowsPeople) else None,
            check_due_at=now() if isinstance(connector, SetsUp) else None,
        )


def _asks(connector: ChannelConnector) -> bool:
    return isinstance(connector, Polls | SetsUp | KnowsPeople)


def _manifest(connector: object):  # type: ignore[no-untyped-def]  # noqa: ANN202 (Manifest)
    return connector.manifest  # type: ignore[attr-defined]
