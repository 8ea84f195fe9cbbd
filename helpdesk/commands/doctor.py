"""``doctor``: is everything well, and if not, what to do about it."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from helpdesk.database import why_away
from helpdesk.events.models import EventCounter, SubscriberCursor, SubscriberFailure
from helpdesk.lib.clock import now
from helpdesk.parts import PARTS, running_parts
from inbox.delivery import oldest_waiting
from inbox.models import Hook, HookState, RawInbound, RawState
from tickets.models import Channel

LATE = timedelta(minutes=5)
LEAST_FREE_BYTES = 1024**3
CLOCK_SLACK = timedelta(seconds=5)
WEB_PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Finding:
    """One thing looked at: well or not, what was seen, what to do."""

    part: str
    is_ok: bool
    seen: str
    to_do: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        mark = "ok  " if self.is_ok else "BAD "
        return f"{mark} {self.part:12} {self.seen}" + (
            f"\n     → {self.to_do}" if self.to_do else ""
        )


def _well(part: str, seen: str) -> Finding:
    return Finding(part, is_ok=True, seen=seen)


def _ill(part: str, seen: str, to_do: str) -> Finding:
    return Finding(part, is_ok=False, seen=seen, to_do=to_do)


def examine() -> list[Finding]:
    """Look at every part; a database that is away hides the parts that need it."""
    reason = why_away(settings.DATABASE_URL)
    if reason:
        return [_no_database(reason), _disk()]
    findings = [_database()]
    findings.append(_migrations())
    if not findings[-1].is_ok:
        return [*findings, *_parts(), _disk(), _clock()]
    checks: list[Callable[[], Finding]] = [
        _subscribers, _arrivals, _hooks, _departures, _failures,
    ]  # fmt: skip
    findings += [*_parts(), *(check() for check in checks)]
    findings += [*_channels(), _redis(), _websocket(), _disk(), _clock()]
    return findings


def _database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        version = str(cursor.fetchone()[0]).split(" on ")[0]
    place = "named by DATABASE_URL" if settings.DATABASE_URL else "of our own"
    return _well("database", f"{version}, {place}")


def _no_database(reason: str) -> Finding:
    return _ill(
        "database",
        f"cannot be reached: {reason}",
        "Start PostgreSQL, or correct DATABASE_URL; without DATABASE_URL Aftercare runs its own.",
    )


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return _ill("migrations", f"{len(missing)} missing", "Run “aftercare migrate”.")
    return _well("migrations", "up to date")


def _parts() -> list[Finding]:
    """Worker and beat each hold a connection that bears their name."""
    running = running_parts()
    start = "Start “aftercare serve”, or “aftercare worker” and “aftercare beat” with REDIS_URL."
    return [
        _well(part, f"{running[part]} running")
        if running[part]
        else _ill(part, "none is running", start)
        for part in PARTS
    ]


def _subscribers() -> Finding:
    """A subscriber that is behind and does not move means that workers cannot work."""
    heads = dict(EventCounter.objects.values_list("organization_id", "last_seq"))
    behind = [
        cursor
        for cursor in SubscriberCursor.objects.all()
        if cursor.seq < heads.get(cursor.organization_id, 0) and now() - cursor.moved_at > LATE
    ]
    if behind:
        return _ill(
            "subscribers",
            f"{len(behind)} have not moved for five minutes",
            "Start a worker; if one is running, look for dispatch.batch_failed in its log.",
        )
    return _well("subscribers", "up to date")


def _arrivals() -> Finding:
    waiting = RawInbound.objects.filter(
        state=RawState.RECEIVED, received_at__lt=now() - LATE
    ).count()
    quarantined = RawInbound.objects.filter(state=RawState.QUARANTINED, retry_at=None).count()
    if waiting:
        return _ill("mail in", f"{waiting} mails wait for a worker", "Start a worker.")
    if quarantined:
        return _ill(
            "mail in",
            f"{quarantined} mails in quarantine",
            "Look at Settings › Inbound log; each says why and can be tried again.",
        )
    return _well("mail in", "nothing waits, nothing in quarantine")


def _departures() -> Finding:
    oldest = oldest_waiting()
    if oldest is not None and now() - oldest > LATE:
        minutes = int((now() - oldest).total_seconds() // 60)
        return _ill(
            "mail out",
            f"a message has been waiting for {minutes} minutes",
            "Check the channel's SMTP server in Settings › Channels.",
        )
    return _well("mail out", "nothing is late")


def _failures() -> Finding:
    skipped = list(SubscriberFailure.objects.filter(is_skipped=True).order_by("-last_at")[:3])
    if skipped:
        names = ", ".join(f"{each.subscriber} at {each.seq}" for each in skipped)
        return _ill(
            "events",
            f"skipped: {names}",
            "The traceback is kept in events_subscriberfailure; please report it.",
        )
    return _well("events", "no event was skipped")


def _channels() -> list[Finding]:
    found = []
    for channel in Channel.objects.filter(is_active=True).order_by("slug"):
        part = "mailbox" if channel.kind == "email" else "channel"
        if channel.failing_since is not None:
            found.append(
                _ill(
                    part,
                    f"{channel.slug}: {channel.failure}",
                    "Test the connection in Settings › Channels and renew what is refused there.",
                )
            )
        else:
            found.append(_well(part, f"{channel.slug} is well"))
    return found


def _hooks() -> Finding:
    """Calls of vendors: none may wait long, none should lie in quarantine."""
    waiting = Hook.objects.filter(
        state=HookState.RECEIVED, received_at__lt=now() - LATE, channel__is_active=True
    ).count()
    quarantined = Hook.objects.filter(state=HookState.QUARANTINED).count()
    if waiting:
        return _ill("webhooks", f"{waiting} calls wait for a worker", "Start a worker.")
    if quarantined:
        return _ill(
            "webhooks",
            f"{quarantined} calls in quarantine",
            "Look at Settings › Inbound log; each says why and can be read again.",
        )
    return _well("webhooks", "nothing waits, nothing in quarantine")


def _redis() -> Finding:
    if not settings.REDIS_URL:
        return _well("redis", "not used: one process does everything")
    from redis import RedisError

    from helpdesk.events.doorbell import redis_client

    try:
        redis_client().ping()
    except RedisError as error:
        return _ill(
            "redis",
            f"cannot be reached ({type(error).__name__})",
            "Start Redis or correct REDIS_URL. Nothing is lost: the sweep does the work, later.",
        )
    return _well("redis", "answers")


def _websocket() -> Finding:
    """Opens the agents' socket at the public address, as a page does: a proxy may be in between."""
    if "AFTERCARE_PUBLIC_URL" not in os.environ:
        return _well("websocket", "not looked at: AFTERCARE_PUBLIC_URL is not set")
    address = settings.PUBLIC_URL
    try:
        status = _status_of_upgrade(address)
    except (OSError, HTTPException) as error:
        return _ill(
            "websocket",
            f"{address} cannot be reached from here ({type(error).__name__})",
            "Start “aftercare serve” or “aftercare web”, or correct AFTERCARE_PUBLIC_URL.",
        )
    if status != HTTPStatus.SWITCHING_PROTOCOLS:
        return _ill(
            "websocket",
            f"{address} answers {status} instead of opening one",
            "Let the proxy pass the headers Upgrade and Connection on for /ws/. Until then pages "
            "ask over HTTP: nothing is missed, but it is slower.",
        )
    return _well("websocket", f"opens at {address}")


def _status_of_upgrade(address: str) -> int:
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    line = kind(parts.netloc, timeout=WEB_PATIENCE_SECONDS)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Origin": f"{parts.scheme}://{parts.netloc}",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    try:
        line.request("GET", f"{parts.path}/ws/agent", headers=headers)
        return line.getresponse().status
    finally:
        line.close()


def _disk() -> Finding:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.DATA_DIR).free
    seen = f"{free / 1024**3:.1f} GiB free for data"
    if free < LEAST_FREE_BYTES:
        return _ill("disk", seen, "Free some space; mail is refused before it is lost.")
    return _well("disk", seen)


def _clock() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    apart = abs(datetime.now(UTC) - theirs)
    if apart > CLOCK_SLACK:
        return _ill(
            "clock",
            f"{apart.total_seconds():.0f} s away from the database's",
            "Let both machines keep time by NTP.",
        )
    return _well("clock", "agrees with the database")
