"""Gives the demo's resolved tickets their surveys, with the scores that customers left."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from automation.csat.credits import credits_of
from automation.csat.models import CsatSurvey, SurveyKind, SurveyState
from automation.csat.recovery import note_recovery
from automation.csat.surveys import record_survey
from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from integrations.demo_store.content import Conversation
from tickets.actions.marks import set_csat
from tickets.models import CsatState, Ticket

_DELAY = timedelta(hours=2)
_OPEN_FOR = timedelta(days=30)


def seed_survey(
    ticket_id: uuid.UUID, told: Conversation, user: User, *, closed_at: datetime, today: datetime
) -> None:
    """The survey of this resolution: planned, sent when that was due, answered if it was by now."""
    with unit_of_work():
        ticket = set_csat(ticket_id, state=CsatState.PLANNED)
        sent_at = closed_at + _DELAY
        survey = CsatSurvey.objects.create(
            organization_id=ticket.organization_id,
            ticket=ticket,
            resolution=ticket.resolution,
            customer_id=ticket.customer_id,
            user=user,
            kind=SurveyKind.CSAT if told.nps_score is None else SurveyKind.NPS,
            state=SurveyState.PLANNED,
            language=told.language,
            channel_kind=ticket.channel.kind,
            planned_at=closed_at,
            send_at=sent_at,
        )
        record_survey("csat.planned", survey, ticket)
    if sent_at <= today:
        _send(survey, ticket, sent_at)
        _answer(survey, ticket, told, today)


def _send(survey: CsatSurvey, ticket: Ticket, at: datetime) -> None:
    with unit_of_work(at=at) as unit:
        survey.state, survey.sent_at = SurveyState.SENT, at
        survey.expires_at = at + _OPEN_FOR
        survey.save(update_fields=["state", "sent_at", "expires_at"])
        set_csat(ticket.pk, state=CsatState.SENT)
        record_survey("csat.sent", survey, ticket)
        unit.flush()


def _answer(survey: CsatSurvey, ticket: Ticket, told: Conversation, today: datetime) -> None:
    """What the customer said, dated back; the reason in a comment is that of the conversation."""
    is_nps = survey.kind == SurveyKind.NPS
    score = told.nps_score if is_nps else told.csat_score
    at = (survey.sent_at or today) + _thinking(told)
    if score is None or at > today:
        return
    customer = Actor("customer", str(ticket.customer_id), ticket.customer.name)
    with unit_of_work(actor=customer, at=at) as unit:
        survey.state, survey.score, survey.answered_at = SurveyState.ANSWERED, score, at
        survey.answered_on, survey.comment = "page", told.survey_comment
        survey.comment_intent = told.intent if told.survey_comment else ""
        survey.credits = credits_of(survey, until=at)
        survey.save()
        set_csat(ticket.pk, state=CsatState.ANSWERED, score=None if is_nps else score)
        record_survey("csat.answered", survey, ticket)
        note_recovery(survey, at=at)
        unit.flush()


def _thinking(told: Conversation) -> timedelta:
    """How long the customer took to answer: minutes to hours, the same at every seeding."""
    return timedelta(minutes=17 + 31 * (len(told.key) % 9))
