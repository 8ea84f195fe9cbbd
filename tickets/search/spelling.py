"""Another spelling for words that nobody wrote: ``cancle`` becomes ``cancel``.

There is no list of words to keep: every word at one slip of the finger from the one asked for
(a letter too many, missing, wrong, or two changed places) is looked up in the index of words.
"""

from __future__ import annotations

import uuid

from django.db import connection

from tickets.search.normalise import asked_runs, quoted

MIN_CHARS, MAX_CHARS = 4, 24
DOCUMENTS = 300
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзиклмнопрстуфхцчшщъыьэюяєі",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
)


def better_spelling(organization_id: uuid.UUID, word: str) -> str | None:
    """The commonest word at one slip from this one; None if there is none or this one is used."""
    runs = asked_runs(word)
    if len(runs) != 1 or runs[0].is_unspaced:
        return None
    written = runs[0].lexemes[0]
    near = slips(written)
    if not near or _counted(organization_id, [written], goes_on=True):
        return None
    found = _counted(organization_id, near)
    return found[0] if found else None


def slips(word: str) -> list[str]:
    """Every word at one slip from this one; none for short words and scripts without letters."""
    if not MIN_CHARS <= len(word) <= MAX_CHARS:
        return []
    alphabet = next((each for each in _ALPHABETS if set(word) <= set(each)), "")
    if not alphabet:
        return []
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    near = {left + right[1:] for left, right in cuts if right}
    near |= {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    near |= {left + sign + right[1:] for left, right in cuts if right for sign in alphabet}
    near |= {left + sign + right for left, right in cuts for sign in alphabet}
    return sorted(near - {word})


def _counted(organization_id: uuid.UUID, words: list[str], *, goes_on: bool = False) -> list[str]:
    """Those of the words that tickets hold, commonest first."""
    asked = " | ".join(quoted(each) + (":*" if goes_on else "") for each in words)
    with connection.cursor() as cursor:
        if goes_on:
            cursor.execute(
                "SELECT 1 FROM tickets_ticketwords "
                "WHERE organization_id = %s AND vector @@ %s::tsquery LIMIT 1",
                [organization_id, asked],
            )
            return words if cursor.fetchone() else []
        cursor.execute(
            "SELECT word FROM (SELECT vector FROM tickets_ticketwords "
            "WHERE organization_id = %s AND vector @@ %s::tsquery LIMIT %s) AS found, "
            "unnest(tsvector_to_array(found.vector)) AS word "
            "WHERE word = ANY(%s) GROUP BY word ORDER BY count(*) DESC, word LIMIT 1",
            [organization_id, asked, DOCUMENTS, words],
        )
        return [row[0] for row in cursor.fetchall()]
