"""Rings the worker for one order action. A lost ring costs at most one sweep."""

from __future__ import annotations

import uuid

import structlog
from kombu.exceptions import OperationalError

log = structlog.get_logger()


def ring(action_id: uuid.UUID, *, in_seconds: float = 0) -> None:
    """It is to be carried out, or to be looked after."""
    from integrations.commerce.ledger.tasks import attend_task

    try:
        attend_task.apply_async((str(action_id),), countdown=in_seconds, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell.broker_unreachable", error=type(error).__name__)
