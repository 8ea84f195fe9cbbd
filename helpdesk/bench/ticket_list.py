"""How fast the ticket list answers over HTTP at 10,000 tickets, and page 200 against page 1."""

from __future__ import annotations

import json
import random
from datetime import timedelta

from helpdesk.commands.environment import migrate_if_needed, prepare

TICKETS = 10_000
ROUNDS = 120
DEEP_PAGES = 199


def main() -> None:
    """Print ``list_p95_ms_10k`` and ``list_deep_vs_first``."""
    prepare()
    migrate_if_needed()
    from helpdesk.bench.figure import Figure, compared, percentile
    from helpdesk.bench.server import Client, served

    token = make_tickets(TICKETS)
    with served("web") as (port, _):
        client = Client(port, token)
        path = "/api/v1/tickets?view=all&limit=50"
        for _ in range(10):
            client.get(path)
        alive = [client.get("/healthz")[0] for _ in range(ROUNDS)]
        first = [client.get(path)[0] for _ in range(ROUNDS)]
        deep_path = f"{path}&after={_cursor_of_page(client, path)}"
        deep = [client.get(deep_path)[0] for _ in range(ROUNDS)]
    compared("list_p95_ms_10k", percentile(first, 0.95), "ms", percentile(alive, 0.95)).print()
    middle, middle_deep = percentile(first, 0.5), percentile(deep, 0.5)
    Figure(
        "list_deep_vs_first",
        round(middle_deep / middle, 3),
        "ratio",
        round(middle, 2),
        round(middle_deep / middle, 3),
    ).print()


def _cursor_of_page(client, path: str) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """The cursor behind page 199: what page 200 is asked with."""
    cursor = ""
    for _ in range(DEEP_PAGES):
        page = json.loads(client.get(f"{path}&after={cursor}" if cursor else path)[1])
        if not page["next"]:
            break
        cursor = page["next"]
    return cursor


def make_tickets(count: int) -> str:
    """An organization with so many open tickets of its own customers; returns an API token."""
    from helpdesk.accounts.actions import create_token, create_user
    from helpdesk.commands.people import first_organization
    from helpdesk.lib.clock import now
    from helpdesk.lib.ids import new_id
    from integrations.email.channels import add_email_channel
    from tickets.models import Customer, Handle, Ticket

    chance = random.Random(11)  # noqa: S311 (the same tickets in every run)
    organization = first_organization("Linden & Loom", "bench")
    channel = add_email_channel(organization, name="Help", address="help@lindenloom.example")
    user = create_user(
        organization, email="ana@lindenloom.example", password=new_id().hex, role="admin"
    )
    customers = Customer.objects.bulk_create(
        [Customer(organization=organization, name=f"Shopper {n}") for n in range(count // 4)]
    )
    Handle.objects.bulk_create(
        Handle(organization=organization, customer=each, value=f"s{n}@posteo.example")
        for n, each in enumerate(customers)
    )
    Ticket.objects.bulk_create(
        [
            Ticket(
                organization=organization,
                number=n + 1,
                subject=f"Where is my order #{1000 + n}?",
                snippet="It says delivered, but nothing arrived. " * 3,
                customer=chance.choice(customers),
                channel=channel,
                priority="urgent" if n % 200 == 0 else "normal",
                tags=["wismo"] if n % 3 else ["cancellation", "vip"],
                assignee=user if n % 5 == 0 else None,
                last_message_direction="in",
                last_message_at=now() - timedelta(minutes=chance.randint(1, 60 * 24 * 60)),
                message_count=3,
                last_position=3,
            )
            for n in range(count)
        ],
        batch_size=1000,
    )
    _, token = create_token(user, "bench")
    return token


if __name__ == "__main__":
    main()
