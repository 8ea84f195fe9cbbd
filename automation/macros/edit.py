"""Every write to macros; texts and actions are checked before they are stored."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.db.models import F

from automation.macros.claims import CLAIMS
from automation.macros.liquid import problems_of
from automation.macros.models import Macro
from automation.rules.actions import clean_actions
from automation.rules.fields import INTENTS
from helpdesk.accounts.models import Organization, User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, FieldError, InvalidInput

MAX_VARIANTS = 40
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


def create_macro(
    organization: Organization, fields: dict[str, Any], *, user: User | None = None, key: str = ""
) -> Macro:
    """A new macro; raises InvalidInput naming everything that could not be filled later."""
    for name in ("name", "variants"):
        if name not in fields:
            raise InvalidInput.field(name, "This is needed.", code="required")
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        macro = Macro(organization=organization, key=key)
        _set(macro, fields)
        macro.save(force_insert=True)
        _record(macro)
    return macro


def change_macro(
    macro: Macro, fields: dict[str, Any], *, user: User | None = None, version: int | None = None
) -> Macro:
    """Change the named fields; the version rises by one.

    Raises InvalidInput naming every wrong field, Conflict when ``version`` is given and somebody
    saved the macro since.
    """
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        macro = Macro.objects.select_for_update(no_key=True).get(pk=macro.pk)
        if version is not None and version != macro.version:
            raise Conflict(
                f"This macro was saved as version {macro.version} while you were editing.",
                code="version_conflict",
            )
        _set(macro, fields)
        macro.version += 1
        macro.updated_at = now()
        macro.save()
        _record(macro)
    return macro


def delete_macro(macro: Macro, *, user: User | None = None) -> None:
    """Remove the macro; rules that reply with it then send nothing and say so."""
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        _record(macro, is_deleted=True)
        macro.delete()


def count_use(macro_id: uuid.UUID) -> None:
    """The macro was sent once more."""
    Macro.objects.filter(pk=macro_id).update(usage_count=F("usage_count") + 1)


def _set(macro: Macro, fields: dict[str, Any]) -> None:
    errors: list[FieldError] = []
    for name, clean in _CLEAN.items():
        if name in fields:
            try:
                setattr(macro, name, clean(macro, fields[name]))
            except InvalidInput as error:
                errors += error.errors
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)
    if "is_active" in fields:
        macro.is_active = fields["is_active"]


def _clean_name(macro: Macro, name: Any) -> str:
    cleaned = " ".join(str(name).replace("\x00", "").split())
    if not 0 < len(cleaned) <= 120:
        raise InvalidInput.field("name", "A name has between 1 and 120 characters.")
    return cleaned


def _clean_folder(macro: Macro, folder: Any) -> str:
    return " ".join(str(folder).replace("\x00", "").split())[:80]


def _clean_variants(macro: Macro, variants: Any) -> list[dict[str, Any]]:
    if not isinstance(variants, list) or not 0 < len(variants) <= MAX_VARIANTS:
        message = f"Give between 1 and {MAX_VARIANTS} languages."
        raise InvalidInput.field("language_variants", message)
    errors: list[FieldError] = []
    cleaned: list[dict[str, Any]] = []
    for index, each in enumerate(variants):
        path = f"language_variants.{index}"
        if not isinstance(each, dict):
            errors.append(FieldError(path, "invalid", "A variant must be an object."))
            continue
        errors += _variant_problems(each, path, {other["language"] for other in cleaned})
        subject = str(each.get("subject") or "").strip() or None
        cleaned.append(
            {
                "language": str(each.get("language", "")),
                "subject": subject,
                "body": each.get("body"),
            }
        )
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)
    return cleaned


def _variant_problems(variant: dict[str, Any], path: str, known: set[str]) -> list[FieldError]:
    language = str(variant.get("language", ""))
    errors = []
    if not _LANGUAGE.fullmatch(language):
        message = "Write a language code like en or pt-BR."
        errors.append(FieldError(f"{path}.language", "invalid", message))
    elif language in known:
        errors.append(FieldError(f"{path}.language", "twice", f"“{language}” is there twice."))
    if variant.get("subject"):
        errors += problems_of(variant["subject"], path=f"{path}.subject")
    return errors + problems_of(variant.get("body"), path=f"{path}.body")


def _clean_intents(macro: Macro, intents: Any) -> list[str]:
    if not isinstance(intents, list) or not all(each in INTENTS for each in intents):
        raise InvalidInput.field("intents", f"Choose from: {', '.join(INTENTS)}.")
    return list(dict.fromkeys(intents))


def _clean_claims(macro: Macro, claims: Any) -> list[str] | None:
    if claims is None:
        return None
    if not isinstance(claims, list) or not all(each in CLAIMS for each in claims):
        raise InvalidInput.field("claims", f"Choose from: {', '.join(CLAIMS)}; or null.")
    return list(dict.fromkeys(claims))


def _clean_actions(macro: Macro, actions: Any) -> list[dict[str, Any]]:
    return clean_actions(macro.organization_id, actions, for_macro=True)


_CLEAN = {
    "name": _clean_name,
    "folder": _clean_folder,
    "variants": _clean_variants,
    "actions": _clean_actions,
    "intents": _clean_intents,
    "claims": _clean_claims,
}


def _record(macro: Macro, *, is_deleted: bool = False) -> None:
    name, macro_id = macro.name, macro.pk
    record(
        "macro.updated",
        organization_id=macro.organization_id,
        object_type="macro",
        object_id=macro_id,
        payload=lambda: {"id": str(macro_id), "name": name, "is_deleted": is_deleted},
    )
