"""The survey as the card of a chat: what it asks, in the shop's own words where there are any."""

from __future__ import annotations

import uuid
from typing import Any, TypedDict

from automation.csat.mail import words_for
from automation.csat.models import CsatSurvey, SurveyKind
from automation.csat.settings import resolved

Chosen = dict[uuid.UUID | None, dict[str, Any]]


class CardWords(TypedDict):
    """What the card says; empty where the chat's own words are to be used."""

    question: str
    why: str
    least: str
    most: str
    said: str


def card_words(survey: CsatSurvey, chosen: Chosen) -> CardWords:
    """The card's sentences; needs the survey's organization, ticket and user, and what was chosen.

    The five faces have words of the chat, unless the shop wrote its own question.
    """
    own = chosen.get(survey.store_id, {})
    settings = resolved(survey.organization, chosen.get(None, {}), own)
    words = words_for(survey, survey.ticket, settings=settings)
    if survey.kind == SurveyKind.NPS:
        said = "" if survey.score is None else words.score_of_ten(survey.score)
        return {
            "question": words.nps_title,
            "why": words.nps_reason,
            "least": words.nps_least,
            "most": words.nps_most,
            "said": said,
        }
    has_own = bool(settings.texts.get(words.language, {}).get("question"))
    question = words.title if has_own else ""
    return {"question": question, "why": "", "least": "", "most": "", "said": ""}
