"""Pictures of every screen of a running demo, to look at: `python -m scripts.screenshots FOLDER`.

    AFTERCARE_DATA=/tmp/shots aftercare demo --port 8177 &
    AFTERCARE_DATA=/tmp/shots python -m scripts.screenshots /tmp/pictures --url http://127.0.0.1:8177

Each screen in each width and theme becomes FOLDER/<screen>-<width>-<theme>.png. Needs Chromium
(`CHROMIUM` names it) and what `make setup-dev` installs.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as BrowserError

from scripts.screens import screens
from scripts.screens.opening import EMAIL, PASSWORD

HEIGHTS = {1440: 900, 900: 900, 390: 844}
THEMES = ("light", "dark")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--force-color-profile=srgb"]


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


if __name__ == "__main__":
    sys.exit(main())
