"""axe on every page and every open sheet, light and dark: nothing serious and nothing critical."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop
from tests.e2e.test_orders import placed

PLACES = [
    "/inbox/all", "/inbox/mine", "/search", "/search?q=linen", "/customers", "/reports/csat",
    "/reports/overview", "/reports/live", "/automations/sla", "/automations/hours", "/settings/surveys",
    "/automations/rules", "/automations/macros", "/settings/channels", "/settings/inbound",
    "/settings/tokens", "/settings/stores/new", "/settings/order-limits", "/approvals", "/settings/fields", "/settings/team", "/me", "/me/shortcuts",
    "/no/such/page",
]  # fmt: skip


# What opens over a ticket: the keys that open it, and what is to be seen then.
OVER_A_TICKET: dict[str, tuple[str, Any, str | re.Pattern[str]]] = {
    "merge": ("m", "dialog", re.compile("Merge")),
    "snooze": ("h", "combobox", "Until when"),
    "split": ("Shift+S", "dialog", re.compile("Split")),
    "spam": ("!", "dialog", re.compile("spam", re.IGNORECASE)),
    "assign": ("a", "combobox", re.compile("Assign")),
    "tags": ("l", "combobox", "Tags"),
    "priority": ("p", "option", "Urgent"),
    "status": ("s", "option", "Closed"),
    "palette": ("Control+k", "combobox", re.compile("Type a command")),
    "shortcuts": ("?", "dialog", re.compile("Keyboard shortcuts")),
    "new ticket": ("c", "dialog", re.compile("New ticket")),
    "picked": ("x", "heading", "1 selected"),
    "macros": ("Control+j", "combobox", "Search macros"),
}
# What opens from the menu of an order beside the ticket, which has not been sent yet.
ORDER_SHEETS = ["Change items", "Send again", "Discount code", "Order note"]
MORE = re.compile("^More for order #")
NUMBERS = itertools.count(66_011)
OPEN = "dialog[open], [popover]:popover-open"

AXE = """async (at) => {
  // Not the colours between one theme and the other, but those that stay.
  const still = document.createElement('style');
  still.textContent = '*, ::before, ::after { transition: none !important }';
  document.head.append(still);
  const { violations } = await axe.run([...document.querySelectorAll(at)], { resultTypes: ['violations'] });
  still.remove();
  return violations;
}"""

# What still moves: transitions and animations that can be seen going on.
MOVING = """() => document.getAnimations()
  .filter((each) => Number(each.effect.getComputedTiming().activeDuration) > 20)
  .map((each) => each.effect.target?.className || each.effect.target?.tagName)"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_free_of_serious_barriers(
    shop: Shop, new_agent: Callable[..., Page], theme: str
):
    """UX 60: every route."""
    page = new_agent(color_scheme=theme, reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    for place in [*PLACES, *_records(shop)]:
        _go(page, place)
        found[place] = _barriers(page)

    signed_out = new_agent(color_scheme=theme, storage_state=None)
    _go(signed_out, "/login")
    found["/login"] = _barriers(signed_out)

    assert {place: barriers for place, barriers in found.items() if barriers} == {}


def test_nothing_that_opens_has_serious_barriers_or_moves_when_asked_not_to(
    shop: Shop, new_agent: Callable[..., Page]
):
    """UX 60: sheets, pickers, palette, composer and view editor, light and dark; reduced motion."""
    page = new_agent(reduced_motion="reduce")
    ticket = next(each for each in _records(shop) if each.startswith("/inbox/all/"))
    found: dict[str, list[str]] = {}
    moving: dict[str, list[str]] = {}

    def look(name: str, at: str) -> None:
        moving[name] = page.evaluate(MOVING)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
            found[f"{name}, {theme}"] = _serious(page.evaluate(AXE, at))

    _go(page, ticket)
    expect(page.get_by_role("feed").get_by_text("Did you get my mail?")).to_be_visible()
    page.evaluate(Axe().axe_script)
    for name, (keys, role, label) in OVER_A_TICKET.items():
        page.keyboard.press(keys)
        shown = page.get_by_role(role, name=label).first
        expect(shown).to_be_visible()
        look(name, "#tickets" if name == "picked" else OPEN)
        page.keyboard.press("Escape")
        expect(shown).to_have_count(0)
    for name in ORDER_SHEETS:
        page.get_by_role("button", name=MORE).click()
        page.get_by_role("group", name=MORE).get_by_text(name).click()
        shown = page.get_by_role("dialog")
        expect(shown.locator("[aria-busy=false]")).to_be_visible()
        look(name, OPEN)
        page.keyboard.press("Escape")
        expect(shown).to_have_count(0)
    page.keyboard.press("r")
    expect(page.locator("#reply .ProseMirror")).to_be_focused()
    page.keyboard.type("Dear Lin, see the attached file.")
    look("reply", "#reply")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#reply.as-note .ProseMirror")).to_be_focused()
    look("note", "#reply")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New view").click()
    expect(page.get_by_role("button", name="Save view")).to_be_visible()
    page.get_by_role("button", name="Condition", exact=True).click()
    look("view editor", OPEN)

    assert {name: barriers for name, barriers in found.items() if barriers} == {}
    assert {name: things for name, things in moving.items() if things} == {}


def test_at_twice_the_size_nothing_is_cut_off(shop: Shop, new_agent: Callable[..., Page]):
    """UX 60: zoomed to 200 %, and with text of 200 %: no sideways scrolling, everything reached."""
    ticket = next(each for each in _records(shop) if each.startswith("/inbox/all/"))
    zoomed = new_agent(viewport={"width": 720, "height": 450}, device_scale_factor=2)
    larger = new_agent()
    larger.add_init_script(
        "addEventListener('DOMContentLoaded', () => (document.documentElement.style.fontSize = '200%'))"
    )
    wide: list[str] = []
    for page in (zoomed, larger):
        for place in (
            "/inbox/all",
            ticket,
            "/customers",
            "/search?q=linen",
            "/settings/team",
            "/me",
        ):
            _go(page, place)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                wide.append(f"{page.viewport_size} {place}")
        _go(page, ticket)
        page.keyboard.press("r")
        expect(page.locator("#reply").get_by_role("textbox").first).to_be_in_viewport()
        expect(page.get_by_role("button", name="Send", exact=True)).to_be_in_viewport()
    assert wide == []


def _records(shop: Shop) -> list[str]:
    lin = shop.shopper("Lin Access")
    number = str(next(NUMBERS))
    placed(shop, lin, number)
    mail = shop.arrive(lin, "Please cancel", f"Please cancel my order #{number}.")
    ticket = shop.ticket_of(lin)
    shop.arrive(lin, "Re: Please cancel", "Did you get my mail?", answer_to=mail)
    rules, macros = shop.get("/rules")["results"], shop.get("/macros")["results"]
    channels = shop.get("/channels")["results"]
    return [
        f"/inbox/all/{ticket['id']}", f"/customers/{ticket['customer_id']}",
        f"/automations/rules/{rules[0]['id']}", f"/automations/macros/{macros[0]['id']}",
        f"/settings/channels/{channels[0]['id']}",
    ]  # fmt: skip


def _go(page: Page, place: str) -> None:
    """Open a page, and wait until nothing on it is still loading; it must not be broken."""
    page.goto(place)
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text(re.compile("This part of the page broke"))).to_have_count(0)


def _barriers(page: Page) -> list[str]:
    return _serious(Axe().run(page).response["violations"])


def _serious(violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:160]} {node['failureSummary'][:300]}"
        for each in violations if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:4]
    ]  # fmt: skip
