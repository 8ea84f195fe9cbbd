"""What is asked for as PostgreSQL's tsquery. Every word may go on (``cancel`` finds ``cancelled``)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tickets.search.documents import MIN_PHONE_DIGITS, PHONE_BEGINS, PHONE_ENDS, phone_digits
from tickets.search.normalise import Run, asked_runs, quoted

MIN_PREFIX_CHARS = 2
PHONE = re.compile(r"[+\d][\d\s().\-/]*")
MIN_PHONE_IN_TEXT = 7


def words_query(text: str, *, weight: str = "") -> str:
    """All words of the text, each as a beginning; "" where there is none."""
    return both(word_query(each, weight=weight) for each in text.split())


def word_query(text: str, *, weight: str = "") -> str:
    """One word as it was typed: ``mia@x.fr`` and ``l'ordre`` are several in a row."""
    runs = asked_runs(text)
    found = _in_a_row(runs, weight, is_open=text.endswith("*") or goes_on(runs))
    if len(phone_digits(text)) >= MIN_PHONE_IN_TEXT and PHONE.fullmatch(text.rstrip("*")):
        return either([found, phone_query(text)])
    return found


def phrase_query(text: str, *, weight: str = "") -> str:
    """The words in this order, none of them going on; a ``*`` at the end lets the last one."""
    return _in_a_row(asked_runs(text), weight, is_open=text.rstrip().endswith("*"))


def phone_query(text: str) -> str:
    """A phone by its first or last digits, however it is written."""
    digits = phone_digits(text)
    if not digits:
        return ""
    begins = f"{quoted(PHONE_BEGINS + digits)}:*"
    if len(digits) < MIN_PHONE_DIGITS:
        return begins
    return f"({begins} | {quoted(PHONE_ENDS + digits)}{':*' if text.endswith('*') else ''})"


def both(queries: Iterable[str]) -> str:
    """All of them; empty ones ask nothing."""
    return _joined(" & ", queries)


def either(queries: Iterable[str]) -> str:
    """Any of them."""
    return _joined(" | ", queries)


def _joined(operator: str, queries: Iterable[str]) -> str:
    wanted = [each for each in queries if each]
    return wanted[0] if len(wanted) == 1 else f"({operator.join(wanted)})" if wanted else ""


def goes_on(runs: list[Run]) -> bool:
    """Words may go on; numbers and single letters are meant as they are."""
    if not runs:
        return False
    last = runs[-1].lexemes[-1]
    return len(last) >= MIN_PREFIX_CHARS and not last.isdigit()


def _in_a_row(runs: list[Run], weight: str, *, is_open: bool) -> str:
    """The lexemes at the distances they have in a document."""
    asked: list[tuple[int, str, bool]] = []
    place = 0
    for run in runs:
        is_last = run is runs[-1]
        is_lonely = run.is_unspaced and len(run.lexemes) == 1 and len(run.lexemes[0]) == 1
        for lexeme in run.lexemes:
            goes_on = is_lonely or (is_last and is_open and not run.is_unspaced)
            asked.append((place, lexeme, goes_on))
            place += 1
        if run.is_unspaced and not is_lonely:
            place += 1
    parts: list[str] = []
    before = 0
    for place, lexeme, goes_on in asked:
        if parts:
            parts.append("<->" if place - before == 1 else f"<{place - before}>")
        labels = ("*" if goes_on else "") + weight
        parts.append(quoted(lexeme) + (f":{labels}" if labels else ""))
        before = place
    return f"({' '.join(parts)})" if len(parts) > 1 else "".join(parts)
