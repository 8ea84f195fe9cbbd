"""Several workers hear of one order at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from helpdesk.accounts.actions import create_organization
from helpdesk.events.models import Event
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.models import Order, Store, StoreCustomer
from tests.integrations.commerce.tellings import NOON, buyer, telling

WORKERS = 6


def _tell(store: Store, hour: int) -> None:
    try:
        at = NOON + timedelta(hours=hour)
        upsert_order(store, telling(updated_at=at, note=f"hour {hour}", customer=buyer()))
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_workers_that_tell_of_one_new_order_at_once_make_one_order_with_the_newest_news() -> None:
    organization = create_organization("Linden & Loom", slug="linden")
    store = create_store(organization, kind="demo_store", slug="main", name="Linden & Loom")
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda hour: _tell(store, hour), [3, 1, 4, 1, 5, 2] * 3))
    assert Order.objects.get().note == "hour 5"
    assert StoreCustomer.objects.count() == 1
    numbers = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
