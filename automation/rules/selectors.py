"""Reads of rules and their runs, from the person who asks."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from automation.rules.models import Rule, RuleRun
from automation.rules.records import FAILED
from helpdesk.accounts.models import User
from helpdesk.accounts.selectors import hidden_teams_of
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.pagination import Page, decode_cursor, encode_cursor
from tickets.models import Ticket


def rules_of(user: User) -> list[Rule]:
    """All rules in the order they run."""
    found = Rule.objects.filter(organization_id=user.organization_id)
    return list(found.select_related("draft_by"))


def get_rule(user: User, rule_id: uuid.UUID) -> Rule:
    """The rule; raises NotFound."""
    found = Rule.objects.filter(organization_id=user.organization_id, pk=rule_id)
    rule = found.select_related("draft_by").first()
    if rule is None:
        raise NotFound("There is no such rule.")
    return rule


def get_run(user: User, run_id: uuid.UUID) -> RuleRun:
    """The run; raises NotFound."""
    run = _runs_of(user).filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run, or it is older than runs are kept.")
    return run


def runs_of_rule(
    user: User, rule: Rule, *, after: str | None, limit: int, is_failed: bool = False
) -> Page[RuleRun]:
    """Runs of the rule, newest first; ``is_failed``: only those in which something went wrong."""
    runs = _runs_of(user).filter(rule=rule)
    return _page(runs.filter(outcome__in=FAILED) if is_failed else runs, after, limit)


def runs_of_ticket(user: User, ticket: Ticket, *, after: str | None, limit: int) -> Page[RuleRun]:
    """Runs on the ticket, newest first."""
    return _page(_runs_of(user).filter(ticket=ticket), after, limit)


def _runs_of(user: User) -> QuerySet[RuleRun]:
    found = RuleRun.objects.filter(organization_id=user.organization_id).select_related(
        "ticket", "undone_by"
    )
    hidden = hidden_teams_of(user)
    return found.exclude(ticket__team_id__in=hidden) if hidden else found


def _page(runs: QuerySet[RuleRun], after: str | None, limit: int) -> Page[RuleRun]:
    if after:
        at, run_id = _position(decode_cursor(after, 2))
        runs = runs.filter(Q(at__lt=at) | Q(at=at, pk__lt=run_id))
    rows = list(runs.order_by("-at", "-pk")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = encode_cursor([rows[-1].at.isoformat(), str(rows[-1].pk)]) if more else None
    return Page(rows, cursor)


def _position(values: list[Any]) -> tuple[datetime, uuid.UUID]:
    try:
        return datetime.fromisoformat(str(values[0])), uuid.UUID(str(values[1]))
    except ValueError as error:
        raise InvalidInput.field("after", "This page cursor is not valid.") from error
