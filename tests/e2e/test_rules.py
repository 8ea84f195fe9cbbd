"""The rule builder: from the gallery to a rule that acts, tried and explained (UX 46–49)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from integrations.commerce.ledger.models import OrderAction
from tests.e2e.shop import Shop, wait_until


@pytest.fixture
def own_rules(shop: Shop) -> Iterator[None]:
    """The rules of a test are gone after it: the other tests share the shop."""
    before = {each["id"] for each in shop.get("/rules")["results"]}
    yield
    for rule in shop.get("/rules")["results"]:
        if rule["id"] not in before:
            assert shop.call("DELETE", f"/rules/{rule['id']}")[0] == 204


@pytest.mark.usefixtures("own_rules")
def test_a_template_is_changed_tested_published_and_explains_itself(shop: Shop, agent: Page):
    """UX 46, 49: no message leaves in a test, a miss says why, a run is explained."""
    other = shop.shopper("Olga Other")
    shop.arrive(other, "Robe", "Is the linen robe in stock in size M?")
    quiet = shop.ticket_of(other)
    agent.goto("/automations/rules")
    agent.get_by_role("button", name="Templates").click()
    agent.get_by_role("button", name="Use template: Urgent cancellation").click()
    expect(agent.get_by_label("Name of the rule")).to_have_value("Urgent cancellation")
    name = f"Urgent {other.address[:12]}"
    agent.get_by_label("Name of the rule").fill(name)
    field = agent.get_by_label("Add a tag").first
    field.fill("storno")
    field.press("Enter")
    expect(agent.get_by_text("add tags: cancellation, urgent, storno")).to_be_visible()
    expect(agent.get_by_text("Draft saved")).to_be_visible()

    sent, acted = len(shop.sink.mails), OrderAction.objects.count()
    panel = agent.get_by_role("complementary", name="Test")
    panel.get_by_role("button", name="Run the test").click()
    expect(panel).to_contain_text("would match")
    panel.get_by_role("button", name="Why not").click()
    panel.get_by_role("button", name=re.compile(f"#{quiet['number']}\\b")).click()
    expect(panel.locator("li.first")).to_contain_text("was:")
    assert (len(shop.sink.mails), OrderAction.objects.count()) == (sent, acted)
    assert shop.get(f"/tickets/{quiet['id']}")["ticket"]["tags"] == []

    agent.get_by_role("button", name="Publish v1").click()
    dialog = agent.get_by_role("dialog", name="Publish v1")
    dialog.get_by_label("What changed").fill("Czech word too")
    dialog.get_by_role("button", name="Publish v1").click()
    expect(agent.get_by_text("v1 is live")).to_be_visible()

    petra = shop.shopper("Petra Nováková")
    shop.order(petra, number := petra.address[6:12])
    shop.arrive(petra, "Storno", f"Dobrý den, prosím zrušte moji objednávku #{number}. Děkuji.")
    ticket = shop.ticket_of(petra)
    wait_until(
        lambda: "storno" in shop.get(f"/tickets/{ticket['id']}")["ticket"]["tags"],
        "the rule that tags the Czech cancellation",
    )
    agent.goto(f"/inbox/all/{ticket['id']}")
    line = agent.get_by_text(re.compile(f"^Rule {name}: Add tags"))
    line.get_by_role("button", name="Why").click()
    sheet = agent.get_by_role("dialog", name=name)
    expect(sheet).to_contain_text("was: cancel_order")
    sheet.get_by_role("link", name="Open the rule").click()
    expect(agent.get_by_label("Name of the rule")).to_have_value(name)
    agent.get_by_role("button", name="Runs", exact=True).click()
    agent.get_by_role("dialog", name="Runs").get_by_role(
        "button", name=f"#{ticket['number']}"
    ).click()
    expect(agent.get_by_role("dialog", name="Runs")).to_contain_text("was: cancel_order")


def test_conditions_are_built_with_the_keyboard_and_the_sentence_follows(shop: Shop, agent: Page):
    """UX 48: groups are named by level, rows move by Alt and arrows, a wrong row says so."""
    agent.goto("/automations/rules")
    agent.get_by_role("button", name="New rule").click()
    expect(agent.get_by_text("Without conditions it runs each time.")).to_be_visible()
    outer = agent.get_by_role("group", name="All of the following, level 1")
    outer.get_by_role("button", name="Condition").press("Enter")
    outer.get_by_label("Field").select_option("ticket.subject")
    outer.get_by_label("Comparison").select_option("contains")
    value = outer.get_by_label("Value", exact=True)
    value.fill("robe")
    expect(agent.get_by_text("When something happens, and subject contains “robe”")).to_be_visible()
    outer.get_by_label("Comparison").press("Alt+ArrowRight")
    inner = agent.get_by_role("group", name="Any of the following, level 2")
    expect(inner.get_by_label("Value", exact=True)).to_have_value("robe")
    inner.get_by_label("Comparison").press("Alt+ArrowLeft")
    expect(inner).to_have_count(0)
    outer.get_by_label("Comparison").select_option("matches")
    value.fill("(")
    expect(outer.get_by_role("alert")).to_be_visible()
    expect(agent.get_by_text("Not saved: correct what is marked")).to_be_visible()
    value.fill("robe|gown")
    expect(agent.get_by_text("Draft saved")).to_be_visible()
    agent.get_by_role("button", name="Discard").click()
    expect(agent.get_by_text("Pick a rule to see what it does.")).to_be_visible()
