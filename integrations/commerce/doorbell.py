"""Rings the worker for one store. A lost ring costs at most one sweep."""

from __future__ import annotations

import uuid

import structlog
from kombu.exceptions import OperationalError

log = structlog.get_logger()


def ring_hooks(store_id: uuid.UUID) -> None:
    """A platform called."""
    from integrations.commerce.tasks import process_hooks_task

    _ring(process_hooks_task, store_id)


def ring_store(store_id: uuid.UUID) -> None:
    """It is time to ask a platform: orders to read again, what changed, whether the line is well."""
    from integrations.commerce.tasks import ask_store_task

    _ring(ask_store_task, store_id)


def ring_backfill(store_id: uuid.UUID, *, in_seconds: float = 0) -> None:
    """A store's history is to be read, or to be read on."""
    from integrations.commerce.tasks import backfill_task

    _ring(backfill_task, store_id, in_seconds)


def _ring(task, store_id: uuid.UUID, in_seconds: float = 0) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    try:
        task.apply_async([str(store_id)], countdown=in_seconds or None, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell.broker_unreachable", error=type(error).__name__)
