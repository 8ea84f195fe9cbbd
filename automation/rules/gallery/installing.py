"""The gallery as a shop sees it, and what becomes of a template that is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from automation.macros.defaults import ensure_default_macros, ensure_macros
from automation.macros.models import Macro
from automation.rules.definition import safety_of, unsaved_rule
from automation.rules.drafts import create_draft, save_draft
from automation.rules.gallery import hours, orders, people, quiet, surveys
from automation.rules.gallery.parts import Macros, Template
from automation.rules.models import Rule
from automation.rules.summary import summary_of
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.errors import NotFound
from integrations.commerce.models import Store

MACROS = Path(__file__).with_name("macros.toml")
"""What only templates answer with: made when one of them is installed."""
TEMPLATES: tuple[Template, ...] = (
    *orders.TEMPLATES,
    *hours.TEMPLATES,
    *people.TEMPLATES,
    *surveys.TEMPLATES,
    *quiet.TEMPLATES,
)


def templates_of(organization: Organization) -> list[dict[str, Any]]:
    """The whole gallery as this shop would get it."""
    macros = _macros_of(organization)
    has_store = Store.objects.filter(organization=organization, is_active=True).exists()
    keyed = Rule.objects.filter(organization=organization).exclude(key="")
    rules = {each.key: each for each in keyed}
    return [_record(each, organization, macros, rules, has_store=has_store) for each in TEMPLATES]


def install_template(organization: Organization, key: str, *, user: User) -> Rule:
    """A new rule that is off, with the template as its draft; raises NotFound.

    Where the shop has this rule already, the template becomes its draft and what is live stays;
    a draft that somebody is working on stays as well. Twice is once.
    """
    template = next((each for each in TEMPLATES if each.key == key), None)
    if template is None:
        raise NotFound("There is no such template.")
    if template.macros:
        ensure_default_macros(organization)
        ensure_macros(organization, MACROS, template.macros)
    definition = template.definition(_macros_of(organization))
    rule = Rule.objects.filter(organization=organization, key=template.rule_key).first()
    if rule is None:
        return create_draft(organization, definition, user=user, key=template.rule_key)
    if rule.draft is not None:
        return rule
    return save_draft(rule, definition, user=user, based_on=rule.draft_revision)


def _record(
    template: Template,
    organization: Organization,
    macros: Macros,
    rules: dict[str, Rule],
    *,
    has_store: bool,
) -> dict[str, Any]:
    definition = template.definition(macros)
    rule = rules.get(template.rule_key)
    needs = [{"kind": "macro", "text": key, "is_met": key in macros} for key in template.macros]
    if template.has_orders:
        needs.append({"kind": "store", "text": "A connected store", "is_met": has_store})
    return {
        "key": template.key,
        "name": template.name,
        "what": template.what,
        "trigger": definition["triggers"][0],
        "summary": summary_of(unsaved_rule(organization.pk, definition)),
        "safety": safety_of(definition),
        "definition": definition,
        "needs": needs,
        "installed": {"rule_id": str(rule.pk), "name": rule.name} if rule else None,
    }


def _macros_of(organization: Organization) -> Macros:
    found = Macro.objects.filter(organization=organization).exclude(key="")
    return {key: str(pk) for key, pk in found.values_list("key", "pk")}
