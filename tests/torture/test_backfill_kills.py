"""A shop's history read by workers that are killed: every order once, counted once (issue 5)."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.filling_in import Filled
from integrations.commerce import connector, set_up
from integrations.commerce.models import Backfill, Order, OrderLine
from tests.torture.histories import ORDERS, bazaar
from tests.torture.zygote import Zygote

WORK = "tests.torture.histories:read_on"
KILLS = 6

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def zygote() -> Iterator[Zygote]:
    connector.register_store(bazaar())
    made = Zygote()
    yield made
    made.stop()
    connector._connectors.pop("bazaar")


def test_a_history_survives_its_workers(organization: Organization, zygote: Zygote) -> None:
    filled = Filled(address="bazaar.example", secrets={"token": "t"})
    store = set_up.add_store(
        organization, kind="bazaar", name="Bazaar", filled=filled, is_active=True
    )
    chance = random.Random(7)
    killed = 0
    for _ in range(KILLS):
        killed += zygote.run(WORK, kill_after=chance.uniform(0.01, 0.12))
    zygote.run(WORK)
    run = Backfill.objects.get()
    assert (run.state, run.done, run.skipped, run.total) == ("done", ORDERS, 0, ORDERS)
    known = Order.objects.filter(store=store).values_list("external_id", flat=True)
    assert sorted(known, key=int) == [str(n) for n in range(1, ORDERS + 1)]
    assert OrderLine.objects.count() == 2 * ORDERS
    assert killed > 0
