"""Asking services for the people that somebody looks at, or who wrote: one by one, at their pace."""

from __future__ import annotations

from datetime import timedelta

import structlog

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure, TemporaryFailure
from integrations.commerce.connector import KnowsShoppers
from integrations.commerce.models import Store
from integrations.commerce.profiles.keeping import keep_profile
from integrations.commerce.profiles.models import Profile
from integrations.commerce.tracking import Paces

MAX_READS = 3
log = structlog.get_logger()


def read_due(store: Store, connector: KnowsShoppers, run: Paces) -> int:
    """Read the profiles that are due, the one that was asked for first comes first."""
    count = 0
    while not run.is_over:
        due = Profile.objects.filter(store=store, due_at__lte=now()).order_by("due_at", "pk")
        profile = due.first()
        if profile is None:
            break
        _read(store, connector, run, profile)
        count += 1
    return count


def _read(store: Store, connector: KnowsShoppers, run: Paces, profile: Profile) -> None:
    """Read it, and take it from the list unless it was asked for once more meanwhile."""
    as_of = now()
    this_ask = Profile.objects.filter(pk=profile.pk, asks=profile.asks)
    try:
        data = run.paced(lambda: connector.find_shopper(store, profile.email))
        with unit_of_work():
            this_ask.update(due_at=None)
            keep_profile(store, profile.email, data, as_of=as_of)
    except TemporaryFailure:
        this_ask.update(due_at=now() + timedelta(seconds=30))
        raise
    except (InvalidInput, PermanentFailure) as problem:
        attempts = profile.attempts + 1
        again = now() + timedelta(seconds=30 * attempts) if attempts < MAX_READS else None
        this_ask.update(attempts=attempts, reason=problem.message[:300], due_at=again)
        log.warning("profile.unreadable", store_id=str(store.pk), attempts=attempts)
