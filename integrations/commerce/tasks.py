"""Celery tasks of stores, and their share of the sweep. A second run changes nothing."""

from __future__ import annotations

import uuid

from celery import shared_task

from helpdesk.sweep import sweeps
from integrations.commerce import backfill, erasing, syncing, webhooks
from integrations.commerce.profiles import keeping, telling


@shared_task(name="commerce.process_hooks", time_limit=300)
def process_hooks_task(store_id: str) -> None:
    """Read the calls of a store's platform."""
    webhooks.process_hooks(uuid.UUID(store_id))


@shared_task(name="commerce.ask_store", time_limit=300)
def ask_store_task(store_id: str) -> None:
    """Ask a store's platform what is due."""
    syncing.ask_store(uuid.UUID(store_id))


@shared_task(name="commerce.backfill", time_limit=300)
def backfill_task(store_id: str) -> None:
    """Read on in a store's history for a while."""
    backfill.go_on(uuid.UUID(store_id))


@sweeps("commerce.hooks")
def process_hooks_due() -> int:
    """Read calls of platforms that nobody rang for."""
    return webhooks.process_due()


@sweeps("commerce.hooks_kept", every_seconds=3600)
def forget_old_hooks() -> int:
    """Delete calls of platforms that were read long ago."""
    return webhooks.forget_old_hooks()


@sweeps("commerce.ask", every_seconds=2)
def ring_stores() -> int:
    """Let those platforms be asked whose time has come."""
    return syncing.ring_due()


@sweeps("commerce.backfill", every_seconds=5)
def ring_backfills() -> int:
    """Let histories be read on that a dead worker left, or whose pause is over."""
    return backfill.ring_due()


@sweeps("commerce.erase", every_seconds=15)
def erase_due() -> int:
    """Erase what platforms asked to erase."""
    return erasing.erase_due()


@sweeps("commerce.profiles_kept", every_seconds=3600)
def forget_unowned_profiles() -> int:
    """Delete what services said of people who are no customers, and old news they were told."""
    return keeping.forget_unowned() + telling.forget_told()
