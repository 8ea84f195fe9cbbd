"""Macros: written with values to insert, tried on a ticket, and held back where they are not true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from helpdesk.lib.clock import now
from integrations.commerce.models import Order, Store, StoreConnection
from tests.e2e.shop import Shop, wait_until
from tests.e2e.test_orders import actions_on, placed


def test_a_macro_that_says_what_is_not_so_is_held_back(shop: Shop, agent: Page):
    """UX 35, 36: the palette says why, the order can be changed, and nothing leaves."""
    cora = shop.shopper("Cora Conflict")
    shop.order(cora, "7801")
    shop.sent_order(cora, "7802")
    _, made = shop.call(
        "POST",
        "/macros",
        {
            "name": "It has left us",
            "language_variants": [
                {"language": "en", "body": "Your order {{ order.number }} has been shipped."}
            ],
        },
    )
    shop.arrive(cora, "My order", "Hello, how is my order #7801?")
    ticket = shop.ticket_of(cora)
    agent.goto(f"/inbox/all/{ticket['id']}")
    expect(agent.locator("#reply").get_by_role("textbox").first).to_be_visible()
    agent.keyboard.press("r")
    agent.keyboard.press("Control+j")
    agent.get_by_role("combobox", name="Search macros").fill(made["name"])
    dialog = agent.get_by_role("dialog")
    expect(dialog.locator(".stage")).to_contain_text("#7801")
    expect(dialog).to_contain_text("but order #7801 is unfulfilled")
    agent.get_by_role("combobox", name="Search macros").press("Control+Enter")
    expect(dialog.locator(".stage")).to_be_visible()

    dialog.get_by_role("button", name="Change").first.click()
    agent.get_by_role("option", name=re.compile("#7802")).click()
    expect(dialog.locator(".stage")).to_contain_text("#7802")
    expect(dialog).not_to_contain_text("is unfulfilled")
    agent.get_by_role("combobox", name="Search macros").press("Enter")
    field = agent.locator("#reply").get_by_role("textbox").first
    expect(field).to_contain_text("#7802 has been shipped")
    kinds = [each["kind"] for each in shop.messages_of(ticket["id"])]
    assert kinds == ["customer"]


@pytest.fixture
def grow_old(shop: Shop) -> Iterator[Callable[[str], None]]:
    """``grow_old(order_id)``: our copy is 30 hours old, and nobody reads it behind our back."""
    store = Store.objects.filter(pk=shop.store.pk)
    line, _ = StoreConnection.objects.get_or_create(store_id=shop.store.pk)
    lines = StoreConnection.objects.filter(pk=line.pk)
    opened = {"opened_at": now().isoformat(), "slow_seconds": 0, "trouble": "none"}
    store.update(config={**store.get().config, **opened})

    def age(order_id: str) -> None:
        lines.update(needs_attention=True)
        wait_until(lambda: not lines.filter(lease_until__gt=now()).exists(), "the store is let go")
        store.update(synced_at=None)
        Order.objects.filter(pk=order_id).update(as_of=now() - timedelta(hours=30))

    yield age
    lines.update(needs_attention=False)


def test_a_macro_acts_on_the_order_only_when_a_person_confirms(
    shop: Shop, agent: Page, grow_old: Callable[[str], None]
):
    """UX 26, 31, 35: old data is read from the shop, the sheet opens filled in, the reply waits."""

    order_id = placed(shop, buyer := shop.shopper("Kim Macro"), "90177")
    grow_old(order_id)
    action = {"kind": "cancel", "params": {"reason": "stock"}}
    _, made = shop.call(
        "POST",
        "/macros",
        {
            "name": "Cancel and say so",
            "language_variants": [
                {"language": "en", "body": "Your order {{ order.number }} is cancelled."}
            ],
            "actions": [{"type": "order_action", "params": action}],
        },
    )
    shop.arrive(buyer, "About 90177", "Please cancel #90177.")
    ticket = shop.ticket_of(buyer)
    agent.goto(f"/t/{ticket['number']}")
    field = agent.locator("#reply").get_by_role("textbox").first
    expect(field).to_be_visible()
    agent.keyboard.press("r")
    expect(field).to_be_focused()
    agent.keyboard.press("Control+j")
    search = agent.get_by_role("combobox", name="Search macros")
    search.fill(made["name"])
    palette = agent.get_by_role("dialog")
    expect(palette).to_contain_text("30 hours old, and 24 are allowed")
    palette.get_by_role("button", name="Read from the shop now").click()
    expect(palette).not_to_contain_text("hours old")
    expect(palette.locator(".stage")).to_contain_text("#90177 is cancelled")

    search.press("Control+Enter")
    sheet = agent.get_by_role("dialog", name="Cancel order #90177")
    expect(sheet.get_by_role("radio", name="Out of stock")).to_be_checked()
    agent.keyboard.press("Escape")
    bar = agent.locator("[data-macro-acts]")
    expect(bar).to_contain_text("Confirm that first.")
    agent.locator("#reply").get_by_role("button", name="Send", exact=True).click()
    expect(sheet.get_by_role("button", name="Cancel order and refund €63.90")).to_have_attribute(
        "aria-disabled", "false"
    )
    assert [each["kind"] for each in shop.messages_of(ticket["id"])] == ["customer"]
    assert actions_on(shop, order_id) == []

    agent.keyboard.press("Control+Enter")
    expect(bar).to_have_attribute("data-macro-acts", "done")
    agent.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(bar).to_contain_text("Order #90177 cancelled")
    agent.locator("#reply").get_by_role("button", name="Send", exact=True).click()
    expect(agent.get_by_role("feed")).to_contain_text("Your order #90177 is cancelled.")
    expect(bar).to_have_count(0)
    wait_until(lambda: len(shop.messages_of(ticket["id"])) == 2, "the reply is stored")
    (done,) = actions_on(shop, order_id)
    reply = shop.messages_of(ticket["id"])[-1]
    assert (done["state"], done["params"]["reason"]) == ("done", "stock")
    assert reply["details"]["order_action"] == done["id"]


def test_a_macro_is_written_tried_and_brought_back(shop: Shop, agent: Page):
    """UX §1.5: values are inserted, the text is tried on a ticket, every version is kept."""
    tess = shop.shopper("Tess Trial")
    shop.order(tess, "7811")
    shop.arrive(tess, "Question", "Hello, about my order #7811")
    number = shop.ticket_of(tess)["number"]
    agent.goto("/automations/macros/new")
    agent.get_by_label("Name").fill("Tried out")
    body = agent.get_by_label("Text", exact=True)
    body.fill("Order ")
    agent.get_by_role("button", name="Insert a value").click()
    agent.get_by_label("Find a value").fill("Order number")
    agent.get_by_role("button", name=re.compile("order.number")).first.click()
    expect(body).to_have_value("Order {{ order.number }}")
    agent.get_by_label("Ticket number").fill(str(number))
    expect(agent.get_by_role("region", name="Try it on a ticket")).to_contain_text("Order #7811")
    body.fill("Order {{ order.nummer }}")
    expect(agent.get_by_text("Did you mean “order.number”?").first).to_be_visible()
    body.fill("Order {{ order.number }}")
    agent.get_by_role("button", name="Save", exact=True).click()
    expect(agent).to_have_url(re.compile(r"/automations/macros/[0-9a-f-]{36}"))

    body.fill("It is order {{ order.number }}")
    agent.get_by_role("button", name="Save", exact=True).click()
    history = agent.locator("details.history")
    expect(history).to_contain_text("Version 2")
    history.locator("summary").click()
    history.get_by_role("button", name="Restore").first.click()
    expect(body).to_have_value("Order {{ order.number }}")
