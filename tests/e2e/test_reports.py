"""The reports: one journey from the figure to the ticket behind it and to the file (UX 50)."""

from __future__ import annotations

import csv
import io
import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.shop import ADMIN_EMAIL, Shop, wait_until
from tests.services.smtp_sink import ReceivedMail

FIGURES = re.compile(r"/api/v1/reports/\w+/figures")


@pytest.fixture
def tag(shop: Shop) -> str:
    """Two tickets of the day with a tag that no other ticket has; the reports know them."""
    name = f"report-{uuid.uuid4().hex[:8]}"
    shopper = shop.shopper("Rita Report")
    shop.arrive(shopper, "Where is my robe?", "It should have been here on Friday.")
    shop.arrive(shopper, "The cover has a hole", "Please send me another one.")
    wait_until(lambda: len(shop.find_tickets(shopper)) == 2, "two tickets")
    for ticket in shop.find_tickets(shopper):
        assert shop.call("PATCH", f"/tickets/{ticket['id']}", {"tags": [name]})[0] == 200
    wait_until(lambda: created(shop, name) == 2, "the figures of the two tickets")
    return name


def created(shop: Shop, tag: str) -> int:
    """How many tickets with this tag the overview counts."""
    told = shop.get("/reports/overview/figures", tag=tag)
    return next(tile["value"] for tile in told["tiles"] if tile["key"] == "created")


def test_a_report_is_narrowed_opened_and_taken_along(shop: Shop, agent: Page, tag: str):
    """UX 50: range, compare, filter, drill to a ticket, table, CSV equals screen, empty, error."""
    agent.goto("/reports/overview")
    tile = agent.get_by_role("group", name="Tickets created")
    agent.get_by_role("button", name="Tag", exact=True).click()
    agent.get_by_role("combobox", name="Tag").fill(tag)
    agent.get_by_role("option", name=tag).click()
    expect(agent).to_have_url(re.compile(f"tag={tag}"))
    expect(tile.locator(".kpi")).to_contain_text("2")

    agent.get_by_role("button", name=re.compile("^Period:")).click()
    agent.get_by_role("button", name="Last 7 days").click()
    expect(agent).to_have_url(re.compile("range=7d"))
    compare = agent.get_by_role("button", name="vs previous 7 days")
    expect(compare).to_have_attribute("aria-pressed", "true")
    expect(tile).to_contain_text("up 2")
    compare.click()
    expect(agent).to_have_url(re.compile("compare=0"))
    expect(tile).not_to_contain_text("up 2")
    agent.go_back()
    expect(compare).to_have_attribute("aria-pressed", "true")

    # The same figures as a table, and the file has what the table says.
    volume = agent.get_by_role("region", name="Tickets per day")
    expect(volume.get_by_role("slider")).to_have_attribute(
        "aria-valuetext", re.compile("created 2")
    )
    volume.get_by_role("button", name="View as table").click()
    expect(agent).to_have_url(re.compile("table=volume"))
    table = volume.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(8)
    shown = [cell.strip() for cell in table.locator("tbody tr td:nth-of-type(1)").all_inner_texts()]
    agent.get_by_role("button", name="Export CSV").click()
    with agent.expect_download() as download:
        agent.get_by_role("list", name="Export CSV").get_by_role(
            "button", name="Tickets per day"
        ).click()
    rows = read_csv(download.value.path())
    assert rows[0][:2] == ["volume", "created"]
    assert [row[1] for row in rows[1:]] == shown
    assert sum(int(cell) for cell in shown) == 2

    # From the figure to its tickets, to one of them, and back.
    tile.get_by_role("button", name=re.compile("Show the tickets")).click()
    sheet = agent.get_by_role("dialog", name="Tickets created")
    expect(sheet.get_by_role("listitem")).to_have_count(2)
    expect(sheet).to_contain_text("Rita Report")
    address = agent.url
    sheet.get_by_role("link", name=re.compile("Where is my robe")).click()
    expect(agent.get_by_role("heading", name="Where is my robe?")).to_be_visible()
    agent.go_back()
    expect(sheet).to_be_visible()
    assert agent.url == address
    agent.keyboard.press("Escape")
    expect(sheet).to_be_hidden()

    # Nothing in the period, and no answer at all.
    agent.goto(f"/reports/overview?from=2020-01-01&to=2020-01-07&tag={tag}")
    expect(agent.get_by_text("Nothing matches these filters.")).to_be_visible()
    agent.route(FIGURES, refuse)
    agent.goto("/reports/overview")
    expect(agent.get_by_role("alert")).to_contain_text("The report didn’t load")
    agent.unroute(FIGURES)
    agent.get_by_role("button", name="Try again").click()
    expect(tile).to_be_visible()


def test_a_report_comes_by_mail_until_it_is_stopped(shop: Shop, agent: Page):
    """A schedule is made, sent now, and left again by the link in its mail."""
    agent.goto("/reports/overview?hours=business")
    agent.get_by_role("button", name="By mail").click()
    sheet = agent.get_by_role("dialog", name="Reports by mail")
    expect(sheet.get_by_text("No report comes by mail yet.")).to_be_visible()
    sheet.get_by_role("button", name="Send “Overview” by mail").click()
    expect(sheet.get_by_text("With the filters that are set now.")).to_be_visible()
    sheet.get_by_label("How often").select_option("daily")
    sheet.get_by_label("At", exact=True).select_option("7")
    sheet.get_by_role("button", name="Save").click()
    row = sheet.get_by_role("listitem").filter(has_text="Every day at 07:00")
    expect(row).to_contain_text("Business hours")
    row.get_by_role("button", name="Send me “Overview” now").click()
    wait_until(lambda: report_mails(shop) != [], "the report")
    mail = report_mails(shop)[0].message
    assert str(mail["Subject"]).startswith("Overview, ")
    body = mail.get_body(("plain",))
    assert body is not None
    stop = re.search(r"/reports/overview\?mails=[0-9a-f-]{36}", body.get_content())
    assert stop is not None

    agent.goto(stop[0])
    row.get_by_role("button", name="Stop sending it to me").click()
    expect(sheet.get_by_text("No report comes by mail yet.")).to_be_visible()
    assert shop.get("/reports/schedules")["results"] == []


def report_mails(shop: Shop) -> list[ReceivedMail]:
    """The reports that were sent to the admin."""
    return [
        each
        for each in shop.sink.mails
        if each.recipients == [ADMIN_EMAIL] and "Overview," in str(each.message["Subject"])
    ]


def refuse(route: Route) -> None:
    """A server that is out of order."""
    route.fulfill(status=503, json={"title": "Down", "status": 503, "detail": "Down for a moment."})


def read_csv(path: Path) -> list[list[str]]:
    """The rows of a file that was downloaded."""
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
