"""Wakes readers after a commit. A doorbell, never the mail: every ring may be lost.

Listeners in this process are called directly; with REDIS_URL set, other processes hear it over
Redis publish/subscribe. Whoever misses a ring finds the event by the timer.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings

CHANNEL = "aftercare:events"
Listener = Callable[[uuid.UUID], None]

log = structlog.get_logger()
_listeners: list[Listener] = []
_lock = threading.Lock()


def listen(listener: Listener) -> None:
    """Call ``listener(organization_id)`` after each commit that made events; it must be quick."""
    with _lock:
        if listener not in _listeners:
            _listeners.append(listener)


def unlisten(listener: Listener) -> None:
    """Stop calling ``listener``."""
    with _lock:
        if listener in _listeners:
            _listeners.remove(listener)


def ring(organization_id: uuid.UUID) -> None:
    """Tell everybody that this organization's log has grown."""
    ring_here(organization_id)
    if settings.REDIS_URL:
        _publish(organization_id)


def ring_here(organization_id: uuid.UUID) -> None:
    """Tell the listeners of this process only."""
    for listener in tuple(_listeners):
        try:
            listener(organization_id)
        except Exception:
            log.exception("doorbell.listener_failed")


def _publish(organization_id: uuid.UUID) -> None:
    from redis import RedisError

    try:
        redis_client().publish(CHANNEL, str(organization_id))
    except RedisError as error:
        log.warning("doorbell.redis_unreachable", error=type(error).__name__)


_client = threading.local()


def redis_client():  # type: ignore[no-untyped-def]  # noqa: ANN201 (redis has no stable types)
    """This thread's Redis client, with short time-outs."""
    import redis

    if not hasattr(_client, "value"):
        _client.value = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
        )
    return _client.value
