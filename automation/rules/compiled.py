"""The rules of an organization as the engine needs them: read once per change, kept in memory."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Sum

from automation.rules.deciding import Decide, compile_tree
from automation.rules.models import Mode, Rule
from helpdesk.events.outbox import current_unit


@dataclass(frozen=True)
class CompiledRule:
    """A rule that is switched on, or judges in the shadow."""

    id: uuid.UUID
    name: str
    version: int
    is_shadow: bool
    triggers: frozenset[str]
    wait: dict[str, str] | None
    conditions: dict[str, Any]
    actions: tuple[dict[str, Any], ...]
    else_actions: tuple[dict[str, Any], ...]
    stop_after: bool
    runs_on_automatic: bool
    once_per_ticket_hours: int
    limits: dict[str, int]
    decide: Decide | None = None
    """The conditions as a function; None where they cannot be read."""

    @classmethod
    def of(cls, rule: Rule) -> CompiledRule:
        return cls(
            rule.pk,
            rule.name,
            rule.live_version,
            rule.mode == Mode.SHADOW,
            frozenset(rule.triggers),
            rule.wait,
            rule.conditions,
            tuple(rule.actions),
            tuple(rule.else_actions),
            rule.stop_after,
            rule.runs_on_automatic,
            rule.once_per_ticket_hours,
            rule.limits,
            _compiled(rule.conditions),
        )


def _compiled(conditions: dict[str, Any]) -> Decide | None:
    try:
        return compile_tree(conditions)
    except (KeyError, TypeError, AttributeError):
        return None


_Stamp = tuple[int, int, datetime | None]
_kept: dict[uuid.UUID, tuple[_Stamp, list[CompiledRule]]] = {}
_lock = threading.Lock()


def active_rules(organization_id: uuid.UUID) -> list[CompiledRule]:
    """The active rules in their order; one small query per unit of work unless they changed."""
    unit = current_unit()
    seen = unit.kept if unit else {}
    rules: list[CompiledRule] | None = seen.get((Rule, organization_id))
    if rules is None:
        rules = seen[Rule, organization_id] = _read(organization_id)
    return rules


def _read(organization_id: uuid.UUID) -> list[CompiledRule]:
    stamp = _stamp_of(organization_id)
    with _lock:
        kept = _kept.get(organization_id)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    found = Rule.objects.filter(organization_id=organization_id, mode__in=[Mode.ON, Mode.SHADOW])
    rules = [CompiledRule.of(rule) for rule in found]
    with _lock:
        _kept[organization_id] = (stamp, rules)
    return rules


def _stamp_of(organization_id: uuid.UUID) -> _Stamp:
    row = Rule.objects.filter(organization_id=organization_id).aggregate(
        rules=Count("pk"), versions=Sum("version"), newest=Max("updated_at")
    )
    return row["rules"], row["versions"] or 0, row["newest"]
