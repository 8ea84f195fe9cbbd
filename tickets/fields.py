"""The catalogue of ticket fields and the operators each one knows.

Views, filters, rules and search speak of tickets through these names only. A condition tree is
``{"all": […]}``, ``{"any": […]}``, ``{"none": […]}``, ``{"not": node}`` or a leaf
``{"field", "operator", "value"}``; it is checked when saved (``check_tree``), turned into SQL for
lists (``as_query``) and, for rules, evaluated in memory by ``automation.rules.conditions`` with the
same names and operators. What only SQL can answer (``is_for_lists``, ``LIST_OPERATORS``) rules do
not offer. Apps above add what they know of tickets by ``add_field``.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from django.db.models import Exists, OuterRef, Q

from helpdesk.lib.clock import now
from helpdesk.lib.errors import FieldError, InvalidInput
from tickets.models import (
    CsatState,
    CustomField,
    Draft,
    Message,
    MessageKind,
    Priority,
    SlaState,
    Status,
    TicketKind,
)
from tickets.search.found import has_words, holds_words
from tickets.search.tsquery import both, either, phone_query, phrase_query, words_query

MAX_DEPTH = 8
MAX_LEAVES = 200

EQUALS = ("is", "is_not", "is_any_of", "is_none_of")
TEXT = ("contains", "contains_not", "is", "is_not", "starts_with", "is_empty", "is_present")
SET = ("contains_any_of", "contains_all_of", "contains_none_of", "is_empty", "is_present")
NUMBER = ("is", "is_not", "less_than", "more_than", "is_empty", "is_present")
TIME = ("within_last", "longer_ago_than", "is_empty", "is_present")
FLAG = ("is",)
WORDS = ("has_words", "has_phrase")

OPERATORS: dict[str, tuple[str, ...]] = {
    "choice": EQUALS,
    "reference": (*EQUALS, "is_empty", "is_present"),
    "text": TEXT,
    "set": SET,
    "people": SET,
    "number": NUMBER,
    "time": TIME,
    "flag": FLAG,
    "words": WORDS,
    "order_number": ("is", "is_not", "starts_with"),
}
LIST_OPERATORS: dict[str, tuple[str, ...]] = {
    "number": ("at_least", "at_most", "between"),
    "time": ("on", "before", "after", "between"),
}
"""Operators of lists and searches beside those of the type; rules do not know them."""


@dataclass(frozen=True)
class Asker:
    """For whom and when a tree is read: "me", and the day that "today" is."""

    me: uuid.UUID | None
    zone: tzinfo
    at: datetime


@dataclass(frozen=True)
class Field:
    """A thing that can be asked about a ticket. ``column`` is empty where SQL cannot answer.

    ``more_operators`` come beside those of the type. ``find`` answers instead of a column.
    ``is_for_lists``: rules cannot ask it. ``weight`` says where words must stand ("" anywhere).
    """

    name: str
    label: str
    type: str
    column: str = ""
    choices: tuple[str, ...] = ()
    more_operators: tuple[str, ...] = ()
    find: Callable[[str, Any, Asker], Q] | None = None
    is_for_lists: bool = False
    weight: str = ""
    is_archived: bool = False

    @property
    def operators(self) -> tuple[str, ...]:
        """Every operator that this field can be compared with."""
        return OPERATORS[self.type] + self.more_operators


def _number(name: str, label: str, column: str) -> Field:
    return Field(name, label, "number", column, more_operators=LIST_OPERATORS["number"])


def _time(name: str, label: str, column: str) -> Field:
    return Field(name, label, "time", column, more_operators=LIST_OPERATORS["time"])


def _words(name: str, label: str, weight: str = "") -> Field:
    return Field(name, label, "words", is_for_lists=True, weight=weight)


def _flag(name: str, label: str, condition: Callable[[Asker], Q]) -> Field:
    def find(_: str, value: Any, asker: Asker) -> Q:
        return condition(asker) if value else ~condition(asker)

    return Field(name, label, "flag", find=find, is_for_lists=True)


def _of_ticket(model: type[Message | Draft], **having: Any) -> Q:
    return Q(Exists(model.objects.filter(ticket=OuterRef("pk"), **having)))


SLA_TARGETS = ("first_reply", "next_reply", "resolution")

_FIELDS = [
    Field("ticket.status", "Status", "choice", "status", tuple(Status.values)),
    Field("ticket.priority", "Priority", "choice", "priority", tuple(Priority.values)),
    Field("ticket.assignee", "Assignee", "reference", "assignee_id"),
    Field("ticket.team", "Team", "reference", "team_id"),
    Field("ticket.channel", "Channel", "reference", "channel_id"),
    Field("ticket.channel_kind", "Kind of channel", "choice", "channel_kind"),
    Field("ticket.kind", "Kind of ticket", "choice", "kind", tuple(TicketKind.values)),
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
    _number("ticket.message_count", "Number of messages", "message_count"),
    _number("ticket.csat_score", "CSAT score", "csat_score"),
    Field("ticket.csat_state", "CSAT", "choice", "csat_state", tuple(CsatState.values)),
    _time("ticket.created_at", "Created", "created_at"),
    _time("ticket.updated_at", "Updated", "updated_at"),
    _time("ticket.last_message_at", "Last message", "last_message_at"),
    _time("ticket.waiting_since", "Waiting since", "waiting_since"),
    _time("ticket.snoozed_until", "Snoozed until", "snoozed_until"),
    _time("ticket.closed_at", "Closed", "closed_at"),
    Field("sla.state", "SLA", "choice", "sla_state", tuple(SlaState.values)),
    Field("sla.target", "SLA target", "choice", "sla_target", SLA_TARGETS),
    Field("sla.policy", "SLA policy", "text", "sla_policy"),
    _time("sla.due", "SLA due", "sla_due_at"),
    Field("customer.is_vip", "Customer is VIP", "flag", "customer__is_vip"),
    Field("customer.country", "Customer's country", "choice", "customer__country"),
    Field("ticket.number", "Number", "number", "number", is_for_lists=True),
    _words("ticket.text", "Text"),
    _words("ticket.subject_words", "Words of the subject", "A"),
    _words("ticket.sender", "Customer or sender", "B"),
    _words("ticket.files", "Names of files", "C"),
    _words("ticket.phone", "Phone"),
    _flag("ticket.is_merged", "Merged", lambda _: Q(merged_into__isnull=False)),
    _flag("ticket.has_note", "Has a note", lambda _: _of_ticket(Message, kind=MessageKind.NOTE)),
    _flag("ticket.has_draft", "Has my draft", lambda who: _of_ticket(Draft, user_id=who.me)),
]
TICKET_FIELDS: dict[str, Field] = {each.name: each for each in _FIELDS}


def add_field(field: Field) -> None:
    """An app above the tickets knows one more thing about them."""
    TICKET_FIELDS[field.name] = field


_CUSTOM = re.compile(r"(customer|ticket)\.field\.([a-z][a-z0-9_]{0,39})")
_CUSTOM_TYPES = {"link": "text", "date": "time"}


def custom_field_of(organization_id: uuid.UUID, *, has_archived: bool = False) -> dict[str, Field]:
    """The fields that the shop has added, by the names that conditions use.

    Archived ones on demand: what still asks for them is read, but not saved anew.
    """
    found = CustomField.objects.filter(organization_id=organization_id)
    fields: dict[str, Field] = {}
    for each in found if has_archived else found.filter(is_archived=False):
        name = f"{each.owner}.field.{each.slug}"
        more = LIST_OPERATORS.get(_CUSTOM_TYPES.get(each.type, each.type), ())
        more += ("is_empty", "is_present") if each.type in ("choice", "flag") else ()
        fields[name] = Field(
            name,
            each.name,
            _CUSTOM_TYPES.get(each.type, each.type),
            find_custom_column(name) or "",
            tuple(each.choices),
            more,
            is_archived=each.is_archived,
        )
    return fields


def compared(column: str, operator: str, value: Any) -> Q:
    """A comparison of texts, numbers or choices as SQL, for apps that know more of tickets."""
    return _SQL[operator](column, value)


def asks_for_custom(tree: Any) -> bool:
    """Whether the conditions speak of fields that the shop has added."""
    if isinstance(tree, dict):
        name = tree.get("field")
        is_custom = isinstance(name, str) and _CUSTOM.fullmatch(name) is not None
        return is_custom or any(asks_for_custom(each) for each in tree.values())
    return isinstance(tree, list) and any(asks_for_custom(each) for each in tree)


def check_view_tree(tree: Any, organization_id: uuid.UUID) -> None:
    """:func:`check_tree` with the shop's own fields; these are read only if they are asked for."""
    custom = custom_field_of(organization_id, has_archived=True) if asks_for_custom(tree) else {}
    check_tree(tree, custom=custom)


