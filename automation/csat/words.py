"""What customers read about surveys, in their language."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("words.toml")
_SUBJECT_CHARS = 80
_PLACE = re.compile(r"\{[a-z]+\}")


@dataclass(frozen=True)
class Words:
    """The sentences of one language; the same names as in words.toml."""

    language: str
    language_name: str
    title: str
    intro: str
    mail_lead: str
    mail_note: str
    mail_why: str
    scores: tuple[str, ...]
    of_five: str
    comment: str
    optional: str
    button: str
    nothing_sent: str
    choose: str
    thanks: str
    thanks_lead: str
    thanks_low: str
    thanks_low_lead: str
    your_rating: str
    change: str
    too_late: str
    closed: str
    closed_lead: str
    slow_down: str
    stop_link: str
    stop_title: str
    stop_lead: str
    stop_button: str
    stopped: str
    nps_title: str
    nps_least: str
    nps_most: str
    of_ten: str
    nps_reason: str
    nps_choose: str
    reply_hint: str
    nps_reply_hint: str
    reminder: str
    tell_others: str
    write_review: str
    join_loyalty: str
    talk_to_us: str

    def about(self, *, name: str, shop: str, subject: str) -> Words:
        """The same sentences with the names put in. Nothing in the names is read as a place."""
        places = {"{name}": name, "{shop}": shop, "{subject}": short(subject)}
        filled: dict[str, Any] = {
            each.name: _filled(getattr(self, each.name), places)
            for each in fields(self)
            if each.name not in ("language", "scores", "of_five", "of_ten")
        }
        return replace(self, **filled)

    def score_of_ten(self, score: int) -> str:
        """``9 of 10``."""
        return _filled(self.of_ten, {"{number}": str(score)})

    def score_of_five(self, score: int) -> str:
        """``4 of 5, Good``."""
        places = {"{number}": str(score), "{score}": self.scores[score - 1]}
        return _filled(self.of_five, places)


def short(subject: str) -> str:
    """A subject on one line, cut where it is long."""
    line = " ".join(subject.split()) or "…"
    return line if len(line) <= _SUBJECT_CHARS else f"{line[: _SUBJECT_CHARS - 1]}…"


def words_of(language: str) -> Words:
    """The words of the language; English where there are none."""
    known = _all()
    return known.get(language) or known.get(language.split("-")[0].lower()) or known["en"]


def _filled(sentence: str, places: dict[str, str]) -> str:
    """One pass, so that a name that looks like a place stays a name."""
    return _PLACE.sub(lambda found: places.get(found.group(), found.group()), sentence)


@lru_cache(maxsize=1)
def _all() -> dict[str, Words]:
    described: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text())
    return {
        language: Words(language=language, **{**texts, "scores": tuple(texts["scores"])})
        for language, texts in described.items()
    }


LANGUAGES = tuple(_all())
