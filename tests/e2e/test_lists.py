"""The list, its views and its queries in a real browser (UX.md §7: 3, 5, 6, 7, 9, 10)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from helpdesk.accounts.models import Organization
from helpdesk.lib.ids import new_id
from tests.e2e.shop import Shop, wait_until
from tests.factories import make_channel, make_customer, receive_mail
from tickets.actions.status import close
from tickets.actions.tags import change_tags
from tickets.models import Channel, Ticket, View


@pytest.fixture(scope="module")
def shelf(shop: Shop) -> list[Ticket]:
    """Sixty open tickets with a tag of this module, a few of them VIP."""
    organization = Organization.objects.get()
    channel = Channel.objects.filter(slug="help").first() or make_channel(organization)
    tickets = []
    for index in range(60):
        customer = make_customer(
            organization, f"shelf{index}@posteo.example", f"Shopper {index:02}"
        )
        ticket = receive_mail(channel, f"Parcel {index}", customer=customer).ticket
        change_tags(ticket.pk, add=["shelf", *(["vip"] if index % 10 == 0 else [])])
        tickets.append(Ticket.objects.get(pk=ticket.pk))
    return tickets


def rows(page: Page) -> list[str]:
    """Names on the rows that are drawn, from top to bottom."""
    found = page.locator(".trow[data-ticket]").evaluate_all(
        "rows => rows.sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)"
        ".map(row => row.querySelector('.name').textContent)"
    )
    return [str(each) for each in found]


def test_a_query_becomes_chips_an_address_and_a_view(agent: Page, shelf: list[Ticket]):
    """UX 9 and §1.3: right rows, chips, URL; a typo is named; what matches is saved as a view."""
    agent.goto("/inbox/all")
    expect(agent.locator(".trow[data-ticket]").first).to_be_visible()
    agent.keyboard.press("/")
    field = agent.get_by_role("combobox", name="Filter")
    expect(field).to_be_focused()
    field.press_sequentially("tag:shelf tag:vip ")
    expect(agent.get_by_role("button", name="Edit", exact=False)).to_have_count(2)
    expect(agent.locator("[data-count]")).to_have_text("6")
    assert "q=tag%3Ashelf+tag%3Avip" in agent.url
    assert rows(agent) == [f"Shopper {index:02}" for index in (50, 40, 30, 20, 10, 0)]

    field.press("Backspace")
    expect(field).to_have_value("tag:vip")
    field.fill("-tag:vip chanel:chat ")
    hint = agent.get_by_role("button", name="channel:chat")
    expect(agent.get_by_role("listbox", name="Suggestions")).to_be_visible()
    hint.click(trial=True)  # nothing lies over it
    field.press("Escape")
    expect(agent.get_by_role("listbox", name="Suggestions")).to_have_count(0)
    expect(hint).to_be_visible()
    field.press("Tab")
    agent.keyboard.press("Tab")
    expect(hint).to_be_focused()
    agent.get_by_role("button", name=re.compile("^Remove .*chanel")).click()
    expect(agent.locator("[data-count]")).to_have_text("54")

    field.fill("tag:nobodyhasthis ")
    expect(agent.get_by_text("No tickets match these filters.")).to_be_visible()
    expect(agent.get_by_text(re.compile(r"54 match without"))).to_be_visible()
    agent.get_by_role("button", name="Remove it").click()
    expect(agent.locator("[data-count]")).to_have_text("54")

    agent.get_by_role("button", name="Save as view").click()
    agent.get_by_label("Name", exact=True).fill("Parcels without VIP")
    expect(agent.get_by_text("54 tickets match now.")).to_be_visible()
    agent.get_by_role("button", name="Save view").click()
    agent.wait_for_url("**/inbox/parcels-without-vip*")
    expect(agent.get_by_role("link", name="Parcels without VIP, 54 tickets")).to_be_visible()
    expect(agent.locator("[data-count]")).to_have_text("54")


def test_counts_agree_and_rows_hold_still_under_the_pointer(
    new_agent: Callable[..., Page], shelf: list[Ticket]
):
    """UX 5 and 6: rail, header and title agree without a reload; a new ticket waits behind a pill."""
    page = new_agent()
    page.goto("/inbox/all?sort=newest")
    expect(page.locator(".trow[data-ticket]").first).to_be_visible()
    before = int(page.locator("[data-count]").inner_text().replace(",", ""))
    page.locator(".trow[data-ticket]").nth(2).hover()
    shown = rows(page)

    channel = Channel.objects.filter(slug="help").first() or shelf[0].channel
    customer = make_customer(
        channel.organization, f"new-{new_id().hex[-6:]}@posteo.example", "New One"
    )
    ticket = receive_mail(channel, "I am new", customer=customer).ticket
    pill = page.get_by_role("button", name="1 new")
    expect(pill).to_be_visible()
    assert rows(page) == shown
    expect(page.locator("[data-count]")).to_have_text(f"{before + 1:,}")
    expect(page.get_by_role("link", name=f"All open, {before + 1:,} tickets")).to_be_visible()
    expect(page).to_have_title(re.compile(rf"\({before + 1:,}\)"))
    pill.click()
    expect(page.locator(".trow .name").first).to_have_text("New One")
    page.mouse.move(900, 500)
    close(ticket.pk)
    expect(page.locator("[data-count]")).to_have_text(f"{before:,}")


def test_ranges_and_the_whole_view_are_picked(agent: Page, shelf: list[Ticket]):
    """UX 10: Shift picks a range, mod+A what is loaded, and then everything in the view."""
    agent.goto("/inbox/all?q=tag:shelf")
    first = agent.locator(".trow[data-ticket]").first
    expect(first).to_be_visible()
    first.focus()
    agent.keyboard.press("x")
    expect(agent.get_by_role("heading", name="1 selected")).to_be_visible()
    agent.keyboard.press("Shift+J")
    agent.keyboard.press("Shift+J")
    expect(agent.get_by_role("heading", name="3 selected")).to_be_visible()
    agent.locator(".trow[data-ticket]").nth(5).click(modifiers=["Shift"])
    expect(agent.get_by_role("heading", name="6 selected")).to_be_visible()
    agent.keyboard.press("Escape")
    expect(agent.get_by_role("heading", name=re.compile("selected"))).to_have_count(0)
    agent.goto("/inbox/all")
    expect(first).to_be_visible()
    agent.keyboard.press("ControlOrMeta+a")
    expect(agent.get_by_role("heading", name=re.compile(r"\d+ selected"))).to_be_visible()


def test_views_are_arranged_by_keyboard_and_deleted_with_undo(agent: Page, shelf: list[Ticket]):
    """§1.3: Alt and arrows move a view, in the menu too; a deleted one comes back with Z."""
    agent.goto("/inbox/all")
    names = agent.locator(".vi .clip")
    expect(names.first).to_have_text("My queue")
    agent.locator(".vi", has_text="My queue").focus()
    with agent.expect_response("**/api/v1/views/order"):
        agent.keyboard.press("Alt+ArrowDown")
    expect(names.nth(1)).to_have_text("My queue")
    agent.reload()
    expect(names.nth(1)).to_have_text("My queue")
    agent.locator(".vi", has_text="My queue").focus()
    agent.keyboard.press("Alt+ArrowUp")
    expect(names.first).to_have_text("My queue")

    agent.get_by_role("button", name="New view").click()
    agent.get_by_label("Name", exact=True).fill("Only for a moment")
    agent.get_by_role("button", name="Condition", exact=True).click()
    agent.get_by_role("button", name="Group", exact=True).click()
    expect(agent.get_by_role("group", name="Any of the following, level 2")).to_be_visible()
    agent.get_by_role("button", name="Save view").click()
    agent.wait_for_url("**/inbox/only-for-a-moment*")
    saved = View.objects.get(slug="only-for-a-moment")
    assert saved.scope == "personal"
    assert [set(each) for each in saved.conditions["all"]] == [
        {"field", "operator", "value"},
        {"any"},
    ]
    agent.locator(".vrow", has_text="Only for a moment").hover()
    agent.get_by_role("button", name="Actions for Only for a moment").click()
    agent.get_by_role("button", name="Delete view").click()
    expect(agent.get_by_role("link", name=re.compile("Only for a moment"))).to_have_count(0)
    wait_until(lambda: not View.objects.filter(slug="only-for-a-moment").exists(), "its end")
    agent.keyboard.press("z")
    expect(agent.get_by_role("link", name=re.compile("Only for a moment"))).to_be_visible()


def test_search_finds_marks_and_opens(agent: Page, shelf: list[Ticket]):
    """§1.8: tabs with counts, marks around what was found, arrows and Enter."""
    agent.goto("/search?q=parcel+tag:vip+tag:shelf")
    expect(agent.get_by_role("tab", name=re.compile(r"Tickets 6"))).to_be_visible()
    expect(agent.locator("mark").first).to_be_visible()
    agent.get_by_role("combobox", name="Search").press("ArrowDown")
    expect(agent.locator(".hit").first).to_be_focused()
    agent.keyboard.press("ArrowDown")
    expect(agent.locator(".hit").nth(1)).to_be_focused()
    agent.keyboard.press("Enter")
    agent.wait_for_url(re.compile(r"/inbox/.*"))


def test_ten_thousand_rows_scroll_with_few_of_them_in_the_page(agent: Page, shelf: list[Ticket]):
    """UX 3: fewer than 60 rows in the page wherever it stands; the last row is reached and drawn."""
    first = shelf[0]
    top = Ticket.objects.order_by("-number").values_list("number", flat=True)[0]
    fields = ("organization", "customer", "channel", "channel_kind", "status", "snippet")
    Ticket.objects.bulk_create(
        [
            Ticket(
                **{name: getattr(first, name) for name in fields},
                number=top + 1 + index,
                subject=f"Row {index}",
                tags=["shelf"],
            )
            for index in range(10_000)
        ],
        batch_size=2_000,
    )
    agent.goto("/inbox/all?q=tag:shelf")
    grid = agent.get_by_role("grid", name="Tickets")
    expect(agent.locator(".trow[data-ticket]").first).to_be_visible()
    measured = agent.evaluate(
        """async () => {
          const box = document.querySelector('[role=grid]');
          const frames = []; let rows = 0; let before = performance.now();
          for (let step = 0; step < 200; step++) {
            box.scrollTop += 400;
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            frames.push(now - before); before = now;
            rows = Math.max(rows, document.querySelectorAll('.trow').length);
          }
          frames.sort((a, b) => a - b);
          return { rows, p50: frames[100], p99: frames[197] };
        }"""
    )
    assert measured["rows"] < 60
    grid.evaluate("box => { box.scrollTop = box.scrollHeight }")
    expect(agent.locator(f'.trow[data-ticket][aria-rowindex="{10_000}"]')).to_be_visible()
    assert agent.locator(".trow").count() < 60
    Ticket.objects.filter(subject__startswith="Row ").delete()
