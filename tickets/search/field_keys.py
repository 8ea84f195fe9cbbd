"""``field.<slug>:`` for the fields that a shop has added, and all keys that one person can use."""

from __future__ import annotations

from tickets.models import CustomField, FieldType
from tickets.search.grammar import Token, quote
from tickets.search.keys import (
    COMPARISONS,
    DAY_VALUES,
    KEYS,
    Key,
    Translate,
    Understood,
    Value,
    Vocabulary,
    any_of,
    choice,
    closest,
    closest_key,
    find_key,
    leaf,
    moment,
    number,
)

PREFIX = "field."
_EMPTY = {"none": "is_empty", "any": "is_present"}
_YES_OR_NO = [Value("yes", "Yes", also=("true", "1")), Value("no", "No", also=("false", "0"))]
_EXAMPLES = {"number": ">3", "flag": "yes", "date": "today", "link": "example", "text": "blue"}


def keys_for(vocabulary: Vocabulary) -> dict[str, Key]:
    """Every key by its name; the shop's own fields come last."""
    return {**KEYS, **_own_keys(vocabulary)}


def key_for(name: str, vocabulary: Vocabulary) -> Key | None:
    """The key of that name or alias."""
    known = find_key(name)
    if known is None and name.lower().startswith(PREFIX):
        return _own_keys(vocabulary).get(name.lower())
    return known


def closest_key_for(name: str, vocabulary: Vocabulary) -> str | None:
    """The key that was probably meant; a field may be meant by its name, too."""
    if not name.lower().startswith(PREFIX):
        return closest_key(name)
    own = _own_keys(vocabulary)
    names = {each.removeprefix(PREFIX): each for each in own}
    names |= {own[each].label.lower(): each for each in own}
    near = closest(name.lower().removeprefix(PREFIX), names)
    return names[near] if near else None


def _own_keys(vocabulary: Vocabulary) -> dict[str, Key]:
    by_slug: dict[str, list[CustomField]] = {}
    for field in vocabulary.custom_fields:
        by_slug.setdefault(PREFIX + field.slug, []).append(field)
    return {name: _key(name, fields) for name, fields in by_slug.items()}


def _key(name: str, fields: list[CustomField]) -> Key:
    """One key for the field of tickets and the one of customers that have the same slug."""
    first = fields[0]
    is_ordered = all(each.type in (FieldType.NUMBER, FieldType.DATE) for each in fields)
    example = first.choices[0] if first.choices else _EXAMPLES.get(first.type, "blue")
    values = [value for each in fields for value in _values(each)]
    return Key(
        name,
        first.name,
        _translate(name, fields),
        f"{name}:{example if example[:1] in '<>' else quote(example)}",
        operators=COMPARISONS if is_ordered else (":",),
        values=lambda _: [*values, Value("none", "Empty"), Value("any", "Not empty")],
    )


def _values(field: CustomField) -> list[Value]:
    if field.type == FieldType.CHOICE:
        return [Value(each, each) for each in field.choices]
    if field.type == FieldType.FLAG:
        return _YES_OR_NO
    return DAY_VALUES if field.type == FieldType.DATE else []


def _translate(name: str, fields: list[CustomField]) -> Translate:
    each_of = [(f"{each.owner}.field.{each.slug}", _of_type(each, name)) for each in fields]

    def translate(token: Token, vocabulary: Vocabulary) -> Understood:
        operator = _EMPTY.get(token.values[0].lower()) if len(token.values) == 1 else None
        if operator is not None and token.operator == ":":
            return Understood(any_of([leaf(path, operator) for path, _ in each_of]), token.values)
        read = [of_type(token, vocabulary) for _, of_type in each_of]
        return Understood(any_of([each.tree for each in read]), read[0].labels)

    return translate


def _of_type(field: CustomField, name: str) -> Translate:
    path = f"{field.owner}.field.{field.slug}"
    if field.type == FieldType.NUMBER:
        return number(path, is_whole=False)
    if field.type == FieldType.DATE:
        return moment(path)
    if field.type == FieldType.CHOICE:
        return choice(path, lambda _: _values(field), name)
    if field.type == FieldType.FLAG:
        return _flag(path, name)
    return _text(path)


def _flag(path: str, name: str) -> Translate:
    read = choice(path, lambda _: _YES_OR_NO, name)

    def translate(token: Token, vocabulary: Vocabulary) -> Understood:
        labels = read(token, vocabulary).labels
        trees = [leaf(path, "is", value=each == _YES_OR_NO[0].label) for each in labels]
        return Understood(any_of(trees), labels)

    return translate


def _text(path: str) -> Translate:
    def translate(token: Token, _: Vocabulary) -> Understood:
        trees = [leaf(path, "contains", each) for each in token.values if each.strip()]
        return Understood(any_of(trees), token.values)

    return translate
