"""How fast reports answer over a million tickets of three years.

``aftercare bench reports``; ``--tickets 100000`` for less. The rows that reports read are made by
the database itself; every report is asked over the last 30 days with their comparison, and the
overview over a year, too.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from helpdesk.commands.environment import migrate_if_needed, prepare

TICKETS = 1_000_000
ROUNDS = 10
_TICKETS = """
INSERT INTO automation_ticketfigures (ticket_id, organization_id, position, customer_id,
    channel_kind, team_id, agent_id, store_id, intent, tags, created_at, first_in_at, closed_at)
SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, %(organization)s, n,
    ('00000000-0000-4000-9000-' || lpad(to_hex(n / 4), 12, '0'))::uuid,
    (ARRAY['email', 'chat', 'instagram', 'whatsapp', 'form'])[1 + n %% 5], NULL,
    (%(agents)s::uuid[])[1 + n %% 40], NULL,
    (ARRAY['order_status', 'cancel_order', 'return_request', 'refund', ''])[1 + n %% 5],
    ARRAY['topic-' || n %% 40, 'kind-' || n %% 7],
    at, at, CASE WHEN n %% 100 > 1 THEN at + make_interval(mins => (30 + n::bigint * 7919 %% 4000)::int) END
FROM generate_series(1, %(count)s) AS n,
    LATERAL (SELECT now() - interval '1095 days' * (1 - n::float / %(count)s) AS at) AS a
"""
_CLOSINGS = """
INSERT INTO automation_closingfigures (figures_id, organization_id, number, closed_at, reopened_at,
    seconds, open_seconds, customer_messages, agent_messages, is_automated,
    of_channel_kind, of_agent_id, of_intent, of_tags)
SELECT ticket_id, organization_id, k, CASE WHEN k = 1 AND position %% 9 = 0
        THEN created_at + interval '10 minutes' ELSE closed_at END,
    CASE WHEN k = 1 AND position %% 9 = 0 THEN created_at + interval '20 minutes' END,
    extract(epoch FROM closed_at - created_at), extract(epoch FROM closed_at - created_at) / 3,
    1 + position %% 3, position %% 3, position %% 11 = 0, channel_kind, agent_id, intent, tags
FROM automation_ticketfigures, generate_series(1, 2) AS k
WHERE closed_at IS NOT NULL AND (k = 1 OR position %% 9 = 0)
"""
_MESSAGES = """
INSERT INTO automation_messagefigures (message_id, figures_id, organization_id, at, side, user_id,
    channel_kind, is_first, wait_seconds, wait_open_seconds,
    of_channel_kind, of_agent_id, of_intent, of_tags)
SELECT ('00000000-0000-4000-a00' || k || '-' || lpad(to_hex(position), 12, '0'))::uuid,
    ticket_id, organization_id, created_at + make_interval(mins => (k::bigint * position * 31 %% 900)::int),
    CASE WHEN k %% 2 = 0 THEN 'agent' ELSE 'customer' END,
    CASE WHEN k %% 2 = 0 THEN agent_id END, channel_kind, k = 2,
    CASE WHEN k %% 2 = 0 THEN 60 + position::bigint * 31 %% 50000 END,
    CASE WHEN k %% 2 = 0 THEN 60 + position::bigint * 31 %% 20000 END,
    channel_kind, agent_id, intent, tags
FROM automation_ticketfigures, generate_series(1, 4) AS k
"""


def main() -> None:
    """Print ``report_p95_ms_1m``: the slowest 5 % of all reports, each asked in turn."""
    prepare()
    migrate_if_needed()
    from helpdesk.bench.figure import Figure, percentile
    from helpdesk.bench.server import Client, served

    count = int(os.environ.get("AFTERCARE_BENCH_TICKETS") or TICKETS)
    token = _make(count)
    paths = [f"/api/v1/reports/{name}/figures?compare=1" for name in _names()]
    filtered = "/api/v1/reports/overview/figures?compare=1&channel=chat&hours=business"
    with served("web") as (port, _):
        client = Client(port, token)
        year = f"/api/v1/reports/overview/figures?from={_year_ago()}"
        for path in (*paths, filtered, year):
            client.get(path)
        taken = _asked(client, [*paths, filtered])
        of_year = _asked(client, [year])[year]
    for path, values in taken.items():
        print(f"{percentile(values, 0.95):8.1f} ms  {path}", file=sys.stderr)  # noqa: T201 (which)
    size = "1m" if count == TICKETS else str(count)
    every = [each for values in taken.values() for each in values]
    Figure(f"report_p95_ms_{size}", round(percentile(every, 0.95), 1), "ms", 500).print()
    Figure(f"report_year_ms_{size}", round(percentile(of_year, 0.95), 1), "ms").print()


def _asked(client: Any, paths: list[str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {path: [] for path in paths}
    for _ in range(ROUNDS):
        for path in paths:
            found[path].append(client.get(path)[0])
    return found


def _names() -> list[str]:
    from automation.reports.catalog import REPORTS

    return list(REPORTS)


def _year_ago() -> str:
    from datetime import timedelta

    from helpdesk.lib.clock import now

    return str((now() - timedelta(days=364)).date())


def _make(count: int) -> str:
    """A shop with so many rows in the read models; returns an admin's token."""
    from django.db import connection, transaction

    from helpdesk.accounts.actions import create_token, create_user
    from helpdesk.commands.people import first_organization
    from helpdesk.lib.ids import new_id

    organization = first_organization("Linden & Loom", "bench")
    agents = [
        create_user(
            organization,
            email=f"agent{n}@lindenloom.example",
            password=new_id().hex,
            name=f"Agent {n}",
            role="admin" if n == 0 else "agent",
        )
        for n in range(40)
    ]
    values: dict[str, Any] = {
        "organization": organization.pk,
        "agents": [each.pk for each in agents],
        "count": count,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_TICKETS, values)
        cursor.execute(_CLOSINGS % ())
        cursor.execute(_MESSAGES % ())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return create_token(agents[0], "bench")[1]


if __name__ == "__main__":
    main()
