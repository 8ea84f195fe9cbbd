"""Two agents at one ticket, teams that hand out, and what a private team keeps to itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e import shop as the_shop
from tests.e2e.shop import Shop, Shopper, wait_until

JONAS = "Jonas Weber"


@pytest.fixture(scope="module")
def jonas(shop: Shop, browser: Browser) -> dict[str, Any]:
    """The id and the cookies of Jonas, who came by an invitation that Ana made on her page."""
    _, made = shop.call("POST", "/invitations", {"email": "jonas@shop.example"})
    context = browser.new_context(base_url=shop.server.url)
    page = context.new_page()
    page.goto(made["link"].removeprefix(shop.server.url))
    expect(page.get_by_text("jonas@shop.example")).to_be_visible()
    page.get_by_label("Your name").fill(JONAS)
    page.get_by_label("Choose a password").fill(the_shop.PASSWORD)
    page.get_by_role("button", name="Join").click()
    page.wait_for_url("**/inbox/**")
    state = context.storage_state()
    page.goto(made["link"].removeprefix(shop.server.url))
    expect(page.get_by_text("already used")).to_be_visible()
    context.close()
    users = {each["name"]: each for each in shop.get("/bootstrap")["users"]}
    return {"id": users[JONAS]["id"], "state": state}


def test_two_agents_see_each_other_and_one_takes_over(
    shop: Shop, new_agent: Callable[..., Page], jonas: dict[str, Any]
):
    """UX 16: typing is seen in header and row, and gone after the tab is closed; take over."""
    ana, his = new_agent(), new_agent(storage_state=jonas["state"])
    _, ticket = _opened(shop, his, "Tara Typing")
    shop.call("PATCH", f"/tickets/{ticket['id']}", {"assignee_id": jonas["id"]})
    ana.goto(f"/inbox/all/{ticket['id']}")
    expect(_field(ana)).to_be_visible()

    _field(his).fill("Dear Tara, we look")
    bar = ana.locator(".collide")
    expect(bar).to_contain_text("Jonas is writing a reply")
    row = ana.locator("#tickets").get_by_role("row").filter(has_text="Tara")
    expect(row.locator(".presence >> visible=true").first).to_be_visible()

    expect(bar).to_contain_text("Jonas has a draft")
    bar.get_by_role("button", name="Take over").click()
    expect(his.get_by_text(f"took over #{ticket['number']}")).to_be_visible()
    bar.get_by_role("button", name="Read it").click()
    sheet = ana.get_by_role("dialog")
    expect(sheet).to_contain_text("Dear Tara, we look")
    sheet.get_by_role("button", name="Take over draft").click()
    _holds(ana, "Dear Tara, we look")
    expect(_field(ana)).to_be_focused()

    his.close()
    expect(ana.get_by_text("Jonas is")).to_have_count(0, timeout=30_000)


def test_the_second_of_two_who_answer_at_once_is_warned(
    shop: Shop, new_agent: Callable[..., Page], jonas: dict[str, Any]
):
    """UX 17, G10.3: two agents within a second; Keep editing puts the caret back; one leaves."""
    ana, his = new_agent(), new_agent(storage_state=jonas["state"])
    sue, ticket = _opened(shop, his, "Sue Second")
    ana.goto(f"/inbox/all/{ticket['id']}")
    _field(ana).fill("Ana was first.")
    _field(his).fill("Jonas was second.")
    # Jonas' page has not heard of Ana's answer when he presses: his request waits for hers.

    def hold(route: Route) -> None:
        wait_until(lambda: len(shop.messages_of(ticket["id"])) >= 2, "the first answer")
        route.continue_()

    his.route("**/api/v1/tickets/*/messages", hold, times=1)
    ana.keyboard.press("Control+Enter")
    _field(his).focus()
    his.keyboard.press("Control+Enter")

    asked = his.get_by_role("alertdialog", name="New activity since you started")
    expect(asked).to_contain_text("Ana was first.")
    asked.get_by_role("button", name="Keep editing").click()
    expect(_field(his)).to_be_focused()
    _holds(his, "Jonas was second.")
    assert len(shop.messages_of(ticket["id"])) == 2
    his.keyboard.press("Control+Enter")
    assert wait_until(lambda: len(sue.mails()) == 2, "both answers")
    assert len(shop.messages_of(ticket["id"])) == 3


def test_a_ticket_is_handed_to_who_is_available_with_a_note(
    shop: Shop, new_agent: Callable[..., Page], jonas: dict[str, Any]
):
    """Issue 3, 6: the switch at the rail, load in the picker, hand-off note in one step."""
    ana, his = new_agent(), new_agent(storage_state=jonas["state"])
    _, ticket = _opened(shop, ana, "Hana Handoff")
    his.goto("/inbox/mine")
    his.get_by_role("switch", name="Available").click()
    expect(his.get_by_text("You’re away")).to_be_visible()

    _, team = shop.call("POST", "/teams", {"name": "Returns", "strategy": "round_robin",
                                           "capacity": 20, "member_ids": [jonas["id"]]})  # fmt: skip
    shop.call("PATCH", f"/tickets/{ticket['id']}", {"team_id": team["id"], "assignee_id": None})
    ana.locator("main").click(position={"x": 300, "y": 250})
    ana.keyboard.press("a")
    option = ana.get_by_role("option", name=re.compile(JONAS))
    expect(option).to_contain_text(re.compile(r"away · \d+ of 20"))
    assert shop.get(f"/tickets/{ticket['id']}")["ticket"]["assignee_id"] is None

    his.get_by_role("switch", name="Available").click()
    wait_until(
        lambda: shop.get(f"/tickets/{ticket['id']}")["ticket"]["assignee_id"] == jonas["id"],
        "the waiting ticket at Jonas",
    )
    note = ana.get_by_label("Note for them, optional")
    note.fill("She called twice.")
    note.press("Enter")
    ana.keyboard.type("Ana")
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("article", name=re.compile("^Internal note,"))).to_contain_text(
        "She called twice."
    )
    wait_until(
        lambda: shop.get(f"/tickets/{ticket['id']}")["ticket"]["assignee_id"] != jonas["id"],
        "another assignee",
    )


def test_who_loses_access_sees_tickets_vanish_and_why(
    shop: Shop, new_agent: Callable[..., Page], jonas: dict[str, Any]
):
    """UX 44: live, by being taken out of the team, and by the ticket going into a private team."""
    page = new_agent(storage_state=jonas["state"])
    _, team = shop.call("POST", "/teams", {"name": "Legal", "is_private": True,
                                           "member_ids": [jonas["id"]]})  # fmt: skip
    shopper, ticket = _opened(shop, page, "Lena Legal")
    shop.call("PATCH", f"/tickets/{ticket['id']}", {"team_id": team["id"]})
    expect(page.get_by_role("feed")).to_contain_text("a question")
    shop.call("PATCH", f"/teams/{team['id']}", {"member_ids": []})
    expect(page.get_by_role("alert")).to_contain_text("You can’t see this ticket any more")
    expect(page.get_by_role("row", name=re.compile(shopper.name))).to_have_count(0)

    other, second = _opened(shop, page, "Otto Other")
    shop.call("PATCH", f"/tickets/{second['id']}", {"team_id": team["id"]})
    expect(page.get_by_role("alert")).to_contain_text("You can’t see this ticket any more")
    expect(page.get_by_role("row", name=re.compile(other.name))).to_have_count(0)
    page.reload()
    expect(page.get_by_text("This ticket doesn’t exist or you can’t see it.")).to_be_visible()


def test_people_and_teams_are_set_up_on_their_page(
    shop: Shop, new_agent: Callable[..., Page], jonas: dict[str, Any]
):
    """Issue 3, 6: invite, make a team, deactivate with the tickets' fate, reactivate."""
    page = new_agent()
    page.goto("/settings/team")
    page.get_by_placeholder("Email address").fill("nia@shop.example")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("/invite/")).to_be_visible()
    expect(page.get_by_text("Invited as Agent")).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Invited as Agent")).to_have_count(0)

    page.get_by_role("button", name="New team").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill("VIP desk")
    form.get_by_label("to whoever has the fewest open tickets").check()
    form.get_by_label("Open tickets per member at most").fill("15")
    form.get_by_label(JONAS).check()
    form.get_by_role("button", name="Save").click()
    row = page.get_by_role("listitem").filter(has_text="VIP desk").last
    expect(row).to_contain_text("1 member")
    expect(row).to_contain_text("at most 15 each")

    person = page.get_by_role("listitem").filter(has_text="jonas@shop.example")
    person.get_by_role("button", name="Deactivate").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("combobox").select_option(label="Ana Ferreira")
    sheet.get_by_role("button", name="Deactivate").click()
    expect(person).to_contain_text("Deactivated")
    wait_until(
        lambda: shop.get("/tickets", assignee=jonas["id"], status="open")["total"] == 0,
        "his tickets at Ana",
    )
    person.get_by_role("button", name="Reactivate").click()
    expect(person).to_contain_text("Available")


def _opened(shop: Shop, page: Page, name: str) -> tuple[Shopper, dict[str, Any]]:
    shopper = shop.shopper(name)
    shop.arrive(shopper, f"From {name}", "Hello, a question about your linen.")
    ticket = shop.ticket_of(shopper)
    page.goto(f"/inbox/all/{ticket['id']}")
    expect(page.get_by_role("feed")).to_contain_text("a question")
    return shopper, ticket


def _field(page: Page) -> Any:
    return page.locator("#reply").get_by_role("textbox").first


def _holds(page: Page, text: str) -> None:
    """The field holds these words, be it the plain one or the rich one."""
    read = "each => (each.value ?? each.innerText).trim()"
    wait_until(lambda: _field(page).evaluate(read) == text, f"“{text}” in the field")
