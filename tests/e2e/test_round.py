"""A round of an agent's day: by the keyboard alone, and by two agents with one customer."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e import shop as the_shop
from tests.e2e.conftest import join
from tests.e2e.shop import Shop, Shopper, text_of, wait_until
from tests.factories import make_customer, receive_mail
from tickets.actions.tags import change_tags
from tickets.models import Channel

MILA = "Mila Novak"

# What has the focus: nothing (the page itself), out of sight, under something else, or fine.
FOCUS = """() => {
  let held = document.activeElement;
  if (!held || held === document.body) return 'nothing';
  const box = held.getBoundingClientRect();
  const name = `${held.tagName.toLowerCase()}.${held.className} ${held.ariaLabel ?? ''}`.trim();
  if (box.width < 1 || box.height < 1) return `without size: ${name}`;
  const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
  if (right - left < 1 || bottom - top < 1) return `out of sight: ${name}`;
  const spots = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.15], [0.5, 0.85]];
  const isSeen = ([x, y]) => {
    const hit = document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
    return hit && (held.contains(hit) || hit.contains(held));
  };
  return spots.every(isSeen) ? 'fine' : `covered: ${name}`;
}"""


class Keys:
    """Somebody without a mouse: presses and types, and sees after each step where they are."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.add_init_script(
            "window.pointed = 0;"
            "for (const kind of ['pointerdown', 'mousedown', 'touchstart'])"
            " addEventListener(kind, () => (window.pointed += 1), true);"
        )

    def press(self, *keys: str) -> None:
        for each in keys:
            self._page.keyboard.press(each)

    def type(self, text: str) -> None:
        self._page.keyboard.type(text)

    def sees(self, shown: Locator, step: str) -> None:
        """``shown`` is there, and the focus is on something that can be seen."""
        expect(shown).to_be_visible()
        deadline = time.monotonic() + 5
        while (where := self._page.evaluate(FOCUS)) != "fine":
            assert time.monotonic() < deadline, f"after “{step}” the focus is {where}"
            self._page.wait_for_timeout(50)

    @property
    def was_pointed(self) -> bool:
        return bool(self._page.evaluate("window.pointed"))


