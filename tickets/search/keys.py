"""The names before the colon: what each means, and which values it knows.

A further key is one ``add_key(Key(…))``, here or in the app that knows about it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import cached_property

from helpdesk.accounts.models import Team, User
from helpdesk.lib.clock import now
from tickets.fields import parse_days, parse_duration
from tickets.models import Channel, CustomField, Tag
from tickets.search.grammar import Operator, Token, quote
from tickets.search.normalise import normalise

Tree = dict[str, Any]
COMPARISONS: tuple[Operator, ...] = (":", ":>", ":>=", ":<", ":<=", "..")


@dataclass(frozen=True, slots=True)
class Value:
    """A value that can stand behind a key: the word, what people read, and what it is."""

    word: str
    label: str
    detail: str = ""
    also: tuple[str, ...] = ()
    id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """What a field of a query asks, and its values as people read them."""

    tree: Tree
    labels: tuple[str, ...]


class NotUnderstood(Exception):
    """The values make no sense for this key; ``hint`` is what may have been meant."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


class Vocabulary:
    """What the words of one person's queries can name, read when first asked for."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.kept: dict[str, list[Value]] = {}

    @property
    def organization_id(self) -> uuid.UUID:
        return self.user.organization_id

    @cached_property
    def people(self) -> list[Value]:
        """The agents, whoever has left behind the others."""
        found = User.objects.filter(organization_id=self.organization_id).order_by(
            "-is_active", "name", "pk"
        )
        return [
            Value(
                "@" + (each.first_name or each.email.split("@")[0]).lower().replace(" ", "-"),
                str(each),
                each.email,
                (each.name, each.email, each.email.split("@")[0], each.first_name),
                each.pk,
            )
            for each in found
        ]

    @cached_property
    def teams(self) -> list[Value]:
        found = Team.objects.filter(organization_id=self.organization_id).order_by("name")
        return [Value(each.name.lower(), each.name, id=each.pk) for each in found]

    @cached_property
    def tags(self) -> list[Value]:
        found = Tag.objects.filter(organization_id=self.organization_id).order_by("name")
        return [Value(each.name, each.name, each.description) for each in found]

    @cached_property
    def custom_fields(self) -> list[CustomField]:
        """The fields that the shop has added, those of tickets first."""
        found = CustomField.objects.filter(organization_id=self.organization_id, is_archived=False)
        return list(found.order_by("-owner", "position", "name"))

    @cached_property
    def channels(self) -> list[Value]:
        """Kinds first, then single channels by their short name."""
        found = list(
            Channel.objects.filter(organization_id=self.organization_id).order_by("name", "pk")
        )
        own = [
            Value(
                each.slug, each.name, each.address or each.kind, (each.name, each.address), each.pk
            )
            for each in found
        ]
        return [*_KINDS, *own]


_KINDS = [
    Value("email", "Email"),
    Value("chat", "Chat", also=("live chat",)),
    Value("whatsapp", "WhatsApp"),
    Value("instagram", "Instagram"),
    Value("messenger", "Messenger", also=("facebook",)),
    Value("sms", "SMS"),
    Value("voice", "Voice", also=("phone", "call")),
    Value("form", "Contact form"),
]

Translate = Callable[[Token, Vocabulary], Understood]


@dataclass(frozen=True)
class Key:
    """A name before the colon. ``values`` are suggested; ``translate`` makes conditions."""

    name: str
    label: str
    translate: Translate
    example: str
    aliases: tuple[str, ...] = ()
    operators: tuple[Operator, ...] = (":",)
    values: Callable[[Vocabulary], list[Value]] = lambda _: []


KEYS: dict[str, Key] = {}
_NAMES: dict[str, str] = {}


def add_key(key: Key) -> None:
    """Make a key known, under its name and its aliases."""
    KEYS[key.name] = key
    for name in (key.name, *key.aliases):
        _NAMES[name] = key.name


def find_key(name: str) -> Key | None:
    """The key of that name or alias."""
    canonical = _NAMES.get(name.lower())
    return KEYS[canonical] if canonical else None


def understand(token: Token, key: Key, vocabulary: Vocabulary) -> Understood:
    """What the field asks; raises NotUnderstood."""
    if not any(token.values):
        raise NotUnderstood("no_value", f"Write something behind “{key.name}:”.")
    if token.operator not in key.operators:
        sign = token.operator.removeprefix(":")
        raise NotUnderstood("bad_value", f"“{key.name}” cannot be compared with “{sign}”.")
    return key.translate(token, vocabulary)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    found = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def closest_key(name: str) -> str | None:
    """The key that was probably meant."""
    near = closest(name, _NAMES)
    return _NAMES[near] if near else None


def chosen(token: Token, known: list[Value], key: Key | str) -> list[Value]:
    """The known values that the token names; raises NotUnderstood for the first it does not."""
    return [each for word in token.values for each in named(word, known, token, key)]


def named(word: str, known: list[Value], token: Token, key: Key | str) -> list[Value]:
    """The values of that word, whole or else by a beginning that only one has."""
    wanted = normalise(word.removeprefix("@")).strip()
    whole = [each for each in known if wanted in _names_of(each)]
    if whole:
        return whole
    begun = [each for each in known if any(name.startswith(wanted) for name in _names_of(each))]
    if len(begun) == 1 and wanted:
        return begun
    raise unknown(word, known, token, key)


def unknown(word: str, known: list[Value], token: Token, key: Key | str) -> NotUnderstood:
    """The complaint about a value, with the nearest one as hint."""
    by_name = {name: each for each in known for name in _names_of(each)}
    near = closest(normalise(word.removeprefix("@")), by_name)
    name = key if isinstance(key, str) else key.name
    hint = None
    if near is not None:
        words = [by_name[near].word if each == word else each for each in token.values]
        sign = "-" if token.is_negated else ""
        hint = f"{sign}{name}:{','.join(quote(each) for each in words)}"
    return NotUnderstood("unknown_value", f"“{name}:” does not know “{word}”.", hint)


def _names_of(value: Value) -> set[str]:
    return {
        normalise(each.removeprefix("@")).strip()
        for each in (value.word, value.label, *value.also)
        if each
    }


def leaf(field: str, operator: str, value: Any = None) -> Tree:
    """A condition; without a value where the operator needs none."""
    made: Tree = {"field": field, "operator": operator}
    return made if value is None else made | {"value": value}


def any_of(trees: list[Tree]) -> Tree:
    """One of them, or the only one."""
    return trees[0] if len(trees) == 1 else {"any": trees}


def one_or_more(field: str, values: list[Any]) -> Tree:
    """``is`` or ``is_any_of``."""
    if len(values) == 1:
        return leaf(field, "is", values[0])
    return leaf(field, "is_any_of", values)


def labels(values: Iterable[Value]) -> tuple[str, ...]:
    return tuple(each.label for each in values)


def words(field: str) -> Translate:
    """The values as words that the field must hold; a quoted value is a phrase."""

    def translate(token: Token, _: Vocabulary) -> Understood:
        trees = [
            leaf(field, "has_phrase" if " " in each.strip() else "has_words", each)
            for each in token.values
            if each.strip()
        ]
        return Understood(any_of(trees), token.values)

    return translate


def choice(field: str, known: Callable[[Vocabulary], list[Value]], key: str) -> Translate:
    """One of known words."""

    def translate(token: Token, vocabulary: Vocabulary) -> Understood:
        found = chosen(token, known(vocabulary), key)
        return Understood(one_or_more(field, [each.word for each in found]), labels(found))

    return translate


def reference(
    field: str, known: Callable[[Vocabulary], list[Value]], key: str, *, me: bool = False
) -> Translate:
    """One of known rows, ``none`` or ``any``; ``me`` where that is a person."""

    def translate(token: Token, vocabulary: Vocabulary) -> Understood:
        trees, ids, read = [], [], []
        for word in token.values:
            if word.lower() in ("none", "nobody"):
                trees.append(leaf(field, "is_empty"))
                read.append("none")
            elif word.lower() in ("any", "anybody"):
                trees.append(leaf(field, "is_present"))
                read.append("any")
            elif me and word.lower() == "me":
                ids.append("me")
                read.append("me")
            else:
                found = named(word, known(vocabulary), token, key)
                ids += [str(each.id) for each in found]
                read += labels(found)
        if ids:
            trees.append(one_or_more(field, ids))
        return Understood(any_of(trees), tuple(read))

    return translate


def people(field: str, key: str) -> Translate:
    """Some of the people that a field holds."""

    def translate(token: Token, vocabulary: Vocabulary) -> Understood:
        if any(each.lower() in ("none", "nobody") for each in token.values):
            return Understood(leaf(field, "is_empty"), ("none",))
        ids, read = [], []
        for word in token.values:
            if word.lower() == "me":
                ids.append("me")
                read.append("me")
            else:
                found = named(word, vocabulary.people, token, key)
                ids += [str(each.id) for each in found]
                read += labels(found)
        return Understood(leaf(field, "contains_any_of", ids), tuple(read))

    return translate


_NUMBERS: dict[Operator, str] = {
    ":": "is",
    ":>": "more_than",
    ":>=": "at_least",
    ":<": "less_than",
    ":<=": "at_most",
}


def number(field: str, *, is_whole: bool = True) -> Translate:
    """A number, a comparison or a span of numbers."""

    def read(text: str) -> float | int | None:
        cleaned = text.strip().removeprefix("#").replace(",", ".")
        if not re.fullmatch(r"\d{1,15}" if is_whole else r"\d{1,12}(\.\d{1,3})?", cleaned):
            raise NotUnderstood("bad_value", f"“{text}” is not a number.")
        return int(cleaned) if is_whole else float(cleaned)

    def translate(token: Token, _: Vocabulary) -> Understood:
        if token.operator == "..":
            span = [read(each) if each else None for each in token.values]
            return Understood(leaf(field, "between", span), ("–".join(token.values),))
        trees = [leaf(field, _NUMBERS[token.operator], read(each)) for each in token.values]
        return Understood(any_of(trees), token.values)

    return translate


_DURATION = re.compile(r"(\d{1,5})(m|min|h|d|w)")
_AS_DAYS: dict[Operator, str] = {":": "on", ":>": "after", ":<": "before"}


def moment(field: str, *, is_age: bool = False) -> Translate:
    """Days or how long ago. ``is_age``: a bare duration is the least, not the most."""

    def of_duration(operator: Operator, text: str) -> Tree | None:
        match = _DURATION.fullmatch(text.strip().lower())
        if match is None:
            return None
        amount, unit = int(match[1]), match[2]
        written = f"{amount * 7}d" if unit == "w" else f"{amount}{unit[0]}"
        if parse_duration(written) is None:
            return None
        is_long = operator in (":>", ":>=") or (operator == ":" and is_age)
        return leaf(field, "longer_ago_than" if is_long else "within_last", written)

    def of_days(operator: Operator, text: str, token: Token) -> Tree:
        day = text.strip().lower()
        if parse_days(day, zone=UTC, at=now()) is None:
            near = closest(day, _DAYS)
            hint = f"{'-' * token.is_negated}{token.key}:{near}" if near else None
            raise NotUnderstood("bad_value", f"“{text}” is no day: 2026-11-24, today, 7d.", hint)
        if operator == ":>=":
            return leaf(field, "between", [day, None])
        if operator == ":<=":
            return leaf(field, "between", [None, day])
        return leaf(field, _AS_DAYS[operator], day)

    def translate(token: Token, _: Vocabulary) -> Understood:
        if token.operator == "..":
            span = [each.strip().lower() or None for each in token.values]
            for each in span:
                if each is not None:
                    of_days(":", each, token)
            return Understood(leaf(field, "between", span), ("–".join(token.values),))
        trees = [
            of_duration(token.operator, each) or of_days(token.operator, each, token)
            for each in token.values
        ]
        return Understood(any_of(trees), token.values)

    return translate


_DAYS = ("today", "yesterday", "tomorrow", "this-week", "last-week", "this-month", "last-month")
DAY_VALUES = [
    *(Value(each, each.replace("-", " ").capitalize()) for each in _DAYS if each != "tomorrow"),
    Value("7d", "Last 7 days"),
    Value("30d", "Last 30 days"),
]


def zone_of(user: User) -> tzinfo:
    """Where the person's day begins: their own time zone if they have set one, else the shop's."""
    for name in (user.settings.get("time_zone"), user.organization.time_zone):
        try:
            if name:
                return ZoneInfo(str(name))
        except (ValueError, OSError):
            continue
    return UTC
