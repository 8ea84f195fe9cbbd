"""The survey as a mail: text first, then the same as simple HTML with one link per score."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string

from automation.csat.links import link_of, stop_link_of
from automation.csat.models import CsatSurvey
from automation.csat.words import Words, words_of
from tickets.models import Ticket


@dataclass(frozen=True)
class SurveyMail:
    """Everything of the mail but its addresses."""

    subject: str
    text: str
    html: str


def survey_mail(survey: CsatSurvey, ticket: Ticket) -> SurveyMail:
    """The mail in the survey's language."""
    words = words_for(survey, ticket)
    scores = [
        {
            "number": number,
            "label": words.scores[number - 1],
            "of_five": words.score_of_five(number),
            "link": link_of(survey.pk, number),
        }
        for number in range(1, 6)
    ]
    shown = {
        "words": words,
        "scores": scores,
        "shop": survey.organization.name,
        "stop_link": stop_link_of(survey.pk),
    }
    lines = [words.title, "", words.mail_lead, ""]
    lines += [f"{each['of_five']}: {each['link']}" for each in reversed(scores)]
    lines += ["", words.mail_note, "", f"{words.mail_why} {words.stop_link}: {shown['stop_link']}"]
    return SurveyMail(
        subject=words.title,
        text="\n".join(lines),
        html=render_to_string("portal/csat_mail.html", shown),
    )


def words_for(survey: CsatSurvey, ticket: Ticket, language: str = "") -> Words:
    """The sentences about this survey, in its language unless another is asked for."""
    shop = survey.organization.name
    name = survey.user.first_name if survey.user else shop
    return words_of(language or survey.language).about(name=name, shop=shop, subject=ticket.subject)
