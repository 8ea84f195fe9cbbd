"""Queries and texts as the API tells them: places are those of JavaScript's strings."""

from __future__ import annotations

from typing import Any

from tickets.search.grammar import Token
from tickets.search.keys import find_key
from tickets.search.reading import Reading


class Places:
    """Turns places of Python (characters) into places of JavaScript (UTF-16 units)."""

    def __init__(self, text: str) -> None:
        self._wide = [place for place, sign in enumerate(text) if ord(sign) > 0xFFFF]

    def __call__(self, place: int) -> int:
        return place + sum(each < place for each in self._wide)

    def back(self, unit: int) -> int:
        """The place of Python; in the middle of a wide character it is that character's."""
        place = unit
        for index, wide in enumerate(self._wide):
            if wide + index + 1 < unit:
                place -= 1
            elif wide + index + 1 == unit:
                return wide
        return place


def analysis(reading: Reading) -> dict[str, Any]:
    """The query with its tokens, what was wrong with it, and the conditions it makes."""
    places = Places(reading.query.text)
    return {
        "text": reading.query.text,
        "tokens": [_token(each, reading, places) for each in reading.query.tokens],
        "problems": [
            {
                "start": places(each.start),
                "end": places(each.end),
                "token": each.token,
                "code": each.code,
                "message": each.message,
                "hint": each.hint,
            }
            for each in reading.problems
        ],
        "conditions": reading.conditions,
    }


def _token(token: Token, reading: Reading, places: Places) -> dict[str, Any]:
    is_field = token.kind == "field"
    key = find_key(token.key) if is_field else None
    understood = reading.understood.get(token.start)
    labels = understood.labels if understood else token.values
    if len(labels) != len(token.values):
        labels = token.values
    return {
        "kind": token.kind,
        "start": places(token.start),
        "end": places(token.end),
        "text": token.text,
        "is_negated": token.is_negated,
        "key": (key.name if key else token.key) if is_field else None,
        "operator": token.operator if is_field else None,
        "values": [
            {"text": text, "label": label} for text, label in zip(token.values, labels, strict=True)
        ],
        "is_understood": reading.is_understood(token),
    }


def highlighted(text: str, spans: list[tuple[int, int]]) -> dict[str, Any]:
    """A text with the places to mark; never HTML."""
    places = Places(text)
    return {"text": text, "spans": [[places(start), places(end)] for start, end in spans]}