def find_custom_column(name: str) -> str | None:
    """Where a custom field's value is stored, seen from a ticket; None for other names."""
    found = _CUSTOM.fullmatch(name)
    if found is None:
        return None
    return f"customer__fields__{found[2]}" if found[1] == "customer" else f"fields__{found[2]}"


def custom_query(column: str, operator: str, value: Any) -> Q:
    """A condition on a value inside JSON, where a value that is not there is a missing key."""
    is_missing, is_there = (Q(**{f"{column}__isnull": each}) for each in (True, False))
    if operator == "is_empty":
        return is_missing
    if operator == "is_present":
        return is_there
    if operator in ("within_last", "longer_ago_than"):
        lookup = "gte" if operator == "within_last" else "lt"
        return is_there & Q(**{f"{column}__{lookup}": _ago(value).date().isoformat()})
    if operator in ("is_not", "is_none_of", "contains_not"):
        return _SQL[operator](column, value) | is_missing
    # Never unknown, so that its opposite holds where there is no value.
    return is_there & _SQL[operator](column, value)


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


def as_query(
    tree: dict[str, Any],
    *,
    me: uuid.UUID | None = None,
    zone: tzinfo | None = None,
    for_few: bool = False,
) -> Q:
    """The tree as SQL conditions over tickets; ``me`` stands for the value ``"me"``.

    ``zone`` says when days begin; without one they begin in UTC. ``for_few``: only few tickets
    will be looked at, so that words are looked up for each of them.
    """
    return _Compiler(Asker(me, zone or UTC, now()), for_few=for_few).node(tree)


