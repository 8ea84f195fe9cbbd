"""How often somebody may ask: windows counted in the database, so that processes share them.

Who is over the limit is remembered in the process until the window ends and costs nothing more:
one visitor who writes ten thousand times a minute does not slow down the others.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from helpdesk.lib.clock import now
from integrations.chat.models import Allowance
from integrations.chat.problems import TooMany

_KEPT = 10_000


@dataclass(frozen=True)
class Limit:
    """So many within so many seconds."""

    count: int
    seconds: int


PER_VISITOR = {
    "message": Limit(40, 60),
    "read": Limit(400, 60),
    "upload": Limit(20, 60),
    "small": Limit(300, 60),
    "mail": Limit(6, 3600),
    "lookup": Limit(30, 900),
}
PER_ADDRESS = {
    "session": Limit(240, 60),
    "message": Limit(900, 60),
    "read": Limit(4000, 60),
    "upload": Limit(200, 60),
    "small": Limit(4000, 60),
    "mail": Limit(30, 3600),
    "lookup": Limit(60, 900),
    "public": Limit(2000, 60),
}
PER_SITE = {"message": Limit(12_000, 60), "session": Limit(12_000, 60), "upload": Limit(2000, 60)}

_blocked: dict[str, float] = {}

_SPEND = """
INSERT INTO chat_allowance (key, ends_at, count)
SELECT key, %(at)s + make_interval(secs => seconds), 1
FROM unnest(%(keys)s::text[], %(seconds)s::int[]) AS asked(key, seconds) ORDER BY key
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN chat_allowance.ends_at <= %(at)s THEN 1 ELSE chat_allowance.count + 1 END,
  ends_at = CASE WHEN chat_allowance.ends_at <= %(at)s THEN excluded.ends_at
            ELSE chat_allowance.ends_at END
RETURNING key, count, ends_at
"""


def spend(what: str, *, site: str, address: str, visitor: str = "") -> None:
    """Count one request against the visitor, their address and the site; raises TooMany."""
    count(keys_of(what, site=site, address=address, visitor=visitor))


def keys_of(what: str, *, site: str, address: str, visitor: str = "") -> dict[str, Limit]:
    """What such a request counts against."""
    limits = {
        f"{what}:v:{visitor}": PER_VISITOR.get(what) if visitor else None,
        f"{what}:a:{site}:{address}": PER_ADDRESS.get(what) if address else None,
        f"{what}:s:{site}": PER_SITE.get(what),
    }
    return {key: limit for key, limit in limits.items() if limit is not None}


def count(limits: dict[str, Limit]) -> None:
    """Count one against each key; raises TooMany if any of them is used up."""
    refuse_blocked(limits)
    if not limits:
        return
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(
            _SPEND,
            {
                "at": at,
                "keys": [each[:120] for each in limits],
                "seconds": [each.seconds for each in limits.values()],
            },
        )
        rows = cursor.fetchall()
    over = [
        (key, (ends_at - at).total_seconds())
        for key, used, ends_at in rows
        if used > limits[key].count
    ]
    if over:
        key, seconds = max(over, key=lambda each: each[1])
        _block(key, seconds)
        raise TooMany(round(seconds) + 1)


def refuse_used_up(limits: dict[str, Limit]) -> None:
    """Raises TooMany where one of the keys has reached its limit; counts nothing."""
    at = now()
    rows = Allowance.objects.filter(pk__in=[each[:120] for each in limits], ends_at__gt=at)
    used = {each.pk: each for each in rows}
    waits = [
        (used[key[:120]].ends_at - at).total_seconds()
        for key, limit in limits.items()
        if key[:120] in used and used[key[:120]].count >= limit.count
    ]
    if waits:
        raise TooMany(round(max(waits)) + 1)


def note(limits: dict[str, Limit]) -> None:
    """Count one against each key; whoever asks next may be refused."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SPEND,
            {
                "at": now(),
                "keys": [each[:120] for each in limits],
                "seconds": [each.seconds for each in limits.values()],
            },
        )


def refuse_blocked(keys: dict[str, Limit] | list[str]) -> None:
    """Raises TooMany for a key that this process knows to be used up; asks nobody."""
    at = time.monotonic()
    for key in keys:
        until = _blocked.get(key)
        if until is not None and until > at:
            raise TooMany(round(until - at) + 1)


def forget() -> None:
    """Forget who is blocked (tests)."""
    _blocked.clear()


def delete_old() -> int:
    """Windows that ended a while ago; part of the sweep."""
    deleted, _ = Allowance.objects.filter(ends_at__lt=now() - timedelta(hours=2)).delete()
    return deleted


def _block(key: str, seconds: float) -> None:
    if len(_blocked) >= _KEPT:
        _blocked.clear()
    _blocked[key] = time.monotonic() + seconds
