"""Records of rules and their runs for the API."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from automation.rules.actions import describe_actions
from automation.rules.definition import (
    definition_of,
    digest_of,
    is_dangerous,
    safety_of,
    unsaved_rule,
)
from automation.rules.models import DryRun, DryRunState, Rule, RuleRun, RunOutcome
from automation.rules.summary import summary_of
from helpdesk.lib.clock import iso, now

COUNTED_DAYS = 7
LONG_DAYS = 30
PROOF_HOLDS = timedelta(hours=24)
"""How long a dry run opens the publish gate."""
FAILED = (RunOutcome.PARTLY, RunOutcome.ERROR)


@dataclass
class Stats:
    """How often a rule ran in the last 7 and 30 days; ``per_day`` ends with today (UTC)."""

    runs_30d: int = 0
    matched_30d: int = 0
    runs: int = 0
    matched: int = 0
    failed: int = 0
    failed_24h: int = 0
    per_day: list[int] = field(default_factory=lambda: [0] * COUNTED_DAYS)


def rule_record(rule: Rule) -> dict[str, Any]:
    """The whole rule with its draft and how it fared lately."""
    return rule_records([rule])[0]


def rule_records(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Records of rules of one organization, in a few queries for all of them."""
    if not rules:
        return []
    stats = _stats_of([each.pk for each in rules])
    tried = tried_digests(rules[0].organization_id)
    return [_record(each, stats.get(each.pk) or Stats(), tried) for each in rules]


def tried_digests(organization_id: uuid.UUID) -> set[str]:
    """The definitions whose dry run still opens the publish gate."""
    done = DryRun.objects.filter(
        organization_id=organization_id,
        state=DryRunState.DONE,
        finished_at__gte=now() - PROOF_HOLDS,
        over__has_any_keys=["last", "days"],
    )
    return set(done.values_list("digest", flat=True).distinct())


def draft_record(rule: Rule) -> dict[str, Any] | None:
    """What is being worked on; None where nothing is."""
    if rule.draft is None:
        return None
    return {
        "definition": rule.draft,
        "summary": summary_of(unsaved_rule(rule.organization_id, rule.draft)),
        "based_on": rule.draft_from,
        "revision": rule.draft_revision,
        "by": rule.draft_by.name if rule.draft_by else "",
        "by_id": str(rule.draft_by_id) if rule.draft_by_id else None,
        "at": iso(rule.draft_at),
    }


def _record(rule: Rule, stats: Stats, tried: set[str]) -> dict[str, Any]:
    newest = rule.draft if rule.draft is not None else definition_of(rule)
    return {
        "id": str(rule.pk),
        "key": rule.key or None,
        "name": rule.name,
        "description": rule.description,
        "summary": summary_of(rule),
        "triggers": rule.triggers,
        "wait": rule.wait,
        "schedule": rule.schedule,
        "conditions": rule.conditions,
        "actions": _described(rule.actions),
        "else_actions": _described(rule.else_actions),
        "mode": rule.mode,
        "is_active": rule.is_active,
        "stop_after": rule.stop_after,
        "runs_on_automatic": rule.runs_on_automatic,
        "once_per_ticket_hours": rule.once_per_ticket_hours,
        "limits": rule.limits,
        "position": rule.position,
        "version": rule.version,
        "live_version": rule.live_version,
        "draft": draft_record(rule),
        "draft_revision": rule.draft_revision,
        "safety": safety_of(newest),
        "needs_test": is_dangerous(newest) and digest_of(newest) not in tried,
        "paused_at": iso(rule.paused_at),
        "paused_reason": rule.paused_reason,
        "next_at": iso(rule.next_at),
        "updated_at": iso(rule.updated_at),
        "run_count": stats.runs,
        "failed_count": stats.failed,
        "stats": {
            "runs_7d": stats.runs,
            "matched_7d": stats.matched,
            "runs_30d": stats.runs_30d,
            "matched_30d": stats.matched_30d,
            "failed_24h": stats.failed_24h,
            "per_day": stats.per_day,
        },
    }


def _described(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**action, "description": words["description"]}
        for action, words in zip(actions, describe_actions(actions), strict=False)
    ]


def _stats_of(rule_ids: list[uuid.UUID]) -> dict[uuid.UUID | None, Stats]:
    at = now()
    today = at.date()
    rows = (
        RuleRun.objects.filter(rule__in=rule_ids, at__gte=at - timedelta(days=LONG_DAYS))
        .annotate(day=TruncDate("at"))
        .order_by()
        .values("rule_id", "day")
        .annotate(
            runs=Count("pk"),
            matched=Count("pk", filter=Q(is_match=True)),
            failed=Count("pk", filter=Q(outcome__in=FAILED)),
            failed_24h=Count("pk", filter=Q(outcome__in=FAILED, at__gte=at - timedelta(hours=24))),
        )
    )
    found: dict[uuid.UUID | None, Stats] = {}
    for row in rows:
        stats = found.setdefault(row["rule_id"], Stats())
        stats.runs_30d += row["runs"]
        stats.matched_30d += row["matched"]
        stats.failed_24h += row["failed_24h"]
        ago = (today - row["day"]).days
        if ago >= COUNTED_DAYS:
            continue
        stats.runs += row["runs"]
        stats.matched += row["matched"]
        stats.failed += row["failed"]
        if ago >= 0:
            stats.per_day[COUNTED_DAYS - 1 - ago] = row["runs"]
    return found


def run_record(run: RuleRun) -> dict[str, Any]:
    """The whole run with its explanation."""
    return {
        "id": str(run.pk),
        "rule_id": str(run.rule_id) if run.rule_id else None,
        "rule_name": run.rule_name,
        "rule_version": run.rule_version,
        "ticket_id": str(run.ticket_id),
        "ticket_number": run.ticket.number,
        "message_id": str(run.message_id) if run.message_id else None,
        "at": iso(run.at),
        "outcome": run.outcome,
        "branch": run.branch,
        "reason": run.reason,
        "is_match": run.is_match,
        "trace": run.trace,
        "actions": run.actions,
        "duration_ms": run.duration_ms,
        "can_undo": bool(run.changed) and run.undone_at is None,
        "undone_at": iso(run.undone_at),
        "undone_by": run.undone_by.name if run.undone_by else None,
    }