def words_needed(tree: dict[str, Any]) -> str:
    """Words as a tsquery that every match has in one of its documents; "" if none are needed."""
    return _Compiler(Asker(None, UTC, now())).needed(tree)


def without_words(tree: dict[str, Any]) -> dict[str, Any]:
    """What the tree asks besides the single words of :func:`words_needed`."""
    compiler = _Compiler(Asker(None, UTC, now()))
    if "all" in tree:
        return {"all": [each for each in tree["all"] if not compiler.is_together(each)]}
    return {} if compiler.words_of(tree) is not None else tree


def asks_for(tree: Any, field: str) -> bool:
    """Whether the conditions speak of this field."""
    if isinstance(tree, dict):
        return tree.get("field") == field or any(asks_for(each, field) for each in tree.values())
    return isinstance(tree, list) and any(asks_for(each, field) for each in tree)


def asks_for_days(tree: Any) -> bool:
    """Whether the conditions speak of days, which begin when they begin for the person."""
    if isinstance(tree, dict):
        return tree.get("operator") in _OF_DAYS or any(
            asks_for_days(each) for each in tree.values()
        )
    return isinstance(tree, list) and any(asks_for_days(each) for each in tree)


def _custom_query(column: str, operator: str, value: Any, asker: Asker) -> Q:
    """Days of a custom field are dates without a time, so the zone says only which day it is."""
    values = value if isinstance(value, list) else [value]
    are_days = operator in _OF_DAYS and any(isinstance(each, str) for each in values)
    if not are_days:
        return custom_query(column, operator, value)
    first, after = (
        _days(each, asker) if each is not None else None for each in (values[0], values[-1])
    )
    begins = {"on": first, "between": first, "after": None, "before": None}[operator]
    found = Q(**{f"{column}__isnull": False})
    if begins is not None:
        found &= Q(**{f"{column}__gte": begins[0].date().isoformat()})
    if operator == "after" and first is not None:
        found &= Q(**{f"{column}__gte": first[1].date().isoformat()})
    if operator == "before" and first is not None:
        found &= Q(**{f"{column}__lt": first[0].date().isoformat()})
    if operator in ("on", "between") and after is not None:
        found &= Q(**{f"{column}__lt": after[1].date().isoformat()})
    return found


