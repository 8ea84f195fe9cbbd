"""How fast the agent app feels, measured in Chromium on a shop of 12,000 tickets.

``make bench-screens`` (``ARGS="list thread"`` for some of it; ``soak`` runs only when it is named,
for AFTERCARE_SOAK_SECONDS). Every figure is one JSON line with its budget (UX.md §6.8) as the
baseline. Wall times depend on what else the machine does, so that the load stands at the end and
the work of the page's own thread is told beside them.
"""

from __future__ import annotations

import atexit
import http.client
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpdesk.bench.figure import Figure, percentile
from helpdesk.commands.environment import migrate_if_needed, prepare

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

TICKETS = 12_000
AGENT = "ana@lindenloom.example"
SCRIPTS = Path(__file__).with_name("screens.js").read_text()
SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
KEYS = "the quick brown fox jumps over the lazy dog and then some more words " * 2
OPENINGS = 30
ROWS_AHEAD = 2_000
EVENTS = 60
EVENTS_PER_SECOND = 25
SAMPLE_SECONDS = 20


def main() -> None:
    """Print the figures that the arguments name, or all but the soak."""
    wanted = sys.argv[1:] or [name for name in MEASURES if name != "soak"]
    unknown = sorted(set(wanted) - set(MEASURES))
    if unknown:
        sys.exit(f"There is no “{unknown[0]}”: {', '.join(MEASURES)}.")
    folder = tempfile.mkdtemp(prefix="aftercare-bench-")
    # Registered first, so that it runs last: the embedded PostgreSQL ends at exit, too.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Path(folder).chmod(0o711)
    os.environ.update(
        AFTERCARE_DATA=folder,
        DATABASE_URL="",
        REDIS_URL="",
        AFTERCARE_LOG_LEVEL="ERROR",
        AFTERCARE_PUBLIC_URL="http://127.0.0.1:8000",
        DJANGO_ALLOW_ASYNC_UNSAFE="1",
    )
    prepare()
    migrate_if_needed()
    with the_screens() as screens:
        for name in wanted:
            MEASURES[name](screens)
            tell("load_average", os.getloadavg()[0], "processes")


class Screens:
    """A served shop, and pages in which its agent is signed in."""

    def __init__(self, port: int, token: str, cookie: tuple[str, str], browser: Browser) -> None:
        self.port = port
        self.token = token
        self._cookie = cookie
        self._url = f"http://127.0.0.1:{port}"
        self._browser = browser

    @contextmanager
    def page(self, path: str) -> Iterator[tuple[Page, CDPSession]]:
        """A page in a browser of its own, with rows on it."""
        context = self._browser.new_context(
            base_url=self._url,
            viewport={"width": 1440, "height": 900},
            # What a worker keeps is not what is measured here.
            service_workers="block",
        )
        name, value = self._cookie
        context.add_cookies([{"name": name, "value": value, "url": self._url}])
        context.add_init_script(SCRIPTS)
        page = context.new_page()
        page.goto(path)
        page.locator(".trow[data-ticket]").first.wait_for()
        session = context.new_cdp_session(page)
        # Of the thread's own clock: what other programs take does not count.
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        try:
            yield page, session
        finally:
            context.close()

    def call(self, method: str, path: str, body: dict[str, Any]) -> None:
        """A request from somebody else; raises RuntimeError when it is refused."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        head = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, f"/api/v1{path}", body=json.dumps(body), headers=head)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")


@contextmanager
def the_screens() -> Iterator[Screens]:
    """Make the shop, serve it, and start Chromium."""
    from django.conf import settings
    from django.test import Client
    from playwright.sync_api import sync_playwright

    from helpdesk.accounts.models import Organization, User
    from helpdesk.bench.big_shop import make_big_shop
    from helpdesk.bench.server import served
    from tests.bench.thread import make_thread
    from tickets.models import Channel, Customer

    token = make_big_shop(TICKETS)
    shop, channel = Organization.objects.get(), Channel.objects.get()
    thea = Customer.objects.create(organization=shop, name="Thea 2000")
    make_thread(shop, channel, thea, messages=2000)
    client = Client()
    client.force_login(User.objects.get(email=AGENT))
    name = settings.SESSION_COOKIE_NAME
    cookie = (name, client.cookies[name].value)
    with served("serve") as (port, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium",
            args=[*SWITCHES, "--js-flags=--expose-gc"],
        )
        try:
            yield Screens(port, token, cookie, browser)
        finally:
            browser.close()


def tell(name: str, value: float, unit: str, budget: float | None = None) -> None:
    """One figure, against its budget where it has one."""
    ratio = round(value / budget, 2) if budget else None
    Figure(name, round(value, 2), unit, budget, ratio).print()


class Work:
    """What the page's own thread does between two moments, in milliseconds of its work."""

    PARTS = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        told = self._session.send("Performance.getMetrics")["metrics"]
        return {each["name"]: each["value"] * 1000 for each in told if each["name"] in self.PARTS}

    def tell(self, name: str, times: int, budget: float | None = None) -> None:
        """The work since the beginning, for each of so many times."""
        now = self._now()
        spent = {part: (now[part] - self._before[part]) / times for part in self.PARTS}
        tell(name, spent["TaskDuration"], "ms", budget)
        for part in self.PARTS[1:]:
            print(f"{spent[part]:8.2f} ms  {part} of {name}", file=sys.stderr)  # noqa: T201


