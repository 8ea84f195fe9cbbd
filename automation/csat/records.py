"""Records of surveys for events and reports."""

from __future__ import annotations

from typing import Any, cast

from automation.csat.models import CsatSurvey
from helpdesk.events.payloads import SurveyRecord
from helpdesk.lib.clock import iso
from tickets.models import Ticket
from tickets.records import ticket_payload


def survey_record(survey: CsatSurvey) -> SurveyRecord:
    """The survey with its answer, where there is one."""
    record = {
        "id": str(survey.pk),
        "ticket_id": str(survey.ticket_id),
        "kind": survey.kind,
        "score": survey.score,
        "comment": survey.comment,
        "comment_intent": survey.comment_intent,
        "credits": survey.credits,
        "answered_at": iso(survey.answered_at),
        "recovered_at": iso(survey.recovered_at),
    }
    return cast(SurveyRecord, record)


def survey_payload(survey: CsatSurvey, ticket: Ticket) -> dict[str, Any]:
    """Payload of every ``csat.*`` event."""
    return {**ticket_payload(ticket), "survey": survey_record(survey)}
