"""The survey as a mail: text first, then the same as simple HTML with one link per score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from automation.csat.links import link_of, stop_link_of
from automation.csat.logos import absolute
from automation.csat.look import accent_of
from automation.csat.models import CsatSurvey, SurveyKind, scores_of
from automation.csat.settings import Settings, settings_of
from automation.csat.words import Words, words_of
from tickets.models import Ticket


@dataclass(frozen=True)
class SurveyMail:
    """Everything of the mail but its addresses."""

    subject: str
    text: str
    html: str


def survey_mail(
    survey: CsatSurvey, ticket: Ticket, settings: Settings, *, is_reminder: bool = False
) -> SurveyMail:
    """The mail in the survey's language."""
    words = words_for(survey, ticket, settings=settings)
    asked = question_context(survey.kind, words)
    scores = [{**each, "link": link_of(survey.pk, each["number"])} for each in asked["scores"]]
    question = asked["question"]
    shown = {
        **asked,
        "words": words,
        "scores": scores,
        "is_reminder": is_reminder,
        "shop": survey.organization.name,
        "accent": accent_of(settings.accent),
        "logo_url": absolute(settings.logo_url),
        "stop_link": stop_link_of(survey.pk),
    }
    lines = [question, "", words.mail_lead, ""]
    lines += [f"{each['of_five']}: {each['link']}" for each in reversed(scores)]
    lines += ["", words.mail_note]
    lines += [words.reminder] if is_reminder else []
    lines += ["", f"{words.mail_why} {words.stop_link}: {shown['stop_link']}"]
    return SurveyMail(
        subject=question,
        text="\n".join(lines),
        html=render_to_string("portal/csat_mail.html", shown),
    )


def question_context(kind: str, words: Words) -> dict[str, Any]:
    """What is asked, by mail and on the page: five words, or the numbers from 0 to 10."""
    is_nps = kind == SurveyKind.NPS
    return {
        "is_nps": is_nps,
        "question": words.nps_title if is_nps else words.title,
        "why": words.nps_reason if is_nps else words.comment,
        "scores": [
            {
                "number": number,
                "label": "" if is_nps else words.scores[number - 1],
                "of_five": words.score_of_ten(number) if is_nps else words.score_of_five(number),
            }
            for number in scores_of(kind)
        ],
    }


def words_for(
    survey: CsatSurvey, ticket: Ticket, language: str = "", *, settings: Settings | None = None
) -> Words:
    """The sentences about this survey, in its language unless another is asked for."""
    chosen = settings or settings_of(survey.organization, survey.store_id)
    shop = survey.organization.name
    is_about_person = survey.user is not None and survey.kind == SurveyKind.CSAT
    name = survey.user.first_name if survey.user and is_about_person else shop
    words = chosen.in_own_words(words_of(language or survey.language))
    return words.about(name=name, shop=shop, subject=ticket.subject)
