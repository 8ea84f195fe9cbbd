"""Issue 2's story in one go, on real mail, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.e2e.conftest import sign_in
from tests.e2e.shop import Shop, text_of, wait_until

CANCELLATION = "Please cancel my order #{number}. I ordered the wrong size. Has it been sent yet?"


def test_the_whole_story(shop: Shop, browser: Browser) -> None:
    """Cancellation mail → live and urgent on top → macro → thread → survey → report."""
    mia, other = shop.shopper("Mia Laurent"), shop.shopper("Otto Berg")
    shop.order(mia, "8812")
    context = browser.new_context(base_url=shop.server.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page)
    page.goto("/inbox/all")
    page.evaluate("window.neverReloaded = true")

    asked = shop.arrive(mia, "Cancel my order", CANCELLATION.format(number="8812"))
    row = page.get_by_role("row").filter(has_text="Mia Laurent")
    expect(row).to_be_visible()
    expect(row).to_contain_text("Urgent")
    shop.arrive(other, "A question about linen", "Does the linen get softer with time?")
    expect(page.get_by_role("row").filter(has_text="Otto Berg")).to_be_visible()
    expect(page.get_by_role("row").first).to_contain_text("Mia Laurent")

    row.click()
    conversation = page.get_by_role("main")
    expect(conversation.get_by_role("button", name="cancellation", exact=True)).to_be_visible()
    expect(conversation.get_by_role("button", name="Priority: Urgent")).to_be_visible()
    expect(conversation).to_contain_text("Rule Urgent cancellation: Add tags cancellation, urgent")
    assert shop.ticket_of(mia)["tags"] == ["cancellation", "urgent"]
    order = page.get_by_role("article", name="Order #8812")
    expect(order).to_contain_text("€148.00")
    expect(order).to_contain_text("Linen duvet cover")

    page.keyboard.press("r")
    expect(page.get_by_placeholder("Write a reply")).to_be_focused()
    page.keyboard.type("/")
    search = page.get_by_role("combobox", name="Search macros")
    expect(search).to_be_focused()
    page.keyboard.type("cancel: too late")
    expect(page.get_by_role("dialog")).to_contain_text("Order #8812 had already been packed")
    page.keyboard.press("Enter")
    field = page.get_by_placeholder("Write a reply")
    expect(field).to_contain_text(re.compile(r"Hi Mia,[\s\S]+#8812[\s\S]+€148\.00[\s\S]+Ana"))
    page.keyboard.press("Control+Enter")
    expect(field).to_have_text("")

    answer = wait_until(mia.mails, "the answer in Mia's mailbox")[0]
    assert answer["In-Reply-To"] == asked["Message-ID"]
    assert asked["Message-ID"] in answer["References"]
    assert "€148.00 back" in text_of(answer)
    assert "{{" not in answer.as_string()
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"Sent\s*\d"))

    shop.arrive(
        mia, "Re: Cancel my order", "Thank you, I will refuse the parcel.", answer_to=answer
    )
    expect(page.get_by_role("main")).to_contain_text("I will refuse the parcel.")
    ticket = shop.ticket_of(mia)
    assert [each["kind"] for each in shop.messages_of(ticket["id"])] == [
        "customer", "reply", "customer",
    ]  # fmt: skip

    field.blur()
    page.keyboard.press("e")
    state = wait_until(lambda: shop.ticket_of(mia)["csat_state"], "a decision about the survey")
    assert state in ("planned", "sent"), shop.ticket_of(mia)["csat_reason"]
    survey = wait_until(lambda: mia.mails()[1:], "the survey in Mia's mailbox")[0]
    link = re.findall(r"http://\S+/csat/[^\s?\"<>]+", text_of(survey))[0]

    shopper = browser.new_context()
    asked_page = shopper.new_page()
    asked_page.goto(f"{link}?score=5")
    expect(asked_page.locator("input[value='5']")).to_be_checked()
    assert shop.get(f"/tickets/{ticket['id']}")["ticket"]["csat_score"] is None
    asked_page.get_by_role("textbox").fill("Quick and kind")
    asked_page.get_by_role("button").first.click()
    expect(asked_page.locator("input[name='score']")).to_have_count(0)
    assert shop.get(f"/tickets/{ticket['id']}")["ticket"]["csat_score"] == 5
    shopper.close()

    assert page.evaluate("window.neverReloaded") is True
    page.goto("/reports/csat")
    expect(page.get_by_role("main")).to_contain_text("Quick and kind")
    expect(page.get_by_role("main")).to_contain_text("Mia Laurent")
    context.close()
    assert len(mia.mails()) == 2
    assert other.mails() == []
