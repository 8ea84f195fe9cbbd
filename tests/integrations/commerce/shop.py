"""A shop platform in memory, for tests of the machinery around connectors: no HTTP, all obedient."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from helpdesk.lib.connecting import Account, ConfigField, Refused, Step, WebhookAnswer
from helpdesk.lib.connecting import WebhookRequest as Request
from helpdesk.lib.errors import ConnectorFailure, InvalidInput, NotFound
from helpdesk.lib.secrets import decrypt
from integrations.commerce.connector import (
    AccessEnded,
    OrderChanged,
    OrderPage,
    OrderTold,
    Passed,
    PersonForgotten,
    StoreCapabilities,
    StoreItem,
    StoreManifest,
)
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from tests.integrations.commerce.tellings import NOON, buyer, telling

SECRET = "let me in"


@dataclass
class Bazaar:
    """Has orders, gives them in pages, and fails as it is told: each failure once, in turn."""

    orders: dict[str, OrderData] = field(default_factory=dict)
    per_page: int = 2
    fails: list[ConnectorFailure] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    problems: list[list[str]] = field(default_factory=list)
    manifest: ClassVar = StoreManifest(
        kind="bazaar",
        label="Bazaar",
        capabilities=StoreCapabilities(lists_orders=True, gets_order=True, webhooks=True),
        config=(
            ConfigField("address", "Shop address"),
            ConfigField("token", "Token", is_secret=True),
            ConfigField("region", "Region", is_required=False, choices=("eu", "us"), type="choice"),
            ConfigField("hook_secret", "Secret", is_secret=True, is_made=True),
        ),
        steps=(Step("Paste the address", "{hook_url}"), Step("Paste the secret", "{hook_secret}")),
        summary="A shop in memory.",
    )

    def have(self, number: str, **changes: object) -> OrderData:
        """One more order, or an order that changed."""
        data = replace(telling(f"#{number}", external_id=number), **changes)  # type: ignore[arg-type]
        self.orders[number] = data
        return data

    def have_many(self, count: int) -> None:
        """Orders 1 to ``count``, one a minute, of a few buyers."""
        for n in range(1, count + 1):
            who = f"buyer{n % 7}"
            self.have(
                str(n),
                updated_at=NOON + timedelta(minutes=n),
                email=f"{who}@shopper.example",
                customer=buyer(who, emails=(f"{who}@shopper.example",), phones=()),
            )

    def _maybe_fail(self, what: str) -> None:
        self.asked.append(what)
        if self.fails:
            raise self.fails.pop(0)

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        self._maybe_fail(f"list {cursor}".strip())
        found = sorted(self.orders.values(), key=lambda each: each.updated_at)
        found = [each for each in found if since is None or each.updated_at >= since]
        at = int(cursor or 0)
        end = at + self.per_page
        return OrderPage(
            tuple(found[at:end]), str(end) if end < len(found) else "", total=len(found)
        )

    def get_order(self, store: Store, external_id: str) -> OrderData:
        self._maybe_fail(f"order {external_id}")
        try:
            return self.orders[external_id]
        except KeyError as error:
            raise NotFound("There is no such order.") from error

    def verify(self, store: Store, call: Request) -> None:
        if call.headers.get("x-secret") != SECRET:
            raise Refused("Not from Bazaar.")

    def answer(self, store: Store, call: Request) -> WebhookAnswer | None:
        return None

    def call_key(self, store: Store, call: Request) -> str:
        return call.headers["x-id"]

    def split(self, store: Store, call: Request) -> list[StoreItem]:
        try:
            said = json.loads(call.body)
            topic, about = said["topic"], said["about"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("This is not a call of Bazaar.") from error
        items: dict[str, StoreItem] = {
            "changed": OrderChanged(about, "changed"),
            "ended": AccessEnded("The app was removed at Bazaar."),
            "forget": PersonForgotten(external_id=about),
            "forget_all": PersonForgotten(is_whole_shop=True),
        }
        if topic == "crash":
            raise RuntimeError("the reader has a mistake")
        if topic == "told":
            return [OrderTold(self.orders[about], "told")]
        return [items.get(topic, Passed("Not ours."))]

    def connect(self, store: Store, hook_url: str) -> Account:
        self._maybe_fail("connect")
        assert decrypt(store.secrets)["token"]
        return Account("Bazaar of Linden", config={"currency": "USD", "plan": "basic"})

    def disconnect(self, store: Store) -> None:
        self._maybe_fail("disconnect")

    def check(self, store: Store, hook_url: str) -> list[str]:
        self._maybe_fail("check")
        return self.problems.pop(0) if self.problems else []
