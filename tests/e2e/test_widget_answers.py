"""What stands before the chat and beneath its messages: answers to search, choices to tap."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.shop import Shop, wait_until
from tests.e2e.test_widget import (
    Site,
    frame_of,
    launcher,
    serious,
    site,
    ticket_with,
    times_said,
    write,
)
from tests.e2e.test_widget import _frame as inner_frame
from tests.e2e.test_widget import shopper as shopper

__all__ = ["site"]


def test_an_answer_is_found_before_anybody_chats(
    shop: Shop, agent: Page, site: Site, shopper: BrowserContext
):
    """UX §3.1 home: written in the settings, searched with a slip of the finger, never a dead end."""
    agent.goto("/settings/chat")
    agent.get_by_role("link", name=site.id).click()
    agent.get_by_role("button", name="Add an answer").click()
    agent.get_by_role("textbox", name="Question", exact=True).fill("Does linen shrink?")
    agent.get_by_role("textbox", name="Answer", exact=True).fill(
        "A little.\nSee https://shop.example/care"
    )
    preview = agent.frame_locator("iframe[title=Preview]")
    expect(preview.get_by_role("button", name="Does linen shrink?")).to_be_visible()
    with agent.expect_response("**/chat-sites/*") as saved:
        agent.get_by_role("button", name="Save").click()
    assert saved.value.ok, saved.value.text()

    page = shopper.new_page()
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    launcher(page).click()
    inside = frame_of(page)
    expect(inside.get_by_role("button", name="Does linen shrink?")).to_be_visible()
    inside.get_by_role("button", name="Search help").click()
    field = inside.get_by_role("searchbox", name="Search help")
    expect(field).to_be_focused()
    field.fill("will it shrnik")
    expect(inside.get_by_role("status")).to_have_text("1 answer for “will it shrnik”")
    assert serious(inner_frame(page)) == []
    inside.get_by_role("button", name="Does linen shrink?").click()
    expect(inside.get_by_text("A little.")).to_be_visible()
    link = inside.get_by_role("link", name="https://shop.example/care")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    inside.get_by_role("button", name="Back").click()
    field.fill("helicopter")
    expect(inside.get_by_role("status")).to_contain_text("No answer for “helicopter”")
    assert [each for each in asked if "/sessions" in each] == []

    inside.get_by_role("button", name="Ask us instead").click()
    expect(inside.get_by_role("textbox", name="Write a message")).to_have_value("helicopter")


def test_a_shopper_taps_one_of_the_choices_an_agent_offered(
    shop: Shop, agent: Page, site: Site, shopper: BrowserContext
):
    """UX §3.1 chat, quick replies: written in the composer, tapped once, sent as the shopper's words."""
    page = shopper.new_page()
    page.goto("/")
    launcher(page).click()
    write(page, "Another size, please")
    ticket = ticket_with(shop, "Another size")
    agent.goto(f"/inbox/all/{ticket['id']}")
    agent.get_by_role("button", name="Choices to tap").click()
    field = agent.get_by_role("textbox", name="A choice to tap")
    expect(field).to_be_focused()
    for choice in ("Size M", "Size L", "Size M"):
        field.fill(choice)
        field.press("Enter")
    field.fill("")
    agent.get_by_role("button", name="Remove “Size L”").wait_for()
    agent.locator("#reply").get_by_label("Reply").last.fill("Which one?")
    agent.keyboard.press("Control+Enter")

    inside = frame_of(page)
    expect(inside.get_by_text("Which one?")).to_be_visible()
    choices = inside.locator(".quick button")
    expect(choices).to_have_text(["Size M", "Size L"])
    assert serious(inner_frame(page)) == []
    choices.first.click()
    expect(inside.locator(".quick button")).to_have_count(0)
    wait_until(lambda: times_said(shop, ticket["id"], "Size M"), "the choice as a message")
    expect(agent.get_by_role("article").filter(has_text="Size M")).to_have_count(2)
    offered = agent.get_by_role("group", name="Offered to tap")
    expect(offered.get_by_text("Size L")).to_be_visible()
    texts = [each["text"] for each in shop.messages_of(ticket["id"])]
    assert texts == ["Another size, please", "Which one?", "Size M"]
