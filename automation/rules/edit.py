"""Every write to rules; all of it is checked before it is stored."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Max

from automation.rules.actions import clean_actions
from automation.rules.fields import check_conditions
from automation.rules.models import Rule
from automation.rules.triggers import TRIGGERS
from helpdesk.accounts.models import Organization, User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, FieldError, InvalidInput

MAX_RULES = 500
_PLAIN = (
    "name",
    "description",
    "is_active",
    "stop_after",
    "runs_on_automatic",
    "once_per_ticket_hours",
    "position",
)


def create_rule(
    organization: Organization, fields: dict[str, Any], *, user: User | None = None, key: str = ""
) -> Rule:
    """A new rule at the end of the order; raises InvalidInput naming every wrong field."""
    for name in ("name", "triggers", "conditions", "actions"):
        if name not in fields:
            raise InvalidInput.field(name, "This is needed.", code="required")
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        if Rule.objects.filter(organization=organization).count() >= MAX_RULES:
            raise InvalidInput.field("name", f"There can be at most {MAX_RULES} rules.")
        rule = Rule(organization=organization, key=key, position=_last_position(organization) + 1)
        _set(rule, fields)
        rule.save(force_insert=True)
        _record(rule)
    return rule


def change_rule(
    rule: Rule, fields: dict[str, Any], *, user: User | None = None, version: int | None = None
) -> Rule:
    """Change the named fields; the version rises by one.

    Raises InvalidInput naming every wrong field, Conflict when ``version`` is given and somebody
    saved the rule since.
    """
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        rule = Rule.objects.select_for_update(no_key=True).get(pk=rule.pk)
        if version is not None and version != rule.version:
            raise Conflict(
                f"This rule was saved as version {rule.version} while you were editing.",
                code="version_conflict",
            )
        _set(rule, fields)
        rule.version += 1
        rule.updated_at = now()
        rule.save()
        _record(rule)
    return rule


def delete_rule(rule: Rule, *, user: User | None = None) -> None:
    """Remove the rule; its runs stay readable."""
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        _record(rule, is_deleted=True)
        Rule.objects.filter(
            organization_id=rule.organization_id, position__gt=rule.position
        ).update(position=F("position") - 1, updated_at=now())
        rule.delete()


def draft_of(organization: Organization, fields: dict[str, Any]) -> Rule:
    """A rule that is checked but not stored, for a dry run; raises InvalidInput."""
    rule = Rule(organization=organization)
    _set(rule, {"name": "Draft", "triggers": ["message.received"], "actions": [], **fields})
    return rule


def _set(rule: Rule, fields: dict[str, Any]) -> None:
    errors: list[FieldError] = []
    for name, clean in _CLEAN.items():
        if name in fields:
            try:
                setattr(rule, name, clean(rule, fields[name]))
            except InvalidInput as error:
                errors += error.errors
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)
    for name in _PLAIN:
        if name in fields and name != "name":
            setattr(rule, name, fields[name])


def _clean_name(rule: Rule, name: Any) -> str:
    cleaned = " ".join(str(name).replace("\x00", "").split())
    if not 0 < len(cleaned) <= 120:
        raise InvalidInput.field("name", "A name has between 1 and 120 characters.")
    return cleaned


def _clean_triggers(rule: Rule, triggers: Any) -> list[str]:
    if not isinstance(triggers, list) or not triggers:
        raise InvalidInput.field("triggers", "Choose when the rule runs.", code="required")
    for index, each in enumerate(triggers):
        if each not in TRIGGERS:
            message = f"There is no event “{each}” that a rule can listen to."
            raise InvalidInput.field(f"triggers.{index}", message, code="unknown_trigger")
    return list(dict.fromkeys(triggers))


def _clean_conditions(rule: Rule, conditions: Any) -> dict[str, Any]:
    check_conditions(conditions, organization_id=rule.organization_id)
    cleaned: dict[str, Any] = conditions
    return cleaned


def _clean_actions(rule: Rule, actions: Any) -> list[dict[str, Any]]:
    return clean_actions(rule.organization_id, actions)


_CLEAN = {
    "name": _clean_name,
    "triggers": _clean_triggers,
    "conditions": _clean_conditions,
    "actions": _clean_actions,
}


def _last_position(organization: Organization) -> int:
    last = Rule.objects.filter(organization=organization).aggregate(last=Max("position"))["last"]
    return last or 0


def _record(rule: Rule, *, is_deleted: bool = False) -> None:
    name, rule_id = rule.name, rule.pk
    record(
        "rule.updated",
        organization_id=rule.organization_id,
        object_type="rule",
        object_id=rule_id,
        payload=lambda: {"id": str(rule_id), "name": name, "is_deleted": is_deleted},
    )
