"""Macros: written with values to insert, tried on a ticket, and held back where they are not true."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop


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
