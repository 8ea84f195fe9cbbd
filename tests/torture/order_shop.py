"""A shop in a process that is never killed, with a ledger of what it really did for whom.

The worst kind of shop: it does everything it is asked, however often, and gives back more than
came in if told to. Now and then it hangs up: before it does what it was asked, or right after.
:class:`ShopServer` is the shop, :class:`KeptShop` the connector that workers reach it by.
"""

from __future__ import annotations

import json
import random
import socket
import socketserver
import threading
import uuid
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound, UncertainOutcome
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Effect,
    Intent,
    Outcome,
    Quote,
    StepDone,
)
from integrations.commerce.connector import OrderPage, StoreCapabilities, StoreManifest
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import OrderData, RefundData

KIND = "kept_shop"
TOTAL = 10_000
PLACED_AT = now() - timedelta(days=1)


class ShopServer:
    """Answers a line of JSON with a line of JSON, or hangs up."""

    def __init__(self, seed: int, *, hangs_up: float = 0.15) -> None:
        self.chance, self.hangs_up = random.Random(seed), hangs_up
        self.effects: Counter[tuple[str, str]] = Counter()
        """How often each step of an intent was really done."""
        self.refunds: dict[str, list[int]] = {}
        self.cancelled: set[str] = set()
        self.looked_up: set[str] = set()
        """The intents whose end somebody asked for."""
        self._lock = threading.Lock()
        shop = self

        class Line(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for line in self.rfile:
                    with shop._lock:
                        said = shop._answer(json.loads(line))
                    if said is None:
                        return
                    self.wfile.write(json.dumps(said).encode() + b"\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close the shop."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        name, key = asked.get("order", ""), asked.get("key", "")
        if asked["what"] == "do":
            if self.chance.random() < self.hangs_up:
                return None
            self.effects[key, asked["step"]] += 1
            if asked["step"] == "refund":
                self.refunds.setdefault(name, []).append(asked["amount"])
            else:
                self.cancelled.add(name)
            return None if self.chance.random() < self.hangs_up else {}
        if asked["what"] == "look_up":
            self.looked_up.add(key)
            return {"did": [step for known, step in self.effects if known == key]}
        return {"refunds": self.refunds.get(name, []), "is_cancelled": name in self.cancelled}


class KeptShop:
    """The connector: every call is a line to the shop, whose port is in the store's config."""

    manifest = StoreManifest(
        kind=KIND,
        label="Kept shop",
        capabilities=StoreCapabilities(
            gets_order=True, actions=frozenset({ActionKind.CANCEL, ActionKind.REFUND})
        ),
    )

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        said = _ask(store, {"what": "order", "order": external_id})
        if said is None:
            raise NotFound("No such order.")
        given = sum(said["refunds"])
        refunds = tuple(
            RefundData(f"{external_id}-{index}", amount, PLACED_AT)
            for index, amount in enumerate(said["refunds"])
        )
        return OrderData(
            external_id=external_id, number=f"#{external_id}", placed_at=PLACED_AT,
            updated_at=now(), currency="EUR", total_minor=TOTAL, captured_minor=TOTAL,
            financial_status="partially_refunded" if given else "paid",
            fulfillment_status="unfulfilled", refundable_minor=max(0, TOTAL - given),
            cancelled_at=PLACED_AT if said["is_cancelled"] else None, refunds=refunds,
        )  # fmt: skip

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        told = self.get_order(store, order.external_id)
        left = told.refundable_minor or 0
        amount = 0 if params.get("refund") == "none" else int(params.get("amount_minor", left))
        if amount > left:
            raise ActionRefused("So much is not there.", reason_code="too_much")
        effects = [Effect("cancel")] if kind == ActionKind.CANCEL else []
        if amount:
            effects.append(Effect("refund", amount))
        return Quote(kind, params, told, tuple(effects), amount, "EUR", refundable_minor=left)

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        told = []
        for step in _wanted(intent):
            if step not in intent.done:
                before_step(step)
                said = _ask(
                    store,
                    {"what": "do", "order": order.external_id, "key": str(intent.key),
                     "step": step, "amount": intent.amount_minor},
                )  # fmt: skip
                if said is None:
                    raise UncertainOutcome("The shop hung up.")
            told.append(_done(step, intent))
        return Outcome(tuple(told))

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        said = _ask(store, {"what": "look_up", "key": str(intent.key)})
        if said is None:
            return None
        return Outcome(
            tuple(
                _done(step, intent)
                if step in said["did"]
                else StepDone(step, "failed", reason="It never came.", can_retry=True)
                for step in _wanted(intent)
            )
        )


def _wanted(intent: Intent) -> list[str]:
    wanted = ["cancel"] if intent.kind == ActionKind.CANCEL else []
    return [*wanted, "refund"] if intent.amount_minor else wanted


def _done(step: str, intent: Intent) -> StepDone:
    amount = intent.amount_minor if step == "refund" else None
    return StepDone(step, "done", f"{step}-{uuid.UUID(str(intent.key)).hex}", amount_minor=amount)


def _ask(store: Store, asked: dict[str, Any]) -> dict[str, Any] | None:
    with socket.create_connection(("127.0.0.1", store.config["port"])) as line:
        line.sendall(json.dumps(asked).encode() + b"\n")
        said = line.makefile().readline()
    return json.loads(said) if said else None
