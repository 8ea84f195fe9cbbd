"""Pictures of every screen of a running demo, to look at: `python -m scripts.screenshots FOLDER`.

    AFTERCARE_DATA=/tmp/shots aftercare demo --port 8177 &
    AFTERCARE_DATA=/tmp/shots python -m scripts.screenshots /tmp/pictures --url http://127.0.0.1:8177

Each screen in each width and theme becomes FOLDER/<screen>-<width>-<theme>.png. Needs Chromium
(`CHROMIUM` names it) and what `make setup-dev` installs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

HEIGHTS = {1440: 900, 900: 900, 390: 844}
THEMES = ("light", "dark")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--force-color-profile=srgb"]
EMAIL = "ana@lindenloom.example"
PASSWORD = "linen-in-the-rain"  # noqa: S105 (the demo prints it at every start)


@dataclass(frozen=True)
class Screen:
    """How to bring one screen about."""

    name: str
    show: Callable[[Page], None]
    is_public: bool = False


def main() -> int:
    """Take the pictures that were asked for; returns how many screens could not be shown."""
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    _prepare_django()
    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=SWITCHES)
        state = _sign_in(browser, options.url)
        for width in options.width:
            for theme in options.theme:
                failed += _take_all(browser, options, state, width, theme)
        browser.close()
    return failed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--width", type=int, action="append", choices=list(HEIGHTS))
    parser.add_argument("--theme", action="append", choices=THEMES)
    parser.add_argument("--only", default="", help="screens whose name matches this pattern")
    options = parser.parse_args()
    options.width = options.width or list(HEIGHTS)
    options.theme = options.theme or list(THEMES)
    return options


def _chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        raise SystemExit("No Chromium here: apt-get install chromium, or set CHROMIUM.")
    return found


def _prepare_django() -> None:
    """The links of surveys are signed, so that only the installation itself knows them."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from helpdesk.commands.environment import prepare

    prepare()


def _sign_in(browser: Browser, url: str) -> Any:
    context = browser.new_context(base_url=url)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/inbox/**")
    state = context.storage_state()
    context.close()
    return state


def _take_all(
    browser: Browser, options: argparse.Namespace, state: Any, width: int, theme: str
) -> int:
    failed = 0
    for screen in screens():
        if not re.search(options.only, screen.name):
            continue
        context = browser.new_context(
            base_url=options.url,
            viewport={"width": width, "height": HEIGHTS[width]},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            has_touch=width < 900,
            storage_state=None if screen.is_public else state,
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        try:
            screen.show(page)
        except Exception as problem:  # noqa: BLE001 (the picture shows how far it came)
            failed += 1
            print(f"{screen.name} {width} {theme}: {str(problem).splitlines()[0]}", file=sys.stderr)
        page.wait_for_timeout(250)
        try:
            page.screenshot(path=options.folder / f"{screen.name}-{width}-{theme}.png")
        except BrowserError as problem:
            failed += 1
            print(f"{screen.name} {width} {theme}: {problem.message}", file=sys.stderr)
        context.close()
    return failed


# Screens


def screens() -> list[Screen]:
    """Every screen and state, in the order of the app's places."""
    return [
        Screen("sign-in", lambda page: _open(page, "/login", "Sign in"), is_public=True),
        Screen("sign-in-wrong", _wrong_password, is_public=True),
        Screen("inbox", lambda page: _list(page, "all")),
        Screen("conversation", lambda page: _ticket(page, "all")),
        Screen("conversation-urgent", lambda page: _ticket(page, "urgent")),
        Screen("conversation-closed", lambda page: _ticket(page, "closed")),
        Screen("customer-pane", _customer_pane),
        Screen("composer-reply", _composer),
        Screen("composer-note", _note),
        Screen("macros-palette", _macro_palette),
        Screen("missing-value", _missing_value),
        Screen("command-palette", _command_palette),
        Screen("shortcuts", _shortcuts),
        Screen("newer-messages", _newer_messages),
        Screen("empty-view", lambda page: _open(page, "/inbox/snoozed?q=nobodywrotethis")),
        Screen("search", lambda page: _list(page, "search?q=linen")),
        Screen("loading", _loading),
        Screen("list-error", _list_error),
        Screen("offline", _offline),
        Screen("signed-out", _signed_out),
        Screen("not-found", lambda page: _open(page, "/no/such/page")),
        Screen("new-ticket", _new_ticket),
        Screen("customers", lambda page: _open(page, "/customers")),
        Screen("customer", _customer),
        Screen("report", lambda page: _open(page, "/reports/csat")),
        Screen("macros", lambda page: _open(page, "/automations/macros")),
        Screen("macro", lambda page: _first_link(page, "/automations/macros")),
        Screen("rules", lambda page: _open(page, "/automations/rules")),
        Screen("rule", lambda page: _first_link(page, "/automations/rules")),
        Screen("channels", lambda page: _open(page, "/settings/channels")),
        Screen("channel", lambda page: _first_link(page, "/settings/channels")),
        Screen("inbound", lambda page: _open(page, "/settings/inbound")),
        Screen("tokens", lambda page: _open(page, "/settings/tokens")),
        Screen("profile", lambda page: _open(page, "/me")),
        Screen("csat", lambda page: _csat(page, "?score=5&lang=en"), is_public=True),
        Screen("csat-th", lambda page: _csat(page, "?lang=th"), is_public=True),
        Screen("csat-low", lambda page: _csat(page, "?score=1&lang=en"), is_public=True),
        Screen("csat-thanks", lambda page: _csat_answered(page, 5), is_public=True),
        Screen("csat-thanks-low", lambda page: _csat_answered(page, 1), is_public=True),
        Screen("csat-stop", lambda page: _csat(page, "/stop?lang=en"), is_public=True),
        Screen("csat-closed", lambda page: _open(page, "/csat/0"), is_public=True),
        Screen("api-docs", lambda page: _open(page, "/api/docs/")),
    ]


def _open(page: Page, path: str, text: str = "") -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    if text:
        expect(page.get_by_text(text).first).to_be_visible()


def _wrong_password(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill("not the one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That email and password don’t match.")).to_be_visible()


def _list(page: Page, view: str) -> None:
    page.goto(f"/inbox/{view}")
    expect(page.locator("[data-ticket]").first).to_be_visible()
    page.wait_for_load_state("networkidle")


def _ticket(page: Page, view: str) -> None:
    _list(page, view)
    page.locator("[data-ticket]").first.click()
    expect(page.get_by_role("article").first).to_be_visible()
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")


def _customer_pane(page: Page) -> None:
    _ticket(page, "urgent")
    button = page.get_by_role("button", name="Customer and orders")
    if button.is_visible():
        button.click()


def _composer(page: Page) -> None:
    _ticket(page, "urgent")
    page.keyboard.press("r")
    page.keyboard.type("Hi there,\n\nyour parcel leaves us today.")


def _note(page: Page) -> None:
    _ticket(page, "urgent")
    page.keyboard.press("n")
    page.keyboard.type("Asked the warehouse to hold the parcel.")


def _macro_palette(page: Page) -> None:
    _ticket(page, "urgent")
    page.keyboard.press("Control+j")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.wait_for_load_state("networkidle")


def _missing_value(page: Page) -> None:
    _ticket(page, "urgent")
    page.keyboard.press("Control+j")
    page.get_by_role("combobox", name="Search macros").fill("done and refunded")
    page.get_by_text("Cancel: done and refunded").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Enter")


def _command_palette(page: Page) -> None:
    _ticket(page, "all")
    page.keyboard.press("Control+k")
    page.wait_for_load_state("networkidle")


def _shortcuts(page: Page) -> None:
    _ticket(page, "all")
    page.keyboard.press("?")


def _newer_messages(page: Page) -> None:
    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        newer = {"id": "0", "author": {"type": "customer", "id": None, "name": "Mia Laurent"},
                 "text": "Never mind, I found it at the neighbour’s."}  # fmt: skip
        problem = {"type": "about:blank", "title": "Conflict", "status": 409,
                   "code": "newer_messages", "detail": "Something newer arrived.",
                   "messages": [newer]}  # fmt: skip
        return route.fulfill(
            status=409, content_type="application/problem+json", body=json.dumps(problem)
        )

    page.route("**/api/v1/tickets/*/messages*", refuse)
    _composer(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("New activity since you started")).to_be_visible()


def _loading(page: Page) -> None:
    page.route("**/api/v1/tickets?*", lambda route: None)
    page.goto("/inbox/all")
    page.wait_for_timeout(1500)


