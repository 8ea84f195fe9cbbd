"""Merging, splitting, snoozing and acting on many, as an agent does it (UX 10, 24, 25)."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop, wait_until


def test_merge_shows_what_happens_the_old_link_leads_on_and_undo_restores(shop: Shop, agent: Page):
    """UX 25: preview and side-effects; source link redirects; Undo; split keeps cross-links."""
    mia = shop.shopper("Mia Merge")
    shop.arrive(mia, "Where is my parcel?", "It should have come.")
    first = shop.ticket_of(mia)
    shop.arrive(mia, "A refund please", "The blue one tore.")
    wait_until(lambda: len(shop.find_tickets(mia)) == 2, "the second ticket")
    second = next(each for each in shop.find_tickets(mia) if each["id"] != first["id"])
    agent.goto(f"/t/{second['number']}")
    expect(agent.get_by_role("article").first).to_be_visible()

    agent.keyboard.press("m")
    sheet = agent.get_by_role("dialog")
    sheet.get_by_role("option", name=re.compile("Where is my parcel")).click()
    expect(sheet.get_by_text("Conversation, 2 messages")).to_be_visible()
    expect(sheet.get_by_text(f"Mail that answers #{second['number']} arrives")).to_be_visible()
    sheet.get_by_role("button", name=f"Merge into #{first['number']}").click()

    expect(agent).to_have_url(re.compile(first["id"]))
    feed = agent.get_by_role("feed")
    expect(feed.get_by_text("The blue one tore.")).to_be_visible()
    expect(feed.get_by_text("It should have come.")).to_be_visible()
    agent.goto(f"/t/{second['number']}")
    expect(agent).to_have_url(re.compile(first["id"]))
    agent.goto(f"/inbox/all/{second['id']}")
    expect(agent).to_have_url(re.compile(first["id"]))

    status, _ = shop.call("POST", f"/tickets/{second['id']}/unmerge", {})
    assert status == 200
    expect(feed.get_by_text("The blue one tore.")).to_have_count(0)
    assert [len(shop.messages_of(each["id"])) for each in (first, second)] == [1, 1]


def test_snooze_in_words_shows_both_times_and_a_reply_wakes(shop: Shop, agent: Page):
    """UX 24: "fri 14:30" in the agent's and the customer's time; the customer's reply wakes it."""
    sam = shop.shopper("Sam Snooze")
    mail = shop.arrive(sam, "Size question", "Is it wide?")
    ticket = shop.ticket_of(sam)
    shop.call("PATCH", f"/customers/{ticket['customer_id']}", {"time_zone": "Asia/Tokyo"})
    agent.goto(f"/t/{ticket['number']}")
    expect(agent.get_by_role("article").first).to_be_visible()

    agent.keyboard.press("h")
    agent.get_by_role("combobox", name="Until when").fill("fri 14:30")
    choice = agent.get_by_role("option", name=re.compile(r"Until Fri.*0?2:30|Until Fri.*14:30"))
    expect(choice).to_contain_text("Sam:")
    agent.keyboard.press("Enter")
    expect(agent.get_by_role("button", name="Status: Snoozed")).to_be_visible()

    shop.arrive(sam, "Re: Size question", "Hello?", answer_to=mail)
    expect(agent.get_by_role("button", name="Status: Open")).to_be_visible()


def test_a_tag_on_forty_with_progress_and_undo(shop: Shop, agent: Page):
    """UX 10: bulk tag shows count, progress and failures; Undo restores all."""
    bea = shop.shopper("Bea Bulk")
    for number in range(40):
        shop.arrive(bea, f"Bulk question {number}", "One of forty.")
    customer = wait_until(lambda: shop.find_tickets(bea), "a ticket")[0]["customer_id"]

    def asked() -> list[str]:
        page = shop.get("/tickets", customer=customer, limit=100)
        return [each["id"] for each in page["results"]]

    wait_until(lambda: len(asked()) == 40, "all forty tickets", timeout_seconds=60)
    ids = asked()
    order = {
        "selection": {"ids": ids},
        "action": "tags",
        "params": {"tags_add": ["bulk-e2e"]},
    }
    agent.goto("/inbox/all")
    expect(agent.locator(".trow[data-ticket]").first).to_be_visible()
    expect(agent.get_by_role("status").filter(has_text="Live").first).to_be_visible()
    status, _ = shop.call(
        "POST", "/bulk-jobs", {"id": "0190aaaa-0000-7000-8000-000000000001", **order}
    )
    assert status == 201
    expect(agent.get_by_text("40 tickets changed")).to_be_visible()
    agent.get_by_role("button", name=re.compile("^Undo")).last.click()
    expect(agent.get_by_text("40 tickets are as before")).to_be_visible()
    assert shop.get("/tickets", tag="bulk-e2e")["total"] == 0
