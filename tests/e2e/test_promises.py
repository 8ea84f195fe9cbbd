"""Service levels and surveys, from the screen where they are made to the customer's answer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from helpdesk.lib.clock import now
from tests.e2e.shop import Shop, html_of, wait_until
from tests.e2e.test_widget import Site, frame_of, launcher, shopper, site, ticket_with, write

__all__ = ["shopper", "site"]

CLOCKS = ("started_at", "resumed_at", "due_at", "next_at", "amber_at")


@pytest.fixture
def nothing_left(shop: Shop) -> Iterator[None]:
    """Other files share this shop: no policy, calendar or survey setting stays."""
    yield
    for policy in shop.get("/sla/policies")["results"]:
        assert shop.call("DELETE", f"/sla/policies/{policy['id']}")[0] == 204
    for calendar in shop.get("/calendars")["results"]:
        assert shop.call("DELETE", f"/calendars/{calendar['id']}")[0] == 204
    status, _ = shop.call("PATCH", "/settings/surveys", {"texts": None, "kind": None})
    assert status == 200


def pass_time(ticket_id: str, minutes: int) -> None:
    """The ticket's clock began so much earlier; the server's sweep finds what is due."""
    from automation.models import SlaClock

    clock = SlaClock.objects.get(ticket_id=ticket_id, state="running")
    for name in CLOCKS:
        moment = getattr(clock, name)
        setattr(clock, name, moment and moment - timedelta(minutes=minutes))
    clock.save(update_fields=CLOCKS)


def reply_and_close(
    shop: Shop, ticket: dict[str, Any], text: str = "A new one is on its way."
) -> None:
    message = {"id": str(uuid.uuid4()), "kind": "reply", "text": text}
    status, answer = shop.call("POST", f"/tickets/{ticket['id']}/messages", message)
    assert status == 201, answer
    assert shop.call("PATCH", f"/tickets/{ticket['id']}", {"status": "closed"})[0] == 200


def make_calendar(page: Page, name: str, closed: date) -> None:
    page.goto("/automations/hours")
    page.get_by_role("button", name="New calendar").first.click()
    form = page.locator("form")
    form.get_by_label("Name", exact=True).fill(name)
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        form.get_by_label(day).fill("00:00-24:00")
    days = form.get_by_role("region", name="Closed days", exact=True)
    days.get_by_label("Date").fill(closed.isoformat())
    days.get_by_label("What for").fill("We count the shelves")
    days.get_by_role("button", name="Add a day").click()
    expect(days.get_by_role("listitem")).to_contain_text("We count the shelves")
    form.get_by_role("button", name="Save").click()
    upcoming = page.get_by_role("region", name="Next closed days")
    expect(upcoming).to_contain_text("We count the shelves")
    expect(page.get_by_role("link", name=re.compile(name))).to_be_visible()


def make_policy(page: Page, name: str, calendar: str) -> None:
    page.goto("/automations/sla")
    page.get_by_role("button", name="New policy").first.click()
    form = page.locator("form")
    form.get_by_label("Name", exact=True).fill(name)
    first = form.get_by_label("First reply")
    first.fill("soon")
    first.blur()
    expect(first).to_have_js_property("validity.valid", value=False)
    first.fill("60m")
    first.blur()
    expect(first).to_have_value("1h")
    form.get_by_label("Counts in").select_option(label=calendar)
    form.get_by_label("Active").check()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_a_policy_in_hours_of_its_own_warns_and_breaches_before_the_agents_eyes(
    shop: Shop, agent: Page, nothing_left: None
):
    """G15, UX 7: made on the screens; the chip runs, turns amber, then says how late, live."""
    make_calendar(agent, "All week", (now() + timedelta(days=40)).date())
    make_policy(agent, "An hour", "All week")

    lena = shop.shopper("Lena Late")
    shop.arrive(lena, "My robe is too small", "Can I have it in L?")
    ticket = shop.ticket_of(lena)
    agent.goto(f"/inbox/all/{ticket['id']}")
    head = agent.get_by_role("main").get_by_role("banner").or_(agent.get_by_role("main"))
    running = head.get_by_label(re.compile(r"^First reply: ")).first
    expect(running).to_be_visible()
    late = agent.get_by_label(re.compile(r"^First reply: SLA breached"))
    expect(late).to_have_count(0)

    pass_time(ticket["id"], minutes=50)
    shown = agent.locator(".sla.amber")
    expect(shown.first).to_have_text(re.compile(r"^\s*\dm\s*$"))

    def told() -> list[dict[str, Any]]:
        news = shop.get("/notifications")["results"]
        kinds = ("sla_breach", "sla_warning")
        return [
            each for each in news if each["ticket_id"] == ticket["id"] and each["kind"] in kinds
        ]

    wait_until(told, "news of the warning")
    pass_time(ticket["id"], minutes=15)
    expect(late.first).to_be_visible()
    expect(agent.locator(".sla.red").first).to_have_text(re.compile(r"\d+m late"))

    found = wait_until(lambda: told() if len(told()) >= 2 else None, "news of warning and breach")
    assert [each["kind"] for each in found] == ["sla_breach", "sla_warning"]


def test_the_shops_own_question_is_previewed_asked_and_answered_by_one_tap(
    shop: Shop, agent: Page, browser: Browser, nothing_left: None
):
    """G8.2, UX 58: the mail has the shop's words; a scanner's GET scores nothing, the tap does."""
    agent.goto("/settings/surveys")
    preview = agent.frame_locator("iframe[title='Preview']")
    expect(preview.get_by_role("link")).not_to_have_count(0)
    agent.get_by_label("Ask", exact=True).select_option("nps")
    expect(preview.get_by_text("10", exact=True)).to_be_visible()
    agent.get_by_label("Ask", exact=True).select_option("csat")
    question = agent.get_by_label("Question", exact=True)
    question.fill("Was {name} any good?")
    expect(preview.get_by_text("Was Ana any good?").first).to_be_visible()
    agent.get_by_role("button", name="Save").click()
    expect(agent.get_by_role("status").filter(has_text="Saved").first).to_be_visible()

    carl = shop.shopper("Carl Content")
    shop.arrive(carl, "Size of my shirt", "Is it M?")
    ticket = shop.ticket_of(carl)
    reply_and_close(shop, ticket, "It is M.")
    mail = wait_until(
        lambda: next((each for each in carl.mails() if "any good?" in each["Subject"]), None),
        "the survey in Carl's mailbox",
    )
    assert mail["Subject"] == "Was Ana any good?"
    link = re.findall(r"http://[^\s\"]+/csat/[^\s\"]+score=4", html_of(mail))[0]

    def score() -> int | None:
        found: int | None = shop.get(f"/tickets/{ticket['id']}")["ticket"]["csat_score"]
        return found

    context = browser.new_context(java_script_enabled=False)
    assert context.request.get(link).ok
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_role("heading", name="Was Ana any good?")).to_be_visible()
    expect(page.get_by_role("radio", name="Good")).to_be_checked()
    assert score() is None
    page.get_by_role("button", name="Send my rating").click()
    expect(page.get_by_text("Thank you").first).to_be_visible()
    assert score() == 4
    context.close()


def test_the_chat_asks_for_a_recommendation_and_keys_alone_answer_it(
    shop: Shop, site: Site, shopper: BrowserContext, nothing_left: None
):
    """UX 56, G8.4: eleven radios that arrow keys walk, with their ends in words."""
    assert shop.call("PATCH", "/settings/surveys", {"kind": "nps"})[0] == 200
    page = shopper.new_page()
    page.goto("/")
    launcher(page).click()
    write(page, "Do you sell gift cards in paper?")
    ticket = ticket_with(shop, "gift cards in paper")
    reply_and_close(shop, ticket, "We do.")
    inside = frame_of(page)
    card = inside.get_by_role("group", name=re.compile("recommend Linden & Loom"))
    expect(card.get_by_role("radio")).to_have_count(11)
    most = card.get_by_role("radio", name="10", exact=True)
    expect(most).to_have_accessible_description("10, very likely")
    card.get_by_role("radio", name="8", exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(card.get_by_role("radio", name="9", exact=True)).to_be_checked()
    inside.get_by_role("button", name="Send rating").focus()
    page.keyboard.press("Enter")
    expect(inside.get_by_text("9 of 10")).to_be_visible()
    assert shop.get(f"/tickets/{ticket['id']}")["ticket"]["csat_state"] == "answered"
