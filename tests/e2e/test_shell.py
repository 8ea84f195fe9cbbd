"""The shell of the inbox: panes, palette, and keys of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop, wait_until


def open_inbox(shop: Shop, page: Page, name: str) -> dict[str, Any]:
    """A ticket of somebody new, in the list and open."""
    shopper = shop.shopper(name)
    shop.arrive(shopper, f"A question of {name}", "Where is my parcel?")
    ticket = shop.ticket_of(shopper)
    page.goto(f"/inbox/all/{ticket['id']}")
    expect(page.get_by_role("heading", name=f"A question of {name}")).to_be_visible()
    return ticket


def width_of(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["width"]


def test_panes_are_resized_by_mouse_and_keys_put_away_and_stay_so(
    shop: Shop, new_agent: Callable[..., Page]
):
    """UX 8."""
    page = new_agent()
    open_inbox(shop, page, "Pia Pane")
    separator = page.get_by_role("separator", name="Width of the ticket list")
    before = width_of(page, "#tickets")
    box = separator.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, 400)
    page.mouse.down()
    page.mouse.move(box["x"] + 64, 400, steps=4)
    page.mouse.up()
    assert width_of(page, "#tickets") == pytest.approx(before + 60, abs=2)

    separator.focus()
    page.keyboard.press("ArrowRight")
    assert width_of(page, "#tickets") == pytest.approx(before + 76, abs=2)
    page.keyboard.press("End")
    assert separator.get_attribute("aria-valuenow") == separator.get_attribute("aria-valuemax")
    page.keyboard.press("Home")
    narrow = width_of(page, "#tickets")
    assert narrow < before

    page.locator("body").focus()
    page.keyboard.press("[")
    expect(page.locator("#views")).to_be_hidden()
    page.keyboard.press("]")
    expect(page.locator("#customer")).to_be_hidden()

    panes = {"widths": {"list": 280}, "hidden": ["views", "side"]}
    wait_until(lambda: shop.get("/me")["settings"].get("panes") == panes, "the choice to be kept")
    elsewhere = new_agent()
    elsewhere.goto("/inbox/all")
    expect(elsewhere.locator("#tickets")).to_be_visible()
    expect(elsewhere.locator("#views")).to_be_hidden()
    assert width_of(elsewhere, "#tickets") == pytest.approx(narrow, abs=1)
    shop.call("PATCH", "/me", {"settings": {"panes": None}})


@pytest.mark.parametrize("path", ["/inbox/all", "/customers", "/me/shortcuts", "/settings/fields"])
def test_a_window_of_320_pixels_never_scrolls_sideways(
    shop: Shop, new_agent: Callable[..., Page], path: str
):
    """UX 8."""
    page = new_agent(viewport={"width": 320, "height": 640})
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_on_a_phone_what_does_not_fit_is_under_more(shop: Shop, new_agent: Callable[..., Page]):
    page = new_agent(viewport={"width": 390, "height": 844})
    page.goto("/inbox/all")
    bar = page.get_by_role("navigation", name="Primary")
    bar.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Automate").click()
    expect(page).to_have_url(re.compile("/automations/"))


def test_the_palette_finds_by_other_names_by_number_and_by_person_and_shows_the_keys(
    shop: Shop, agent: Page
):
    """UX 37."""
    ticket = open_inbox(shop, agent, "Paul Palette")
    agent.keyboard.press("Control+k")
    box = agent.get_by_role("combobox", name=re.compile("Type a command"))
    expect(agent.get_by_role("option").first).to_be_visible()
    box.fill("resolve")
    first = agent.get_by_role("option").first
    expect(first).to_contain_text("Close and go to the next")
    expect(first.locator("kbd")).to_have_text("E")
    expect(first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == first.get_attribute("id")

    box.fill(f"#{ticket['number']}")
    expect(agent.get_by_role("option", name=re.compile("A question of Paul"))).to_be_visible()

    box.fill("@Paul Pal")
    expect(agent.get_by_role("option", name=re.compile("Paul Palette")).first).to_be_visible()
    agent.keyboard.press("Enter")
    expect(agent).to_have_url(re.compile("/customers/"))
    expect(agent.get_by_role("heading", name="Paul Palette")).to_be_visible()


def test_what_the_server_finds_does_not_move_the_selection(shop: Shop, agent: Page):
    """UX 37: rows of the server stand below what was here already."""
    old = shop.shopper("Greta Gone")
    shop.arrive(old, "Close the shutters", "They rattle.")
    shop.ticket_of(old)
    open_inbox(shop, agent, "Selma Select")
    agent.keyboard.press("Control+k")
    box = agent.get_by_role("combobox", name=re.compile("Type a command"))
    box.fill("close")
    chosen = agent.locator('[role=option][aria-selected="true"]')
    expect(chosen).to_contain_text("Close and go to the next")
    expect(agent.get_by_role("option", name=re.compile("Close the shutters"))).to_be_visible()
    expect(chosen).to_contain_text("Close and go to the next")


def test_single_keys_can_be_switched_off_and_a_key_changed(
    shop: Shop, new_agent: Callable[..., Page]
):
    """UX 39, G14: WCAG 2.1.4."""
    page = new_agent()
    ticket = open_inbox(shop, page, "Kim Keys")
    page.goto("/me/shortcuts")
    page.get_by_role("button", name="Change the keys of “Close and go to the next”").click()
    recorder = page.get_by_role("dialog")
    expect(recorder.get_by_role("application")).to_be_focused()
    page.keyboard.press("a")
    expect(recorder.get_by_role("alert")).to_contain_text("Assign")
    page.get_by_role("button", name="No keys").focus()
    recorder.get_by_role("application").focus()
    page.wait_for_timeout(1300)  # the recorder takes a second key within this time as a sequence
    page.keyboard.press("d")
    recorder.get_by_role("button", name="Save keys").click()
    wait_until(
        lambda: shop.get("/me")["settings"].get("shortcuts", {}).get("keys") == {"close": "d"},
        "the choice to be kept",
    )

    page.goto(f"/inbox/all/{ticket['id']}")
    expect(page.get_by_role("heading", name="A question of Kim Keys")).to_be_visible()
    page.keyboard.press("?")
    row = page.locator("dl div").filter(has_text="Close and go to the next")
    expect(row.locator("kbd")).to_have_text("D")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("e")
    page.keyboard.press("d")
    wait_until(lambda: shop.get(f"/tickets/{ticket['id']}")["ticket"]["status"] == "closed", "d")

    page.goto("/me/shortcuts")
    page.get_by_role("switch", name=re.compile("ingle-key|letter", re.IGNORECASE)).uncheck()
    other = open_inbox(shop, page, "Otto Off")
    for key in ("d", "e", "a", "?", "z", "j"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name=re.compile("Type a command"))).to_be_visible()
    assert shop.get(f"/tickets/{other['id']}")["ticket"]["status"] == "open"
    shop.call("PATCH", "/me", {"settings": {"shortcuts": None, "appearance": None}})


def test_a_russian_keyboard_moves_through_the_list_too(shop: Shop, agent: Page):
    """UX 38: the place of the key counts where the layout has no Latin letters."""
    open_inbox(shop, agent, "Rita Layout")
    open_inbox(shop, agent, "Ruth Layout")
    expect(agent.locator(".trow[aria-current='true']")).to_be_visible()
    before = agent.url
    agent.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        "{key: 'о', code: 'KeyJ', bubbles: true, cancelable: true}))"
    )
    agent.wait_for_url(lambda url: url != before)
