"""Races, crashes, lost answers and impatient people against a shop that counts (G11, F56).

``make fuzz-orders`` (``tests.orders.run_fuzz``) plays 10,000 orders, the suite a few. After every
move: each step of each intent was done at most once at the shop, and never more money went back
than came in; at the end what we call done was done. Each order has its chances from the seed and
its number alone, so that one that fails can be played again by itself.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

from django.db import IntegrityError

from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError
from integrations.commerce.acting import ActionKind
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.connector import register_store
from integrations.commerce.ledger import intents, quoting, worker
from integrations.commerce.ledger.models import OPEN_STATES, ActionState, OrderAction, OrderMoney
from integrations.commerce.models import Order, Store
from tests.orders.scripted_shop import KIND, Crash, ScriptedShop

TOTAL = 10_000
CHAOS = 0.35


class Play:
    """One organization, its shop, and people who act on its orders at once."""

    def __init__(
        self,
        organization: Organization,
        people: list[User],
        seed: int,
        *,
        moves: tuple[int, int] = (6, 16),
    ) -> None:
        self.rng = random.Random()
        self.shop = ScriptedShop(self.rng)
        register_store(self.shop)
        self.store: Store = create_store(organization, kind=KIND, slug=KIND, name="Scripted")
        self.people = people
        self.moves = moves
        self.told: Counter[str] = Counter()
        self.seed = seed

    def run(self, count: int, *, first: int = 0) -> Counter[str]:
        """Play so many orders from number ``first`` on and return what happened so far.

        Raises AssertionError naming the order where a promise is broken.
        """
        for number in range(first, first + count):
            self.rng.seed(f"{self.seed}-{number}")
            self._play(f"{self.seed}-{number}")
        return self.told

    def _play(self, name: str) -> None:
        self.shop.knows_keys = self.rng.random() < 0.5
        self.shop.counts_money = self.rng.random() < 0.7
        order = upsert_order(self.store, self.shop.open_order(name, TOTAL))
        tokens: list[tuple[User, str, uuid.UUID]] = []
        for _ in range(self.rng.randint(*self.moves)):
            self.shop.chaos = CHAOS if self.rng.random() < 0.7 else 0.0
            self._one_move(order, tokens)
            self._check(order)
        self.shop.chaos = 0.0
        for _ in range(6):
            if not self._work(order):
                break
        self._check(order)
        self._check_end(order)
        self.shop.forget(order.external_id)

    def _one_move(self, order: Order, tokens: list[tuple[User, str, uuid.UUID]]) -> None:
        user = self.rng.choice(self.people)
        move = (
            "preview"
            if not tokens
            else self.rng.choices(
                ("preview", "start", "work", "retry", "by_hand", "sync"), (4, 7, 6, 2, 1, 1)
            )[0]
        )
        try:
            if move == "preview":
                cancels = self.rng.random() < 0.3
                kind = ActionKind.CANCEL if cancels else ActionKind.REFUND
                amount = self.rng.choice([1000, 2500, 5000, TOTAL])
                params: dict[str, Any] = {} if cancels else {"amount_minor": amount}
                shown = quoting.preview(user, order, kind, params, None)
                tokens.append((user, shown["preview_token"], uuid.uuid4()))
            elif move == "start" and tokens:
                who, token, key = self.rng.choice(tokens)  # often twice: a double click
                intents.start(who, order, action_id=key, token=token)
            elif move == "work":
                self._work(order)
            elif move == "retry":
                for action in self._actions(order, ActionState.PARTIAL, ActionState.FAILED):
                    intents.retry(user, intents.get_action(user.organization_id, action.pk))
            elif move == "by_hand":
                if self.shop.counts_money:
                    self.shop.refund_at_the_shop(order.external_id, 500)
            elif move == "sync":
                upsert_order(self.store, self.shop.orders[order.external_id])
        except HelpdeskError as error:
            self.told[error.code] += 1
        except IntegrityError as error:
            raise AssertionError(f"seed {self.seed}: {error}") from error

    def _work(self, order: Order) -> bool:
        """What is due is done by workers that may die in between; others take over.

        Whether there was anything.
        """
        waiting = OrderAction.objects.filter(order=order, due_at__isnull=False)
        due = list(waiting.values_list("pk", flat=True))
        if not due:
            return False
        waiting.update(due_at=now() - timedelta(seconds=1))
        for action_id in due:
            try:
                worker.attend(action_id)
            except Crash:
                self.told["crash"] += 1
                OrderAction.objects.filter(pk=action_id, state=ActionState.RUNNING).update(
                    lease_until=now() - timedelta(seconds=1), worker=None
                )
                worker.recover_claims()
        return True

    def _actions(self, order: Order, *states: str) -> list[OrderAction]:
        return list(OrderAction.objects.filter(order=order, state__in=states))

    def _check(self, order: Order) -> None:
        where = f"seed {self.seed}, order {order.external_id}"
        doubled = {key: many for key, many in self.shop.effects.items() if many > 1}
        assert not doubled, f"{where}: done twice {doubled}"
        refunded = sum(e.amount_minor for e in self.shop.orders[order.external_id].refunds)
        assert refunded <= TOTAL, f"{where}: {refunded} went back of {TOTAL}"

    def _check_end(self, order: Order) -> None:
        where = f"seed {self.seed}, order {order.external_id}"
        actions = list(OrderAction.objects.filter(order=order))
        for action in actions:
            self.told[str(action.state)] += 1
            self.told["intents"] += 1
            assert action.state not in OPEN_STATES or action.checks, f"{where}: {action} hangs"
            for step in action.steps:
                many = self.shop.effects[str(action.pk), step["name"]]
                if step["state"] == "done":
                    assert many == 1, f"{where}: {step['name']} is called done, was done {many}x"
                elif action.state not in OPEN_STATES:
                    assert many == 0, f"{where}: {step['name']} is not done, was done {many}x"
        held = sum(each.reserved_minor for each in actions)
        for money in OrderMoney.objects.filter(order=order):
            promised = money.refunded_minor + held
            assert money.reserved_minor == held, f"{where}: {money.reserved_minor}, {held} held"
            assert not held or promised <= money.captured_minor, f"{where}: reserved too much"
