"""Reads for the widget: always from the visitor, never a ticket's own timeline."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from django.db.models import Count, F, QuerySet

from automation.csat.models import CsatSurvey, SurveyState
from automation.csat.settings import chosen_of
from helpdesk.accounts.models import User
from integrations.chat.models import Conversation, Line, LineKind, Visitor
from integrations.chat.records import (
    ConversationRecord,
    CsatRecord,
    MessageRecord,
    conversation_record,
    csat_record,
    line_record,
)

MAX_CONVERSATIONS = 50
PAGE = 50
_COUNTED = (LineKind.AGENT, LineKind.CSAT)


def conversations_of(visitor: Visitor) -> list[ConversationRecord]:
    """The visitor's conversations, newest first, in a constant number of queries."""
    found = list(
        Conversation.objects.filter(visitor=visitor, last_position__gt=0).order_by("-last_line_at")[
            :MAX_CONVERSATIONS
        ]
    )
    return records_of(found)


def records_of(conversations: list[Conversation]) -> list[ConversationRecord]:
    """Several conversations as records."""
    if not conversations:
        return []
    ids = [each.pk for each in conversations]
    unread = dict(
        Line.objects.filter(conversation_id__in=ids, kind__in=_COUNTED)
        .filter(position__gt=F("conversation__seen_position"))
        .values("conversation_id")
        .annotate(n=Count("pk"))
        .values_list("conversation_id", "n")
    )
    newest = {
        each.conversation_id: each
        for each in _with_parts(
            Line.objects.filter(
                conversation_id__in=ids, kind__in=[LineKind.VISITOR, LineKind.AGENT]
            )
        )
        .order_by("conversation_id", "-position")
        .distinct("conversation_id")
    }
    surveys = _surveys_of(ids)
    return [
        conversation_record(each, newest.get(each.pk), unread.get(each.pk, 0), surveys.get(each.pk))
        for each in conversations
    ]


def unread_of(visitor_id: uuid.UUID) -> int:
    """How many answers the visitor has not seen."""
    return Line.objects.filter(
        conversation__visitor_id=visitor_id,
        kind__in=_COUNTED,
        position__gt=F("conversation__seen_position"),
    ).count()


def lines_of(
    conversation: Conversation,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> tuple[list[Line], bool]:
    """Lines behind or before a position, in order, and whether there are more that way."""
    found = _with_parts(Line.objects.filter(conversation=conversation))
    if after is not None:
        rows = list(found.filter(position__gt=after).order_by("position")[: limit + 1])
        return rows[:limit], len(rows) > limit
    if before is not None:
        found = found.filter(position__lt=before)
    rows = list(found.order_by("-position")[: limit + 1])
    return rows[:limit][::-1], len(rows) > limit


def line_records(lines: list[Line], site: str, visitor: Visitor) -> list[MessageRecord]:
    """Lines as the visitor sees them."""
    return [line_record(each, site, visitor) for each in lines]


def get_line(line_id: int) -> Line:
    """One line with everything its record needs."""
    return _with_parts(Line.objects.filter(pk=line_id)).get()


_AFTER = """
SELECT l.id FROM unnest(%s::uuid[], %s::int[]) AS w(conversation, position)
JOIN LATERAL (
  SELECT id FROM chat_line
  WHERE conversation_id = w.conversation AND chat_line.position > w.position
  ORDER BY chat_line.position LIMIT %s
) l ON true
"""


def lines_after(wanted: dict[uuid.UUID, int], *, limit: int = PAGE) -> dict[uuid.UUID, list[Line]]:
    """The next lines of several conversations, each behind its own position. Four queries."""
    from django.db import connection

    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, [list(wanted), list(wanted.values()), limit])
        ids = [row[0] for row in cursor.fetchall()]
    found: dict[uuid.UUID, list[Line]] = defaultdict(list)
    for line in _with_parts(Line.objects.filter(pk__in=ids)).order_by("position"):
        found[line.conversation_id].append(line)
    return found


def revisions_of(visitor_ids: list[uuid.UUID]) -> list[tuple[uuid.UUID, uuid.UUID, int, int]]:
    """Each conversation of these visitors: its id, whose it is, its revision, its last position."""
    rows = Conversation.objects.filter(visitor_id__in=visitor_ids, last_position__gt=0)
    return list(rows.values_list("pk", "visitor_id", "revision", "last_position"))


def get_conversations(ids: list[uuid.UUID]) -> list[Conversation]:
    """These conversations as they are now."""
    return list(Conversation.objects.filter(pk__in=ids)) if ids else []


def team_of(organization_id: uuid.UUID) -> list[dict[str, Any]]:
    """A few people who answer, by first name; those with a picture first."""
    people = User.objects.filter(
        organization_id=organization_id, is_active=True, role__in=["agent", "admin"]
    ).order_by("-avatar_sha256", "date_joined", "pk")[:12]
    shown = sorted(people, key=lambda each: each.avatar_sha256 == "")[:4]
    return [{"name": each.first_name, "avatar_sha256": each.avatar_sha256} for each in shown]


def find_survey(conversation: Conversation) -> CsatSurvey | None:
    """The newest survey that was shown in this conversation, or None."""
    return (
        CsatSurvey.objects.filter(
            pk__in=Line.objects.filter(conversation=conversation, kind=LineKind.CSAT).values(
                "message_id"
            )
        )
        .order_by("-sent_at")
        .first()
    )


def _surveys_of(ids: list[uuid.UUID]) -> dict[uuid.UUID, CsatRecord]:
    """A survey's message carries the survey's own id."""
    asked = dict(
        Line.objects.filter(conversation_id__in=ids, kind=LineKind.CSAT, message__isnull=False)
        .order_by("position")
        .values_list("message_id", "conversation_id")
    )
    surveys = CsatSurvey.objects.filter(
        pk__in=list(asked), state__in=[SurveyState.SENT, SurveyState.ANSWERED]
    ).order_by("sent_at")
    whole = list(surveys.select_related("organization", "ticket", "user"))
    chosen = chosen_of(whole[0].organization_id) if whole else {}
    return {asked[each.pk]: csat_record(each, chosen) for each in whole}


def _with_parts(lines: QuerySet[Line]) -> QuerySet[Line]:
    return lines.select_related("message__body", "user").prefetch_related("message__attachments")
