"""Gives the demo's resolved tickets their surveys, with the scores that customers left."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from automation.csat.models import CsatSurvey, SurveyState
from helpdesk.accounts.models import User
from integrations.demo_store.content import Conversation
from tickets.actions.marks import set_csat
from tickets.models import CsatState

_DELAY = timedelta(hours=2)


def seed_survey(
    ticket_id: uuid.UUID, told: Conversation, user: User, *, closed_at: datetime
) -> None:
    """The survey of this resolution as if it had been sent, and answered where there is a score."""
    is_answered = told.csat_score is not None
    state = CsatState.ANSWERED if is_answered else CsatState.SENT
    ticket = set_csat(ticket_id, state=state, score=told.csat_score)
    sent_at = closed_at + _DELAY
    CsatSurvey.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        resolution=ticket.resolution,
        customer_id=ticket.customer_id,
        user=user,
        state=SurveyState.ANSWERED if is_answered else SurveyState.SENT,
        language=told.language,
        planned_at=closed_at,
        send_at=sent_at,
        sent_at=sent_at,
        score=told.csat_score,
        comment=told.csat_comment,
        answered_at=sent_at + _thinking(told) if is_answered else None,
    )


def _thinking(told: Conversation) -> timedelta:
    """How long the customer took to answer: minutes to hours, the same at every seeding."""
    return timedelta(minutes=17 + 31 * (len(told.key) % 9))
