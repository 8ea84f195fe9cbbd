"""Another spelling for words that nobody wrote: ``cancle`` becomes ``cancel``.

There is no list of words to keep: every word at one slip of the finger from the one asked for
(a letter too many, missing, wrong, or two changed places) is looked up in the index of words.
"""

from __future__ import annotations

import uuid

from django.db import connection

from helpdesk.accounts.models import User
from helpdesk.accounts.selectors import hidden_teams_of
from tickets.search.normalise import asked_runs, quoted

MIN_CHARS, MAX_CHARS = 4, 24
DOCUMENTS = 300
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзиклмнопрстуфхцчшщъыьэюяєі",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
)


def better_spelling(user: User, word: str) -> str | None:
    """The commonest word at one slip from this one; None if there is none or this one is used.

    Only words of tickets that the person sees are known: a word, too, can tell a secret.
    """
    hidden = sorted(hidden_teams_of(user))
    runs = asked_runs(word)
    if len(runs) != 1 or runs[0].is_unspaced:
        return None
    written = runs[0].lexemes[0]
    near = slips(written)
    if not near or _counted(user.organization_id, [written], hidden, goes_on=True):
        return None
    found = _counted(user.organization_id, near, hidden)
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


_IS_USED = """
SELECT 1 FROM tickets_ticketwords WHERE organization_id = %s AND vector @@ %s::tsquery
AND NOT EXISTS (
  SELECT 1 FROM tickets_ticket t WHERE t.id = ticket_id AND t.team_id = ANY(%s::uuid[])
) LIMIT 1
"""
_COMMONEST = """
SELECT word FROM (
  SELECT vector FROM tickets_ticketwords WHERE organization_id = %s AND vector @@ %s::tsquery
  AND NOT EXISTS (
    SELECT 1 FROM tickets_ticket t WHERE t.id = ticket_id AND t.team_id = ANY(%s::uuid[])
  ) LIMIT %s
) AS found, unnest(tsvector_to_array(found.vector)) AS word
WHERE word = ANY(%s) GROUP BY word ORDER BY count(*) DESC, word LIMIT 1
"""


def _counted(
    organization_id: uuid.UUID, words: list[str], hidden: list[uuid.UUID], *, goes_on: bool = False
) -> list[str]:
    """Those of the words that tickets hold, commonest first; not those of hidden teams."""
    asked = " | ".join(quoted(each) + (":*" if goes_on else "") for each in words)
    with connection.cursor() as cursor:
        if goes_on:
            cursor.execute(_IS_USED, [organization_id, asked, hidden])
            return words if cursor.fetchone() else []
        cursor.execute(_COMMONEST, [organization_id, asked, hidden, DOCUMENTS, words])
        return [row[0] for row in cursor.fetchall()]
