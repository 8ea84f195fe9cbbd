"""Trying a pattern: the marks that an admin sees are what the live engine finds."""

from __future__ import annotations

import pytest

from automation.rules.conditions import OPERATORS
from automation.rules.patterns import MAX_FOUND, pieces_of
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput


def _marked(pattern: str, text: str) -> list[str]:
    return [each["text"] for each in pieces_of(pattern, text)[1] if each["is_match"]]


def test_what_is_found_is_marked_without_regard_to_case():
    assert pieces_of("refund|storno", "Storno, please REFUND me") == (
        True,
        [
            {"text": "Storno", "is_match": True},
            {"text": ", please ", "is_match": False},
            {"text": "REFUND", "is_match": True},
            {"text": " me", "is_match": False},
        ],
    )


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a*", "xx"),
        ("", "x"),
        ("^$", ""),
        ("ž", "ŽENA 😀 ž"),
        (r"\d{3}", "no. 12"),
        ("(?s).*", "a\nb"),
    ],
)
def test_it_says_what_the_live_engine_says_and_keeps_the_text_whole(pattern: str, text: str):
    is_match, pieces = pieces_of(pattern, text)
    assert is_match is OPERATORS["matches"](text, pattern, now())
    assert "".join(each["text"] for each in pieces) == text


def test_words_beyond_the_basic_plane_keep_their_place():
    assert _marked("robe", "😀😀 robe") == ["robe"]


def test_a_thousand_finds_are_not_all_marked():
    is_match, pieces = pieces_of("a", "ab" * 1000)
    assert is_match
    assert sum(each["is_match"] for each in pieces) <= MAX_FOUND
    assert "".join(each["text"] for each in pieces) == "ab" * 1000


def test_a_pattern_that_cannot_be_read_is_named():
    with pytest.raises(InvalidInput) as raised:
        pieces_of("(", "x")
    assert [each.path for each in raised.value.errors] == ["pattern"]
