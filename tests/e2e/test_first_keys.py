"""Keys that come before the part that hears them: nothing is lost, nothing acts as a shortcut."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.shop import Shop, Shopper, wait_until

BUILD = Path(__file__).resolve().parents[2] / "frontend" / "inbox" / "build"


class Held:
    """Parts of the app that the network keeps back until `release`."""

    def __init__(self, page: Page, *signs: str) -> None:
        chunks = list((BUILD / "app-assets").rglob("*.js"))
        self._names = {
            chunk.name for chunk in chunks for sign in signs if sign in chunk.read_text("utf-8")
        }
        assert len(self._names) == len(signs), self._names
        self._routes: list[Route] = []
        self._is_open = False

        def keep(route: Route) -> None:
            if self._is_open:
                route.continue_()
            else:
                self._routes.append(route)

        page.route(re.compile("|".join(map(re.escape, self._names))), keep)

    def release(self) -> None:
        self._is_open = True
        for route in self._routes:
            route.continue_()


COMPOSER = "stop_on_reply"
CONVERSATION = "aria-setsize"


def test_r_and_what_follows_it_wait_for_the_composer(shop: Shop, new_agent: Callable[..., Page]):
    """Issue 3, 5: the words stand in the reply with the caret behind them; E closed nothing."""
    page = new_agent()
    erna, ticket = _asked(shop, "Erna Early")
    held = Held(page, COMPOSER)
    page.goto(f"/inbox/all/{ticket['id']}")
    expect(page.get_by_role("article").first).to_contain_text("a question about your linen")

    page.keyboard.press("r")
    page.keyboard.type("Dear Erna, e & <i>")
    expect(page.get_by_role("textbox", name="Write a reply")).to_have_value("Dear Erna, e & <i>")
    held.release()

    expect(_field(page)).to_have_text("Dear Erna, e & <i>")
    expect(_field(page)).to_be_focused()
    page.keyboard.type(", see.")
    expect(_field(page)).to_have_text("Dear Erna, e & <i>, see.")
    assert shop.ticket_of(erna)["status"] == "open"


def test_n_works_before_there_is_a_conversation(shop: Shop, new_agent: Callable[..., Page]):
    """Issue 3, 5: with only the list on screen; the note is a note, the reply stays empty."""
    page = new_agent()
    _, ticket = _asked(shop, "Nele Note")
    held = Held(page, COMPOSER, CONVERSATION)
    page.goto(f"/inbox/all/{ticket['id']}")
    expect(page.locator(".trow[data-ticket]").first).to_be_visible()

    page.keyboard.press("n")
    page.keyboard.type("she called")
    expect(page.get_by_role("textbox", name="Internal note")).to_have_value("she called")
    held.release()

    expect(_field(page)).to_have_text("she called")
    expect(_field(page)).to_have_attribute("placeholder", "Only your team sees this")
    expect(_field(page)).to_be_focused()
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(_field(page)).to_have_text("")


def test_keys_after_j_are_for_the_ticket_that_j_opens(shop: Shop, new_agent: Callable[..., Page]):
    """UX 4: J and R, J and E in one moment; nothing happens to the ticket that was left."""
    page = new_agent()
    shoppers: list[Shopper] = []
    ids: list[str] = []
    for name in ("Quilla One", "Quilla Two", "Quilla Three"):
        shopper, ticket = _asked(shop, name)
        shoppers.insert(0, shopper)
        ids.insert(0, ticket["id"])
    page.goto(f"/inbox/all/{ids[0]}?sort=newest&q=Quilla")
    expect(page.locator(".trow[data-ticket]")).to_have_count(3)
    expect(_field(page)).to_be_visible()

    _press_in_one_moment(page, "j", "r")
    page.keyboard.type("For the second")
    page.wait_for_url(re.compile(ids[1]))
    expect(_field(page)).to_have_text("For the second")
    expect(_field(page)).to_be_focused()
    page.keyboard.press("Escape")

    _press_in_one_moment(page, "j", "e")
    wait_until(lambda: shop.ticket_of(shoppers[2])["status"] == "closed", "E for the third")
    assert [shop.ticket_of(each)["status"] for each in shoppers[:2]] == ["open", "open"]
    page.goto(f"/inbox/all/{ids[0]}")
    expect(page.get_by_role("heading", name="From Quilla Three")).to_be_visible()
    expect(_field(page)).to_have_text("")


def _press_in_one_moment(page: Page, *keys: str) -> None:
    page.evaluate(
        """keys => {
          for (const key of keys)
            document.activeElement.dispatchEvent(
              new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
        }""",
        list(keys),
    )


def _asked(shop: Shop, name: str) -> tuple[Shopper, dict[str, Any]]:
    shopper = shop.shopper(name)
    shop.arrive(shopper, f"From {name}", "Hello, a question about your linen.")
    return shopper, shop.ticket_of(shopper)


def _field(page: Page) -> Locator:
    return page.locator("#reply .ProseMirror")