def measure_list(screens: Screens) -> None:
    """Ten thousand rows, 400 pixels a frame; those that come by are loaded before."""
    with screens.page("/inbox/closed") as (page, session):
        page.wait_for_function("n => bench.hasRow(n)", arg=ROWS_AHEAD, timeout=120_000)
        page.evaluate("bench.scroll(20, -1e9)")
        work = Work(session)
        told = page.evaluate("bench.scroll(300, 400)")
        work.tell("list_work_per_frame_ms", 300, 10)
        tell("list_rows", told["total"], "rows")
        tell("list_rows_in_page", told["rows"], "rows", 60)
        tell("list_frame_p50_ms", percentile(told["frames"], 0.5), "ms", 16.7)
        tell("list_frame_p99_ms", percentile(told["frames"], 0.99), "ms", 17)
        tell("list_busy_p50_ms", percentile(told["busy"], 0.5), "ms")
        tell("list_busy_p99_ms", percentile(told["busy"], 0.99), "ms", 17)


def measure_open(screens: Screens) -> None:
    """J and K through thirty tickets that were open before, and first through them anew."""
    with screens.page("/inbox/unassigned") as (page, session):
        first = page.evaluate("n => bench.walk('j', n)", OPENINGS)
        page.evaluate("n => bench.walk('k', n)", OPENINGS - 1)
        work = Work(session)
        again = page.evaluate("n => bench.walk('j', n)", OPENINGS - 1)
        work.tell("ticket_open_work_ms", OPENINGS - 1)
        tell("ticket_open_p50_ms", percentile(again, 0.5), "ms")
        tell("ticket_open_p95_ms", percentile(again, 0.95), "ms", 60)
        tell("ticket_open_new_p95_ms", percentile(first[1:], 0.95), "ms")


def measure_keys(screens: Screens) -> None:
    """A letter more in a reply of 2,000 words."""
    with screens.page("/inbox/unassigned") as (page, session):
        page.locator(".trow[data-ticket]").first.click()
        field = page.locator("#reply .ProseMirror")
        field.wait_for()
        field.click()
        paragraph = "linen gets softer with every wash and keeps its colour " * 10
        page.evaluate("text => bench.paste(text)", "\n\n".join([paragraph.strip()] * 20))
        page.wait_for_timeout(3_000)
        page.evaluate("bench.watchKeys()")
        work = Work(session)
        for letter in KEYS:
            page.keyboard.press("Space" if letter == " " else letter, delay=20)
        took = page.evaluate("bench.keys")
        work.tell("key_work_ms", len(took))
        tell("key_to_paint_p50_ms", percentile(took, 0.5), "ms")
        tell("key_to_paint_p95_ms", percentile(took, 0.95), "ms", 50)


def measure_thread(screens: Screens) -> None:
    """A ticket of 2,000 messages: never seen by this browser, and seen before."""
    cold: list[float] = []
    server: list[float] = []
    known: list[float] = []
    for _ in range(5):
        with screens.page("/inbox/unassigned?sort=newest") as (page, _session):
            page.wait_for_timeout(1_500)
            cold.append(page.evaluate("bench.open('Thea 2000')"))
            server.append(page.evaluate("bench.slowest('/api/v1/tickets/')"))
            for _again in range(4):
                page.keyboard.press("j")
                page.wait_for_timeout(400)
                known.append(page.evaluate("bench.open('Thea 2000')"))
    tell("thread_2000_ms", percentile(known, 0.5), "ms", 150)
    tell("thread_2000_cold_ms", percentile(cold, 0.5), "ms", 150)
    tell("thread_2000_cold_request_ms", percentile(server, 0.5), "ms")


