"""How long 500 active rules take to judge one event, its order read and all."""

from __future__ import annotations

import time
from typing import Any

from helpdesk.commands.environment import migrate_if_needed, prepare

BUDGET_MS = 5.0
RULES = 500
ROUNDS = 100


def main() -> None:
    """Print ``rules_500_p95_ms``: a message that comes in, judged by 500 rules of three to five
    conditions each (words, pattern, order, tags; none matches), in time of the processor, and
    ``rules_500_queries``: how many more queries than without these rules."""
    prepare()
    migrate_if_needed()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from helpdesk.bench.figure import Figure, compared, percentile
    from helpdesk.bench.macros import make_shop
    from helpdesk.events.dispatch import run_subscribers
    from helpdesk.events.models import Event
    from helpdesk.events.outbox import unit_of_work
    from helpdesk.events.subscribers import get_subscriber

    _, ticket, _ = make_shop()
    run_subscribers(ticket.organization_id)
    subscriber = get_subscriber("automation.rules")
    event = Event.objects.get(type="message.received", ticket_id=ticket.pk)
    with CaptureQueriesContext(connection) as none, unit_of_work():
        subscriber.handle(event)
    _make_rules(ticket.organization)
    with unit_of_work():
        subscriber.handle(event)
    with CaptureQueriesContext(connection) as all_of_them, unit_of_work():
        subscriber.handle(event)
    spent: list[float] = []
    for _ in range(ROUNDS):
        with unit_of_work():
            began = time.thread_time()
            subscriber.handle(event)
            spent.append((time.thread_time() - began) * 1000)
    judged = _judged_ms(ticket)
    compared("rules_500_judged_p95_ms", percentile(judged, 0.95), "ms", BUDGET_MS).print()
    compared("rules_500_p95_ms", percentile(spent, 0.95), "ms", BUDGET_MS).print()
    more = len(all_of_them) - len(none)
    Figure("rules_500_queries", more, "queries", 0).print()


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
