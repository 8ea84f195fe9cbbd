"""A browser that was away: it says so, catches up, and ends as if it had just been loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop, wait_until

CHANGES = 50


def test_fifty_changes_missed_while_offline_end_as_a_fresh_load(
    shop: Shop, new_agent: Callable[..., Page]
):
    """G3: state before + events = fresh state, seen on the page."""
    shoppers = [shop.shopper(f"Away{n} Person") for n in range(5)]
    for shopper in shoppers:
        shop.arrive(shopper, f"Question of {shopper.name}", "How long does linen last?")
    tickets = [shop.ticket_of(shopper) for shopper in shoppers]
    page = new_agent()
    page.goto(f"/inbox/all/{tickets[0]['id']}")
    expect(page.get_by_role("row").filter(has_text="Away4 Person")).to_be_visible()
    expect(page.get_by_text("updated live")).to_be_visible()
    page.evaluate("window.neverReloaded = true")

    page.context.set_offline(True)
    expect(page.get_by_text("You’re offline.")).to_be_visible()
    _make_changes(shop, tickets)
    page.context.set_offline(False)

    expect(page.get_by_text("You’re offline.")).to_have_count(0)
    expect(page.get_by_role("feed")).to_contain_text("Note 49")
    fresh = new_agent()
    fresh.goto(page.url)
    expect(fresh.get_by_role("feed")).to_contain_text("Note 49")
    wait_until(lambda: _shown(page) == _shown(fresh), "the same words on both pages")
    assert page.evaluate("window.neverReloaded") is True


def test_a_reply_written_offline_leaves_once_when_the_line_is_back(shop: Shop, agent: Page):
    lea = shop.shopper("Lea Tunnel")
    shop.arrive(lea, "A question", "Is the blue one back in stock?")
    ticket = shop.ticket_of(lea)
    agent.goto(f"/inbox/all/{ticket['id']}")
    expect(agent.get_by_role("article").first).to_contain_text("blue one")
    agent.context.set_offline(True)
    expect(agent.get_by_text("You’re offline.")).to_be_visible()
    agent.get_by_placeholder("Write a reply").fill("It is back since Monday.")
    agent.keyboard.press("Control+Enter")
    expect(agent.get_by_text("Will send when you’re back online")).to_be_visible()
    assert lea.mails() == []

    agent.context.set_offline(False)

    assert len(wait_until(lea.mails, "the answer")) == 1
    kinds = [each["kind"] for each in shop.messages_of(ticket["id"])]
    assert kinds == ["customer", "reply"]


def test_a_restarted_server_is_found_again_and_nothing_is_missed(shop: Shop, agent: Page):
    rita = shop.shopper("Rita Restart")
    agent.goto("/inbox/all")
    expect(agent.get_by_text("updated live")).to_be_visible()
    agent.evaluate("window.neverReloaded = true")

    shop.server.kill()
    shop.arrive(rita, "Are you there?", "I wrote while your server was down.")
    shop.server.start()

    row = agent.get_by_role("row").filter(has_text="Rita Restart")
    row.wait_for(timeout=60_000)
    expect(row).to_have_count(1)
    assert agent.evaluate("window.neverReloaded") is True
    assert len(shop.find_tickets(rita)) == 1


def _make_changes(shop: Shop, tickets: list[dict[str, Any]]) -> None:
    from helpdesk.lib.ids import new_id

    steps: list[dict[str, Any]] = [
        {"priority": "high"}, {"tags_add": ["while-away"]}, {"is_unread": False},
        {"subject": "Another subject"}, {"priority": "normal"},
    ]  # fmt: skip
    for number in range(CHANGES):
        ticket = tickets[number % len(tickets)]
        if number % 7 == 0:
            data = {"id": str(new_id()), "kind": "note", "text": f"Note {number}",
                    "last_seen_position": 1, "send_anyway": True}  # fmt: skip
            # Every seventh change is a note on the ticket that lies open.
            status, answer = shop.call("POST", f"/tickets/{tickets[0]['id']}/messages", data)
        else:
            status, answer = shop.call("PATCH", f"/tickets/{ticket['id']}", steps[number % 5])
        assert status < 300, answer
    status, answer = shop.call("PATCH", f"/tickets/{tickets[-1]['id']}", {"status": "closed"})
    assert status == 200, answer


def _shown(page: Page) -> tuple[list[str], str]:
    rows = page.get_by_role("row").all_inner_texts()
    return rows, page.get_by_role("feed").inner_text()