class _Compiler:
    """Turns a tree into conditions. Words that stand together are asked in one look-up."""

    def __init__(self, asker: Asker, *, for_few: bool = False) -> None:
        self.asker = asker
        self.has_words = holds_words if for_few else has_words

    def node(self, node: dict[str, Any]) -> Q:
        if not node:
            return Q()
        if "all" in node:
            return self.all_of(node["all"])
        if "any" in node:
            return self.any_of(node["any"])
        if "none" in node:
            return self.opposite(self.any_of(node["none"]))
        if "not" in node:
            return self.opposite(self.node(node["not"]))
        return self.leaf(node)

    def leaf(self, leaf: dict[str, Any]) -> Q:
        operator, value = leaf["operator"], _resolved(leaf.get("value"), self.asker.me)
        custom_column = find_custom_column(leaf["field"])
        if custom_column is not None:
            return _custom_query(custom_column, operator, value, self.asker)
        field = TICKET_FIELDS[leaf["field"]]
        if field.type == "words":
            return self.written(_asked(field, operator, value))
        if field.find is not None:
            return field.find(operator, value, self.asker)
        if operator in _OF_DAYS and field.type == "time":
            return _OF_DAYS[operator](field.column, value, self.asker)
        return _SQL[operator](field.column, value)

    def all_of(self, nodes: list[dict[str, Any]]) -> Q:
        """Single words must be in the same document; a phrase may be in another part of it."""
        together: list[str] = []
        found = Q()
        for node in nodes:
            asked = self.words_of(node)
            if asked is not None and "<" not in asked:
                together.append(asked)
            else:
                found &= self.node(node)
        return self.written(both(together)) & found

    def any_of(self, nodes: list[dict[str, Any]]) -> Q:
        """Words are one look-up for all of them."""
        together: list[str] = []
        found = Q()
        for node in nodes:
            asked = self.words_of(node)
            if asked is None:
                found |= self.node(node)
            else:
                together.append(asked)
        return found | self.written(either(together))

    def words_of(self, node: dict[str, Any]) -> str | None:
        """The node as a tsquery if it asks for words and for nothing else."""
        group = "all" if "all" in node else "any" if "any" in node else ""
        if group:
            parts = [self.words_of(each) for each in node[group]]
            if not parts or any(each is None for each in parts):
                return None
            return (both if group == "all" else either)(each for each in parts if each)
        field = TICKET_FIELDS.get(node.get("field", ""))
        if field is None or field.type != "words":
            return None
        return _asked(field, node["operator"], node.get("value"))

    def is_together(self, node: dict[str, Any]) -> bool:
        """Whether the node asks for single words only, which stand in one document."""
        asked = self.words_of(node)
        return asked is not None and "<" not in asked

    def needed(self, node: dict[str, Any]) -> str:
        """Every match has these words in one of its documents."""
        if "all" in node:
            single = [each for each in node["all"] if self.is_together(each)]
            together = both(self.words_of(each) or "" for each in single)
            return together or next(filter(None, map(self.needed, node["all"])), "")
        if "any" in node:
            parts = [self.needed(each) for each in node["any"]]
            return either(parts) if all(parts) else ""
        return self.words_of(node) or ""

    def written(self, asked: str) -> Q:
        return Q(self.has_words(asked)) if asked else Q()

    @staticmethod
    def opposite(condition: Q) -> Q:
        return ~condition if condition else Q()


