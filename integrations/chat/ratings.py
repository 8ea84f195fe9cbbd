"""The survey of a closed conversation, answered where the conversation was."""

from __future__ import annotations

from automation.csat.answers import record_answer
from automation.csat.settings import chosen_of
from helpdesk.lib.errors import Conflict
from integrations.chat.conversations import announce
from integrations.chat.models import Conversation
from integrations.chat.records import CsatRecord, csat_record
from integrations.chat.selectors import find_survey


def rate(conversation: Conversation, score: int, comment: str) -> CsatRecord:
    """Keep the score; for a day another one replaces it.

    Raises Conflict ``no_survey`` where nobody asked, ``already_answered`` when it is too late.
    """
    survey = find_survey(conversation)
    if survey is None:
        raise Conflict("There is nothing to rate here yet.", code="no_survey")
    survey = record_answer(survey.pk, score, comment, on="chat")
    announce(conversation.pk)
    return csat_record(survey, chosen_of(survey.organization_id))
