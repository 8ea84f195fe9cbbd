"""A shop with very many orders: how fast its history is read, and how fast one order is found.

``backfill_orders_per_s``: 100,000 orders from a platform in memory, in a process that is killed
half way and begun again; none may be lost or doubled. ``order_lookup_p95_ms_1m``: look-ups by
number, address, parcel and name among a million orders (``--tickets`` says how many, to try it
out; then the history is no longer than that).
``panel_p95_ms_down``: a customer's orders while the platform answers nobody.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from helpdesk.commands.environment import migrate_if_needed, prepare

HISTORY = 100_000
PAGE = 250
SHARE_BEFORE_KILL = 0.5
LOOK_UPS = 400
LIMIT_MS, PANEL_LIMIT_MS = 50.0, 300.0
MOST_MB = 200.0
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = ["Mia", "Leo", "Ana", "Jonas", "Petra", "Olga", "Somchai", "Wei", "Zofia", "Ivan"]
FAMILIES = ["Laurent", "Weber", "Novák", "Kowalska", "Chen", "Smith", "García", "Petrov"]


class Annals:
    """A platform in memory: order ``n`` is always the same, nobody sleeps."""

    def __init__(self, count: int, *, die_at: int = 0) -> None:
        from integrations.commerce.connector import StoreCapabilities, StoreManifest

        self.count, self.die_at = count, die_at
        self.manifest = StoreManifest(
            kind="annals",
            label="Annals",
            capabilities=StoreCapabilities(lists_orders=True, gets_order=True),
        )

    def list_orders(self, store: Any, *, since: datetime | None, cursor: str) -> Any:
        from integrations.commerce.connector import OrderPage

        at = int(cursor or 0)
        if self.die_at and at >= self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        end = min(at + PAGE, self.count)
        orders = tuple(order_of(n) for n in range(at, end))
        return OrderPage(orders, str(end) if end < self.count else "", self.count)

    def get_order(self, store: Any, external_id: str) -> Any:
        return order_of(int(external_id))


def order_of(n: int) -> Any:
    """The n-th order: three lines, a buyer in four, two thirds sent, some refunded."""
    from integrations.commerce.normal_form import (
        AddressData,
        FulfillmentData,
        OrderData,
        OrderLineData,
        PaymentData,
        RefundData,
        StoreCustomerData,
    )

    at = BEGAN + timedelta(minutes=n)
    who = n // 4
    name = f"{NAMES[who % len(NAMES)]} {FAMILIES[who // 3 % len(FAMILIES)]}"
    email = f"buyer{who}@shopper.example"
    parcel = FulfillmentData(f"f{n}", "delivered", "DHL", f"JD0146{n:08d}", shipped_at=at)
    lines = tuple(
        OrderLineData(f"Linen shirt {k}", 1 + k, 2950, "Flax · S", f"SKU-{k}", f"{n}-{k}")
        for k in range(3)
    )
    order = OrderData(
        external_id=str(n), number=f"#{1000 + n}", placed_at=at, updated_at=at, currency="EUR",
        total_minor=17700, subtotal_minor=17700, financial_status="paid",
        fulfillment_status="unfulfilled", email=email, lines=lines,
        customer=StoreCustomerData(str(who), BEGAN, name, "en", (email,)),
        shipping_address=AddressData(name, street="Rua 1", postcode="4800", city="Guimarães",
                                     country_code="PT"),
        payments=(PaymentData(f"p{n}", "captured", 17700, "Visa •4242", at),),
    )  # fmt: skip
    if n % 3:
        order = replace(order, fulfillment_status="fulfilled", fulfillments=(parcel,))
    if n % 50 == 0:
        refund = RefundData(f"r{n}", 2950, at + timedelta(days=3), "Too small")
        order = replace(order, refunds=(refund,), financial_status="partially_refunded")
    return order


def main() -> None:
    """Print the three figures."""
    prepare()
    migrate_if_needed()
    count = int(os.environ.get("AFTERCARE_BENCH_TICKETS") or 0) or 1_000_000
    history = min(HISTORY, count)
    _history(history)
    _look_ups(count, history)


def _store() -> Any:
    from helpdesk.commands.people import first_organization
    from integrations.commerce.actions import create_store

    organization = first_organization("Linden & Loom", "bench")
    return create_store(organization, kind="annals", slug="annals", name="Annals")


def _history(count: int) -> None:
    """Read it in two lives; the first is killed in the middle of a page."""
    from helpdesk.bench.figure import Figure
    from integrations.commerce import backfill
    from integrations.commerce.connector import register_store
    from integrations.commerce.models import Backfill, Order

    register_store(Annals(count))
    store = _store()
    backfill.start(store)
    began = time.perf_counter()
    read = _life(store.pk, count, die_at=int(count * SHARE_BEFORE_KILL))
    Backfill.objects.update(lease_until=None)
    grown = max(read, _life(store.pk, count))
    seconds = time.perf_counter() - began
    run = Backfill.objects.get()
    wrong = abs(count - Order.objects.count()) + abs(count - run.done)
    Figure("backfill_orders_per_s", round(count / seconds, 1), "orders/s").print()
    Figure(
        "backfill_rss_mb", round(grown.most, 1), "MB", MOST_MB, round(grown.most / MOST_MB, 3)
    ).print()
    Figure("backfill_grown_mb", round(grown.by, 1), "MB").print()
    Figure("backfill_lost_or_doubled", wrong, "orders").print()


class Memory(NamedTuple):
    """How many MB a process had at most, and by how many it grew while it read."""

    most: float = 0.0
    by: float = 0.0


def _life(store_id: Any, count: int, *, die_at: int = 0) -> Memory:
    """Read on in a process of its own until it ends or dies; returns what memory it took."""
    asked = [sys.executable, "-m", "helpdesk.bench.stores", "read"]
    asked += [str(store_id), str(count), str(die_at)]
    said = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=False).stdout.split()  # noqa: S603 (our own module)
    return Memory(float(said[-2]), float(said[-1])) if said else Memory()


def _read_on(store_id: str, count: int, die_at: int) -> None:
    """What such a process does: a line per turn, by how many MB it has grown."""
    prepare()
    from integrations.commerce import backfill, doorbell
    from integrations.commerce.connector import register_store

    doorbell.ring_backfill = lambda *_, **__: None  # nobody listens
    register_store(Annals(count, die_at=die_at))
    start = _memory_mb()
    while backfill.go_on(uuid.UUID(store_id), seconds=5.0):
        sys.stdout.write(f"{_memory_mb()} {_memory_mb() - start}\n")
        sys.stdout.flush()


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _look_ups(count: int, history: int) -> None:
    from helpdesk.bench.figure import Figure, percentile
    from integrations.commerce.models import Store

    store = Store.objects.get()
    _fill(store, count)
    chance = random.Random(5)  # noqa: S311 (the same ones in each run)
    ways = [
        lambda n: f"#{1000 + n}",
        lambda n: str(1000 + n),
        lambda n: f"buyer{n // 4}@shopper.example",
        lambda n: f"jd0146{n - n % 3 + 1:08d}",
        lambda n: f"{NAMES[n // 4 % len(NAMES)]} {FAMILIES[n // 12 % len(FAMILIES)]}",
    ]
    from integrations.commerce.records import order_record
    from integrations.commerce.selectors import search_orders

    waited: list[float] = []
    for number in range(LOOK_UPS):
        text = ways[number % len(ways)](chance.randrange(count))
        began = time.perf_counter()
        found = search_orders(store.organization_id, text, limit=20)
        for each in found:
            order_record(each, BEGAN)
        waited.append((time.perf_counter() - began) * 1000)
        if not found:
            raise RuntimeError(f"“{text}” was not found")
    p95 = percentile(waited[20:], 0.95)
    Figure(
        "order_lookup_p95_ms_1m", round(p95, 1), "ms", LIMIT_MS, round(p95 / LIMIT_MS, 3)
    ).print()
    _panel(store, history)


def _panel(store: Any, history: int) -> None:
    """A customer's orders by the API, while the shop cannot be asked and copies are old."""
    from django.test import Client

    from helpdesk.accounts.actions import create_token, create_user
    from helpdesk.bench.figure import Figure, percentile
    from integrations.commerce import connections
    from integrations.commerce.connector import register_store
    from tickets.actions.customers import get_or_create_by_handle

    class Dead(Annals):
        def get_order(self, store: Any, external_id: str) -> Any:
            raise AssertionError("a request asked the shop")

    register_store(Dead(history))
    connections.connection_of(store)
    ana = create_user(
        store.organization, email="ana@lindenloom.example", password=uuid.uuid4().hex, name="Ana",
        role="agent",
    )  # fmt: skip
    client = Client(
        headers={"Authorization": f"Bearer {create_token(ana, 'bench')[1]}"},
        SERVER_NAME="127.0.0.1",  # the only host that a bench serves
    )
    waited = []
    for n in range(120):
        address = f"buyer{n * 37 % (history // 4)}@shopper.example"
        customer, _ = get_or_create_by_handle(
            store.organization_id, "email", address, is_verified=True
        )
        began = time.perf_counter()
        answer = client.get(f"/api/v1/customers/{customer.pk}/orders")
        waited.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200 or not answer.json()["orders"]:
            raise RuntimeError(f"the panel of {address} is empty")
    p95 = percentile(waited[20:], 0.95)
    share = round(p95 / PANEL_LIMIT_MS, 3)
    Figure("panel_p95_ms_down", round(p95, 1), "ms", PANEL_LIMIT_MS, share).print()


