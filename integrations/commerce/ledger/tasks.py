"""Celery tasks of order actions, and their share of the sweep. A second run changes nothing."""

from __future__ import annotations

import uuid

from celery import shared_task

from helpdesk.sweep import sweeps
from integrations.commerce.ledger import intents, worker


@shared_task(name="commerce.attend", time_limit=900)
def attend_task(action_id: str) -> None:
    """Carry out one order action, or ask what became of it."""
    worker.attend(uuid.UUID(action_id))


@sweeps("commerce.recover")
def recover_claims() -> int:
    """Take back the order actions of workers that died."""
    return worker.recover_claims()


@sweeps("commerce.attend")
def attend_due() -> int:
    """Carry out what nobody rang for, and look after what is under way."""
    return worker.attend_due()


@sweeps("commerce.expire", every_seconds=30)
def expire_due() -> int:
    """Close requests that nobody decided on in time."""
    return intents.expire_due()
