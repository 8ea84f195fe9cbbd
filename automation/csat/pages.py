"""The pages behind a survey's link. GET and HEAD only show; POST records.

They work without JavaScript and without a session: the signed link is the whole authority, so
there is no cookie that a foreign site could ride on. Unknown, expired and never-sent surveys all
get the same answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language_from_request
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from automation.csat.answers import get_open_survey, is_changeable, record_answer, stop_surveys
from automation.csat.links import find_survey_id
from automation.csat.look import accent_of
from automation.csat.mail import question_context, words_for
from automation.csat.models import CsatSurvey, SurveyKind, is_high, is_low, scores_of
from automation.csat.settings import settings_of
from automation.csat.words import LANGUAGES, Words, words_of
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound

VIEWS_PER_MINUTE = 120
POSTS_PER_MINUTE = 20

Page = Callable[[HttpRequest, str], HttpResponse]


def guarded(view: Page) -> Page:
    """Limits how often one address may ask, keeps the page out of caches, hides its address."""

    @wraps(view)
    def limited(request: HttpRequest, token: str) -> HttpResponse:
        if _is_too_fast(request):
            response = _closed(request, status=429, is_too_fast=True)
            response["Retry-After"] = "60"
        else:
            response = view(request, token)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return limited


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@guarded
def survey_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the score, or thank for the one that was given."""
    survey_id = find_survey_id(token)
    if survey_id is None:
        return _closed(request)
    try:
        if request.method == "POST":
            return _record(request, survey_id)
        survey = get_open_survey(survey_id, at=now())
    except NotFound:
        return _closed(request)
    wants_change = request.GET.get("change") == "1" and is_changeable(survey, at=now())
    if survey.answered_at is not None and not wants_change:
        return _thanks(request, survey)
    wanted = _score_of(request.GET.get("score"), survey.kind)
    return _form(request, survey, score=survey.score if wanted is None else wanted)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@guarded
def stop_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to stop surveys; POST does it."""
    survey_id = find_survey_id(token)
    try:
        if survey_id is None:
            return _closed(request)
        survey = get_open_survey(survey_id, at=now())
        if request.method == "POST":
            stop_surveys(survey_id)
    except NotFound:
        return _closed(request)
    shown = {"is_stopped": request.method == "POST"}
    return _page(request, "portal/csat_stop.html", survey, shown)


def _record(request: HttpRequest, survey_id: uuid.UUID) -> HttpResponse:
    survey = get_open_survey(survey_id, at=now())
    score = _score_of(request.POST.get("score"), survey.kind)
    comment = request.POST.get("comment", "")
    if score is None:
        words = _words(request, survey)
        problem = words.nps_choose if survey.kind == SurveyKind.NPS else words.choose
        return _form(request, survey, score=None, comment=comment, problem=problem, status=422)
    try:
        record_answer(survey_id, score, comment)
    except (Conflict, InvalidInput):
        survey = get_open_survey(survey_id, at=now())
        return _thanks(request, survey, status=409)
    language = request.POST.get("lang", "")
    suffix = f"?lang={language}" if language in LANGUAGES else ""
    return redirect(f"{request.path}{suffix}")


def _form(
    request: HttpRequest,
    survey: CsatSurvey,
    *,
    score: int | None,
    comment: str | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = {
        **question_context(survey.kind, _words(request, survey)),
        "score": score,
        "has_score": score is not None,
        "comment": survey.comment if comment is None else comment,
        "problem": problem,
        "stop_address": f"{request.path}/stop",
    }
    return _page(request, "portal/csat.html", survey, shown, status=status)


def _thanks(request: HttpRequest, survey: CsatSurvey, *, status: int = 200) -> HttpResponse:
    shown = {
        **_thanks_context(survey, _words(request, survey)),
        "is_changeable": is_changeable(survey, at=now()),
    }
    return _page(request, "portal/csat_thanks.html", survey, shown, status=status)


def _thanks_context(survey: CsatSurvey, words: Words) -> dict[str, Any]:
    """Thanks for this score; who is happy is invited to tell others, where the shop wants it."""
    score = survey.score or 0
    is_nps = survey.kind == SurveyKind.NPS
    settings = settings_of(survey.organization, survey.store_id)
    is_happy = is_high(survey.kind, score)
    return {
        "label": words.score_of_ten(score) if is_nps else words.scores[score - 1],
        "comment": survey.comment,
        "is_low": is_low(survey.kind, score),
        "review_url": settings.review_url if is_happy else "",
        "loyalty_url": settings.loyalty_url if is_happy else "",
    }


def _page(
    request: HttpRequest, template: str, survey: CsatSurvey, shown: dict[str, Any], **more: Any
) -> HttpResponse:
    base = {"words": _words(request, survey), **_look_context(survey)}
    response = render(request, template, {**base, "languages": _languages(), **shown}, **more)
    if base["logo_url"].startswith("https:"):
        parts = urlsplit(base["logo_url"])
        images = ["'self'", "data:", f"{parts.scheme}://{parts.netloc}"]
        response._csp_replace = {"img-src": images}  # type: ignore[attr-defined]
    return response


def _look_context(survey: CsatSurvey) -> dict[str, Any]:
    """The shop's name, logo and colour, and who is asked about."""
    settings = settings_of(survey.organization, survey.store_id)
    shop = survey.organization.name
    is_about_person = survey.user is not None and survey.kind == SurveyKind.CSAT
    return {
        "shop": shop,
        "initials": survey.user.initials if survey.user and is_about_person else shop[:1].upper(),
        "accent": accent_of(settings.accent),
        "logo_url": settings.logo_url,
    }


def _closed(request: HttpRequest, *, status: int = 404, is_too_fast: bool = False) -> HttpResponse:
    words = words_of(_language_asked(request) or get_language_from_request(request))
    shown = {"words": words, "languages": _languages(), "is_too_fast": is_too_fast}
    return render(request, "portal/csat_closed.html", shown, status=status)


def _words(request: HttpRequest, survey: CsatSurvey) -> Words:
    return words_for(survey, survey.ticket, _language_asked(request))


def _language_asked(request: HttpRequest) -> str:
    asked = request.POST.get("lang") or request.GET.get("lang") or ""
    return asked if asked in LANGUAGES else ""


def _languages() -> list[dict[str, str]]:
    return [{"code": code, "name": words_of(code).language_name} for code in LANGUAGES]


def _score_of(text: str | None, kind: str) -> int | None:
    return next((score for score in scores_of(kind) if text == str(score)), None)


def _is_too_fast(request: HttpRequest) -> bool:
    """Counts per address and minute in this process's cache."""
    kind, limit = (
        ("post", POSTS_PER_MINUTE)
        if request.method == "POST"
        else (
            "view",
            VIEWS_PER_MINUTE,
        )
    )
    key = f"csat:{kind}:{_address_of(request)}:{now():%H%M}"
    if cache.add(key, 1, timeout=120):
        return False
    try:
        return cache.incr(key) > limit
    except ValueError:
        return False


def _address_of(request: HttpRequest) -> str:
    """The visitor's address; behind a proxy the one that the proxy saw."""
    from django.conf import settings

    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        return forwarded.rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
