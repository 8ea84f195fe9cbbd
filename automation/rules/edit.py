"""Every write to what rules are: made, changed, switched, ordered, deleted. All of it is checked.

What is worked on before it holds is in ``rules.drafts``.
"""

from __future__ import annotations

import uuid
import zoneinfo
from typing import Any

from django.db.models import F, Max

from automation.rules.definition import (
    NAMES,
    clean_definition,
    definition_of,
    write_definition,
)
from automation.rules.models import Definition, Mode, Rule, RuleVersion
from automation.rules.timers import cancel_timers_of
from automation.rules.triggers import SCHEDULE
from automation.rules.waiting import next_time
from helpdesk.accounts.models import Organization, User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, FieldError, InvalidInput

MAX_RULES = 500
_NEEDED = ("name", "triggers", "conditions", "actions")


def create_rule(
    organization: Organization, fields: dict[str, Any], *, user: User | None = None, key: str = ""
) -> Rule:
    """A new rule at the end of the order, live as version 1; raises InvalidInput by field."""
    for name in _NEEDED:
        if name not in fields:
            raise InvalidInput.field(name, "This is needed.", code="required")
    definition = clean_definition(organization.pk, _said(fields))
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        rule = new_rule(organization, key=key)
        rule.mode = _mode(fields) or Mode.ON
        write_definition(rule, definition)
        rule.live_version = 1
        set_next(rule)
        rule.save(force_insert=True)
        keep_version(rule, user)
        record_rule(rule)
    return rule


def change_rule(
    rule: Rule, fields: dict[str, Any], *, user: User | None = None, version: int | None = None
) -> Rule:
    """Change the named fields at once; what it says then is a new live version.

    Raises InvalidInput naming every wrong field, Conflict when ``version`` is given and somebody
    saved the rule since.
    """
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        rule = lock_rule(rule)
        if version is not None and version != rule.version:
            raise Conflict(
                f"This rule was saved as version {rule.version} while you were editing.",
                code="version_conflict",
            )
        said = _said(fields)
        if said:
            before = definition_of(rule)
            definition = clean_definition(rule.organization_id, {**before, **said})
            if definition != before or not rule.live_version:
                make_live(rule, definition, user)
        mode = _mode(fields)
        if mode is not None:
            set_mode_of(rule, mode)
        if "position" in fields:
            rule.position = fields["position"]
        touch(rule)
    return rule


def order_rules(organization: Organization, ids: list[uuid.UUID], *, user: User | None) -> None:
    """Put the rules into this order; raises Conflict unless every rule is named once."""
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        found = Rule.objects.select_for_update(no_key=True).filter(organization=organization)
        rules = {each.pk: each for each in found.order_by("pk")}
        if len(ids) != len(set(ids)) or set(ids) != set(rules):
            raise Conflict(
                "The rules are others by now. Load the list again.", code="rules_changed"
            )
        for position, rule_id in enumerate(ids, start=1):
            if rules[rule_id].position != position:
                rules[rule_id].position = position
                touch(rules[rule_id])


def delete_rule(rule: Rule, *, user: User | None = None) -> None:
    """Remove the rule; its runs stay readable."""
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        cancel_timers_of(rule, "The rule was deleted.")
        record_rule(rule, is_deleted=True)
        Rule.objects.filter(
            organization_id=rule.organization_id, position__gt=rule.position
        ).update(position=F("position") - 1, updated_at=now())
        rule.delete()


def new_rule(organization: Organization, *, key: str = "") -> Rule:
    """An unsaved rule at the end of the order; raises InvalidInput where there are too many."""
    if Rule.objects.filter(organization=organization).count() >= MAX_RULES:
        raise InvalidInput.field("name", f"There can be at most {MAX_RULES} rules.")
    last = Rule.objects.filter(organization=organization).aggregate(last=Max("position"))["last"]
    return Rule(organization=organization, key=key, position=(last or 0) + 1)


def lock_rule(rule: Rule) -> Rule:
    """The rule as it is now, its row locked until commit."""
    return Rule.objects.select_for_update(no_key=True).get(pk=rule.pk)


def make_live(
    rule: Rule,
    definition: Definition,
    user: User | None,
    *,
    note: str = "",
    restored_from: int | None = None,
) -> None:
    """The locked rule says this from now on, kept as a version of its own; does not save."""
    write_definition(rule, definition)
    rule.live_version += 1
    keep_version(rule, user, note=note, restored_from=restored_from)


def set_mode_of(rule: Rule, mode: Mode) -> None:
    """Switch the locked rule; raises Conflict while it says nothing. Does not save."""
    if mode != Mode.OFF and not rule.live_version:
        raise Conflict("Publish the rule first: it does nothing yet.", code="not_published")
    rule.mode = mode
    rule.paused_at, rule.paused_reason = None, ""


def keep_version(
    rule: Rule, user: User | None, *, note: str = "", restored_from: int | None = None
) -> None:
    """Keep what the rule says now for ever."""
    RuleVersion.objects.create(
        rule=rule,
        number=rule.live_version,
        definition=definition_of(rule),
        note=note,
        user=user,
        restored_from=restored_from,
    )


def set_next(rule: Rule) -> None:
    """When a rule by the clock runs next, in the shop's time; does not save."""
    is_due = SCHEDULE in rule.triggers and rule.mode != Mode.OFF and rule.schedule is not None
    rule.next_at = None
    if is_due and rule.schedule is not None:
        zone = zoneinfo.ZoneInfo(rule.organization.time_zone)
        rule.next_at = next_time(rule.schedule, now(), zone)


def touch(rule: Rule) -> None:
    """Save the locked rule and tell everybody who shows it."""
    set_next(rule)
    rule.version += 1
    rule.updated_at = now()
    rule.save()
    record_rule(rule)


def record_rule(rule: Rule, *, is_deleted: bool = False) -> None:
    """Announce that the rule is another now, or gone."""
    name, rule_id = rule.name, rule.pk
    record(
        "rule.updated",
        organization_id=rule.organization_id,
        object_type="rule",
        object_id=rule_id,
        payload=lambda: {"id": str(rule_id), "name": name, "is_deleted": is_deleted},
    )


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in NAMES}


def _mode(fields: dict[str, Any]) -> Mode | None:
    if "mode" in fields:
        if fields["mode"] not in Mode.values:
            message = f"Choose from: {', '.join(Mode.values)}."
            raise InvalidInput("Choose a mode.", errors=[FieldError("mode", "invalid", message)])
        return Mode(fields["mode"])
    if "is_active" in fields:
        return Mode.ON if fields["is_active"] else Mode.OFF
    return None
