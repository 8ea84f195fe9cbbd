"""One customer, many channels: profile, notes, the same person, merges and joining."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop, wait_until


def test_possibly_the_same_person_is_linked_and_taken_apart_again(shop: Shop, agent: Page):
    """UX 12, with an address that nobody has proven in place of an Instagram handle."""
    mia = shop.shopper("Mia Same")
    shop.order(mia, "8801", phone="+33611111111")
    shop.arrive(mia, "My order", "Where is it?")
    known = shop.ticket_of(mia)
    guest = shop.shopper("M Guest")
    shop.arrive(guest, "hello", "hello??", dmarc=None)
    ticket = shop.ticket_of(guest)
    path = f"/customers/{ticket['customer_id']}/handles"
    shop.call("POST", path, {"kind": "phone", "value": "+33611111111"})

    def customer_of() -> str:
        return str(shop.get(f"/tickets/{ticket['id']}")["ticket"]["customer_id"])

    agent.goto(f"/inbox/all/{ticket['id']}")
    panel = agent.get_by_role("complementary", name="Customer and orders")
    suggestion = panel.get_by_role("region", name="Possibly Mia Same")
    expect(suggestion).to_contain_text("same phone")
    suggestion.get_by_role("button", name="Link").click()
    expect(panel.get_by_role("heading", name="Mia Same")).to_be_visible()
    wait_until(lambda: customer_of() == known["customer_id"], "Mia as the customer")
    assert [each["text"] for each in shop.messages_of(ticket["id"])] == ["hello??"]

    agent.keyboard.press("z")
    expect(panel.get_by_role("heading", name="M Guest")).to_be_visible()
    wait_until(lambda: customer_of() == ticket["customer_id"], "the customer it had")

    with agent.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        suggestion.get_by_role("button", name="Not the same").click()
    expect(suggestion).to_have_count(0)
    agent.reload()
    expect(panel.get_by_role("heading", name="M Guest")).to_be_visible()
    assert shop.get(f"/customers/{ticket['customer_id']}/possible")["results"] == []


def test_what_she_also_wrote_can_be_joined_here_and_taken_apart(shop: Shop, agent: Page):
    """UX 11: the bar; joining by itself is a setting (tests/customers)."""
    jo = shop.shopper("Jo Joins")
    shop.arrive(jo, "First question", "Is it linen?")
    first = shop.ticket_of(jo)
    agent.goto(f"/inbox/all/{first['id']}")
    expect(agent.get_by_role("heading", name="First question")).to_be_visible()
    shop.arrive(jo, "Another thing", "hello??")
    second = wait_until(
        lambda: next((t for t in shop.find_tickets(jo) if t["id"] != first["id"]), None), "it"
    )

    bar = agent.get_by_role("region", name="Wrote elsewhere, too")
    expect(bar).to_contain_text("hello??")
    bar.get_by_role("button", name="Join here").click()
    expect(agent.get_by_role("feed")).to_contain_text("hello??")
    expect(bar).to_have_count(0)

    def merged_into() -> str | None:
        return shop.get(f"/tickets/{second['id']}")["ticket"]["merged_into_id"]

    wait_until(lambda: merged_into() == first["id"], "the merge")

    agent.keyboard.press("z")
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Keep separate").click()
    expect(bar).to_have_count(0)
    joinable = f"/tickets/{first['id']}/joinable"
    wait_until(lambda: shop.get(joinable)["results"] == [], "nothing to join")


def test_the_profile_shows_everything_and_two_agents_see_one_note(
    shop: Shop, new_agent: Callable[..., Page]
):
    """UX 38, §1.8: tabs by 1 to 6; a colleague's note appears by itself."""
    eva = shop.shopper("Eva Profile")
    shop.order(eva, "8802")
    shop.arrive(eva, "Question of Eva", "Is it washable?")
    ticket = shop.ticket_of(eva)
    shop.call("POST", "/custom-fields", {"owner": "customer", "slug": "shoe_size",
              "name": "Shoe size", "type": "number"})  # fmt: skip
    first, second = new_agent(), new_agent()
    for page in (first, second):
        page.goto(f"/customers/{ticket['customer_id']}")
        expect(page.get_by_role("heading", name="Eva Profile")).to_be_visible()
    panel = first.get_by_role("tabpanel")
    expect(panel).to_contain_text("Order #8802")
    expect(panel).to_contain_text("Question of Eva")

    for page in (first, second):
        expect(page.get_by_role("tab", name="Notes")).to_be_visible()
        page.keyboard.press("4")
        expect(page.get_by_role("tab", name="Notes")).to_have_attribute("aria-selected", "true")
    first.get_by_placeholder("Only your team sees this").fill("Prefers the phone")
    first.get_by_role("button", name="Add note").click()
    expect(second.get_by_role("tabpanel")).to_contain_text("Prefers the phone")
    assert len(shop.get(f"/customers/{ticket['customer_id']}/notes")["results"]) == 1

    first.get_by_role("tab", name="Notes").focus()
    first.keyboard.press("5")
    size = first.get_by_label("Shoe size")
    size.fill("41.5")
    size.blur()
    wait_until(
        lambda: shop.get(f"/customers/{ticket['customer_id']}")["fields"] == {"shoe_size": 41.5},
        "the field",
    )
    first.get_by_role("tab", name="Fields").focus()
    first.keyboard.press("c")
    expect(first.get_by_role("textbox", name="Customer’s email")).to_have_value(eva.address)


def test_alt_and_arrows_move_between_the_tickets_of_a_customer(shop: Shop, agent: Page):
    """§1.3: Alt+↑/↓."""
    al = shop.shopper("Al Arrows")
    shop.arrive(al, "The first", "one")
    first = shop.ticket_of(al)
    shop.arrive(al, "The second", "two")
    second = wait_until(
        lambda: next((t for t in shop.find_tickets(al) if t["id"] != first["id"]), None), "it"
    )
    agent.goto(f"/inbox/all/{second['id']}")
    expect(agent.get_by_role("heading", name="The second")).to_be_visible()
    panel = agent.get_by_role("complementary", name="Customer and orders")
    expect(panel.get_by_role("heading", name="Al Arrows")).to_be_visible()
    agent.keyboard.press("Alt+ArrowDown")
    agent.wait_for_url(re.compile(first["id"]))
    agent.keyboard.press("Alt+ArrowUp")
    agent.wait_for_url(re.compile(second["id"]))
