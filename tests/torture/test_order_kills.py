"""Workers are killed at any instant while orders are changed: each intent once (G1, G11, F56).

``make kill-orders`` (KILLS=1000) is the long version.
"""

from __future__ import annotations

import contextlib
import os
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from helpdesk.events.models import Event
from integrations.commerce import connector
from integrations.commerce.acting import ActionKind, ActionRefused
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.ledger import intents, quoting
from integrations.commerce.ledger.models import OrderAction, OrderMoney
from integrations.commerce.models import Order, Store
from tests.torture.order_shop import KIND, TOTAL, KeptShop, ShopServer
from tests.torture.zygote import Zygote

KILLS = int(os.environ.get("KILLS", "20"))
SEED = 20261122
WORK = "tests.torture.order_worker:work_until_done"
FAILPOINTS = ["order.claimed", "order.before_step", "order.step_committed", "order.answered"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600 + KILLS)]


@pytest.fixture(scope="module")
def zygote(django_db_setup: None) -> Iterator[Zygote]:
    server = Zygote()
    yield server
    server.stop()


@dataclass
class Desk:
    """A shop, and a person who confirms what is to be done to its orders."""

    shop: ShopServer
    store: Store
    user: User
    orders: list[Order] = field(default_factory=list)

    def open_orders(self, count: int) -> None:
        """So many more orders: on each a refund, and on every other one a cancellation, too.

        On those without, a cancellation that would send the whole sum back is refused.
        """
        for number in range(len(self.orders), len(self.orders) + count):
            told = KeptShop().get_order(self.store, str(number))
            order = upsert_order(self.store, told)
            order.store = self.store
            self.orders.append(order)
            refund = self._shown(order, ActionKind.REFUND, {"amount_minor": 6000})
            if number % 2:
                self._confirm(order, self._shown(order, ActionKind.CANCEL, {"refund": "none"}))
                self._confirm(order, refund)
            else:
                everything = self._shown(order, ActionKind.CANCEL, {"amount_minor": TOTAL})
                self._confirm(order, refund)
                with contextlib.suppress(ActionRefused):
                    self._confirm(order, everything)

    def _shown(self, order: Order, kind: ActionKind, params: dict[str, Any]) -> str:
        asked = quoting.ask_shop(order, kind, params)
        return quoting.show(self.user, asked, None)["preview_token"]

    def _confirm(self, order: Order, token: str) -> None:
        intents.start(self.user, order, action_id=uuid.uuid4(), token=token)

    def retry_all(self) -> int:
        """Everything that is known not to have happened, once more; returns how much it was."""
        failed = list(OrderAction.objects.filter(state__in=["failed", "partial"]))
        for action in failed:
            intents.retry(self.user, intents.get_action(self.user.organization_id, action.pk))
        return len(failed)

    def wrongs(self) -> list[str]:
        """What the shop's ledger and ours do not agree on."""
        found = [f"{key} {many}x" for key, many in self.shop.effects.items() if many > 1]
        found += [f"{n}: {sum(r)}" for n, r in self.shop.refunds.items() if sum(r) > TOTAL]
        for action in OrderAction.objects.all():
            for step in action.steps:
                many = self.shop.effects[str(action.pk), step["name"]]
                if many != (step["state"] == "done"):
                    found.append(f"{action}: {step['name']} {step['state']}, done {many}x")
        return found


@pytest.fixture
def desk(organization: Organization, ada: User) -> Iterator[Desk]:
    shop = ShopServer(SEED)
    connector.register_store(KeptShop())
    store = create_store(organization, kind=KIND, slug=KIND, name="Kept shop")
    store.config = {"port": shop.port}
    store.save(update_fields=["config"])
    yield Desk(shop, store, ada)
    shop.stop()
    connector._connectors.pop(KIND)


def checked() -> set[str]:
    """The actions that were shown as uncertain, by what every open screen was told."""
    events = Event.objects.filter(type="order_action.changed", payload__change__state__1="checking")
    return {str(each) for each in events.values_list("object_id", flat=True)}


def test_killed_workers_change_each_order_exactly_once(desk: Desk, zygote: Zygote) -> None:
    """SIGKILL at each failpoint and at random instants; the shop hangs up besides."""
    chance = random.Random(SEED)
    desk.open_orders(12)
    for name in FAILPOINTS * 2:
        assert zygote.run(WORK, failpoint=f"{name}:{chance.randint(1, 2)}"), name
    killed = 2 * len(FAILPOINTS)
    while killed < KILLS:
        if zygote.run(WORK, kill_after=chance.uniform(0.02, 0.12)):
            killed += 1
        else:
            desk.open_orders(8)
    assert not zygote.run(WORK)

    assert desk.wrongs() == []
    asked = set(OrderAction.objects.values_list("state", flat=True))
    assert asked <= {"done", "failed", "partial"}
    uncertain = checked()
    assert 0 < len(uncertain) < OrderAction.objects.count()
    assert uncertain <= desk.shop.looked_up

    while desk.retry_all():
        zygote.run(WORK)
    assert desk.wrongs() == []
    assert set(OrderAction.objects.values_list("state", flat=True)) == {"done"}
    assert OrderAction.objects.count() == len(desk.orders) * 3 // 2
    assert {sum(each) for each in desk.shop.refunds.values()} == {6000}
    assert set(OrderMoney.objects.values_list("refunded_minor", "reserved_minor")) == {(6000, 0)}


@pytest.mark.parametrize(
    ("mutant", "killed_at"),
    [
        ("call_again", "order.answered"),
        ("forget_the_claim", "order.answered"),
        ("believe", "order.step_committed"),
    ],
)
def test_a_worker_that_is_broken_on_purpose_is_caught(
    desk: Desk, zygote: Zygote, mutant: str, killed_at: str
) -> None:
    """The negative control: one kill is enough."""
    broken = f"tests.torture.order_worker:{mutant}"
    desk.shop.hangs_up = 0.0
    desk.open_orders(1)
    assert zygote.run(WORK, failpoint=killed_at, mutant=broken)
    zygote.run(WORK, mutant=broken)
    assert desk.wrongs()


def test_giving_back_what_is_on_its_way_already_is_caught(
    desk: Desk, zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the sum: this shop would give anything back."""
    monkeypatch.setattr(intents, "reserve", lambda *_: None)
    desk.shop.hangs_up = 0.0
    desk.open_orders(1)
    zygote.run(WORK)
    assert f"0: {6000 + TOTAL}" in desk.wrongs()
