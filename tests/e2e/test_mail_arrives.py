"""Mail on its way in, seen from the open page; and what a rule answers by itself."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop, text_of, wait_until

SECONDS_TO_APPEAR = 2


def test_a_mail_sent_by_smtp_is_on_the_open_page_within_two_seconds(shop: Shop, agent: Page):
    """G3: seen without a reload. The best of three, because the machine may be busy."""
    agent.goto("/inbox/all")
    expect(agent.get_by_role("heading", name="All open")).to_be_visible()
    agent.evaluate("window.neverReloaded = true")
    seconds = []
    for name in ("Ida Lund", "Jan Novak", "Kim Sato"):
        shopper = shop.shopper(name)
        began = time.monotonic()
        shop.send_by_smtp(shopper, "Do you ship to Norway?", "I would like to order curtains.")
        agent.get_by_role("row").filter(has_text=name).wait_for(timeout=20_000)
        seconds.append(time.monotonic() - began)
        if seconds[-1] <= SECONDS_TO_APPEAR:
            break

    assert min(seconds) <= SECONDS_TO_APPEAR, seconds
    assert agent.evaluate("window.neverReloaded") is True


def test_a_verified_customer_is_told_where_the_order_is(shop: Shop, agent: Page):
    zoe = shop.shopper("Zoe Carter")
    address = shop.sent_order(zoe, "5511")
    agent.goto("/inbox/all")
    expect(agent.get_by_role("heading", name="All open")).to_be_visible()

    shop.arrive(zoe, "Where is my order?", "Where is my order #5511? It has not arrived yet.")

    answer = wait_until(zoe.mails, "the tracking answer")[0]
    assert address in text_of(answer)
    assert answer["Auto-Submitted"] == "auto-replied"
    agent.get_by_role("row").filter(has_text="Zoe Carter").click()
    conversation = agent.get_by_role("main")
    expect(conversation.get_by_text("By rule")).to_be_visible()
    expect(conversation).to_contain_text(address)
    assert len(zoe.mails()) == 1


@pytest.mark.parametrize("dmarc", ["fail", None])
def test_whoever_is_not_proven_to_be_the_customer_is_told_nothing(
    shop: Shop, agent: Page, dmarc: str | None
):
    yan = shop.shopper(f"Yan {dmarc} Petit")
    number = "5512" if dmarc else "5513"
    address = shop.sent_order(yan, number)
    agent.goto("/inbox/all")

    shop.arrive(yan, "Where is my order?", f"Where is my order #{number}? Not here.", dmarc=dmarc)

    row = agent.get_by_role("row").filter(has_text=yan.name)
    expect(row).to_contain_text("wismo")
    row.click()
    doubt = agent.get_by_text("The sender’s address isn’t proven.")
    expect(doubt).to_have_count(1 if dmarc else 0)
    shop.server.run("idle", "--timeout", "60")
    assert yan.mails() == []
    kinds = [each["kind"] for each in shop.messages_of(shop.ticket_of(yan)["id"])]
    assert kinds == ["customer"]
    expect(agent.get_by_role("complementary")).to_contain_text("not verified")
    expect(agent.get_by_role("main")).not_to_contain_text(address)
