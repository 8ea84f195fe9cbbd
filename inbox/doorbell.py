"""Rings the worker for one row. A lost ring costs at most one sweep."""

from __future__ import annotations

import uuid

import structlog
from kombu.exceptions import OperationalError

log = structlog.get_logger()


def ring_raw(raw_id: uuid.UUID) -> None:
    """Something arrived."""
    from inbox.tasks import process_raw_task

    _ring(process_raw_task, raw_id, 0)


def ring_delivery(delivery_id: uuid.UUID, *, in_seconds: float = 0) -> None:
    """Something must leave, now or when its undo window is over."""
    from inbox.tasks import deliver_task

    _ring(deliver_task, delivery_id, in_seconds)


def ring_hooks(channel_id: uuid.UUID) -> None:
    """A vendor called."""
    from inbox.tasks import process_hooks_task

    _ring(process_hooks_task, channel_id, 0)


def ring_poll(channel_id: uuid.UUID) -> None:
    """It is time to ask a vendor."""
    from inbox.tasks import poll_channel_task

    _ring(poll_channel_task, channel_id, 0)


def ring_file(attachment_id: uuid.UUID) -> None:
    """A file waits to be fetched."""
    from inbox.tasks import fetch_file_task

    _ring(fetch_file_task, attachment_id, 0)


def ring_team_post(post_id: uuid.UUID) -> None:
    """Something must be told to the team, or told otherwise."""
    from inbox.tasks import team_post_task

    _ring(team_post_task, post_id, 0)


def ring_press(press_id: uuid.UUID) -> None:
    """Somebody of the team pressed a button."""
    from inbox.tasks import press_task

    _ring(press_task, press_id, 0)


def _ring(task, row_id: uuid.UUID, in_seconds: float) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    try:
        task.apply_async([str(row_id)], countdown=in_seconds or None, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell.broker_unreachable", error=type(error).__name__)
