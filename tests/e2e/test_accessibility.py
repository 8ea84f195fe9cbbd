"""axe on every page and every open sheet, light and dark: nothing serious and nothing critical."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop

PLACES = [
    "/inbox/all", "/inbox/mine", "/search", "/search?q=linen", "/customers", "/reports/csat",
    "/automations/rules", "/automations/macros", "/settings/channels", "/settings/inbound",
    "/settings/tokens", "/settings/fields", "/settings/team", "/me", "/me/shortcuts",
    "/no/such/page",
]  # fmt: skip


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
    shop.order(lin, "6601")
    mail = shop.arrive(lin, "Please cancel", "Please cancel my order #6601.")
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
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:160]} {node['failureSummary'][:300]}"
        for each in violations if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:4]
    ]  # fmt: skip