def test_a_whole_round_by_the_keyboard_alone(shop: Shop, new_agent: Callable[..., Page]):
    """UX 38: sign in, triage, reply by macro, snooze, next, many at once, undo, palette, customers."""
    word = f"loom{time.time_ns() % 1_000_000}"
    shoppers = [shop.shopper(f"{name} Round") for name in ("Ada", "Ben", "Cleo", "Dora")]
    for number, shopper in enumerate(shoppers):
        shop.order(shopper, f"910{number}")
        shop.arrive(shopper, f"About {word}", f"Hello, a question of {shopper.name}.")
        shop.ticket_of(shopper)
    page = new_agent(storage_state=None)
    keys = Keys(page)

    page.goto("/login")
    expect(page.get_by_label("Email")).to_be_focused()
    keys.type(the_shop.ADMIN_EMAIL)
    keys.press("Tab")
    keys.type(the_shop.PASSWORD)
    keys.press("Enter")
    page.wait_for_url("**/inbox/**")
    expect(page.get_by_text("updated live")).to_be_visible()
    keys.press("Control+k")
    keys.sees(page.get_by_role("combobox", name=re.compile("Type a command")), "palette")
    keys.type("All open")
    expect(page.get_by_role("option", selected=True)).to_contain_text("All open")
    keys.press("Enter")
    page.wait_for_url("**/inbox/all")
    keys.press("/")
    keys.sees(page.get_by_role("combobox", name="Filter"), "filter")
    keys.type(f"subject:{word} ")
    expect(page.locator("[data-count]")).to_have_text("4")
    keys.press("Escape", "Escape")

    # Triage: down, down, up; the conversation follows, the focus stays in the list.
    feed = page.get_by_role("feed")
    expect(page.locator(".trow .name")).to_have_count(4)
    order = [_shopper(shoppers, name) for name in page.locator(".trow .name").all_inner_texts()]
    for step, at in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0)):
        keys.press(step)
        keys.sees(feed.get_by_text(f"a question of {order[at].name}"), step)
    first, second = order[0], order[1]
    ticket = shop.ticket_of(first)
    keys.press("i")
    keys.sees(page.get_by_role("button", name=re.compile(r"Assignee: Ana|Ana Ferreira")).first, "i")
    wait_until(lambda: shop.ticket_of(first)["assignee_id"] is not None, "an assignee")

    # Reply with a macro.
    keys.press("r")
    keys.sees(page.locator("#reply").get_by_role("textbox").first, "r")
    keys.type("/")
    keys.sees(page.get_by_role("combobox", name="Search macros"), "/")
    keys.type("we are on it")
    expect(page.get_by_role("option", selected=True)).to_be_visible()
    keys.press("Enter")
    field = page.locator("#reply").get_by_role("textbox").first
    expect(field).to_contain_text(first.name.split()[0])
    keys.press("Control+Enter")
    expect(field).to_have_text("")
    assert len(wait_until(first.mails, "the answer")) == 1
    keys.press("Escape")

    # Snooze in words, and go on.
    keys.press("h")
    keys.sees(page.get_by_role("combobox", name="Until when"), "h")
    keys.type("in 3 hours")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Until")
    keys.press("Enter")
    wait_until(lambda: shop.ticket_of(first)["status"] == "snoozed", "the snooze")
    keys.press("j")
    keys.sees(feed.get_by_text(f"a question of {second.name}"), "j after snooze")
    assert shop.get(f"/tickets/{ticket['id']}")["ticket"]["snoozed_until"]

    # Two at once, and taken back.
    keys.press("x", "Shift+J")
    keys.sees(page.get_by_role("heading", name="2 selected"), "x, Shift+J")
    keys.press("l")
    keys.sees(page.get_by_role("combobox", name="Tags"), "l")
    expect(page.get_by_role("combobox", name="Tags")).to_be_focused()
    keys.type(f"tag-{word}")
    keys.press("Enter")
    keys.sees(page.get_by_text("2 tickets changed"), "tag")

    def tagged() -> int:
        return int(shop.get("/tickets", tag=f"tag-{word}")["total"])

    wait_until(lambda: tagged() == 2, "two with the tag")
    keys.press("z")
    keys.sees(page.get_by_text("2 tickets are as before"), "z")
    wait_until(lambda: tagged() == 0, "none with the tag")

    # To the customers and back.
    keys.press("Control+k")
    keys.type("go to customers")
    expect(page.get_by_role("option", selected=True)).to_contain_text("ustomers")
    keys.press("Enter")
    page.wait_for_url("**/customers")
    keys.sees(page.get_by_role("heading", name="Customers"), "customers")
    keys.press("g", "i")
    page.wait_for_url("**/inbox/**")
    keys.sees(page.get_by_role("heading", name="My queue"), "g i")
    assert not keys.was_pointed
    assert [len(each.mails()) for each in shoppers].count(1) == 1


def _shopper(shoppers: list[Shopper], name: str) -> Shopper:
    return next(each for each in shoppers if each.name == name)


@pytest.fixture(scope="module")
def mila(shop: Shop, browser: Browser) -> dict[str, Any]:
    """The id and the cookies of Mila, Ana's colleague."""
    return join(shop, browser, "mila@shop.example", MILA)


