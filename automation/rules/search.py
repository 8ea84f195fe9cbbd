"""``rule:"Urgent cancellation"``: the tickets that a rule has acted on."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Exists, OuterRef, Q

from automation.rules.models import Rule, RuleRun
from tickets.fields import Asker, Field, add_field
from tickets.search.grammar import Token
from tickets.search.keys import (
    Key,
    Understood,
    Value,
    Vocabulary,
    add_key,
    chosen,
    labels,
    one_or_more,
)


def _ran(operator: str, value: Any, _: Asker) -> Q:
    """The rule matched on the ticket at least once."""
    runs = RuleRun.objects.filter(ticket=OuterRef("pk"), is_match=True)
    if operator == "is_present":
        return Q(Exists(runs))
    if operator == "is_empty":
        return ~Q(Exists(runs))
    ids = [uuid.UUID(str(each)) for each in (value if isinstance(value, list) else [value])]
    found = Q(Exists(runs.filter(rule_id__in=ids)))
    return ~found if operator in ("is_not", "is_none_of") else found


def _rules(vocabulary: Vocabulary) -> list[Value]:
    if "rules" not in vocabulary.kept:
        found = Rule.objects.filter(organization_id=vocabulary.organization_id).order_by("name")
        vocabulary.kept["rules"] = [Value(each.name, each.name, id=each.pk) for each in found]
    return vocabulary.kept["rules"]


def _translate(token: Token, vocabulary: Vocabulary) -> Understood:
    found = chosen(token, _rules(vocabulary), "rule")
    return Understood(one_or_more("ticket.rule", [str(each.id) for each in found]), labels(found))


add_field(Field("ticket.rule", "Rule that ran", "reference", find=_ran, is_for_lists=True))
add_key(Key("rule", "Rule", _translate, 'rule:"Urgent cancellation"', values=_rules))
