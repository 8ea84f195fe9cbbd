"""The catalogue of ticket fields and the operators each one knows.

Views, filters, rules and search speak of tickets through these names only. A condition tree is
``{"all": […]}``, ``{"any": […]}``, ``{"not": node}`` or a leaf ``{"field", "operator", "value"}``;
it is checked when saved (``check_tree``), turned into SQL for lists (``as_query``) and, for rules,
evaluated in memory by ``automation.rules.conditions`` with the same names and operators.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from helpdesk.lib.clock import now
from helpdesk.lib.errors import FieldError, InvalidInput
from tickets.models import CsatState, CustomField, Priority, Status

MAX_DEPTH = 8
MAX_LEAVES = 200

EQUALS = ("is", "is_not", "is_any_of", "is_none_of")
TEXT = ("contains", "contains_not", "is", "is_not", "starts_with", "is_empty", "is_present")
SET = ("contains_any_of", "contains_all_of", "contains_none_of", "is_empty", "is_present")
NUMBER = ("is", "is_not", "less_than", "more_than", "is_empty", "is_present")
TIME = ("within_last", "longer_ago_than", "is_empty", "is_present")
FLAG = ("is",)

OPERATORS: dict[str, tuple[str, ...]] = {
    "choice": EQUALS,
    "reference": (*EQUALS, "is_empty", "is_present"),
    "text": TEXT,
    "set": SET,
    "people": SET,
    "number": NUMBER,
    "time": TIME,
    "flag": FLAG,
}


@dataclass(frozen=True)
class Field:
    """A thing that can be asked about a ticket. ``column`` is empty where SQL cannot answer.

    ``more_operators`` are those that only rules know, beside the ones of the type.
    """

    name: str
    label: str
    type: str
    column: str = ""
    choices: tuple[str, ...] = ()
    more_operators: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """Every operator that this field can be compared with."""
        return OPERATORS[self.type] + self.more_operators


_FIELDS = [
    Field("ticket.status", "Status", "choice", "status", tuple(Status.values)),
    Field("ticket.priority", "Priority", "choice", "priority", tuple(Priority.values)),
    Field("ticket.assignee", "Assignee", "reference", "assignee_id"),
    Field("ticket.team", "Team", "reference", "team_id"),
    Field("ticket.channel", "Channel", "reference", "channel_id"),
    Field("ticket.channel_kind", "Kind of channel", "choice", "channel_kind"),
    Field("ticket.customer", "Customer", "reference", "customer_id"),
    Field("ticket.tags", "Tags", "set", "tags"),
    Field("ticket.followers", "Followers", "people", "follower_ids"),
    Field("ticket.mentions", "Mentioned people", "people", "mentioned_ids"),
    Field("ticket.subject", "Subject", "text", "subject"),
    Field("ticket.language", "Language", "choice", "language"),
    Field("ticket.intent", "Intent", "choice", "intent"),
    Field("ticket.sentiment", "Sentiment", "choice", "sentiment"),
    Field("ticket.is_unread", "Unread", "flag", "is_unread"),
    Field("ticket.has_attachments", "Has attachments", "flag", "has_attachments"),
    Field("ticket.message_count", "Number of messages", "number", "message_count"),
    Field("ticket.csat_score", "CSAT score", "number", "csat_score"),
    Field("ticket.csat_state", "CSAT", "choice", "csat_state", tuple(CsatState.values)),
    Field("ticket.created_at", "Created", "time", "created_at"),
    Field("ticket.updated_at", "Updated", "time", "updated_at"),
    Field("ticket.last_message_at", "Last message", "time", "last_message_at"),
    Field("ticket.waiting_since", "Waiting since", "time", "waiting_since"),
    Field("ticket.snoozed_until", "Snoozed until", "time", "snoozed_until"),
    Field("ticket.closed_at", "Closed", "time", "closed_at"),
    Field("customer.is_vip", "Customer is VIP", "flag", "customer__is_vip"),
    Field("customer.country", "Customer's country", "choice", "customer__country"),
]
TICKET_FIELDS: dict[str, Field] = {each.name: each for each in _FIELDS}


_CUSTOM = re.compile(r"(customer|ticket)\.field\.([a-z][a-z0-9_]{0,39})")
_CUSTOM_TYPES = {"link": "text", "date": "time"}


def custom_field_of(organization_id: uuid.UUID) -> dict[str, Field]:
    """The fields that the shop has added, by the names that conditions use."""
    found = CustomField.objects.filter(organization_id=organization_id, is_archived=False)
    fields: dict[str, Field] = {}
    for each in found:
        name = f"{each.owner}.field.{each.slug}"
        more = ("is_empty", "is_present") if each.type in ("choice", "flag") else ()
        fields[name] = Field(
            name,
            each.name,
            _CUSTOM_TYPES.get(each.type, each.type),
            find_custom_column(name) or "",
            tuple(each.choices),
            more,
        )
    return fields


def find_custom_column(name: str) -> str | None:
    """Where a custom field's value is stored, seen from a ticket; None for other names."""
    found = _CUSTOM.fullmatch(name)
    if found is None:
        return None
    return f"customer__fields__{found[2]}" if found[1] == "customer" else f"fields__{found[2]}"


