"""Keep what a customer answered: recorded once, changeable for a day, gone after expiry."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from automation.csat.credits import credits_of
from automation.csat.exclusions import opt_out
from automation.csat.models import CsatSurvey, SurveyKind, SurveyState, scores_of
from automation.csat.recovery import note_recovery
from automation.csat.surveys import record_survey
from automation.intents.understanding import understand
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound
from tickets.actions.change import lock_survivor
from tickets.actions.marks import set_csat
from tickets.models import CsatState

MAX_COMMENT_CHARS = 2000
CHANGEABLE_FOR = timedelta(hours=24)


def record_answer(
    survey_id: uuid.UUID,
    score: int,
    comment: str,
    *,
    on: str = "page",
    at: datetime | None = None,
) -> CsatSurvey:
    """Record the score and comment; within CHANGEABLE_FOR a second answer replaces the first.

    ``on`` says where it was given. Raises NotFound for a survey that never went out or is expired,
    Conflict (code ``already_answered``) when it is too late to change, InvalidInput for a score
    outside its scale. The ticket is not reopened.
    """
    at = at or now()
    with unit_of_work():
        survey = get_open_survey(survey_id, at=at)
        asked_on = survey.ticket_id
        ticket = lock_survivor(asked_on)
        survey = get_open_survey(survey_id, at=at)
        _check_score(survey.kind, score)
        if not is_changeable(survey, at=at):
            raise Conflict("This survey was answered.", code="already_answered")
        comment = comment.replace("\x00", "").strip()[:MAX_COMMENT_CHARS]
        if (survey.score, survey.comment) == (score, comment):
            return survey
        _keep(survey, score, comment, on, at)
        with unit_of_work(actor=Actor("customer", str(ticket.customer_id), ticket.customer.name)):
            is_newest = ticket.pk == asked_on and survey.resolution >= ticket.resolution
            if is_newest or ticket.csat_score is None:
                is_csat = survey.kind == SurveyKind.CSAT
                set_csat(ticket.pk, state=CsatState.ANSWERED, score=score if is_csat else None)
            record_survey("csat.answered", survey, ticket)
            note_recovery(survey, at=at)
    return survey


def _keep(survey: CsatSurvey, score: int, comment: str, on: str, at: datetime) -> None:
    if survey.answered_at is None:
        survey.credits = credits_of(survey, until=survey.sent_at or at)
        survey.answered_at, survey.answered_on = at, on
    if comment != survey.comment:
        survey.comment_intent = _reason_in(comment)
    survey.score, survey.comment, survey.state = score, comment, SurveyState.ANSWERED
    survey.save(
        update_fields=[
            "score", "comment", "comment_intent", "state", "answered_at", "answered_on", "credits",
        ]
    )  # fmt: skip


def _reason_in(comment: str) -> str:
    """What the comment is about; empty where nothing was said or we are unsure."""
    if not comment:
        return ""
    intent = understand(comment).intent
    return "" if intent is None else intent


def _check_score(kind: str, score: int) -> None:
    scale = scores_of(kind)
    if isinstance(score, bool) or score not in scale:
        raise InvalidInput.field("score", f"Choose a score from {scale[0]} to {scale[-1]}.")


def stop_surveys(survey_id: uuid.UUID) -> None:
    """The customer of this survey is asked no more; raises NotFound as ``record_answer`` does."""
    opt_out(get_open_survey(survey_id, at=now()).customer)


def get_open_survey(survey_id: uuid.UUID, *, at: datetime) -> CsatSurvey:
    """The survey if it went out and is not expired; raises NotFound, always in the same words."""
    survey = (
        CsatSurvey.objects.select_related("organization", "user", "ticket", "customer")
        .filter(pk=survey_id, state__in=[SurveyState.SENT, SurveyState.ANSWERED])
        .first()
    )
    if survey is None or (survey.expires_at is not None and survey.expires_at < at):
        raise NotFound("This survey is not open.")
    return survey


def is_changeable(survey: CsatSurvey, *, at: datetime) -> bool:
    """Whether an answer is still possible: none was given, or the first less than a day ago."""
    return survey.answered_at is None or at - survey.answered_at <= CHANGEABLE_FOR