def _asked(field: Field, operator: str, value: Any) -> str:
    if field.name == "ticket.phone":
        return phone_query(str(value))
    ask = phrase_query if operator == "has_phrase" else words_query
    return ask(str(value), weight=field.weight)


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
    for group in ("all", "any", "none"):
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
    if field.is_archived:
        message = f"The field “{field.label}” is archived. Restore it, or take this condition out."
        errors.append(FieldError(f"{path}.field", "archived_field", message))
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
    if operator in _OF_DAYS and field.type == "time":
        return "" if _are_days(operator, value) else "Write a day like 2026-11-24, or today."
    if operator == "between":
        value = [each for each in value if each is not None] if isinstance(value, list) else None
        if not value:
            return "Write from where to where."
    values = value if isinstance(value, list) else [value]
    wants_list = operator.endswith("_of")
    if wants_list and (not isinstance(value, list) or not value):
        return "Choose at least one value."
    if field.type == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        return "Write a number."
    if field.type == "flag" and not isinstance(value, bool):
        return "Choose yes or no."
    if field.type in ("text", "choice", "set", "words") and not all(
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


_SPANS = ("today", "yesterday", "tomorrow", "this_week", "last_week", "this_month", "last_month")


def parse_days(value: Any, *, zone: tzinfo, at: datetime) -> tuple[datetime, datetime] | None:
    """The time from the first to behind the last of these days in the zone; None if it is none.

    ``today``, ``yesterday``, ``last_week``, ``2026-11-24``, ``2026-11`` or ``2026``.
    """
    if not isinstance(value, str):
        return None
    today = at.astimezone(zone).date()
    try:
        span = _span(
            value.strip().lower().replace("-week", "_week").replace("-month", "_month"), today
        )
    except (ValueError, OverflowError):
        return None
    if span is None:
        return None
    first, after = (datetime.combine(each, time.min, tzinfo=zone) for each in span)
    return first, after


def _span(word: str, today: date) -> tuple[date, date] | None:
    day = timedelta(days=1)
    monday = today - today.weekday() * day
    month = today.replace(day=1)
    last_month = (month - day).replace(day=1)
    named = {
        "today": (today, today + day),
        "yesterday": (today - day, today),
        "tomorrow": (today + day, today + 2 * day),
        "this_week": (monday, monday + 7 * day),
        "last_week": (monday - 7 * day, monday),
        "this_month": (month, _next_month(month)),
        "last_month": (last_month, month),
    }
    if word in named:
        return named[word]
    parts = word.split("-")
    if not all(each.isascii() and each.isdigit() for each in parts) or len(parts[0]) != 4:
        return None
    numbers = [int(each) for each in parts]
    if len(numbers) == 3:
        begins = date(numbers[0], numbers[1], numbers[2])
        return begins, begins + day
    if len(numbers) == 2:
        begins = date(numbers[0], numbers[1], 1)
        return begins, _next_month(begins)
    return (date(numbers[0], 1, 1), date(numbers[0] + 1, 1, 1)) if len(numbers) == 1 else None


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _are_days(operator: str, value: Any) -> bool:
    days = value if operator == "between" else [value]
    if not isinstance(days, list) or (operator == "between" and len(days) != 2):
        return False
    given = [each for each in days if each is not None]
    return bool(given) and all(parse_days(each, zone=UTC, at=now()) for each in given)


def _days(value: Any, asker: Asker) -> tuple[datetime, datetime]:
    days = parse_days(value, zone=asker.zone, at=asker.at)
    if days is None:
        raise InvalidInput.field("value", "Write a day like 2026-11-24, or today.")
    return days


def _on(column: str, value: Any, asker: Asker) -> Q:
    first, after = _days(value, asker)
    return Q(**{f"{column}__gte": first, f"{column}__lt": after})


def _between_days(column: str, value: Any, asker: Asker) -> Q:
    begins, ends = value
    found = Q()
    if begins is not None:
        found &= Q(**{f"{column}__gte": _days(begins, asker)[0]})
    if ends is not None:
        found &= Q(**{f"{column}__lt": _days(ends, asker)[1]})
    return found


_OF_DAYS: dict[str, Callable[[str, Any, Asker], Q]] = {
    "on": _on,
    "between": _between_days,
    "before": lambda column, value, asker: Q(**{f"{column}__lt": _days(value, asker)[0]}),
    "after": lambda column, value, asker: Q(**{f"{column}__gte": _days(value, asker)[1]}),
}


def _between(column: str, value: Any) -> Q:
    begins, ends = value
    found = Q() if begins is None else Q(**{f"{column}__gte": begins})
    return found if ends is None else found & Q(**{f"{column}__lte": ends})


def _is_empty(column: str, _: Any) -> Q:
    if column in ("tags", "follower_ids", "mentioned_ids"):
        return Q(**{f"{column}__len": 0})
    if column in (
        "subject",
        "language",
        "intent",
        "sentiment",
        "csat_state",
        "sla_state",
        "sla_target",
        "sla_policy",
    ):
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
    "at_least": lambda column, value: Q(**{f"{column}__gte": value}),
    "at_most": lambda column, value: Q(**{f"{column}__lte": value}),
    "between": _between,
    "within_last": lambda column, value: Q(**{f"{column}__gte": _ago(value)}),
    "longer_ago_than": lambda column, value: Q(**{f"{column}__lt": _ago(value)}),
    "is_empty": _is_empty,
    "is_present": lambda column, value: ~_is_empty(column, value),
}
