"""A low rating is recovered when a person followed up and the customer's next rating was good."""

from __future__ import annotations

from datetime import datetime

from automation.csat.models import CsatSurvey, SurveyKind, is_high
from tickets.models import Direction, Message, MessageKind

LOW_SCORE = 2


def note_recovery(good: CsatSurvey, *, at: datetime) -> list[CsatSurvey]:
    """Mark the earlier low ratings of this customer that were followed up; returns them.

    Part of the transaction that records the good one. A second run marks nothing anew.
    """
    if good.kind != SurveyKind.CSAT or good.score is None or not is_high(good.kind, good.score):
        return []
    low = CsatSurvey.objects.select_for_update(of=("self",)).filter(
        customer_id=good.customer_id,
        kind=SurveyKind.CSAT,
        score__lte=LOW_SCORE,
        recovered_at=None,
        answered_at__lt=good.sent_at,
    )
    recovered = [each for each in low if _was_followed_up(each, before=good.sent_at or at)]
    for survey in recovered:
        survey.recovered_at = at
        survey.save(update_fields=["recovered_at"])
    return recovered


def _was_followed_up(low: CsatSurvey, *, before: datetime) -> bool:
    return Message.objects.filter(
        ticket__customer_id=low.customer_id,
        kind=MessageKind.REPLY,
        direction=Direction.OUT,
        user__isnull=False,
        created_at__gt=low.answered_at,
        created_at__lte=before,
    ).exists()