def custom_query(column: str, operator: str, value: Any) -> Q:
    """A condition on a value inside JSON, where a value that is not there is a missing key."""
    is_missing = Q(**{f"{column}__isnull": True})
    if operator == "is_empty":
        return is_missing
    if operator == "is_present":
        return ~is_missing
    if operator in ("within_last", "longer_ago_than"):
        lookup = "gte" if operator == "within_last" else "lt"
        return Q(**{f"{column}__{lookup}": _ago(value).date().isoformat()})
    if operator in ("is_not", "is_none_of", "contains_not"):
        return _SQL[operator](column, value) | is_missing
    return _SQL[operator](column, value)


def check_tree(
    tree: Any,
    *,
    fields: dict[str, Field] = TICKET_FIELDS,
    custom: dict[str, Field] | None = None,
) -> None:
    """Raises InvalidInput naming the place (``conditions.all.0.value``) of everything wrong.

    ``custom`` are the fields of ``custom_field_of``, known beside ``fields``.
    """
    fields = {**fields, **(custom or {})}
    errors: list[FieldError] = []
    leaves = _check_node(tree, "conditions", fields, errors, depth=0)
    if leaves > MAX_LEAVES:
        errors.append(FieldError("conditions", "too_many", f"At most {MAX_LEAVES} conditions."))
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)


def as_query(tree: dict[str, Any], *, me: uuid.UUID | None = None) -> Q:
    """The tree as SQL conditions over tickets; ``me`` stands for the value ``"me"``."""
    if not tree:
        return Q()
    if "all" in tree:
        return _combine(tree["all"], me, Q.AND)
    if "any" in tree:
        return _combine(tree["any"], me, Q.OR)
    if "not" in tree:
        return ~as_query(tree["not"], me=me)
    value = _resolved(tree.get("value"), me)
    custom_column = find_custom_column(tree["field"])
    if custom_column is not None:
        return custom_query(custom_column, tree["operator"], value)
    field = TICKET_FIELDS[tree["field"]]
    return _SQL[tree["operator"]](field.column, value)


def _combine(nodes: list[dict[str, Any]], me: uuid.UUID | None, connector: str) -> Q:
    combined = Q()
    for node in nodes:
        combined = combined._combine(as_query(node, me=me), connector)  # type: ignore[attr-defined]
    return combined


def _resolved(value: Any, me: uuid.UUID | None) -> Any:
    if isinstance(value, list):
        return [_resolved(each, me) for each in value]
    return me if value == "me" else value


def _check_node(
    node: Any, path: str, fields: dict[str, Field], errors: list[FieldError], *, depth: int
) -> int:
    if not isinstance(node, dict):
        errors.append(FieldError(path, "invalid", "A condition must be an object."))
        return 0
    if depth > MAX_DEPTH:
        errors.append(FieldError(path, "too_deep", f"At most {MAX_DEPTH} groups deep."))
        return 0
    if not node and depth == 0:
        return 0
    for group in ("all", "any"):
        if group in node:
            return _check_group(node, group, path, fields, errors, depth)
    if "not" in node:
        return _check_node(node["not"], f"{path}.not", fields, errors, depth=depth + 1)
    _check_leaf(node, path, fields, errors)
    return 1


def _check_group(
    node: dict[str, Any],
    group: str,
    path: str,
    fields: dict[str, Field],
    errors: list[FieldError],
    depth: int,
) -> int:
    children = node[group]
    if len(node) != 1 or not isinstance(children, list):
        errors.append(FieldError(f"{path}.{group}", "invalid", "A group holds a list."))
        return 0
    return sum(
        _check_node(child, f"{path}.{group}.{index}", fields, errors, depth=depth + 1)
        for index, child in enumerate(children)
    )


