"""How long a dry run takes over 20,000 tickets of the last 90 days, orders rewound and all."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

from helpdesk.commands.environment import migrate_if_needed, prepare

BUDGET_S = 30.0
TICKETS, CUSTOMERS, DAYS = 20_000, 5_000, 89
TEXTS = (
    ("cancel_order", "Please cancel my order, I ordered twice."),
    ("order_status", "Where is my parcel? It should have been here on Monday."),
    ("product_question", "Does the linen shirt come in green, and how does it wash?"),
)


def main() -> None:
    """Print ``dryrun_20k_s``: the rule of the gallery for urgent cancellations (a third of the
    messages want to cancel; half of the customers have an order) tried over 90 days, beside a
    live version, in time by the clock, and how often its progress moved."""
    prepare()
    migrate_if_needed()
    from automation.rules import time_machine
    from automation.rules.gallery.installing import install_template
    from automation.rules.models import DryRunState, Rule
    from helpdesk.bench.figure import Figure, compared
    from helpdesk.bench.macros import make_shop

    agent, ticket, _ = make_shop()
    rule = install_template(ticket.organization, "urgent-cancellation", user=agent)
    live = Rule.objects.get(pk=rule.pk)
    _fill(ticket)
    run = time_machine.begin(agent, rule.draft, {"days": 90}, rule=live)
    began, steps = time.perf_counter(), 1
    while time_machine.go_on(run.pk, seconds=1):
        steps += 1
    seconds = time.perf_counter() - began
    run.refresh_from_db()
    if run.state != DryRunState.DONE or run.seen <= TICKETS:
        raise SystemExit(f"{run.state}: {run.reason} ({run.seen} seen)")
    compared("dryrun_20k_s", seconds, "s", BUDGET_S).print()
    Figure("dryrun_20k_matched", run.matched, "moments", None).print()
    Figure("dryrun_20k_steps", steps, "times the progress moved", None).print()


def _fill(ticket: Any) -> None:
    """So many tickets with one message each, and the events that a rule would have heard."""
    from helpdesk.events.models import Event
    from helpdesk.lib.clock import iso, now
    from helpdesk.lib.ids import new_id
    from tickets.models import Message, MessageBody, Ticket

    customers = _customers(ticket)
    like = Event.objects.get(type="message.received", ticket_id=ticket.pk)
    last = Event.objects.filter(organization=ticket.organization).order_by("-seq").first()
    first_seq, first_number = (last.seq if last else 0) + 1, ticket.number + 1
    tickets, messages, bodies, events = [], [], [], []
    for n in range(TICKETS):
        at = now() - timedelta(days=DAYS * (1 - n / TICKETS))
        customer, (intent, text) = customers[n % CUSTOMERS], TEXTS[n % len(TEXTS)]
        shared = {"organization_id": ticket.organization_id, "channel_id": ticket.channel_id,
                  "customer": customer, "intent": intent, "language": "en"}  # fmt: skip
        ticket_id, message_id = new_id(), new_id()
        moments = {"created_at": at, "last_message_at": at}
        tickets.append(
            Ticket(id=ticket_id, number=first_number + n, subject="My order", **shared, **moments)
        )
        messages.append(
            Message(id=message_id, ticket_id=ticket_id, position=1, kind="customer", direction="in",
                    is_sender_verified=True, created_at=at, **shared)
        )  # fmt: skip
        bodies.append(MessageBody(message_id=message_id, text=text))
        said = {**like.payload["ticket"], "id": str(ticket_id), "number": first_number + n,
                "customer_id": str(customer.pk), "created_at": iso(at), "last_message_at": iso(at)}  # fmt: skip
        events.append(
            Event(organization_id=ticket.organization_id, seq=first_seq + n, type=like.type,
                  version=like.version, object_type="message", object_id=message_id, at=at,
                  ticket_id=ticket_id, payload={**like.payload, "ticket": said}, actor=like.actor)
        )  # fmt: skip
    Ticket.objects.bulk_create(tickets, batch_size=2000)
    Message.objects.bulk_create(messages, batch_size=2000)
    MessageBody.objects.bulk_create(bodies, batch_size=2000)
    Event.objects.bulk_create(events, batch_size=2000)


def _customers(ticket: Any) -> list[Any]:
    """Every second has an order of the last four months, sent after three days."""
    from helpdesk.lib.clock import now
    from integrations.commerce.models import Order, Store
    from tickets.models import Customer, Handle

    organization = ticket.organization
    store = Store.objects.get(organization=organization)
    customers = [Customer(organization=organization, name=f"C {n}") for n in range(CUSTOMERS)]
    Customer.objects.bulk_create(customers)
    Handle.objects.bulk_create(
        Handle(organization=organization, customer=each, value=f"c{n}@posteo.example",
               is_verified=True)
        for n, each in enumerate(customers)
    )  # fmt: skip
    Order.objects.bulk_create(
        Order(organization=organization, store=store, external_id=str(uuid.uuid4()),
              number=f"#{n}", number_key=str(n), email=f"c{n}@posteo.example", currency="EUR",
              placed_at=now() - timedelta(days=n % 120), total_minor=5000,
              source_updated_at=now(), as_of=now(),
              financial_status="paid", fulfillment_status="unfulfilled")
        for n in range(0, CUSTOMERS, 2)
    )  # fmt: skip
    return customers


if __name__ == "__main__":
    main()
