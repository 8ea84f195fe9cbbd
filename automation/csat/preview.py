"""What a customer would see, drawn by the very templates that customers get; nothing is stored."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from automation.csat.look import accent_of
from automation.csat.mail import question_context
from automation.csat.models import SurveyKind, is_high, is_low, scores_of
from automation.csat.settings import Settings
from automation.csat.words import Words, words_of
from helpdesk.accounts.models import Organization, User

VIEWS = ("mail", "page", "thanks")
_SUBJECT = {"en": "Size of order #1042", "de": "Größe von Bestellung #1042"}


def preview_page(
    organization: Organization, user: User, settings: Settings, view: str, language: str
) -> str:
    """The mail, the page or the thanks in one language, as if this person had helped."""
    is_nps = settings.kind == SurveyKind.NPS
    name = organization.name if is_nps else user.first_name
    words = settings.in_own_words(words_of(language)).about(
        name=name, shop=organization.name, subject=_SUBJECT.get(language, "#1042")
    )
    shown: dict[str, Any] = {
        **question_context(settings.kind, words),
        "words": words,
        "shop": organization.name,
        "initials": organization.name[:1].upper() if is_nps else user.initials,
        "accent": accent_of(settings.accent),
        "logo_url": settings.logo_url,
        "languages": [],
        "stop_link": "#",
        "stop_address": "#",
    }
    if view == "mail":
        return render_to_string("portal/csat_mail.html", shown)
    if view == "page":
        return render_to_string("portal/csat.html", shown)
    return render_to_string("portal/csat_thanks.html", {**shown, **_thanks(settings, words)})


def _thanks(settings: Settings, words: Words) -> dict[str, Any]:
    score = scores_of(settings.kind)[-1]
    is_nps = settings.kind == SurveyKind.NPS
    return {
        "label": words.score_of_ten(score) if is_nps else words.scores[score - 1],
        "is_low": is_low(settings.kind, score),
        "is_changeable": True,
        "review_url": settings.review_url if is_high(settings.kind, score) else "",
        "loyalty_url": settings.loyalty_url if is_high(settings.kind, score) else "",
    }
