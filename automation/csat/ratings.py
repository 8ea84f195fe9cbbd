"""What rules can ask about the newest rating of a ticket."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from automation.csat.models import CsatSurvey, SurveyKind, nps_group

NPS_GROUPS = ("detractor", "passive", "promoter")
SURVEY_FIELDS = frozenset(
    {
        "survey.kind",
        "survey.score",
        "survey.nps_group",
        "survey.comment",
        "survey.comment_intent",
    }
)


def find_rating(ticket_id: uuid.UUID, *, until: datetime) -> dict[str, Any] | None:
    """The newest rating that had been given by then, by the names that rules use; one query."""
    survey = (
        CsatSurvey.objects.filter(ticket_id=ticket_id, score__isnull=False, answered_at__lte=until)
        .order_by("-answered_at")
        .first()
    )
    if survey is None or survey.score is None:
        return None
    is_nps = survey.kind == SurveyKind.NPS
    return {
        "survey.kind": survey.kind,
        "survey.score": survey.score,
        "survey.nps_group": nps_group(survey.score) if is_nps else None,
        "survey.comment": survey.comment,
        "survey.comment_intent": survey.comment_intent or None,
    }
