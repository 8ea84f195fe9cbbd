"""Reads of macros: who sees which, what they were, how they did, and which fits a ticket."""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet

from automation.macros.models import Audience, Macro, MacroUse, MacroVersion
from helpdesk.accounts.models import User
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound
from tickets.models import Message, MessageKind, Ticket

LOOKS_BACK = timedelta(days=180)
INTENTS_OF_TAGS = {
    "wismo": "order_status",
    "cancellation": "cancel_order",
    "return": "return_exchange",
    "exchange": "return_exchange",
    "damaged": "damaged_item",
    "address": "change_address",
    "refund": "refund_status",
    "invoice": "invoice",
    "praise": "feedback",
}
"""What a macro that sets such a tag is about, where it does not say so itself."""

_CSAT = """
SELECT used.macro_id, avg(survey.score)::float8, count(*)
FROM (SELECT macro_id, ticket_id, min(used_at) AS first_at FROM automation_macrouse
      WHERE organization_id = %s GROUP BY macro_id, ticket_id) AS used
JOIN automation_csatsurvey AS survey
  ON survey.ticket_id = used.ticket_id AND survey.score IS NOT NULL
 AND survey.sent_at >= used.first_at
GROUP BY used.macro_id
"""


@dataclass(frozen=True)
class Rated:
    """How customers rated tickets after the macro was used: average and number of answers."""

    average: float
    count: int


@dataclass(frozen=True)
class Suggestion:
    """A macro for a ticket; ``reason`` is intent, tags, recent, or empty."""

    macro: Macro
    reason: str
    last_used_at: datetime | None


def visible_macros(user: User) -> QuerySet[Macro]:
    """Those for everybody, one's own, and those of one's teams."""
    return Macro.objects.filter(
        Q(audience=Audience.EVERYBODY)
        | Q(owner=user)
        | Q(audience=Audience.TEAM, team__in=user.teams.values("pk")),
        organization_id=user.organization_id,
    )


def macros_for(user: User, *, only_active: bool = False) -> list[Macro]:
    """The macros that a person sees, by folder and name."""
    found = visible_macros(user)
    return list(found.filter(is_active=True) if only_active else found)


def get_macro(user: User, macro_id: uuid.UUID) -> Macro:
    """The macro; raises NotFound."""
    macro = visible_macros(user).filter(pk=macro_id).first()
    if macro is None:
        raise NotFound("There is no such macro.")
    return macro


def ratings_of(organization_id: uuid.UUID) -> dict[uuid.UUID, Rated]:
    """CSAT after use of every macro that has any, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_CSAT, [organization_id])
        return {pk: Rated(round(average, 2), count) for pk, average, count in cursor.fetchall()}


def suggestions_for(ticket: Ticket, user: User) -> list[Suggestion]:
    """All the person's macros, the best for this ticket first.

    First those for what the customer's newest message wants, then those used on tickets with the
    same tags, then those the person used last, then the most used.
    """
    intent = _newest_intent(ticket)
    since = now() - LOOKS_BACK
    uses = MacroUse.objects.filter(organization_id=ticket.organization_id, used_at__gte=since)
    by_intent = _counts(uses.filter(intent=intent)) if intent else {}
    by_tags = _counts(uses.filter(tags__overlap=ticket.tags)) if ticket.tags else {}
    mine = dict(uses.filter(user=user).values_list("macro_id").annotate(Max("used_at")))
    ranked = []
    for macro in macros_for(user, only_active=True):
        is_for_intent = bool(intent) and intent in intents_of(macro)
        last = mine.get(macro.pk)
        key = (
            is_for_intent,
            by_intent.get(macro.pk, 0),
            by_tags.get(macro.pk, 0),
            last.timestamp() if last else 0.0,
            macro.usage_count,
        )
        reason = "intent" if key[0] or key[1] else "tags" if key[2] else "recent" if last else ""
        ranked.append((key, Suggestion(macro, reason, last)))
    ranked.sort(key=lambda entry: entry[0], reverse=True)
    return [suggestion for _, suggestion in ranked]


def intents_of(macro: Macro) -> list[str]:
    """What the macro answers: as it says, else by the tags it sets."""
    if macro.intents:
        return list(macro.intents)
    tags = [
        tag
        for each in macro.actions
        if each["type"] == "add_tags"
        for tag in each["params"].get("tags", [])
    ]
    return [INTENTS_OF_TAGS[tag] for tag in tags if tag in INTENTS_OF_TAGS]


def versions_of(macro: Macro) -> list[MacroVersion]:
    """Every version, newest first, with who saved it."""
    return list(macro.versions.select_related("user"))


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """What changed, field by field; texts line by line, each same, added or removed."""
    changes: list[dict[str, Any]] = []
    for name in sorted(set(before) | set(after) - {"variants"}):
        if name != "variants" and before.get(name) != after.get(name):
            change = {"field": name, "before": before.get(name), "after": after.get(name)}
            changes.append(change)
    old, new = _by_language(before), _by_language(after)
    for language in sorted(set(old) | set(new)):
        for part in ("subject", "body"):
            was = (old.get(language, {}).get(part) or "").splitlines()
            now_is = (new.get(language, {}).get(part) or "").splitlines()
            if was != now_is:
                changes.append({"field": part, "language": language, "lines": _lines(was, now_is)})
    return changes


def _lines(before: list[str], after: list[str]) -> list[dict[str, str]]:
    words = {"  ": "same", "+ ": "added", "- ": "removed"}
    return [
        {"change": words[line[:2]], "text": line[2:]}
        for line in difflib.ndiff(before, after)
        if line[:2] in words
    ]


def _by_language(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    variants: Iterable[dict[str, Any]] = content.get("variants") or []
    return {each["language"]: each for each in variants}


def _counts(uses: QuerySet[MacroUse]) -> dict[uuid.UUID, int]:
    return dict(uses.values_list("macro_id").annotate(Count("pk")))


def _newest_intent(ticket: Ticket) -> str:
    newest = (
        Message.objects.filter(ticket=ticket, kind=MessageKind.CUSTOMER)
        .exclude(intent="")
        .order_by("-position")
        .values_list("intent", flat=True)
        .first()
    )
    return newest or ticket.intent