def _fill(store: Any, count: int) -> None:
    """As many orders as asked for: what was read, multiplied in the database."""
    from django.db import connection

    from integrations.commerce.models import Order

    have = Order.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        for shift in range(have, count, have):
            for statement in _statements(have):
                cursor.execute(statement, {"by": shift, "buyers": shift // 4})
        for table in ("order", "storecustomer", "storecontact", "orderline", "fulfillment"):
            cursor.execute(f"ANALYZE commerce_{table}")


_ID = "md5(%(by)s::text || '/' || {0}::text)::uuid"


def _columns(model: Any, **changed: str) -> tuple[str, str]:
    """The columns of a table, and what to select for them."""
    names = [each.column for each in model._meta.concrete_fields if each.name != "id" or
             model._meta.pk.get_internal_type() == "UUIDField"]  # fmt: skip
    quoted = [f'"{each}"' for each in names]
    return ", ".join(quoted), ", ".join(
        changed.get(name, quote) for name, quote in zip(names, quoted, strict=True)
    )


def _statements(have: int) -> list[str]:
    from integrations.commerce import models

    first = f"WHERE external_id::int < {have}"
    store_customer = _columns(
        models.StoreCustomer,
        id=_ID.format("id"),
        external_id="(external_id::int + %(buyers)s)::text",
    )
    contact = _columns(
        models.StoreContact,
        customer_id=_ID.format("customer_id"),
        value="'buyer' || (substring(value from 6 for position('@' in value) - 6)::int "
        "+ %(buyers)s) || '@shopper.example'",
    )
    order = _columns(
        models.Order,
        id=_ID.format("id"),
        external_id="(external_id::int + %(by)s)::text",
        number="'#' || (external_id::int + %(by)s + 1000)",
        number_key="(external_id::int + %(by)s + 1000)::text",
        customer_id=_ID.format("customer_id"),
        email="'buyer' || ((external_id::int + %(by)s) / 4) || '@shopper.example'",
        placed_at="placed_at + %(by)s * interval '1 minute'",
    )
    line = _columns(models.OrderLine, order_id=_ID.format("order_id"))
    parcel = _columns(
        models.Fulfillment,
        order_id=_ID.format("order_id"),
        tracking_number="'JD0146' || lpad((substring(tracking_number from 7)::int + %(by)s)::text,"
        " 8, '0')",
    )
    buyers = f"WHERE external_id::int < {have // 4}"
    old_orders = f"WHERE order_id IN (SELECT id FROM commerce_order {first})"  # noqa: S608 (ours)
    old_buyers = f"WHERE customer_id IN (SELECT id FROM commerce_storecustomer {buyers})"  # noqa: S608
    rows = [
        ("storecustomer", store_customer, buyers),
        ("storecontact", contact, old_buyers),
        ("order", order, first),
        ("orderline", line, old_orders),
        ("fulfillment", parcel, old_orders),
    ]
    return [
        f"INSERT INTO commerce_{table} ({names}) SELECT {values} FROM commerce_{table} {where}"  # noqa: S608
        for table, (names, values), where in rows
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        _read_on(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