def _check_leaf(
    leaf: dict[str, Any], path: str, fields: dict[str, Field], errors: list[FieldError]
) -> None:
    field = fields.get(leaf.get("field", ""))
    if field is None:
        name = leaf.get("field", "")
        errors.append(FieldError(f"{path}.field", "unknown_field", f"There is no field “{name}”."))
        return
    operator = leaf.get("operator", "")
    if operator not in field.operators:
        message = f"“{field.label}” cannot be compared with “{operator}”."
        errors.append(FieldError(f"{path}.operator", "unknown_operator", message))
        return
    problem = _value_problem(field, operator, leaf.get("value"))
    if problem:
        errors.append(FieldError(f"{path}.value", "invalid", problem))


def _value_problem(field: Field, operator: str, value: Any) -> str:
    if operator in ("is_empty", "is_present", "has_changed"):
        return ""
    if operator in ("within_last", "longer_ago_than"):
        return "" if parse_duration(value) else "Write a duration like 30m, 2h or 7d."
    values = value if isinstance(value, list) else [value]
    wants_list = operator.endswith("_of")
    if wants_list and (not isinstance(value, list) or not value):
        return "Choose at least one value."
    if field.type == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        return "Write a number."
    if field.type == "flag" and not isinstance(value, bool):
        return "Choose yes or no."
    if field.type in ("text", "choice", "set") and not all(
        isinstance(each, str) and each.strip() for each in values
    ):
        return "Write at least one character."
    if field.choices and not set(values) <= set(field.choices):
        return f"Choose from: {', '.join(field.choices)}."
    if field.type in ("reference", "people") and not all(_is_reference(each) for each in values):
        return "Choose somebody or something that exists."
    return ""


def _is_reference(value: Any) -> bool:
    if value in ("me", None):
        return True
    try:
        uuid.UUID(str(value))
    except ValueError:
        return False
    return True


_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_duration(value: Any) -> timedelta | None:
    """``30m``, ``2h`` or ``7d`` as a timedelta; None if it is not one."""
    if not isinstance(value, str) or value[-1:] not in _UNITS or not value[:-1].isdigit():
        return None
    amount = int(value[:-1])
    return timedelta(**{_UNITS[value[-1]]: amount}) if 0 < amount <= 100_000 else None


def _ago(value: str) -> datetime:
    duration = parse_duration(value)
    if duration is None:
        raise InvalidInput.field("value", "Write a duration like 30m, 2h or 7d.")
    return now() - duration


def _is_empty(column: str, _: Any) -> Q:
    if column in ("tags", "follower_ids", "mentioned_ids"):
        return Q(**{f"{column}__len": 0})
    if column in ("subject", "language", "intent", "sentiment", "csat_state"):
        return Q(**{column: ""})
    return Q(**{f"{column}__isnull": True})


_SQL: dict[str, Callable[[str, Any], Q]] = {
    "is": lambda column, value: Q(**{column: value}),
    "is_not": lambda column, value: ~Q(**{column: value}),
    "is_any_of": lambda column, value: Q(**{f"{column}__in": value}),
    "is_none_of": lambda column, value: ~Q(**{f"{column}__in": value}),
    "contains": lambda column, value: Q(**{f"{column}__icontains": value}),
    "contains_not": lambda column, value: ~Q(**{f"{column}__icontains": value}),
    "starts_with": lambda column, value: Q(**{f"{column}__istartswith": value}),
    "contains_any_of": lambda column, value: Q(**{f"{column}__overlap": value}),
    "contains_all_of": lambda column, value: Q(**{f"{column}__contains": value}),
    "contains_none_of": lambda column, value: ~Q(**{f"{column}__overlap": value}),
    "less_than": lambda column, value: Q(**{f"{column}__lt": value}),
    "more_than": lambda column, value: Q(**{f"{column}__gt": value}),
    "within_last": lambda column, value: Q(**{f"{column}__gte": _ago(value)}),
    "longer_ago_than": lambda column, value: Q(**{f"{column}__lt": _ago(value)}),
    "is_empty": _is_empty,
    "is_present": lambda column, value: ~_is_empty(column, value),
}
