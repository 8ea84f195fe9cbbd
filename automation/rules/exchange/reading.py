"""Taking such a text in: what would change, in words, and then the change itself.

A rehearsal does everything and takes it back, so that what it says is what would be. Rules become
drafts, macros are saved as their next version, tags are added; nothing is ever deleted.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from automation.macros.edit import change_macro, create_macro
from automation.macros.models import Audience, Macro
from automation.rules.definition import clean_definition
from automation.rules.drafts import create_draft, save_draft
from automation.rules.exchange import promises
from automation.rules.exchange.export import (
    FORMAT,
    definition_said,
    macro_said,
    rule_said,
    title_of,
)
from automation.rules.exchange.names import Names, shared_macros
from automation.rules.exchange.text import read_yaml, write_yaml
from automation.rules.models import Rule
from helpdesk.accounts.models import Organization, Team, User
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import Conflict, FieldError, InvalidInput
from tickets.actions.tags import clean_tag, ensure_tags
from tickets.models import Tag

MAX_PARTS = 1000
_PARTS = ("aftercare_automation", "tags", "macros", "rules", *promises.PARTS)
_OF_MACRO = (
    "name", "key", "folder", "intents", "claims", "team", "is_active", "variants", "actions",
)  # fmt: skip


@dataclass
class Change:
    """One part of the text. ``kind``: tag, macro, rule, calendar, sla_policy, surveys; ``change``:
    new, changed, same."""

    kind: str
    name: str
    change: str
    diff: str = ""
    id: str | None = None


@dataclass
class _Taken:
    changes: list[Change] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)


class _Rehearsed(Exception):
    """No error: it takes a rehearsal back."""


def import_automation(
    organization: Organization, text: str, *, user: User | None, is_rehearsal: bool
) -> list[Change]:
    """Take the text in, whole or not at all; what became of each part, as it stands there.

    Raises InvalidInput naming every wrong place (``rules.3.conditions.all.1.value``), Conflict
    where somebody works on a draft of a rule that would change.
    """
    said = _checked(read_yaml(text))
    taken = _Taken()
    try:
        with unit_of_work():
            _take(organization, said, user, taken)
            if taken.errors:
                raise InvalidInput(taken.errors[0].message, errors=taken.errors[:50])
            if is_rehearsal:
                raise _Rehearsed
    except _Rehearsed:
        pass
    return taken.changes


def _checked(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict) or said.get("aftercare_automation") != FORMAT:
        message = (
            f"This is no text of rules and macros: it begins with aftercare_automation: {FORMAT}."
        )
        raise InvalidInput.field("text", message)
    unknown = sorted(set(said) - set(_PARTS))
    if unknown:
        raise InvalidInput.field(unknown[0], "There is no such part.", code="unknown")
    for part in _PARTS[1:]:
        if not isinstance(said.setdefault(part, []), list) or len(said[part]) > MAX_PARTS:
            raise InvalidInput.field(part, f"A list of at most {MAX_PARTS}.")
    for part in ("macros", "rules", *promises.PARTS):
        for at, each in enumerate(said[part]):
            if not isinstance(each, dict):
                raise InvalidInput.field(f"{part}.{at}", "Each is an object with a name.")
    return said


def _take(
    organization: Organization, said: dict[str, Any], user: User | None, taken: _Taken
) -> None:
    _take_tags(organization, said["tags"], taken)
    names = Names(organization)
    macros = _known(shared_macros(organization), names, macro_said)
    for at, each in enumerate(said["macros"]):
        _at(f"macros.{at}", taken, lambda each=each: _macro(each, names, macros, user))
    names = Names(organization)  # with the macros that are new
    found = Rule.objects.filter(organization=organization).select_related("draft_by")
    rules = _known(list(found.order_by("position", "pk")), names, rule_said)
    for at, each in enumerate(said["rules"]):
        _at(f"rules.{at}", taken, lambda each=each: _rule(each, names, rules, user))
    for part in promises.PARTS:
        seen: set[str] = set()
        for at, each in enumerate(said[part]):
            take = partial(_promise, part, each, names, user, seen)
            _at(f"{part}.{at}", taken, take)


def _at(path: str, taken: _Taken, take: Any) -> None:
    """Errors carry the place in the text; all of them are named at once."""
    try:
        taken.changes.append(take())
    except InvalidInput as error:
        taken.errors += [FieldError(f"{path}.{e.path}", e.code, e.message) for e in error.errors]


def _take_tags(organization: Organization, tags: list[Any], taken: _Taken) -> None:
    known = set(Tag.objects.filter(organization=organization).values_list("name", flat=True))
    for at, each in enumerate(tags):
        if not isinstance(each, str):
            raise InvalidInput.field(f"tags.{at}", "A tag is a word.")
        name = clean_tag(each)
        taken.changes.append(Change("tag", name, "same" if name in known else "new"))
        known.add(name)
    ensure_tags(organization.pk, [change.name for change in taken.changes])


# Which of ours a part means


class _Known:
    """Ours by key and by what they are called; a part taken twice is refused."""

    def __init__(self, rows: list[Any], said: list[dict[str, Any]]) -> None:
        pairs: list[tuple[Any, dict[str, Any]]] = list(zip(rows, said, strict=True))
        self.by_key = {row.key: (row, one) for row, one in pairs if row.key}
        self.by_title: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
        for row, one in pairs:
            self.by_title.setdefault(title_of(one), []).append((row, one))
        self.seen: set[str] = set()

    def find(self, said: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
        """The one it means; raises InvalidInput where that is not certain."""
        title, key = title_of(said), str(said.get("key") or "")
        mark = key or title
        if mark in self.seen:
            raise InvalidInput.field("name", f"“{title}” is there twice.", code="twice")
        self.seen.add(mark)
        if key:
            return self.by_key.get(key)
        found = self.by_title.get(title, [])
        if len(found) > 1:
            message = f"There are {len(found)} called “{title}”. Rename them first."
            raise InvalidInput.field("name", message, code="ambiguous")
        return found[0] if found else None


def _known(rows: Any, names: Names, say: Any) -> _Known:
    return _Known(rows, [say(each, names) for each in rows])


# Macros


def _macro(said: dict[str, Any], names: Names, known: _Known, user: User | None) -> Change:
    unknown = sorted(set(said) - set(_OF_MACRO))
    if unknown:
        raise InvalidInput.field(unknown[0], "A macro has no such part.", code="unknown")
    there = known.find(said)
    fields = _macro_fields(said, names)
    if there is None:
        key = str(said.get("key") or "")[:60]
        macro = create_macro(names.organization, fields, user=user, key=key)
        was: dict[str, Any] = {}
    else:
        macro, was = there
        if was == said:
            return Change("macro", title_of(said), "same", id=str(macro.pk))
        macro = change_macro(macro, fields, user=user)
    macro = Macro.objects.select_related("team").get(pk=macro.pk)
    return _changed("macro", macro.pk, was, macro_said(macro, names))


def _macro_fields(said: dict[str, Any], names: Names) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "folder": "", "intents": [], "claims": None, "is_active": True, "actions": [],
    } | {name: said[name] for name in _OF_MACRO if name in said and name not in ("key", "team")}  # fmt: skip
    if not isinstance(fields["is_active"], bool):
        raise InvalidInput.field("is_active", "Write true or false.")
    fields["actions"] = names.actions_as_ids(fields["actions"], "actions")
    fields["audience"] = Audience.EVERYBODY
    if said.get("team") is not None:
        team = Team.objects.filter(organization=names.organization, name=said["team"]).first()
        if team is None:
            raise InvalidInput.field("team", f"There is no team “{said['team']}” here.")
        fields |= {"audience": Audience.TEAM, "team_id": team.pk}
    return fields


# Hours, service levels, surveys


def _promise(
    part: str, said: dict[str, Any], names: Names, user: User | None, seen: set[str]
) -> Change:
    kind, take = promises.PARTS[part]
    called = "store" if kind == "surveys" else "name"
    name = str(said.get(called) or "")
    if name in seen:
        raise InvalidInput.field(called, f"“{name}” is there twice.", code="twice")
    seen.add(name)
    change = _changed(kind, *take(said, names, user))
    change.name = name
    return change


# Rules


def _rule(said: dict[str, Any], names: Names, known: _Known, user: User | None) -> Change:
    there = known.find(said)
    definition = {name: value for name, value in said.items() if name != "key"}
    if "conditions" in definition:
        definition["conditions"] = names.conditions_as_ids(definition["conditions"], "conditions")
    for part in ("actions", "else_actions"):
        if part in definition:
            definition[part] = names.actions_as_ids(definition[part], part)
    key = str(said.get("key") or "")[:60]
    if there is None:
        rule = create_draft(names.organization, definition, user=user, key=key)
        return _changed("rule", rule.pk, {}, definition_said(rule.draft or {}, names, key=key))
    rule, was = there
    cleaned = clean_definition(names.organization.pk, definition, is_complete=False)
    wanted = definition_said(cleaned, names, key=rule.key)
    drafted = definition_said(rule.draft, names, key=rule.key) if rule.draft else was
    if wanted in (was, drafted):
        return Change("rule", title_of(wanted), "same", id=str(rule.pk))
    if rule.draft is not None and rule.live_version:
        who = rule.draft_by.name if rule.draft_by else "Somebody"
        message = f"{who} is working on a draft of “{rule.name}”. Publish or discard it first."
        raise Conflict(message, code="draft_there")
    save_draft(rule, definition, user=user, based_on=rule.draft_revision)
    return _changed("rule", rule.pk, was, wanted)


def _changed(kind: str, pk: Any, was: dict[str, Any], now_said: dict[str, Any]) -> Change:
    title = title_of(now_said)
    if was == now_said:
        return Change(kind, title, "same", id=None if pk is None else str(pk))
    before, after = (write_yaml(each).splitlines() if each else [] for each in (was, now_said))
    diff = difflib.unified_diff(before, after, lineterm="", n=2)
    pk = str(pk) if pk is not None else None
    return Change(kind, title, "changed" if was else "new", "\n".join(list(diff)[2:]), pk)
