"""Custom fields: their definitions, and values that fit them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import date
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from django.db.models import JSONField

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.errors import Conflict, FieldError, InvalidInput
from tickets.actions.change import apply_changes, lock_ticket, record_ticket
from tickets.models import CustomField, FieldOwner, FieldType, Ticket
from tickets.records import custom_field_record

MAX_FIELDS = 100
MAX_CHOICES = 200
MAX_CHARS = 2000
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")

Values = dict[str, Any]


def define_field(
    organization_id: uuid.UUID,
    *,
    owner: str,
    slug: str,
    name: str,
    type: str,
    choices: list[str] | None = None,
    by: User | None = None,
) -> CustomField:
    """A new field; raises InvalidInput naming what is wrong, Conflict if the slug is taken."""
    if not _SLUG.fullmatch(slug) or len(slug) > 40 or slug in JSONField().get_lookups():
        raise InvalidInput.field("slug", "Use small letters, digits and single underscores.")
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        known = CustomField.objects.filter(organization_id=organization_id, owner=owner)
        if known.count() >= MAX_FIELDS:
            raise InvalidInput(f"There can be {MAX_FIELDS} fields.", code="too_many")
        field, is_new = CustomField.objects.get_or_create(
            organization_id=organization_id,
            owner=owner,
            slug=slug,
            defaults={
                "name": name.strip(),
                "type": type,
                "choices": _choices(type, choices or []),
                "position": known.count(),
            },
        )
        if not is_new:
            raise Conflict(f"There is already a field “{slug}”.", code="slug_taken")
        _record(field)
    return field


def change_field(field: CustomField, *, by: User | None = None, **changes: Any) -> CustomField:
    """Change name, choices, position or whether it is archived; slug and type stay for ever."""
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        field = CustomField.objects.select_for_update(no_key=True).get(pk=field.pk)
        for attribute, value in changes.items():
            if attribute not in ("name", "choices", "position", "is_archived"):
                raise KeyError(attribute)
            setattr(field, attribute, value)
        field.choices = _choices(field.type, field.choices)
        field.save()
        _record(field)
    return field


def merge_values(organization_id: uuid.UUID, owner: str, known: Values, changes: Values) -> Values:
    """What is stored after the changes; null takes a value away.

    Raises InvalidInput naming each field (``fields.size``) whose value does not fit.
    """
    defined = {
        each.slug: each
        for each in CustomField.objects.filter(
            organization_id=organization_id, owner=owner, is_archived=False
        )
    }
    merged, errors = dict(known), []
    for slug, value in changes.items():
        field = defined.get(slug)
        if field is None:
            errors.append(FieldError(f"fields.{slug}", "unknown_field", "There is no such field."))
        elif value is None or value == "":
            merged.pop(slug, None)
        else:
            problem = _CHECKS[field.type](value, field)
            if problem:
                errors.append(FieldError(f"fields.{slug}", "invalid", f"{field.name}: {problem}"))
            merged[slug] = value.strip() if isinstance(value, str) else value
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)
    return merged


def set_ticket_fields(ticket_id: uuid.UUID, values: Values) -> Ticket:
    """Set some of the ticket's custom fields; raises what ``merge_values`` raises."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        merged = merge_values(ticket.organization_id, FieldOwner.TICKET, ticket.fields, values)
        change = apply_changes(ticket, {"fields": merged})
        if change:
            record_ticket("ticket.updated", ticket, change)
    return ticket


def _record(field: CustomField) -> None:
    record(
        "field.updated",
        organization_id=field.organization_id,
        object_type="field",
        object_id=field.pk,
        payload=lambda: {"field": custom_field_record(field)},
    )


def _choices(type_: str, choices: list[str]) -> list[str]:
    """The choices cleaned; only a choice has some, and at least one."""
    cleaned = list(dict.fromkeys(each.strip() for each in choices if each.strip()))
    if (type_ == FieldType.CHOICE) != bool(cleaned) or len(cleaned) > MAX_CHOICES:
        raise InvalidInput.field("choices", f"A choice has 1 to {MAX_CHOICES} values to choose.")
    return cleaned


def _text_problem(value: Any, _: CustomField) -> str:
    is_fine = isinstance(value, str) and len(value) <= MAX_CHARS and "\x00" not in value
    return "" if is_fine else f"Write at most {MAX_CHARS} characters."


def _number_problem(value: Any, _: CustomField) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if is_number and isfinite(value) and abs(value) < 1e15 else "Write a number."


def _flag_problem(value: Any, _: CustomField) -> str:
    return "" if isinstance(value, bool) else "Choose yes or no."


def _choice_problem(value: Any, field: CustomField) -> str:
    return "" if value in field.choices else f"Choose from: {', '.join(field.choices)}."


def _date_problem(value: Any, _: CustomField) -> str:
    try:
        is_date = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        is_date = False
    return "" if is_date else "Write a date like 2026-11-22."


def _link_problem(value: Any, field: CustomField) -> str:
    if _text_problem(value, field):
        return "Write a link that begins with https://."
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return "Write a link that begins with https://."
    is_link = (
        parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value.strip()
    )
    return "" if is_link else "Write a link that begins with https://."


_CHECKS: dict[str, Callable[[Any, CustomField], str]] = {
    FieldType.TEXT: _text_problem,
    FieldType.NUMBER: _number_problem,
    FieldType.FLAG: _flag_problem,
    FieldType.CHOICE: _choice_problem,
    FieldType.DATE: _date_problem,
    FieldType.LINK: _link_problem,
}
