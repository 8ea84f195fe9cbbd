"""Orders beside a conversation, the sheets that change them, and who may approve."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from scripts.screens.opening import Screen, changed, open_page, show_ticket

MORE = {
    "items": "Change items", "again": "Send again", "return": "Return label",
    "code": "Discount code", "credit": "Store credit", "note": "Order note", "tags": "Order tags",
    "hold": "Put on hold",
}  # fmt: skip
SLACK = {"id": "0190aaaa-0000-7000-8000-00000000c0de", "kind": "slack", "name": "Linden & Loom"}
ROOMS = [{"id": "C024BE91L", "name": "#refunds"}, {"id": "C024BE92M", "name": "#support"}]


def screens() -> list[Screen]:
    """In the order in which somebody comes to them."""
    return [
        Screen("order-menu", _menu),
        Screen("order-cancel", _button("Cancel order")),
        Screen("order-refund", _button("Refund")),
        Screen("order-address", _button("Address")),
        *(Screen(f"order-{name}", _in_menu(words)) for name, words in MORE.items()),
        Screen("order-approval-asked", _above_limit),
        Screen("order-unreachable", _unreachable),
        Screen("order-found", _found),
        Screen("approvals", lambda page: open_page(page, "/approvals")),
        Screen("order-limits", lambda page: open_page(page, "/settings/order-limits")),
        Screen("order-limits-slack", _slack),
    ]


def show_orders(page: Page) -> None:
    """A ticket with its customer's orders beside it."""
    show_ticket(page, "urgent")
    beside = page.get_by_role("button", name="Customer and orders")
    menu = page.get_by_role("button", name=re.compile("^More for order")).first
    expect(beside.or_(menu).first).to_be_visible()
    if beside.is_visible():
        beside.click()
    expect(menu).to_be_visible()


def _menu(page: Page) -> None:
    show_orders(page)
    page.get_by_role("button", name=re.compile("^More for order")).first.click()
    expect(page.get_by_role("button", name="Order note")).to_be_visible()


def _button(words: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        show_orders(page)
        page.get_by_role("article").get_by_role("button", name=words, exact=True).first.click()
        _shown(page)

    return show


def _in_menu(words: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        _menu(page)
        page.get_by_role("button", name=re.compile(f"^{words}")).last.click()
        _shown(page)

    return show


def _shown(page: Page) -> None:
    """The sheet, with what the shop says."""
    expect(page.get_by_role("dialog").locator("[aria-busy=false]")).to_be_visible()


def _above_limit(page: Page) -> None:
    limit = {"limit": {"minor": 5000, "currency": "EUR"}, "reason": "limit"}
    changed(page, "**/orders/*/actions/preview", lambda told: {**told, "needs_approval": limit})
    _button("Refund")(page)
    expect(page.get_by_role("button", name="Request approval")).to_be_visible()


def _unreachable(page: Page) -> None:
    problem = {"type": "about:blank", "title": "Conflict", "status": 409,
               "code": "shop_unreachable", "detail": "Linden & Loom does not answer."}  # fmt: skip

    def refuse(route: Route) -> None:
        route.fulfill(status=409, json=problem, content_type="application/problem+json")

    page.route("**/orders/*/actions/preview", refuse)
    _button("Cancel order")(page)


def _found(page: Page) -> None:
    show_orders(page)
    page.get_by_role("button", name="Find an order").click()
    page.get_by_role("combobox", name=re.compile("Number, email")).fill("10")
    expect(page.get_by_role("option").first).to_be_visible()


def _slack(page: Page) -> None:
    changed(page, "**/api/v1/bootstrap", _with_slack)
    page.route("**/team-places", lambda route: route.fulfill(json={"results": ROOMS, "next": None}))
    open_page(page, "/settings/order-limits")
    workspace = page.get_by_label("Workspace")
    workspace.select_option(label=SLACK["name"])
    workspace.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")


def _with_slack(told: dict[str, object]) -> dict[str, object]:
    channels = told["channels"]
    assert isinstance(channels, list)  # noqa: S101
    return {**told, "channels": [*channels, {**channels[0], **SLACK}]}
