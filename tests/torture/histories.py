"""What the killed workers of the backfill torture do."""

from __future__ import annotations

from integrations.commerce import backfill, connector
from integrations.commerce.models import Backfill
from tests.integrations.commerce.shop import Bazaar

ORDERS = 60


def bazaar() -> Bazaar:
    """The same shop in every life."""
    made = Bazaar(per_page=5)
    made.have_many(ORDERS)
    return made


def read_on() -> None:
    """Read the history until nothing is left; the dead worker's lease is over."""
    connector.register_store(bazaar())
    Backfill.objects.update(lease_until=None)
    for run in Backfill.objects.filter(state="running"):
        while backfill.go_on(run.store_id):
            continue
