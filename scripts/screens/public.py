"""What is seen without signing in: the sign-in page, surveys."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from scripts.screens.opening import EMAIL, Screen, open_page


def screens() -> list[Screen]:
    """In the order in which somebody comes to them."""
    return [
        Screen("sign-in", lambda page: open_page(page, "/login", "Sign in"), is_public=True),
        Screen("sign-in-wrong", _wrong_password, is_public=True),
        Screen("csat", lambda page: _csat(page, "?score=5&lang=en"), is_public=True),
        Screen("csat-th", lambda page: _csat(page, "?lang=th"), is_public=True),
        Screen("csat-low", lambda page: _csat(page, "?score=1&lang=en"), is_public=True),
        Screen("csat-thanks", lambda page: _csat_answered(page, 5), is_public=True),
        Screen("csat-thanks-low", lambda page: _csat_answered(page, 1), is_public=True),
        Screen("csat-stop", lambda page: _csat(page, "/stop?lang=en"), is_public=True),
        Screen("csat-closed", lambda page: open_page(page, "/csat/0"), is_public=True),
    ]


def _wrong_password(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill("not the one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That email and password don’t match.")).to_be_visible()


def _csat(page: Page, rest: str) -> None:
    from automation.csat.links import token_of
    from automation.csat.models import CsatSurvey

    survey = CsatSurvey.objects.filter(state="sent", answered_at=None).order_by("-sent_at").first()
    assert survey is not None  # noqa: S101
    open_page(page, f"/csat/{token_of(survey.pk)}{rest}")


def _csat_answered(page: Page, score: int) -> None:
    from automation.csat.links import token_of
    from automation.csat.models import CsatSurvey

    survey = CsatSurvey.objects.filter(score=score).order_by("-answered_at").first()
    assert survey is not None  # noqa: S101
    open_page(page, f"/csat/{token_of(survey.pk)}?lang=en")
