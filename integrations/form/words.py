"""What the form's page says, in the languages of the people who write."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from django.utils.translation.trans_real import parse_accept_lang_header

FALLBACK = "en"


@cache
def _all() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def words_for(accept_language: str) -> dict[str, str]:
    """The words of the first language that somebody reads and we have."""
    known = _all()
    for tag, _ in parse_accept_lang_header(accept_language.lower()):
        language = tag.split("-", 1)[0]
        if language in known:
            return {"language": language, **known[language]}
    return {"language": FALLBACK, **known[FALLBACK]}
