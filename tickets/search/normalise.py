"""Words as they are compared: one function for what is written and for what is asked.

Case, accents and width do not count (``Łódź`` is ``lodz``, ``Größe`` is ``grosse``). Scripts that
put no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) become overlapping
pairs of characters, so that any part of such a run is found as a phrase of pairs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

MAX_WORD_CHARS = 60
"""Longer runs are machine text (keys, base64); their beginning is enough to find them by."""

_LETTERS = str.maketrans(
    {
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "ı": "i",
        "ŧ": "t",
        "þ": "th",
        "ŋ": "n",
        "ə": "e",
        "ß": "ss",
        "_": " ",
        "ـ": None,
    }
)
# Accents of Latin, Greek and Cyrillic, points of Hebrew, vowel signs of Arabic. Not the vowels of
# Thai, Lao, Khmer, Burmese and the Indian scripts: those are letters. Nor the Japanese dakuten.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+"
)
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# A letter's own vowel signs are no \w in Python; they belong to the word all the same.
_SIGNS = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0980-\u0dff\u0f00-\u0fff"
_RUN = re.compile(f"([{_UNSPACED}]+)|((?:[^\\W{_UNSPACED}]|[{_SIGNS}])+)")


@dataclass(frozen=True, slots=True)
class Run:
    """A word or an unspaced run: its lexemes in order, and where it stands in the text."""

    lexemes: tuple[str, ...]
    start: int
    end: int
    is_unspaced: bool


def normalise(text: str) -> str:
    """The text without case, accents, width and invisible characters."""
    if text.isascii():
        return text.lower().replace("_", " ").replace("\x00", " ")
    text = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text).casefold())
    text = _MARKS.sub("", text.casefold())
    return unicodedata.normalize("NFC", text).translate(_LETTERS).replace("\x00", " ")


def lexemes_of(text: str) -> Iterator[str]:
    """Every lexeme of the text in order."""
    for match in _RUN.finditer(normalise(text)):
        if match[1]:
            yield from pairs(match[1])
        else:
            yield match[2][:MAX_WORD_CHARS]


def pairs(run: str) -> list[str]:
    """``订单号`` is ``订单``, ``单号``, ``号``: the last one alone, so that each can be found."""
    return [run[index : index + 2] for index in range(len(run))]


def asked_runs(text: str) -> list[Run]:
    """The runs of what is asked for: an unspaced run without the lonely last character."""
    found = []
    for match in _RUN.finditer(normalise(text)):
        if match[1]:
            run = match[1]
            lexemes = tuple(pairs(run)[:-1]) or (run,)
            found.append(Run(lexemes, match.start(), match.end(), is_unspaced=True))
        else:
            word = match[2][:MAX_WORD_CHARS]
            found.append(Run((word,), match.start(), match.end(), is_unspaced=False))
    return found


def source_positions(text: str) -> tuple[str, list[int]]:
    """The normalised text, and for each of its characters the place in ``text`` it came from."""
    if text.isascii():
        return normalise(text), list(range(len(text)))
    pieces: list[str] = []
    places: list[int] = []
    for start, end in _clusters(text):
        piece = _normalised_cluster(text[start:end])
        pieces.append(piece)
        places.extend([start] * len(piece))
    return "".join(pieces), places


@lru_cache(maxsize=8192)
def _normalised_cluster(cluster: str) -> str:
    return normalise(cluster)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Characters with the marks that follow them: what normalises by itself."""
    start = 0
    for index in range(1, len(text)):
        if not unicodedata.combining(text[index]):
            yield start, index
            start = index
    if text:
        yield start, len(text)


@dataclass
class Document:
    """Lexemes with their places, on the way to becoming a tsvector.

    Weights say where a word stands: A subject, B customer and senders, C files, D messages.
    """

    first: int = 1

    def __post_init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self._next = self.first

    @property
    def length(self) -> int:
        """The last place that is used."""
        return self._next - 1

    def add(self, text: str, weight: str = "D") -> None:
        """Append a text; a gap keeps phrases from reaching over its ends."""
        self.add_lexemes(lexemes_of(text), weight)

    def add_lexemes(self, lexemes: Iterable[str], weight: str = "D") -> None:
        """Append lexemes as one text."""
        label = "" if weight == "D" else weight
        place = self._next
        for lexeme in lexemes:
            places = self._places.setdefault(lexeme, [])
            if len(places) < MAX_PLACES_OF_A_WORD:
                places.append(f"{min(place, MAX_PLACE)}{label}")
            place += 1
        if place != self._next:
            self._next = place + GAP

    def as_tsvector(self) -> str:
        """The literal that PostgreSQL reads as tsvector."""
        return " ".join(
            f"{quoted(lexeme)}:{','.join(places)}" for lexeme, places in self._places.items()
        )

    def as_bare_tsvector(self) -> str:
        """The same without places."""
        return " ".join(quoted(lexeme) for lexeme in self._places)

    @property
    def is_empty(self) -> bool:
        return not self._places


GAP = 2
MAX_PLACE = 16_383
MAX_PLACES_OF_A_WORD = 200


def quoted(lexeme: str) -> str:
    """A lexeme inside a tsvector or tsquery literal."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