def measure_events(screens: Screens) -> None:
    """From the socket's frame to the painted row."""
    with screens.page("/inbox/unassigned") as (page, session):
        page.wait_for_function("() => bench.isLive()")
        ids = page.evaluate("bench.ids()")
        work = Work(session)
        for number in range(EVENTS):
            page.evaluate("text => bench.awaitRow(text)", f"Event {number} here")
            ticket = ids[number % min(8, len(ids))]
            screens.call("PATCH", f"/tickets/{ticket}", {"subject": f"Event {number} here"})
            page.wait_for_function("n => bench.events.length > n", arg=number, polling=20)
        took = page.evaluate("bench.events")
        work.tell("event_work_ms", EVENTS)
        tell("event_to_row_p50_ms", percentile(took, 0.5), "ms")
        tell("event_to_row_p95_ms", percentile(took, 0.95), "ms", 100)


def measure_soak(screens: Screens) -> None:
    """Memory after as many events as half an hour brings at five a second, in less time."""
    seconds = float(os.environ.get("AFTERCARE_SOAK_SECONDS", "360"))
    with screens.page("/inbox/unassigned") as (page, session):
        page.wait_for_function("() => bench.isLive()")
        page.evaluate("bench.walk('j', 10)")
        ids = _spread_ids(screens)
        with _happening(screens, ids) as count:
            samples: list[tuple[int, float]] = []
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                page.wait_for_timeout(SAMPLE_SECONDS * 1000)
                samples.append((count(), _heap_mb(session)))
                happened, heap = samples[-1]
                print(f"{happened:7d} events {heap:8.2f} MB", file=sys.stderr)  # noqa: T201
    begin = percentile([heap for _, heap in samples[1:4]], 0.5)
    close = percentile([heap for _, heap in samples[-3:]], 0.5)
    tell("heap_begin_mb", begin, "MB")
    tell("heap_events", samples[-1][0], "events")
    tell("heap_growth_pct", (close / begin - 1) * 100, "%", 20)


def _heap_mb(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    session.send("HeapProfiler.collectGarbage")
    told = session.send("Runtime.getHeapUsage")
    return float(told["usedSize"]) / 1e6


def _spread_ids(screens: Screens) -> list[str]:
    from tickets.models import Ticket

    found = Ticket.objects.order_by("-last_message_at").values_list("pk", flat=True)[:400]
    return [str(each) for each in found]


@contextmanager
def _happening(screens: Screens, ids: list[str]) -> Iterator[Callable[[], int]]:
    """Colleagues and customers are busy: changes, notes and tags all over the shop."""
    stop = threading.Event()
    counts = [0, 0, 0]

    def work(lane: int) -> None:
        chance = random.Random(lane)
        due = time.monotonic()
        while not stop.is_set():
            ticket = chance.choice(ids)
            number = counts[lane]
            kind = number % 5
            if kind == 0:
                body = {"id": str(uuid.uuid4()), "kind": "note", "text": f"Note {number} " * 12}
                screens.call("POST", f"/tickets/{ticket}/messages", body)
            elif kind == 1:
                priority = chance.choice(["low", "normal", "high"])
                screens.call("PATCH", f"/tickets/{ticket}", {"priority": priority})
            elif kind == 2:
                status = chance.choice(["open", "open", "closed"])
                screens.call("PATCH", f"/tickets/{ticket}", {"status": status})
            else:
                screens.call("PATCH", f"/tickets/{ticket}", {"subject": f"{lane}/{number}"})
            counts[lane] += 1
            due += len(counts) / EVENTS_PER_SECOND
            stop.wait(max(0.0, due - time.monotonic()))

    lanes = [threading.Thread(target=work, args=(lane,)) for lane in range(len(counts))]
    for lane in lanes:
        lane.start()
    try:
        yield lambda: sum(counts)
    finally:
        stop.set()
        for lane in lanes:
            lane.join(30)


MEASURES: dict[str, Callable[[Screens], None]] = {
    "list": measure_list,
    "open": measure_open,
    "keys": measure_keys,
    "thread": measure_thread,
    "events": measure_events,
    "soak": measure_soak,
}

if __name__ == "__main__":
    main()
