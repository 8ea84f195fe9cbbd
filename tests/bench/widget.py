"""What the chat widget costs a shop's page: ``python -m tests.bench.widget http://127.0.0.1:8000``.

Against a running ``aftercare demo``. At a fourth of this machine's speed: how much longer the demo
shop blocks its own thread with the widget than without (UX 51: at most 20 ms), how far it shifts,
what it asks for besides its loader and which cookies it has before anybody means to open it (none),
and the time from the click on the launcher to a frame that takes keys on Fast 4G (UX 53: at most
1 s). One JSON line each; medians, because the machine does other things as well.
"""

from __future__ import annotations

import os
import statistics
import sys
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from helpdesk.bench.figure import Figure

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS = 7
SLOWER = 4
FAST_4G = {
    "offline": False,
    "latency": 60,
    "downloadThroughput": 1_125_000,
    "uploadThroughput": 187_500,
}
SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WATCH = """
window.blocked = 0; window.shifted = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) blocked += Math.max(0, each.duration - 50);
}).observe({ type: 'longtask', buffered: true });
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) shifted += each.value;
}).observe({ type: 'layout-shift', buffered: true });
"""


def main() -> None:
    """Print the five figures."""
    url = sys.argv[1].rstrip("/") + "/demo-shop/"
    program = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        rounds = [
            (visit(browser, url, is_on=False), visit(browser, url, is_on=True))
            for _ in range(ROUNDS)
        ]
        delta = statistics.median(on[0] - off[0] for off, on in rounds)
        Figure("widget_tbt_delta_ms", round(delta, 1), "ms", 20).print()
        Figure("widget_cls", round(max(on[1] for _, on in rounds), 4), "", 0).print()
        requests, cookies = before_intent(browser, url)
        Figure("widget_requests_before_intent", requests, "requests", 0).print()
        Figure("widget_cookies_before_intent", cookies, "cookies", 0).print()
        opened = statistics.median(open_once(browser, url) for _ in range(ROUNDS))
        Figure("widget_interactive_ms", round(opened), "ms", 1000).print()
        browser.close()


def visit(browser: Browser, url: str, *, is_on: bool) -> tuple[float, float]:
    """Blocked milliseconds and shift of one visit."""
    page = _page(browser)
    if not is_on:
        page.route("**/w/*.js", lambda route: route.abort())
    page.goto(url)
    if is_on:
        page.locator("aftercare-widget button").first.wait_for()
    page.wait_for_timeout(2500)
    told: list[float] = page.evaluate("[blocked, shifted]")
    page.context.close()
    return told[0], told[1]


def before_intent(browser: Browser, url: str) -> tuple[int, int]:
    """What the widget asks for besides its loader while nobody touches it, and cookies there are."""
    page = _page(browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    page.locator("aftercare-widget button").first.wait_for()
    page.wait_for_timeout(2500)
    widgets = [each for each in asked if "/widget/" in each or "/w/" in each]
    loaders = [each for each in widgets if each.endswith(".js") and "/w/" in each]
    if len(loaders) != 1:
        raise RuntimeError(f"one loader was expected: {loaders}")
    found = len(widgets) - 1, len(page.context.cookies())
    page.context.close()
    return found


def open_once(browser: Browser, url: str) -> float:
    """Milliseconds from a click without warning to a frame whose button takes a click."""
    page = _page(browser)
    page.goto(url)
    launcher = page.locator("aftercare-widget button.l")
    launcher.wait_for()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", FAST_4G)
    page.evaluate("""() => {
      window.openedIn = new Promise((resolve) => {
        const began = performance.now();
        helpdesk('on', 'ready', () => resolve(performance.now() - began));
      });
      helpdesk('show');
    }""")
    took: float = page.evaluate("openedIn")
    page.context.close()
    return took


def _page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.add_init_script(WATCH)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page


if __name__ == "__main__":
    main()
