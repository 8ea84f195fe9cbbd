"""The story of issue 5: an admin connects a shop, agents act on its orders, a second one approves."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from integrations.commerce.models import Store
from tests.contracts.vendor import Asked, VendorServer, vendor_at
from tests.e2e.conftest import join
from tests.e2e.shop import Shop, Shopper
from tests.e2e.test_accessibility import _barriers
from tests.integrations.woocommerce.shop import PREFIX, WooShop, line, woo_order

PAST_ORDERS = 130
"""More than WooCommerce tells at once."""
REFUNDED, CANCELLED = 70_001, 70_130
AGENTS = {"role": "agent", "kinds": None}
LIMIT = [{"currency": "EUR", "per_action_minor": 5000, "per_day_minor": None}]


@dataclass
class Woo:
    """A WooCommerce shop on loopback that holds its second page of past orders back."""

    vendor: VendorServer
    books: WooShop
    second_page: threading.Event = field(default_factory=threading.Event)

    def take(self, asked: Asked) -> tuple[int, Any]:
        """As WooCommerce, in its own time."""
        is_past = "modified_after" not in asked.query and asked.query.get("order") == "asc"
        if is_past and int(asked.query.get("offset") or 0) and not self.second_page.wait(20):
            return 503, {"message": "Too busy."}  # who reads comes again, until the page is free
        return self.books.take(asked)

    def refunded(self, number: int) -> list[str]:
        """The refunds of that order, oldest first."""
        return [str(each["amount"]) for each in self.books.refunds.get(number, [])]


@pytest.fixture
def woo(shop: Shop) -> Iterator[Woo]:
    """The shop, where the server may ask; nobody asks it afterwards."""
    with vendor_at(shop.server.vendor_port) as vendor:
        made = Woo(vendor, WooShop(vendor, *_past_orders(), is_judged=False))
        total = {"X-WP-Total": str(PAST_ORDERS)}
        vendor.answers("GET", rf"^{PREFIX}/orders$", data=made.take, headers=total)
        yield made
        made.second_page.set()
        Store.objects.filter(kind="woocommerce").update(is_active=False)
        shop.call("PUT", "/order-limits", {**AGENTS, "limits": []})


def _past_orders() -> list[dict[str, Any]]:
    numbers = range(REFUNDED, REFUNDED + PAST_ORDERS)
    small = {"total": "34.90", "total_tax": "0.00", "line_items": [line(1, 1, "30.00")]}
    newest = woo_order(CANCELLED, **_placed(days_ago=2), **small)
    return [
        newest,
        *(woo_order(each, **_placed(days_ago=3)) for each in numbers if each != CANCELLED),
    ]


def _placed(*, days_ago: int) -> dict[str, str]:
    when = f"{now() - timedelta(days=days_ago):%Y-%m-%dT%H:%M:%S}"
    return {"date_created_gmt": when, "date_modified_gmt": when, "date_paid_gmt": when}


def _bought(woo: Woo, shopper: Shopper) -> None:
    for number in (CANCELLED, REFUNDED):
        woo.books.orders[number]["billing"]["email"] = shopper.address


def _connect(agent: Page, woo: Woo) -> None:
    """From the gallery to "Connected", with nothing but what the page says."""
    agent.goto("/settings/stores")
    agent.get_by_role("link", name="Connect a store").click()
    agent.get_by_role("link", name=re.compile("^WooCommerce")).click()
    expect(agent.get_by_role("heading", name="Connect WooCommerce")).to_be_visible()
    agent.get_by_role("button", name="Start set-up").click()
    agent.wait_for_url(re.compile(r"/settings/stores/[0-9a-f-]{36}"))
    expect(agent.get_by_text("Set-up not finished")).to_be_visible()
    # The one thing that no person would do: the shop of this test is at another address.
    Store.objects.filter(kind="woocommerce").update(config={"api_url": woo.vendor.url})
    agent.get_by_label("Address of the shop").fill("https://lindenloom.example")
    agent.get_by_label("Consumer key").fill("ck_1")
    agent.get_by_label("Consumer secret").fill("cs_1")
    agent.get_by_role("button", name="Connect", exact=True).click()
    expect(agent.get_by_text("Connected as lindenloom.example")).to_be_visible()


def _sheet(page: Page, number: int, button: str, confirm: str) -> Locator:
    """The order's sheet, with the shop's answer in it."""
    card = page.get_by_role("article", name=f"Order #{number}")
    card.get_by_role("button", name=button).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name=confirm)).to_have_attribute("aria-disabled", "false")
    return sheet


def _confirm(sheet: Locator, button: str, said: str) -> None:
    sheet.get_by_role("button", name=button).click()
    expect(sheet.get_by_text(said)).to_be_visible()
    sheet.get_by_role("button", name="Close").last.click()
    expect(sheet).to_have_count(0)


def test_a_shop_is_connected_and_its_orders_are_changed_within_limits(
    shop: Shop, woo: Woo, agent: Page, browser: Browser, new_agent: Callable[..., Page]
):
    """Issue 5: progress of the backfill, cancel and refund, stopped above the limit, approved."""
    mia = shop.shopper("Mia Woo")
    _bought(woo, mia)
    _connect(agent, woo)
    expect(agent.get_by_text(f"100 of {PAST_ORDERS} orders")).to_be_visible()
    expect(agent.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "77")
    woo.second_page.set()
    expect(agent.get_by_text(f"All {PAST_ORDERS} orders read")).to_be_visible(timeout=60_000)
    assert _barriers(agent) == []
    store = Store.objects.get(kind="woocommerce")
    hook = f"{shop.server.url}/hooks/stores/woocommerce/{store.hook_token}"
    assert {each["delivery_url"] for each in woo.books.webhooks} == {hook}
    status, _ = shop.call("PUT", "/order-limits", {**AGENTS, "limits": LIMIT})
    assert status == 200

    joined = join(shop, browser, "bo@stores.example", "Bo Stores")
    bo = new_agent(storage_state=joined["state"])
    shop.arrive(mia, "Two orders", "Cancel my last one please; the other one came torn.")
    ticket = shop.ticket_of(mia)
    bo.goto(f"/t/{ticket['number']}")
    sheet = _sheet(bo, CANCELLED, "Cancel order", "Cancel order and refund €34.90")
    _confirm(sheet, "Cancel order and refund €34.90", "Confirmed by the shop")
    assert woo.books.orders[CANCELLED]["status"] in ("cancelled", "refunded")
    bo.get_by_role("button", name=f"Show order #{REFUNDED}").click()
    sheet = _sheet(bo, REFUNDED, "Refund", "Request approval")
    expect(sheet.get_by_text("You can do up to €50.00 alone.")).to_be_visible()
    sheet.get_by_role("button", name="Nothing").click()
    sheet.get_by_label("Amount").fill("30.00")
    _confirm(sheet, "Refund €30.00", "Confirmed by the shop")
    assert (woo.refunded(CANCELLED), woo.refunded(REFUNDED)) == (["34.90"], ["30.00"])

    sheet = _sheet(bo, REFUNDED, "Refund", "Request approval")
    sheet.get_by_label("Note for the approver").fill("Torn in two places")
    _confirm(sheet, "Request approval", "Waiting for approval")
    assert woo.refunded(REFUNDED) == ["30.00"]
    agent.goto("/approvals")
    agent.get_by_role("button", name=re.compile("Refund €54.90.*Bo Stores")).click()
    approval = agent.get_by_role("dialog")
    expect(approval.get_by_text("Torn in two places")).to_be_visible()
    _confirm(approval, "Approve: Refund €54.90", "Confirmed by the shop")
    assert woo.refunded(REFUNDED) == ["30.00", "54.90"]

    _told_in_ticket_and_audit(shop, bo, ticket["id"], joined["id"])


def _told_in_ticket_and_audit(shop: Shop, bo: Page, ticket_id: str, bo_id: str) -> None:
    feed = bo.get_by_role("feed")
    cancelled = feed.get_by_role("article", name=f"Order #{CANCELLED} cancelled")
    expect(cancelled).to_contain_text("€34.90")
    expect(cancelled).to_contain_text("WooCommerce")
    refunds = feed.get_by_role("article", name=f"Order #{REFUNDED} refunded")
    expect(refunds).to_have_count(2)
    own = refunds.filter(has_not_text="Approved by")
    expect(own).to_have_count(1)
    expect(own).to_contain_text("€30.00")
    approved = refunds.filter(has_text="Approved by Ana Ferreira")
    expect(approved).to_have_count(1)
    expect(approved).to_contain_text("€54.90")
    expect(approved).to_contain_text("Bo Stores")

    told = Event.objects.filter(ticket_id=ticket_id, type="order_action.changed").order_by("seq")
    actions = [(each.payload["order_action"], each.actor) for each in told]
    ends = [said for said, _ in actions if said["state"] == "done"]
    assert [(each["kind"], each["amount"]["minor"]) for each in ends] == [
        ("cancel", 3490), ("refund", 3000), ("refund", 5490),
    ]  # fmt: skip
    approvers = [each["approver"] and each["approver"]["name"] for each in ends]
    assert approvers == [None, None, "Ana Ferreira"]
    (asked,) = [actor for said, actor in actions if said["state"] == "needs_approval"]
    assert asked["id"] == bo_id