def _list_error(page: Page) -> None:
    problem = {"type": "about:blank", "title": "Server error", "status": 500, "code": "server_error",
               "detail": "Something broke on our side", "instance": "err_7f3a91"}  # fmt: skip
    page.route(
        "**/api/v1/tickets?*",
        lambda route: route.fulfill(
            status=500, content_type="application/problem+json", body=json.dumps(problem)
        ),
    )
    _open(page, "/inbox/all", "The list didn’t load")


def _offline(page: Page) -> None:
    _ticket(page, "all")
    page.context.set_offline(True)
    expect(page.get_by_text("You’re offline.")).to_be_visible()


def _signed_out(page: Page) -> None:
    _ticket(page, "all")
    page.context.clear_cookies()
    page.keyboard.press("u")
    page.get_by_role("link", name=re.compile("Closed")).or_(
        page.locator("[data-ticket]").nth(1)
    ).first.click()
    expect(page.get_by_text("Your session ended").first).to_be_visible()


def _new_ticket(page: Page) -> None:
    _list(page, "all")
    page.keyboard.press("c")
    page.wait_for_load_state("networkidle")


def _customer(page: Page) -> None:
    from tickets.models import Customer

    customer = Customer.objects.filter(handles__is_verified=True).order_by("name").first()
    assert customer is not None  # noqa: S101 (the demo has many)
    _open(page, f"/customers/{customer.pk}")


def _first_link(page: Page, place: str) -> None:
    _open(page, place)
    links = page.locator(f"a[href^='{place}/']:not([href$='/new'])")
    links.first.click()
    page.wait_for_load_state("networkidle")


def _csat(page: Page, rest: str) -> None:
    from automation.csat.links import token_of
    from automation.csat.models import CsatSurvey

    survey = CsatSurvey.objects.filter(state="sent", answered_at=None).order_by("-sent_at").first()
    assert survey is not None  # noqa: S101
    _open(page, f"/csat/{token_of(survey.pk)}{rest}")


def _csat_answered(page: Page, score: int) -> None:
    from automation.csat.links import token_of
    from automation.csat.models import CsatSurvey

    survey = CsatSurvey.objects.filter(score=score).order_by("-answered_at").first()
    assert survey is not None  # noqa: S101
    _open(page, f"/csat/{token_of(survey.pk)}?lang=en")


if __name__ == "__main__":
    sys.exit(main())
