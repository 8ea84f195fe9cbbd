"""Wakes the shoppers' sockets after a commit. A doorbell, never the mail: a ring may be lost."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import transaction

from helpdesk.events.doorbell import redis_client

CHANNEL = "aftercare:chat"
Listener = Callable[[uuid.UUID], None]

log = structlog.get_logger()
_listeners: list[Listener] = []
_lock = threading.Lock()


def listen(listener: Listener) -> None:
    """Call ``listener(visitor_id)`` after each change of a visitor's conversations."""
    with _lock:
        if listener not in _listeners:
            _listeners.append(listener)


def unlisten(listener: Listener) -> None:
    """Stop calling ``listener``."""
    with _lock:
        if listener in _listeners:
            _listeners.remove(listener)


def ring_after_commit(visitor_id: uuid.UUID) -> None:
    """Tell every process that something of this visitor's has changed, once it has."""
    transaction.on_commit(lambda: _ring(visitor_id), robust=True)


def _ring(visitor_id: uuid.UUID) -> None:
    for listener in tuple(_listeners):
        try:
            listener(visitor_id)
        except Exception:
            log.exception("chat.listener_failed")
    if settings.REDIS_URL:
        _publish(visitor_id)


def _publish(visitor_id: uuid.UUID) -> None:
    from redis import RedisError

    try:
        redis_client().publish(CHANNEL, visitor_id.hex)
    except RedisError as error:
        log.warning("chat.redis_unreachable", error=type(error).__name__)