def test_two_agents_and_a_customer(
    shop: Shop, new_agent: Callable[..., Page], mila: dict[str, Any]
):
    """UX 6, 16, 17, G10.3: mail arrives on both pages, one is seen typing, the other is first."""
    ana, hers = new_agent(), new_agent(storage_state=mila["state"])
    for page in (ana, hers):
        page.goto("/inbox/all")
        expect(page.get_by_text("updated live")).to_be_visible()
    # Not the same number where a private team has tickets that only one of them sees.
    before = {page: _numbers(page) for page in (ana, hers)}
    carl = shop.shopper("Carl Customer")
    shop.arrive(carl, "Two colours", "Can I have both blue and sand?")
    for page in (ana, hers):
        row = _row(page, carl)
        expect(row).to_be_visible()
        expect(row).to_have_count(1)
    for page in (ana, hers):
        _agree(page, before[page] + 1)
    ticket = shop.ticket_of(carl)
    for page in (ana, hers):
        _row(page, carl).click()
        expect(page.get_by_role("feed")).to_contain_text("both blue and sand")

    _field(ana).press_sequentially("Dear Carl, ")
    expect(hers.locator(".collide")).to_contain_text("Ana is writing a reply")
    expect(_row(hers, carl).locator(".presence >> visible=true").first).to_be_visible()

    # Mila answers while Ana writes; Ana hears of it by pressing Send.
    _field(hers).fill("Mila: yes, both are in stock.")

    def hold(route: Any) -> None:
        wait_until(lambda: len(shop.messages_of(ticket["id"])) == 2, "Mila's answer")
        route.continue_()

    ana.route("**/api/v1/tickets/*/messages", hold, times=1)
    _field(ana).press_sequentially("we have both.")
    hers.keyboard.press("Control+Enter")
    ana.keyboard.press("Control+Enter")
    asked = ana.get_by_role("alertdialog", name="New activity since you started")
    expect(asked).to_contain_text("yes, both are in stock")
    expect(asked).to_contain_text("Mila")
    assert len(shop.messages_of(ticket["id"])) == 2
    asked.get_by_role("button", name="Keep editing").click()
    expect(_field(ana)).to_be_focused()
    ana.keyboard.press("Control+Enter")
    wait_until(lambda: len(carl.mails()) == 2, "both answers")
    for page in (ana, hers):
        expect(page.get_by_role("feed")).to_contain_text("Dear Carl, we have both.")
        expect(page.get_by_role("feed")).to_contain_text("yes, both are in stock.")

    _field(ana).blur()
    ana.keyboard.press("e")
    wait_until(lambda: shop.ticket_of(carl)["status"] == "closed", "Ana's closing")
    for page in (ana, hers):
        _agree(page, before[page])  # the row stays: it is open there, and under the pointer here
    shop.server.run("idle", "--timeout", "60")
    answers = [text for text in map(text_of, carl.mails()) if "/csat/" not in text]
    assert len(answers) == 2
    assert sum("we have both" in each for each in answers) == 1
    kinds = [each["kind"] for each in shop.messages_of(ticket["id"])]
    assert kinds[:3] == ["customer", "reply", "reply"]


def test_a_row_says_in_words_what_it_shows(shop: Shop, new_agent: Callable[..., Page]):
    """UX 7: unread, channel, waiting and draft are there for who sees no colour, or nothing."""
    page = new_agent(forced_colors="active")
    page.goto("/inbox/all")
    greta = shop.shopper("Greta Grey")
    shop.arrive(greta, "Urgent: wrong address", "Please change my address, it is urgent.")
    ticket = shop.ticket_of(greta)
    shop.call("PATCH", f"/tickets/{ticket['id']}", {"priority": "urgent"})
    row = _row(page, greta)
    expect(row).to_contain_text("Unread")
    expect(row).to_contain_text("Urgent")
    expect(row).to_contain_text("Email")
    expect(row.get_by_role("img", name=re.compile("waiting", re.IGNORECASE))).to_be_visible()
    row.click()
    _field(page).fill("Dear Greta")
    expect(row).to_contain_text("Draft")
    expect(row).not_to_contain_text("Unread")


