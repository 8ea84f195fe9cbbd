"""Orders placed soon after somebody wrote to us: what support sold."""

from __future__ import annotations

from typing import Any

from django.db import connection

from automation.reports.frame import Frame, Json, Kind, ratio, table, tiles
from automation.reports.scope import Scope
from helpdesk.accounts.models import User

WITHIN_DAYS = 3
TILES = {
    "created": Kind("count", drill=True),
    "converted": Kind("count", "up", drill=True),
    "conversion": Kind("share", "up", of="created"),
    "orders": Kind("count", "up"),
    "revenue": Kind("money", "up", of="orders"),
}
ROWS = {"orders": Kind("count"), "converted": Kind("count"), "revenue": Kind("money")}
_SOLD = """
WITH sold AS (
    SELECT o.id, o.currency,
           o.total_minor - coalesce((SELECT sum(r.amount_minor) FROM commerce_refund r
                                     WHERE r.order_id = o.id), 0) AS net,
           (SELECT t.ticket_id FROM automation_ticketfigures t
            WHERE t.organization_id = o.organization_id AND t.created_at <= o.placed_at
              AND t.created_at >= o.placed_at - make_interval(days => %(within)s)
              AND t.customer_id IN (
                SELECT h.customer_id FROM tickets_handle h
                WHERE h.organization_id = o.organization_id AND h.is_verified
                  AND ((h.kind = 'email' AND o.email <> '' AND h.value = lower(o.email))
                    OR (h.kind = 'phone' AND o.phone <> '' AND h.value = o.phone)))
            ORDER BY t.created_at DESC, t.ticket_id DESC LIMIT 1) AS ticket_id
    FROM commerce_order o
    WHERE o.organization_id = %(organization)s AND o.cancelled_at IS NULL
      AND o.placed_at >= %(begin)s AND o.placed_at < %(end)s
)
SELECT {columns}
FROM sold s JOIN automation_ticketfigures t ON t.ticket_id = s.ticket_id
WHERE (%(channel)s::text IS NULL OR t.channel_kind = %(channel)s)
  AND (%(team)s::uuid IS NULL OR t.team_id = %(team)s)
  AND (%(agent)s::uuid IS NULL OR t.agent_id = %(agent)s)
  AND (%(tag)s::text IS NULL OR t.tags @> ARRAY[%(tag)s]::varchar[])
  AND (%(store)s::uuid IS NULL OR t.store_id = %(store)s)
"""
_SQL = (
    _SOLD.format(
        columns="s.currency, t.agent_id, count(*), count(DISTINCT s.ticket_id), sum(s.net)"
    )
    + "GROUP BY GROUPING SETS ((s.currency, t.agent_id), ())"
)
"""By currency and agent, and a row without either for all: a ticket may lead to two currencies."""


def orders(scope: Scope, *, compare: bool) -> Frame:
    """Sales net of refunds, for the customer's newest ticket before the order.

    Money stands in the currency that most of it is in; other currencies are rows of the table.
    """
    rows, converted = _sold(scope)
    currency = _main_currency(rows)
    figures = _figures(scope, rows, converted, currency)
    earlier = None
    if compare:
        earlier = _figures(scope.before(), *_sold(scope.before()), currency)
    told = tiles(TILES, figures, earlier)
    told[-1]["currency"] = currency
    return Frame(
        tiles=told,
        tables=[
            table(
                "currencies", ROWS, [(each, each, _sum(rows, each)) for each in _currencies(rows)]
            ),
            table("agents", ROWS, _agents(scope, rows, currency)),
        ],
    )


def _sold(scope: Scope) -> tuple[list[tuple[Any, ...]], int]:
    """Rows of (currency, agent, orders, tickets, net), and how many tickets they are in all."""
    rows = _rows(_SQL, scope)
    converted = sum(row[3] for row in rows if row[0] is None)
    return [row for row in rows if row[0] is not None], converted


def tickets_that_sold(scope: Scope) -> list[Any]:
    """Ids of the tickets that led to an order."""
    return [row[0] for row in _rows(_SOLD.format(columns="DISTINCT s.ticket_id"), scope)]


def _rows(sql: str, scope: Scope) -> list[tuple[Any, ...]]:
    wanted = scope.filters
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "within": WITHIN_DAYS,
                "organization": scope.organization.pk,
                "begin": scope.period.begin,
                "end": scope.period.end,
                "channel": wanted.channel,
                "team": wanted.team,
                "agent": wanted.agent,
                "tag": wanted.tag,
                "store": wanted.store,
            },
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _figures(
    scope: Scope, rows: list[tuple[Any, ...]], converted: int, currency: str | None
) -> Json:
    created = scope.created().count()
    return {
        "created": created,
        "converted": converted,
        "conversion": ratio(converted, created),
        "orders": sum(row[2] for row in rows),
        "revenue": _sum(rows, currency)["revenue"],
    }


def _currencies(rows: list[tuple[Any, ...]]) -> list[str]:
    return sorted({row[0] for row in rows}, key=lambda each: (-_sum(rows, each)["orders"], each))


def _main_currency(rows: list[tuple[Any, ...]]) -> str | None:
    return next(iter(_currencies(rows)), None)


def _sum(rows: list[tuple[Any, ...]], currency: str | None) -> Json:
    mine = [row for row in rows if row[0] == currency]
    return {
        "orders": sum(row[2] for row in mine),
        "converted": sum(row[3] for row in mine),
        "revenue": int(sum(row[4] for row in mine)),
    }


def _agents(
    scope: Scope, rows: list[tuple[Any, ...]], currency: str | None
) -> list[tuple[str, str, Json]]:
    """In the main currency; whoever may not see each colleague's figures sees their own."""
    names = dict(User.objects.filter(organization=scope.organization).values_list("pk", "name"))
    by_agent = {row[1]: row for row in rows if row[0] == currency and row[1] in names}
    order = sorted(by_agent, key=lambda each: (-by_agent[each][4], str(each)))
    return [
        (str(each), names[each], _sum([by_agent[each]], currency))
        for each in order
        if scope.can_see_all or each == scope.reader.pk
    ]
