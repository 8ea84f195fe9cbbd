"""What a screen is, and the ways to a page that several screens begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, Route, expect

EMAIL = "ana@lindenloom.example"
PASSWORD = "linen-in-the-rain"  # noqa: S105 (the demo prints it at every start)


@dataclass(frozen=True)
class Screen:
    """How to bring one screen about."""

    name: str
    show: Callable[[Page], None]
    is_public: bool = False


def open_page(page: Page, path: str, text: str = "") -> None:
    """Open a page and wait until nothing loads, and until the text is to be seen."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    if text:
        expect(page.get_by_text(text).first).to_be_visible()


def show_list(page: Page, view: str) -> None:
    """A view with its tickets."""
    page.goto(f"/inbox/{view}")
    expect(page.locator("[data-ticket]").first).to_be_visible()
    page.wait_for_load_state("networkidle")


def show_ticket(page: Page, view: str) -> None:
    """The first ticket of a view."""
    show_list(page, view)
    page.locator("[data-ticket]").first.click()
    expect(page.get_by_role("article").first).to_be_visible()
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")


def first_link(page: Page, place: str) -> None:
    """The first of what a place lists."""
    open_page(page, place)
    links = page.locator(f"a[href^='{place}/']:not([href$='/new'])")
    links.first.click()
    page.wait_for_load_state("networkidle")


def changed(page: Page, address: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """From now on the server's answers there are told otherwise, for states the demo never is in."""

    def answer(route: Route) -> None:
        told = route.fetch()
        if told.ok:
            route.fulfill(response=told, json=change(told.json()))
        else:
            route.fulfill(response=told)

    page.route(address, answer)
