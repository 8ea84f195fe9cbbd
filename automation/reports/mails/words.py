"""What report mails say, in the languages that people work in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("words.toml")


@dataclass(frozen=True)
class Words:
    """The sentences of one language; the same names as in words.toml."""

    language: str
    sentences: dict[str, str]
    reports: dict[str, str]
    filters: dict[str, str]
    figures: dict[str, str]

    def say(self, sentence: str, /, **places: str) -> str:
        """A sentence with its places filled, one pass: what is filled in stays what it is."""
        return self.sentences[sentence].format(**places)

    def figure(self, report: str, key: str) -> str:
        """What a figure is called in this report; a key without a name is said as it is."""
        own = self.figures.get(f"{report}.{key}") or self.figures.get(key)
        return own or key.replace("_", " ").capitalize()


def words_of(language: str) -> Words:
    """The words of the language; English where there are none."""
    known = _all()
    return known.get(language.split("-")[0].lower()) or known["en"]


@lru_cache(maxsize=1)
def _all() -> dict[str, Words]:
    described: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text("utf-8"))
    return {
        language: Words(
            language=language,
            sentences={key: text for key, text in texts.items() if isinstance(text, str)},
            reports=texts["reports"],
            filters=texts["filters"],
            figures=texts["figures"],
        )
        for language, texts in described.items()
    }
