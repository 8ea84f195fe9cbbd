"""What may be typed next: keys first, then the values that a key knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tickets.models import Customer
from tickets.search.field_keys import key_for, keys_for
from tickets.search.found import customer_has_words
from tickets.search.grammar import Token, parse, quote
from tickets.search.keys import KEYS, Key, Value, Vocabulary
from tickets.search.normalise import normalise
from tickets.search.tsquery import words_query

MAX_SUGGESTIONS = 10
MIN_CUSTOMER_CHARS = 2
_FIRST = ("is", "assignee", "tag", "from", "order", "created", "channel", "team", "has", "priority")
_LOOSE = ("assignee", "tag", "team", "is", "channel")
"""The keys whose values are offered for a word without a key."""
_CUSTOMERS = ("from", "customer")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text to put in the place of what is being typed."""

    kind: str
    key: str
    insert: str
    label: str
    detail: str = ""


@dataclass
class Suggestions:
    """``start`` and ``end``: the part of the query that a suggestion replaces."""

    start: int
    end: int
    found: list[Suggestion] = field(default_factory=list)


def suggest(text: str, at: int, vocabulary: Vocabulary) -> Suggestions:
    """At most ten suggestions for what the caret stands in or behind."""
    at = max(0, min(at, len(text)))
    token = _typed(text, at)
    if token is None:
        made = Suggestions(at, at, [_of_key(KEYS[each], "") for each in _FIRST if each in KEYS])
    elif token.kind == "field":
        made = Suggestions(token.start, token.end, list(_values(token, at, vocabulary)))
    else:
        made = Suggestions(token.start, token.end, list(_of_word(token, vocabulary)))
    made.found = made.found[:MAX_SUGGESTIONS]
    return made


def _typed(text: str, at: int) -> Token | None:
    """The term that the caret touches."""
    for token in parse(text).tokens:
        if token.start < at <= token.end and token.kind in ("word", "field"):
            return token
    return None


def _of_key(key: Key, sign: str) -> Suggestion:
    return Suggestion("key", key.name, f"{sign}{key.name}:", key.label, key.example)


def _of_word(token: Token, vocabulary: Vocabulary) -> Iterator[Suggestion]:
    """Keys that begin so, then values that do."""
    sign = "-" if token.is_negated else ""
    word = normalise(token.values[0]).strip()
    if not word:
        return
    keys = [
        each
        for each in keys_for(vocabulary).values()
        if any(name.startswith(word) for name in (each.name, normalise(each.label), *each.aliases))
    ]
    yield from (_of_key(each, sign) for each in sorted(keys, key=lambda each: len(each.name)))
    for name in _LOOSE:
        for value in _matching(KEYS[name].values(vocabulary), word, anywhere=False)[:3]:
            yield _of_value(KEYS[name], value, sign, ())


def _values(token: Token, at: int, vocabulary: Vocabulary) -> Iterator[Suggestion]:
    """Values of the key; those before a comma stay."""
    key = key_for(token.key, vocabulary)
    sign = "-" if token.is_negated else ""
    if key is None:
        yield from (
            _of_key(each, sign)
            for each in keys_for(vocabulary).values()
            if each.name.startswith(token.key if "." in token.key else token.key[:3])
        )
        return
    is_new = token.text.endswith(",")
    kept = token.values if is_new else token.values[:-1]
    typed = "" if is_new or not token.values else token.values[-1]
    if token.operator not in (":", "..") and typed:
        typed = token.operator.removeprefix(":") + typed
    wanted = normalise(typed.removeprefix("@")).strip()
    known = key.values(vocabulary)
    if key.name in _CUSTOMERS:
        known = _customers(vocabulary, typed)
        wanted = ""
    for value in _matching(known, wanted):
        if value.word not in kept:
            yield _of_value(key, value, sign, kept)


def _matching(known: list[Value], wanted: str, *, anywhere: bool = True) -> list[Value]:
    """Values that begin so come before those of which another word begins so."""
    if not wanted:
        return known
    ranked: list[tuple[int, int, Value]] = []
    for place, each in enumerate(known):
        names = [
            normalise(name).removeprefix("@").strip()
            for name in (each.word, each.label, *each.also)
        ]
        if any(name.startswith(wanted) for name in names):
            ranked.append((0, place, each))
        elif any(word.startswith(wanted) for name in names for word in name.split()):
            ranked.append((1, place, each))
        elif anywhere and any(wanted in name for name in names):
            ranked.append((2, place, each))
    return [each for _, _, each in sorted(ranked, key=lambda found: found[:2])]


def _of_value(key: Key, value: Value, sign: str, kept: tuple[str, ...]) -> Suggestion:
    is_comparison = value.word[:1] in "<>"
    written = value.word if is_comparison else quote(value.word)
    before = "".join(f"{quote(each)}," for each in kept)
    insert = f"{sign}{key.name}:{before}{written} "
    return Suggestion("value", key.name, insert, value.label, value.detail)


def _customers(vocabulary: Vocabulary, typed: str) -> list[Value]:
    """Customers whose name or address begins so."""
    asked = words_query(typed) if len(typed) >= MIN_CUSTOMER_CHARS else ""
    if not asked:
        return []
    found = (
        Customer.objects.filter(
            customer_has_words(asked), organization_id=vocabulary.organization_id
        )
        .prefetch_related("handles")
        .order_by("-pk")[:MAX_SUGGESTIONS]
    )
    values = []
    for each in found:
        addresses = [handle.value for handle in each.handles.all()]
        word = addresses[0] if addresses else each.name
        values.append(Value(word, each.name or word, word))
    return values
