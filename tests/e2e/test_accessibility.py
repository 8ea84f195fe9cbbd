"""axe on every page, light and dark: nothing serious and nothing critical."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop

PLACES = [
    "/inbox/all", "/inbox/mine", "/inbox/search", "/customers", "/reports/csat",
    "/automations/rules", "/automations/macros", "/settings/channels", "/settings/inbound",
    "/settings/tokens", "/settings/fields", "/me", "/me/shortcuts", "/no/such/page",
]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_free_of_serious_barriers(
    shop: Shop, new_agent: Callable[..., Page], theme: str
):
    page = new_agent(color_scheme=theme, reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    for place in [*PLACES, *_records(shop)]:
        page.goto(place)
        page.wait_for_load_state("networkidle")
        found[place] = _barriers(page)
    found["reply"] = _barriers_with(page, shop, "r")
    found["macros"] = _barriers_with(page, shop, "Control+j")
    found["palette"] = _barriers_with(page, shop, "Control+k")
    found["shortcuts"] = _barriers_with(page, shop, "?")

    signed_out = new_agent(color_scheme=theme, storage_state=None)
    signed_out.goto("/login")
    signed_out.wait_for_load_state("networkidle")
    found["/login"] = _barriers(signed_out)

    assert {place: barriers for place, barriers in found.items() if barriers} == {}


def _records(shop: Shop) -> list[str]:
    lin = shop.shopper("Lin Access")
    shop.order(lin, "6601")
    shop.arrive(lin, "Please cancel", "Please cancel my order #6601.")
    ticket = shop.ticket_of(lin)
    rules, macros = shop.get("/rules")["results"], shop.get("/macros")["results"]
    channels = shop.get("/channels")["results"]
    return [
        f"/inbox/all/{ticket['id']}", f"/customers/{ticket['customer_id']}",
        f"/automations/rules/{rules[0]['id']}", f"/automations/macros/{macros[0]['id']}",
        f"/settings/channels/{channels[0]['id']}",
    ]  # fmt: skip


def _barriers_with(page: Page, shop: Shop, keys: str) -> list[str]:
    (ticket, *_) = shop.get("/tickets", view="all")["results"]
    page.goto(f"/inbox/all/{ticket['id']}")
    expect(page.get_by_role("feed").get_by_role("article").first).to_be_visible()
    page.keyboard.press(keys)
    page.wait_for_load_state("networkidle")
    return _barriers(page)


def _barriers(page: Page) -> list[str]:
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:160]} {node['failureSummary'][:300]}"
        for each in violations if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:4]
    ]  # fmt: skip
