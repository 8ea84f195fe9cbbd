"""How long it takes to fill a macro for a ticket, reading the customer, their orders and all."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from helpdesk.commands.environment import migrate_if_needed, prepare

BUDGET_MS = 5.0
PREVIEW_BUDGET_MS = 100.0
ROUNDS = 40
BUYER = "mia@posteo.example"
ORDERS = 9
BODY = (
    "Hi {{ customer.first_name | default: 'there' }},\n\norder {{ order.number }} of "
    "{{ order.placed_at | date: 'long' }} ({{ order.total }}) left with {{ order.carrier }}: "
    "{{ order.tracking_url }}\n{% for line in order.lines %}{{ line.quantity }} × {{ line.title }}\n"
    "{% endfor %}{% if order.expected_on %}It should arrive by {{ order.expected_on }}.{% endif %} "
    "You have {{ loyalty.points | drop_sentence }} points.\n\n{{ agent.first_name }}"
)


def main() -> None:
    """Print ``macro_p95_ms`` (a macro, its order at hand) and ``macro_preview_p95_ms`` (with
    finding out which of the customer's orders is meant)."""
    prepare()
    migrate_if_needed()
    from automation.macros.render import render, render_for_agent
    from helpdesk.bench.figure import compared, percentile

    agent, ticket, macros = make_shop()
    whole: list[float] = []
    alone: list[float] = []
    for _ in range(ROUNDS):
        for macro in macros:
            began = time.perf_counter()
            found = render_for_agent(macro, ticket, user=agent)
            read = time.perf_counter()
            render(macro, ticket, user=agent, order=found.order, orders=found.orders)
            whole.append((read - began) * 1000)
            alone.append((time.perf_counter() - read) * 1000)
    compared("macro_p95_ms", percentile(alone, 0.95), "ms", BUDGET_MS).print()
    compared("macro_preview_p95_ms", percentile(whole, 0.95), "ms", PREVIEW_BUDGET_MS).print()


def make_shop() -> tuple[Any, Any, list[Any]]:
    """A shop with its default macros and a customer with several orders, as a ticket finds them."""
    from helpdesk.accounts.actions import create_user
    from helpdesk.commands.people import first_organization
    from helpdesk.lib.ids import new_id

    organization = first_organization("Linden & Loom", "bench")
    agent = create_user(
        organization,
        email="ana@lindenloom.example",
        password=new_id().hex,
        name="Ana Weber",
        role="agent",
    )
    _fill_with_orders(organization)
    return agent, _ask(organization), _macros_of(organization)


def _fill_with_orders(organization: Any) -> None:
    from helpdesk.lib.clock import now
    from integrations.commerce.actions import create_store, upsert_order
    from integrations.commerce.normal_form import FulfillmentData, OrderData, OrderLineData

    store = create_store(organization, kind="demo_store", slug="main", name="Bench")
    for index in range(ORDERS):
        placed_at = now() - timedelta(days=index + 1)
        parcel = FulfillmentData(
            external_id=f"p{index}",
            status="in_transit",
            carrier="Colissimo",
            tracking_number=f"6A1234567890{index}",
            shipped_at=placed_at,
        )
        order = OrderData(
            external_id=str(index),
            number=f"#10{index}2",
            placed_at=placed_at,
            updated_at=placed_at,
            currency="EUR",
            total_minor=16980,
            financial_status="paid",
            fulfillment_status="fulfilled",
            email=BUYER,
            lines=tuple(OrderLineData(f"Linen shirt {n}", 1, 4245) for n in range(4)),
            fulfillments=(parcel,),
        )
        upsert_order(store, order)


def _ask(organization: Any) -> Any:
    """The ticket of the customer who asks for one of the orders."""
    from integrations.email.channels import add_email_channel
    from tickets.actions.customers import get_or_create_by_handle
    from tickets.actions.receive import IncomingMessage, receive_on_new_ticket
    from tickets.models import Ticket

    channel = add_email_channel(organization, name="Help", address="help@lindenloom.example")
    customer, _ = get_or_create_by_handle(
        organization.pk, "email", BUYER, name="Mia Laurent", is_verified=True
    )
    message = receive_on_new_ticket(
        organization,
        IncomingMessage(
            customer=customer,
            channel=channel,
            subject="Where is it?",
            text="Hello, where is my order #1032?",
            from_address={"name": "Mia Laurent", "address": BUYER},
            external_id="1@posteo.example",
        ),
    )
    return Ticket.objects.select_related("customer").get(pk=message.ticket_id)


def _macros_of(organization: Any) -> list[Any]:
    from automation.macros.defaults import ensure_default_macros
    from automation.macros.edit import create_macro
    from automation.macros.models import Macro

    ensure_default_macros(organization)
    variants = [{"language": "en", "body": BODY}]
    create_macro(organization, {"name": "Everything", "variants": variants})
    return list(Macro.objects.filter(organization=organization))


if __name__ == "__main__":
    main()
