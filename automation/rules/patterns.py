"""Trying a pattern on a text: the same RE2, without regard to case, that judges messages."""

from __future__ import annotations

from itertools import islice
from typing import Any, TypedDict

from automation.rules.conditions import compile_pattern
from automation.rules.fields import pattern_problems
from helpdesk.lib.errors import InvalidInput

MAX_FOUND = 100


class Piece(TypedDict):
    """A part of the text in its order; together they are the whole text."""

    text: str
    is_match: bool


def pieces_of(pattern: str, text: str) -> tuple[bool, list[Piece]]:
    """Whether the pattern is anywhere in the text, and the text with what was found marked.

    At most the first ``MAX_FOUND`` places are marked; one without signs (``a*``) has none to mark.
    Raises InvalidInput naming ``pattern``.
    """
    problems = pattern_problems(pattern, "pattern")
    if problems:
        raise InvalidInput(problems[0].message, errors=problems)
    compiled: Any = compile_pattern(f"(?i){pattern}")
    is_match = bool(pattern) and compiled.search(text) is not None
    pieces: list[Piece] = []
    end = 0
    places = compiled.finditer(text) if is_match else ()
    for found in islice(places, MAX_FOUND):
        begin, after = found.span()
        if begin == after:
            continue
        if begin > end:
            pieces.append({"text": text[end:begin], "is_match": False})
        pieces.append({"text": text[begin:after], "is_match": True})
        end = after
    if end < len(text):
        pieces.append({"text": text[end:], "is_match": False})
    return is_match, pieces
