"""Whether the people behind sockets are still signed in, and telling sockets when one signs out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session

from helpdesk.accounts.models import User
from helpdesk.lib.clock import now


@dataclass(frozen=True)
class Pass:
    """What let a socket in: a session and the person it belongs to."""

    session_key: str
    user_id: uuid.UUID


async def ended_among(passes: list[Pass]) -> set[Pass]:
    """Those that no longer hold: session gone or expired, person deactivated. Two queries."""
    return await database_sync_to_async(_ended_among, thread_sensitive=False)(passes)


def _ended_among(passes: list[Pass]) -> set[Pass]:
    keys = {each.session_key for each in passes}
    live = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=now()).values_list(
            "session_key", flat=True
        )
    )
    people = {each.user_id for each in passes}
    active = set(User.objects.filter(pk__in=people, is_active=True).values_list("pk", flat=True))
    return {each for each in passes if each.session_key not in live or each.user_id not in active}
