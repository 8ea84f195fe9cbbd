"""The list, the conversation, and what opens over them."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, Route, expect

from scripts.screens.opening import Screen, open_page, show_list, show_ticket


def screens() -> list[Screen]:
    """In the order in which somebody comes to them."""
    return [
        Screen("inbox", lambda page: show_list(page, "all")),
        Screen("conversation", lambda page: show_ticket(page, "all")),
        Screen("conversation-urgent", lambda page: show_ticket(page, "urgent")),
        Screen("conversation-closed", lambda page: show_ticket(page, "closed")),
        Screen("customer-pane", _customer_pane),
        Screen("composer-reply", _composer),
        Screen("composer-note", _note),
        Screen("macros-palette", _macro_palette),
        Screen("missing-value", _missing_value),
        Screen("command-palette", _command_palette),
        Screen("shortcuts", _shortcuts),
        Screen("newer-messages", _newer_messages),
        Screen("empty-view", lambda page: open_page(page, "/inbox/snoozed?q=nobodywrotethis")),
        Screen("search", lambda page: show_list(page, "search?q=linen")),
        Screen("loading", _loading),
        Screen("list-error", _list_error),
        Screen("offline", _offline),
        Screen("signed-out", _signed_out),
        Screen("not-found", lambda page: open_page(page, "/no/such/page")),
        Screen("new-ticket", _new_ticket),
    ]


def _customer_pane(page: Page) -> None:
    show_ticket(page, "urgent")
    button = page.get_by_role("button", name="Customer and orders")
    if button.is_visible():
        button.click()


def _composer(page: Page) -> None:
    show_ticket(page, "urgent")
    page.keyboard.press("r")
    page.keyboard.type("Hi there,\n\nyour parcel leaves us today.")


def _note(page: Page) -> None:
    show_ticket(page, "urgent")
    page.keyboard.press("n")
    page.keyboard.type("Asked the warehouse to hold the parcel.")


def _macro_palette(page: Page) -> None:
    show_ticket(page, "urgent")
    page.keyboard.press("Control+j")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.wait_for_load_state("networkidle")


def _missing_value(page: Page) -> None:
    show_ticket(page, "urgent")
    page.keyboard.press("Control+j")
    page.get_by_role("combobox", name="Search macros").fill("done and refunded")
    page.get_by_text("Cancel: done and refunded").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Enter")


def _command_palette(page: Page) -> None:
    show_ticket(page, "all")
    page.keyboard.press("Control+k")
    page.wait_for_load_state("networkidle")


def _shortcuts(page: Page) -> None:
    show_ticket(page, "all")
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
    open_page(page, "/inbox/all", "The list didn’t load")


def _offline(page: Page) -> None:
    show_ticket(page, "all")
    page.context.set_offline(True)
    expect(page.get_by_text("You’re offline.")).to_be_visible()


def _signed_out(page: Page) -> None:
    show_ticket(page, "all")
    page.context.clear_cookies()
    page.keyboard.press("u")
    page.get_by_role("link", name=re.compile("Closed")).or_(
        page.locator("[data-ticket]").nth(1)
    ).first.click()
    expect(page.get_by_text("Your session ended").first).to_be_visible()


def _new_ticket(page: Page) -> None:
    show_list(page, "all")
    page.keyboard.press("c")
    page.wait_for_load_state("networkidle")
