"""How long 500 active rules take to judge one event, its order read and all."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from helpdesk.commands.environment import migrate_if_needed, prepare

BUDGET_MS = 5.0
RULES = 500
ROUNDS = 40
BATCH = 25
"""As many events as the dispatcher handles in one transaction."""
ORDERS_EACH = 3


def main() -> None:
    """Print ``rules_500_p95_ms``: messages that come in, each judged by 500 rules of three to five
    conditions (words, pattern, order, tags; none matches), in batches as the dispatcher makes them,
    reading the tickets, the messages and the orders of their customers; in time of the processor.

    ``rules_500_judged_p95_ms`` are the rules alone, ``rules_500_alone_p95_ms`` one event in a batch
    of its own, ``rules_500_queries`` how many more queries than without these rules.
    """
    prepare()
    migrate_if_needed()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from helpdesk.bench.figure import Figure, compared, percentile
    from helpdesk.bench.macros import make_shop
    from helpdesk.events.dispatch import run_subscribers
    from helpdesk.events.models import Event
    from helpdesk.lib.memory import give_back

    _, ticket, _ = make_shop()
    _receive_more(ticket)
    run_subscribers(ticket.organization_id)
    events = list(Event.objects.filter(type="message.received").order_by("seq")[:BATCH])
    with CaptureQueriesContext(connection) as none:
        _handle(events)
    _make_rules(ticket.organization)
    _handle(events)
    with CaptureQueriesContext(connection) as all_of_them:
        _handle(events)
    give_back()
    together = [_spent_ms(events) / BATCH for _ in range(ROUNDS)]
    alone = [_spent_ms(events[:1]) for _ in range(ROUNDS)]
    judged = _judged_ms(ticket)
    compared("rules_500_p95_ms", percentile(together, 0.95), "ms", BUDGET_MS).print()
    Figure("rules_500_judged_p95_ms", round(percentile(judged, 0.95), 2), "ms", None).print()
    Figure("rules_500_alone_p95_ms", round(percentile(alone, 0.95), 2), "ms", None).print()
    more = len(all_of_them) - len(none)
    Figure("rules_500_queries", more, "queries", 0).print()


def _handle(events: list[Any]) -> None:
    """What the dispatcher does with a batch."""
    from helpdesk.events.outbox import unit_of_work
    from helpdesk.events.subscribers import get_subscriber

    subscriber = get_subscriber("automation.rules")
    with unit_of_work():
        if subscriber.prepare is not None:
            subscriber.prepare(events)
        for event in events:
            subscriber.handle(event)


def _spent_ms(events: list[Any]) -> float:
    began = time.thread_time()
    _handle(events)
    return (time.thread_time() - began) * 1000


def _receive_more(ticket: Any) -> None:
    """More customers with orders of their own, who write as well."""
    from helpdesk.lib.clock import now
    from integrations.commerce.models import Order, Store
    from tickets.actions.customers import get_or_create_by_handle
    from tickets.actions.receive import IncomingMessage, receive_on_new_ticket

    organization, placed_at = ticket.organization, now() - timedelta(days=9)
    store = Store.objects.get(organization=organization)
    for n in range(BATCH - 1):
        email = f"c{n}@posteo.example"
        customer, _ = get_or_create_by_handle(
            organization.pk, "email", email, name=f"C {n}", is_verified=True
        )
        Order.objects.bulk_create(
            Order(
                organization=organization, store=store, external_id=f"{n}-{each}", email=email,
                number=f"#{n}{each}7", number_key=f"{n}{each}7", placed_at=placed_at,
                total_minor=5000, currency="EUR", source_updated_at=placed_at, as_of=placed_at,
                financial_status="paid", fulfillment_status="fulfilled",
            )
            for each in range(ORDERS_EACH)
        )  # fmt: skip
        receive_on_new_ticket(
            organization,
            IncomingMessage(
                customer=customer, channel=ticket.channel, subject="The blue one",
                text=f"Hello, does the shirt of #{n}17 come in blue, too? I like it a lot.",
                from_address={"name": f"C {n}", "address": email}, external_id=f"m{n}@posteo.example",
            ),
        )  # fmt: skip


def _judged_ms(ticket: Any) -> list[float]:
    """The rules alone, what they ask for being read already."""
    from automation.rules.compiled import active_rules
    from automation.rules.snapshot import Snapshot
    from helpdesk.events.outbox import unit_of_work
    from helpdesk.lib.clock import now
    from tickets.models import Message

    message = Message.objects.select_related("body").get(ticket=ticket, position=1)
    snapshot = Snapshot(ticket, message, at=now())
    with unit_of_work():
        rules = active_rules(ticket.organization_id)
    spent: list[float] = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        for rule in rules:
            if rule.decide is not None:
                rule.decide(snapshot.get, {}, snapshot.at)
        spent.append((time.thread_time() - began) * 1000)
    return spent


def _make_rules(organization: Any) -> None:
    from automation.rules.models import Rule

    Rule.objects.bulk_create(
        Rule(
            organization=organization,
            name=f"Rule {number}",
            triggers=["message.received"],
            conditions=_conditions(number),
            actions=[{"type": "add_tags", "params": {"tags": [f"tag {number}"]}}],
            position=number,
            live_version=1,
        )
        for number in range(RULES)
    )


def _conditions(number: int) -> dict[str, Any]:
    """Read almost to the end, as rules are that are about the same kind of message."""
    last: list[dict[str, Any]] = [
        {"field": "message.text", "operator": "has_word_of", "value": [f"word{number}", "nothing"]},
        {"field": "message.text", "operator": "matches", "value": rf"\bword\s*{number}\b"},
        {"field": "order.is_fulfilled", "operator": "is", "value": False},
        {"field": "ticket.tags", "operator": "contains_any_of", "value": [f"tag{number}"]},
        {"any": [
            {"field": "order.placed_at", "operator": "longer_ago_than", "value": "300d"},
            {"field": "customer.is_vip", "operator": "is", "value": True},
        ]},
    ]  # fmt: skip
    return {
        "all": [
            {"field": "message.direction", "operator": "is", "value": "in"},
            {"field": "ticket.status", "operator": "is_any_of", "value": ["open", "snoozed"]},
            {"field": "order.is_cancelled", "operator": "is", "value": False},
            last[number % len(last)],
        ]
    }


if __name__ == "__main__":
    main()
