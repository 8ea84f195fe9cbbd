"""Where a person is signed in: their sessions, when each was last used, and ending them at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypedDict, cast

import structlog
from allauth.usersessions.models import UserSession
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.models import Max
from django.http import HttpRequest, HttpResponse

from helpdesk.accounts.models import User
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import NotFound

SESSIONS_GROUP = "aftercare.presence"
"""Where every process that serves sockets listens (helpdesk.realtime.presence)."""
SEEN_EVERY_SECONDS = 60
_KEPT = 10_000

log = structlog.get_logger()


class SessionRecord(TypedDict):
    id: int
    user_agent: str
    ip: str
    created_at: str
    last_seen_at: str
    is_current: bool


class SeenMiddleware:
    """Notes when a session was last used: one write per minute, session and process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._seen: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.session.session_key
        # Only who was already asked for (no query for static files) and was let in.
        user = getattr(request, "_cached_user", None)
        if key and user is not None and user.is_authenticated and request.user is not None:
            self._see(request, key)
        return response

    def _see(self, request: HttpRequest, key: str) -> None:
        at = time.monotonic()
        if at - self._seen.get(key, float("-inf")) < SEEN_EVERY_SECONDS:
            return
        if len(self._seen) >= _KEPT:
            self._seen.clear()
        self._seen[key] = at
        known = UserSession.objects.filter(session_key=key)
        if not known.update(last_seen_at=now()):
            UserSession.objects.create_from_request(request)


def sessions_of(user: User, *, current_key: str) -> list[SessionRecord]:
    """Everywhere the person is signed in, the present session first, then by last use."""
    live = UserSession.objects.purge_and_list(user)
    live.sort(key=lambda each: (each.session_key != current_key, -each.last_seen_at.timestamp()))
    return [
        {
            "id": each.pk,
            "user_agent": each.user_agent,
            "ip": each.ip,
            "created_at": cast(str, iso(each.created_at)),
            "last_seen_at": cast(str, iso(each.last_seen_at)),
            "is_current": each.session_key == current_key,
        }
        for each in live
    ]


def end_session(user: User, session_id: int) -> None:
    """Sign one of the person's devices out, its open pages too; raises NotFound."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is None:
        raise NotFound("This device is not signed in any more.")
    _end([session])


def end_other_sessions(user: User, *, current_key: str | None) -> int:
    """Sign the person out everywhere but here; returns how many sessions ended."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=current_key))
    _end(others)
    return len(others)


def last_seen_by_user(users: Iterable[Any]) -> dict[Any, datetime]:
    """When each of these people last used any of their sessions, in one query."""
    rows = UserSession.objects.filter(user__in=users).values("user_id")
    seen = rows.annotate(at=Max("last_seen_at")).values_list("user_id", "at")
    return dict(seen)


def announce_session_end(session_key: str) -> None:
    """Close the session's sockets now; if nobody hears it, they notice within a minute."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(
            SESSIONS_GROUP, {"type": "session.ended", "session_key": session_key}
        )
    except Exception:
        log.warning("session.end_not_announced", exc_info=True)


def _end(sessions: Iterable[UserSession]) -> None:
    for each in sessions:
        each.end()
        announce_session_end(each.session_key)
