"""Records of rules and their runs for the API."""

from __future__ import annotations

from typing import Any

from automation.rules.actions import describe_actions
from automation.rules.models import Rule, RuleRun
from automation.rules.summary import summary_of
from helpdesk.lib.clock import iso


def rule_record(rule: Rule) -> dict[str, Any]:
    """The whole rule; ``run_count`` counts the last seven days where the selector did."""
    described = describe_actions(rule.actions)
    return {
        "id": str(rule.pk),
        "key": rule.key or None,
        "name": rule.name,
        "description": rule.description,
        "summary": summary_of(rule),
        "triggers": rule.triggers,
        "conditions": rule.conditions,
        "actions": [
            {**action, "description": words["description"]}
            for action, words in zip(rule.actions, described, strict=False)
        ],
        "is_active": rule.is_active,
        "stop_after": rule.stop_after,
        "runs_on_automatic": rule.runs_on_automatic,
        "once_per_ticket_hours": rule.once_per_ticket_hours,
        "position": rule.position,
        "version": rule.version,
        "updated_at": iso(rule.updated_at),
        "run_count": getattr(rule, "run_count", 0),
        "failed_count": getattr(rule, "failed_count", 0),
    }


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
        "reason": run.reason,
        "is_match": run.is_match,
        "trace": run.trace,
        "actions": run.actions,
    }