def test_thirty_tickets_are_walked_and_open_from_the_cache(shop: Shop, agent: Page):
    """UX 4: J down, K up again; the User Timing measure of each opening is told."""
    word = f"walk{time.time_ns() % 1_000_000}"
    channel = Channel.objects.get(slug="help")
    for number in range(30):
        customer = make_customer(
            channel.organization, f"{word}-{number}@posteo.example", f"Walker {number}"
        )
        ticket = receive_mail(channel, f"Walk {number}", customer=customer).ticket
        change_tags(ticket.pk, add=[word])
    agent.goto(f"/inbox/all?q=tag:{word}")
    expect(agent.locator("[data-count]")).to_have_text("30")
    seen = set()
    for key, steps in (("j", 30), ("k", 29)):
        agent.evaluate("performance.clearMeasures('ticket-open')")
        for step in range(steps):
            agent.keyboard.press(key)
            agent.wait_for_function(
                "n => performance.getEntriesByName('ticket-open').length > n", arg=step
            )
            seen.add(agent.url)
    took = agent.evaluate("performance.getEntriesByName('ticket-open').map((e) => e.duration)")
    p95 = sorted(took)[int(len(took) * 0.95)]
    sys.stdout.write(f"ticket_open_p95_ms {p95:.1f}\n")
    assert len(seen) == 30
    assert len(took) == 29
    assert p95 <= 1_500  # 100 on a machine of its own; this one is shared


def test_a_page_that_stays_open_does_not_grow(shop: Shop, agent: Page):
    """UX 45 in short: two hundred events, and the heap is what it was before them."""
    shoppers = [shop.shopper(f"Heap{n} Person") for n in range(5)]
    for shopper in shoppers:
        shop.arrive(shopper, f"Heap of {shopper.name}", "How heavy is linen?")
    tickets = [shop.ticket_of(shopper) for shopper in shoppers]
    agent.goto(f"/inbox/all/{tickets[0]['id']}")
    expect(agent.get_by_text("updated live")).to_be_visible()
    devtools: Any = agent.context.new_cdp_session(agent)

    def heap_after(events: int, mark: str) -> int:
        for number in range(events):
            change = {"priority": ("high", "normal")[number // 5 % 2]}
            assert shop.call("PATCH", f"/tickets/{tickets[number % 5]['id']}", change)[0] == 200
        shop.call("PATCH", f"/tickets/{tickets[0]['id']}", {"subject": mark})
        expect(agent.get_by_role("heading", name=mark)).to_be_visible()
        devtools.send("HeapProfiler.collectGarbage")
        return int(devtools.send("Runtime.getHeapUsage")["usedSize"])

    before = heap_after(60, "Warm by now")
    after = heap_after(200, "Two hundred later")
    sys.stdout.write(f"heap_growth {after / before:.3f}\n")
    assert after < before * 1.2


def _row(page: Page, shopper: Shopper) -> Locator:
    return page.locator("#tickets").get_by_role("row").filter(has_text=shopper.name)


def _field(page: Page) -> Locator:
    field = page.locator("#reply .ProseMirror")
    expect(field).to_be_visible()
    return field


def _numbers(page: Page) -> int:
    return int(page.locator("[data-count]").inner_text().replace(",", ""))


def _agree(page: Page, number: int) -> None:
    """Rail, header of the list and title of the tab all say so; how soon is told.

    The server counts again after a second, and less often while counting takes it long, as on a
    machine that is busy with other tests.
    """
    said, began = f"{number:,}", time.monotonic()
    expect(page.locator("[data-count]")).to_have_text(said, timeout=20_000)
    named = re.compile(rf"^All open, {said} tickets?$")
    expect(page.get_by_role("link", name=named)).to_be_visible(timeout=5_000)
    expect(page).to_have_title(re.compile(rf"\({said}\)"), timeout=5_000)
    sys.stdout.write(f"counts_agree_s {time.monotonic() - began:.2f}\n")
