"""Where two parts of the app meet: the list and its bulk actions, settings and what obeys them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from helpdesk.accounts.models import Organization
from tests.e2e.shop import Shop, wait_until
from tests.factories import make_channel, make_customer, receive_mail
from tickets.actions.tags import change_tags
from tickets.models import Channel, Ticket


@pytest.fixture(scope="module")
def crowd(shop: Shop) -> list[Ticket]:
    """More open tickets than the first page of a list has, with a tag of this module."""
    organization = Organization.objects.get()
    channel = Channel.objects.filter(slug="help").first() or make_channel(organization)
    customer = make_customer(organization, "crowd@posteo.example", "Crowd")
    tickets = []
    for index in range(56):
        ticket = receive_mail(channel, f"Crowd {index}", customer=customer).ticket
        change_tags(ticket.pk, add=["crowd"])
        tickets.append(ticket)
    return tickets


def urgent() -> int:
    return Ticket.objects.filter(tags__contains=["crowd"], priority="urgent").count()


def press_in_one_moment(page: Page, *keys: str) -> None:
    """Keys that come before the page has drawn what the one before them did."""
    page.evaluate(
        """keys => {
          for (const key of keys)
            document.activeElement.dispatchEvent(new KeyboardEvent(
              'keydown',
              {key, shiftKey: key !== key.toLowerCase(), bubbles: true, cancelable: true},
            ));
        }""",
        list(keys),
    )


def test_a_whole_query_is_acted_on_from_the_bar_and_z_takes_it_back(
    agent: Page, crowd: list[Ticket]
):
    """UX 10: "select all 56" acts on what was never loaded, asks first, clears, and Z restores."""

    def refuse(route: Route) -> None:
        route.abort()

    agent.route(re.compile(r"/api/v1/tickets\?.*after="), refuse)
    agent.goto("/inbox/all?q=tag:crowd")
    expect(agent.locator(".trow[data-ticket]").first).to_be_visible()
    agent.keyboard.press("ControlOrMeta+a")
    expect(agent.get_by_role("heading", name="50 selected")).to_be_visible()
    agent.get_by_role("button", name=re.compile("all 56")).click()
    expect(agent.get_by_role("heading", name="56 selected")).to_be_visible()

    agent.keyboard.press("p")
    agent.get_by_role("option", name="Urgent").click()
    sheet = agent.get_by_role("dialog")
    expect(sheet.get_by_text("This changes 56 tickets.")).to_be_visible()
    sheet.locator(".btn.pri").click()
    expect(agent.get_by_text("56 tickets changed")).to_be_visible()
    expect(agent.get_by_role("heading", name=re.compile("selected"))).to_have_count(0)
    assert urgent() == 56

    agent.keyboard.press("z")
    expect(agent.get_by_text("56 tickets are as before")).to_be_visible()
    assert urgent() == 0


def test_what_was_picked_and_snoozed_is_picked_no_longer(
    shop: Shop, agent: Page, crowd: list[Ticket]
):
    """UX 10, 24: after a bulk snooze the selection is empty; a deleted ticket leaves it at once."""
    agent.goto("/inbox/all?q=tag:crowd")
    first = agent.locator(".trow[data-ticket]").first
    expect(first).to_be_visible()
    first.focus()
    press_in_one_moment(agent, "x", "J", "J")
    expect(agent.get_by_role("heading", name="3 selected")).to_be_visible()
    gone = str(first.get_attribute("data-ticket"))
    assert shop.call("PATCH", f"/tickets/{gone}", {"status": "trash"})[0] == 200
    assert shop.call("DELETE", f"/tickets/{gone}")[0] == 204
    expect(agent.get_by_role("heading", name="2 selected")).to_be_visible()
    agent.keyboard.press("h")
    agent.get_by_role("combobox", name="Until when").fill("tomorrow")
    agent.keyboard.press("Enter")
    expect(agent.get_by_role("heading", name=re.compile("selected"))).to_have_count(0)
    wait_until(
        lambda: Ticket.objects.filter(tags__contains=["crowd"], status="snoozed").count() == 2,
        "the snoozed tickets",
    )


def test_a_mailbox_is_connected_checked_and_renamed_in_settings(shop: Shop, agent: Page):
    """Connect email by the form: the servers are kept without passwords, and the check is honest."""
    mailbox = shop.dovecot.new_mailbox("second@shop.example")
    agent.goto("/settings/channels/new?kind=email")
    agent.get_by_label("Sender name").fill("Second")
    agent.get_by_label("Address").fill("second@shop.example")
    agent.get_by_label("Incoming mail").fill("http://nonsense")
    agent.get_by_role("button", name="Save").click()
    expect(agent.get_by_role("alert")).to_have_text(re.compile("Write imaps://"))
    agent.get_by_label("Incoming mail").fill(mailbox.imap_url)
    agent.get_by_label("Outgoing mail").fill(shop.sink.url)
    agent.get_by_role("button", name="Save").click()
    agent.wait_for_url(re.compile(r"/settings/channels/[0-9a-f-]{36}"))
    agent.get_by_role("button", name="Check now").click()
    expect(agent.get_by_text("The channel answered.")).to_be_visible()
    channel = Channel.objects.get(address="second@shop.example")
    assert channel.config["imap"].startswith("imap")
    assert channel.config["smtp"]

    agent.get_by_label("Sender name").fill("Second desk")
    agent.get_by_role("button", name="Save").first.click()
    expect(agent.get_by_role("heading", name="Second desk")).to_be_visible()
    agent.get_by_label("Outgoing mail").fill("smtp://nobody@127.0.0.1:1")
    agent.get_by_role("button", name="Save").first.click()
    expect(agent.get_by_placeholder("smtp://nobody@127.0.0.1:1")).to_be_visible()
    agent.get_by_role("button", name="Check now").click()
    expect(agent.get_by_text("The channel answered.")).to_have_count(0)
    channel.refresh_from_db()
    assert (channel.name, channel.config["smtp"]) == ("Second desk", "smtp://nobody@127.0.0.1:1")
    shop.call("PATCH", f"/channels/{channel.pk}", {"is_active": False})


def test_a_setting_of_the_shop_reaches_a_colleague_and_senders_are_blocked(
    shop: Shop, new_agent: Callable[..., Page]
):
    """Settings › Shop is live on another open page; Settings › Blocked senders, with undo by Z."""
    mine, theirs = new_agent(), new_agent()
    theirs.goto("/settings/shop")
    days = theirs.get_by_label(re.compile("^Reopen for"))
    expect(days).to_have_value("14")
    mine.goto("/settings/shop")
    field = mine.get_by_label(re.compile("^Reopen for"))
    field.fill("30")
    field.press("Tab")
    expect(days).to_have_value("30")
    assert Organization.objects.get().reopen_within_days == 30

    mine.goto("/settings/senders")
    value = mine.get_by_label("Address or domain")
    value.fill("@gmail.com")
    mine.get_by_role("button", name="Block", exact=True).click()
    expect(mine.get_by_role("alert")).to_have_text(re.compile("Many of your customers"))
    value.fill("@junk.example")
    mine.get_by_role("button", name="Block", exact=True).click()
    expect(mine.get_by_text("@junk.example", exact=True)).to_be_visible()
    mine.get_by_role("button", name="Unblock @junk.example").click()
    expect(mine.get_by_text("Nobody is blocked.")).to_be_visible()
    mine.keyboard.press("z")
    expect(mine.get_by_role("button", name="Unblock @junk.example")).to_be_visible()
