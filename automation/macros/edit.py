"""Every write to macros; texts and actions are checked before they are stored."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.db.models import F

from automation.macros.acting import order_action_of
from automation.macros.claims import CLAIMS
from automation.macros.liquid import problems_of
from automation.macros.models import Audience, Macro, MacroUse, MacroVersion
from automation.rules.actions import clean_actions
from automation.rules.fields import INTENTS
from helpdesk.accounts.models import Organization, Role, Team, User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, FieldError, InvalidInput, NotFound
from tickets.models import Message, Ticket

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
        macro = Macro(organization=organization, key=key, owner=user)
        _set(macro, fields, user)
        macro.save(force_insert=True)
        _keep_version(macro, user)
        _record(macro, is_there=macro.is_active)
    return macro


def change_macro(
    macro: Macro,
    fields: dict[str, Any],
    *,
    user: User | None = None,
    version: int | None = None,
    restored_from: int | None = None,
) -> Macro:
    """Change the named fields; the version rises by one, and what was before is kept.

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
        if not macro.versions.filter(number=macro.version).exists():
            _keep_version(macro, None)
        before = audience_of(macro)
        _set(macro, fields, user)
        macro.version += 1
        macro.updated_at = now()
        macro.save()
        _keep_version(macro, user, restored_from=restored_from)
        if audience_of(macro) != before:
            _record_gone(macro, before)
        _record(macro, is_there=macro.is_active)
    return macro


def restore_macro(macro: Macro, number: int, *, user: User | None = None) -> Macro:
    """Make an older version the newest one, as a new version; raises NotFound."""
    kept = macro.versions.filter(number=number).first()
    if kept is None:
        raise NotFound("This macro has no such version.")
    fields = {name: value for name, value in kept.content.items() if name in _RESTORED}
    return change_macro(macro, fields, user=user, restored_from=number)


def delete_macro(macro: Macro, *, user: User | None = None) -> None:
    """Remove the macro; rules that reply with it then send nothing and say so."""
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        _record(macro, is_there=False)
        macro.delete()


def count_use(macro_id: uuid.UUID) -> None:
    """The macro was sent once more."""
    Macro.objects.filter(pk=macro_id).update(usage_count=F("usage_count") + 1, last_used_at=now())


def record_use(macro: Macro, message: Message, ticket: Ticket) -> None:
    """The message left with this macro; once per message."""
    count_use(macro.pk)
    MacroUse.objects.get_or_create(
        message_id=message.pk,
        defaults={
            "organization_id": macro.organization_id,
            "macro": macro,
            "ticket": ticket,
            "user": message.user,
            "macro_version": macro.version,
            "tags": ticket.tags,
            "intent": ticket.intent,
        },
    )


def audience_of(macro: Macro) -> dict[str, str | None]:
    """Who sees it, as events and records say it."""
    return {
        "audience": macro.audience,
        "owner_id": str(macro.owner_id) if macro.owner_id else None,
        "team_id": str(macro.team_id) if macro.team_id else None,
    }


_RESTORED = ("name", "folder", "variants", "actions", "intents", "claims", "is_active")


def _keep_version(macro: Macro, user: User | None, *, restored_from: int | None = None) -> None:
    content = {name: getattr(macro, name) for name in _RESTORED} | audience_of(macro)
    MacroVersion.objects.create(
        macro=macro,
        number=macro.version,
        content=content,
        user=user,
        restored_from=restored_from,
    )


def _set(macro: Macro, fields: dict[str, Any], user: User | None) -> None:
    errors: list[FieldError] = []
    for name, clean in _CLEAN.items():
        if name in fields:
            try:
                setattr(macro, name, clean(macro, fields[name]))
            except InvalidInput as error:
                errors += error.errors
    try:
        _set_audience(macro, fields, user)
    except InvalidInput as error:
        errors += error.errors
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)
    if "is_active" in fields:
        macro.is_active = fields["is_active"]


def _set_audience(macro: Macro, fields: dict[str, Any], user: User | None) -> None:
    if "audience" not in fields and "team_id" not in fields:
        return
    audience = fields.get("audience", macro.audience)
    if audience not in Audience.values:
        raise InvalidInput.field("audience", f"Choose from: {', '.join(Audience.values)}.")
    team: Team | None = None
    if audience == Audience.TEAM:
        teams = Team.objects.filter(organization_id=macro.organization_id)
        if user is not None and user.role != Role.ADMIN:
            teams = teams.filter(members=user)
        wanted = fields.get("team_id", macro.team_id)
        team = teams.filter(pk=wanted).first() if wanted else None
        if team is None:
            raise InvalidInput.field("team_id", "Choose one of your teams.", code="required")
    if audience == Audience.PERSONAL and macro.owner_id is None:
        macro.owner = user
        if user is None:
            raise InvalidInput.field("audience", "A personal macro needs an owner.")
    macro.audience, macro.team = audience, team


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


def _record_gone(macro: Macro, seen_by: dict[str, str | None]) -> None:
    """Tell those who saw it before that it is out of their sight."""
    macro_id = macro.pk
    record(
        "macro.removed",
        organization_id=macro.organization_id,
        object_type="macro",
        object_id=macro_id,
        payload=lambda: {"id": str(macro_id), "is_deleted": True, **seen_by},
    )


def _record(macro: Macro, *, is_there: bool) -> None:
    """Tell those who see it that it is there, or not any more."""
    name, folder, macro_id = macro.name, macro.folder, macro.pk
    acts = order_action_of(macro)
    seen_by = audience_of(macro)
    record(
        "macro.updated",
        organization_id=macro.organization_id,
        object_type="macro",
        object_id=macro_id,
        payload=lambda: {
            "id": str(macro_id),
            "name": name,
            "folder": folder,
            "acts_on_order": acts,
            "is_deleted": not is_there,
            **seen_by,
        },
    )
