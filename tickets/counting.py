"""How many tickets each view holds, quickly however many tickets there are.

Views of open and snoozed tickets are counted together in one pass over those few. Every other
view, and those that each person sees differently, are counted by themselves, by their own index
and no further than ``COUNT_LIMIT``: ``COUNT_LIMIT + 1`` means "more than that".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Q, QuerySet

from tickets.models import Status, Ticket

COUNT_LIMIT = 10_000
ALIVE = frozenset({Status.OPEN.value, Status.SNOOZED.value})


@dataclass(frozen=True)
class Asked:
    """What to count: conditions as a tree, and the same for SQL."""

    tree: dict[str, Any]
    condition: Q


def count_each(tickets: QuerySet[Ticket], asked: Mapping[str, Asked]) -> dict[str, int]:
    """The number of tickets for each name, in at most two queries."""
    alike = {name for name, each in asked.items() if _is_alive(each.tree)}
    counted = _together(tickets, {name: asked[name].condition for name in alike})
    apart = {name: each.condition for name, each in asked.items() if name not in alike}
    return counted | _one_by_one(tickets, apart)


def statuses_of(tree: Any) -> frozenset[str] | None:
    """The only statuses that tickets of this tree can have; None if it says nothing of them."""
    if "all" in tree:
        known = [each for each in map(statuses_of, tree["all"]) if each is not None]
        return frozenset.intersection(*known) if known else None
    if "any" in tree:
        each_of = [statuses_of(each) for each in tree["any"]]
        known = [each for each in each_of if each is not None]
        return frozenset().union(*known) if known and len(known) == len(each_of) else None
    if tree.get("field") == "ticket.status":
        if tree["operator"] == "is":
            return frozenset({tree["value"]})
        if tree["operator"] == "is_any_of":
            return frozenset(tree["value"])
    return None


def _is_alive(tree: dict[str, Any]) -> bool:
    """Whether only few tickets can be meant, and the same ones by everybody who looks."""
    statuses = statuses_of(tree) if tree else None
    return statuses is not None and statuses <= ALIVE and not _names_one_person(tree)


def _names_one_person(tree: Any) -> bool:
    """A person's own tickets have an index of their own."""
    if isinstance(tree, dict):
        is_own = tree.get("field") == "ticket.assignee" and tree.get("operator") == "is"
        return is_own or any(_names_one_person(each) for each in tree.get("all", ()))
    return False


def _together(tickets: QuerySet[Ticket], wanted: dict[str, Q]) -> dict[str, int]:
    if not wanted:
        return {}
    names = {f"n{index}": name for index, name in enumerate(wanted)}
    counts = {key: Count("pk", filter=wanted[name]) for key, name in names.items()}
    row = tickets.filter(status__in=sorted(ALIVE)).aggregate(**counts)
    return {name: row[key] for key, name in names.items()}


def _one_by_one(tickets: QuerySet[Ticket], wanted: dict[str, Q]) -> dict[str, int]:
    """Each by itself, all in one statement."""
    counted: dict[str, int] = {}
    parts: list[str] = []
    parameters: list[Any] = []
    names: list[str] = []
    for name, condition in wanted.items():
        found = tickets.filter(condition).order_by().values("pk")[: COUNT_LIMIT + 1]
        try:
            sql, given = found.query.sql_with_params()
        except EmptyResultSet:
            counted[name] = 0
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) AS found)")  # noqa: S608 (of the ORM)
        parameters += given
        names.append(name)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", parameters)
            counted |= dict(zip(names, cursor.fetchone(), strict=True))
    return counted
