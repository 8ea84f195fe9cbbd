"""What an organization's automation says, as one text in a stable order.

Rules in the order they run, macros by folder and name, tags by the alphabet; then hours of
business, service levels and surveys. Whether a rule is on is not part of it: that is decided where
it runs.
"""

from __future__ import annotations

from typing import Any

from automation.macros.models import Macro
from automation.rules.definition import EMPTY, definition_of
from automation.rules.exchange.names import Names, shared_macros
from automation.rules.exchange.promises import promises_said
from automation.rules.exchange.text import write_yaml
from automation.rules.models import Definition, Rule
from helpdesk.accounts.models import Organization

FORMAT = 1
_HEAD = (
    "# Rules and macros of {name}. Import it with: aftercare automation import FILE --dry-run\n"
    "# What changes a rule becomes its draft; nothing runs before somebody publishes it.\n"
)


def export_automation(organization: Organization) -> str:
    """Everything that can be reviewed and taken elsewhere; the same state is the same text."""
    names = Names(organization)
    macros = [macro_said(each, names) for each in shared_macros(organization)]
    rules = [
        rule_said(each, names)
        for each in Rule.objects.filter(organization=organization).order_by("position", "pk")
    ]
    said = {
        "aftercare_automation": FORMAT,
        "tags": sorted(set(_tags_in(macros)) | set(_tags_in(rules))),
        "macros": macros,
        "rules": rules,
        **promises_said(names),
    }
    return _HEAD.format(name=" ".join(organization.name.split())) + write_yaml(said)


def rule_said(rule: Rule, names: Names) -> dict[str, Any]:
    """What the rule says: live, or as a draft where it never was."""
    is_draft = not rule.live_version and rule.draft is not None
    definition = rule.draft if is_draft and rule.draft else definition_of(rule)
    return definition_said(definition, names, key=rule.key)


def definition_said(definition: Definition, names: Names, *, key: str) -> dict[str, Any]:
    """Only what is not as always, with names for ids."""
    said: dict[str, Any] = {"name": definition["name"]}
    if key:
        said["key"] = key
    for part, usual in EMPTY.items():
        value: Any = definition.get(part, usual)
        if part == "name" or (value == usual and part != "triggers"):
            continue
        if part == "conditions":
            value = names.conditions_as_names(value)
        elif part in ("actions", "else_actions"):
            value = names.actions_as_names(value)
        said[part] = value
    return said


def macro_said(macro: Macro, names: Names) -> dict[str, Any]:
    """The macro with names for ids; what is empty is left out."""
    said: dict[str, Any] = {"name": macro.name}
    for part in ("key", "folder", "intents", "claims"):
        value = getattr(macro, part)
        if value or (part == "claims" and value is not None):
            said[part] = value
    if macro.team is not None:
        said["team"] = macro.team.name
    if not macro.is_active:
        said["is_active"] = False
    said["variants"] = [
        {name: each[name] for name in ("language", "subject", "body") if each.get(name)}
        for each in macro.variants
    ]
    if macro.actions:
        said["actions"] = names.actions_as_names(macro.actions)
    return said


def title_of(said: dict[str, Any]) -> str:
    """What a part of the text is called in a list of changes."""
    folder, name = said.get("folder"), str(said.get("name", ""))
    return f"{folder} / {name}" if folder else name


def _tags_in(value: Any) -> list[str]:
    """Tags that actions give or take and conditions ask for."""
    if isinstance(value, list):
        return [tag for each in value for tag in _tags_in(each)]
    if not isinstance(value, dict):
        return []
    if value.get("field") == "ticket.tags":
        wanted = value.get("value")
        return [str(each) for each in (wanted if isinstance(wanted, list) else [wanted]) if each]
    if value.get("type") in ("add_tags", "remove_tags"):
        return [str(each) for each in value.get("params", {}).get("tags", [])]
    return [tag for each in value.values() for tag in _tags_in(each)]
