"""What a message was understood as: shown on it, corrected with one click."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop


def test_an_agent_corrects_what_a_message_wants(shop: Shop, agent: Page):
    """Issue 6, point 1: the badge says what was understood, one choice corrects it for everybody."""
    ivy = shop.shopper("Ivy Intent")
    shop.arrive(ivy, "A question", "Hello, where is my parcel? It has not come yet: order #99999.")
    ticket = shop.ticket_of(ivy)
    agent.goto(f"/inbox/all/{ticket['id']}")
    badge = agent.locator("[data-intent]")
    expect(badge).to_contain_text("Where is it?")
    named = agent.get_by_role("list", name="Named in the message").get_by_role("listitem")
    expect(named).to_have_count(1)
    expect(named).to_contain_text("Order 99999: not known as one of this customer")

    badge.click()
    agent.get_by_role("combobox", name="What does it want?").fill("missing")
    agent.get_by_role("option", name="Missing item").click()

    expect(badge).to_contain_text("Missing item")
    expect(badge).to_have_accessible_name("Missing item. Set by a person")
    expect(agent.get_by_text("Noted. It learns from this.")).to_be_visible()
    [message] = shop.messages_of(ticket["id"])
    assert (message["intent"], shop.ticket_of(ivy)["intent"]) == ("missing_item", "missing_item")
