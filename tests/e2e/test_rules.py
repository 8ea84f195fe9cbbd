"""The rule builder: from the gallery to a rule that acts, tried and explained (UX 46–49)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from automation.rules.definition import NAMES
from helpdesk.events.models import Event
from integrations.commerce.ledger.models import OrderAction
from tests.e2e.shop import Shop, wait_until


@pytest.fixture
def own_rules(shop: Shop) -> Iterator[None]:
    """Rules are as before after a test: the other tests share the shop."""
    before = {each["id"]: each for each in shop.get("/rules")["results"]}
    yield
    for rule in shop.get("/rules")["results"]:
        was = before.get(rule["id"])
        if was is None:
            assert shop.call("DELETE", f"/rules/{rule['id']}")[0] == 204
        elif was["live_version"] != rule["live_version"]:
            said = {name: was[name] for name in NAMES if name not in ("actions", "else_actions")}
            for name in ("actions", "else_actions"):
                said[name] = [{key: each[key] for key in ("type", "params")} for each in was[name]]
            assert shop.call("PATCH", f"/rules/{rule['id']}", said)[0] == 200
        elif rule["draft"]:
            assert shop.call("DELETE", f"/rules/{rule['id']}/draft")[0] == 200


@pytest.mark.usefixtures("own_rules")
def test_a_template_is_changed_tested_published_and_explains_itself(shop: Shop, agent: Page):
    """UX 46, 49: no message leaves in a test, a miss says why, a run is explained.

    The rule that the shop has already is what the template changes: no two rules do the same.
    """
    other = shop.shopper("Olga Other")
    shop.arrive(other, "Robe", "Is the linen robe in stock in size M?")
    quiet = shop.ticket_of(other)
    agent.goto("/automations/rules")
    agent.get_by_role("button", name="Templates").click()
    gallery = agent.get_by_role("dialog", name="Templates")
    expect(gallery).to_contain_text("You have this rule: “Urgent cancellation”")
    gallery.get_by_role("button", name="Use as a draft: Urgent cancellation").click()
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

    agent.get_by_role("button", name="Publish v2").click()
    dialog = agent.get_by_role("dialog", name="Publish v2")
    dialog.get_by_label("What changed").fill("Czech word too")
    dialog.get_by_role("button", name="Publish v2").click()
    expect(agent.get_by_text("v2 is live")).to_be_visible()

    ticket, seconds = _czech_cancellation(shop, name)
    if seconds > 2:  # another test may have had the processor just then
        ticket, seconds = min(
            (_czech_cancellation(shop, name) for _ in range(2)), key=lambda found: found[1]
        )
    assert seconds <= 2
    agent.goto(f"/inbox/all/{ticket['id']}")
    line = agent.get_by_text(re.compile(f"^Rule {name}: Add tags"))
    line.get_by_role("button", name="Why").click()
    sheet = agent.get_by_role("dialog", name=name)
    expect(sheet).to_contain_text("was: Cancel order")
    sheet.get_by_role("link", name="Open the rule").click()
    expect(agent.get_by_label("Name of the rule")).to_have_value(name)
    agent.get_by_role("button", name="Runs", exact=True).click()
    agent.get_by_role("dialog", name="Runs").get_by_role(
        "button", name=f"#{ticket['number']}"
    ).click()
    expect(agent.get_by_role("dialog", name="Runs")).to_contain_text("was: Cancel order")


def _czech_cancellation(shop: Shop, rule_name: str) -> tuple[dict[str, Any], float]:
    """A ticket that the rule tags, and how long after the mail came in."""
    petra = shop.shopper("Petra Nováková")
    shop.order(petra, number := petra.address[6:12])
    shop.arrive(petra, "Storno", f"Dobrý den, prosím zrušte moji objednávku #{number}. Děkuji.")
    ticket = shop.ticket_of(petra)
    wait_until(
        lambda: "storno" in shop.get(f"/tickets/{ticket['id']}")["ticket"]["tags"],
        "the rule that tags the Czech cancellation",
    )
    events = Event.objects.filter(ticket_id=ticket["id"])
    came = events.get(type="message.received").at
    tagged = events.filter(type="ticket.tagged", actor__name=rule_name).order_by("seq").first()
    assert tagged is not None
    return ticket, (tagged.at - came).total_seconds()


@pytest.mark.usefixtures("own_rules")
def test_a_rule_that_writes_to_customers_is_tried_before_it_is_published(shop: Shop, agent: Page):
    """UX 47: the button says what is missing, does it, and publishing is refused until then."""
    sent = len(shop.sink.mails)
    agent.goto("/automations/rules")
    agent.get_by_role("button", name="Templates").click()
    agent.get_by_role("button", name="Use template: Return request").click()
    expect(agent.get_by_label("Name of the rule")).to_have_value("Return request")
    expect(agent.get_by_role("button", name="Test first")).to_be_visible()
    expect(agent.get_by_role("button", name="Publish v1")).to_have_count(0)
    rule_id = agent.url.rpartition("/")[2]
    status, problem = shop.call("POST", f"/rules/{rule_id}/publish", {})
    assert (status, problem["code"]) == (409, "test_first")

    agent.get_by_role("complementary", name="Test").get_by_role(
        "button", name="Run the test"
    ).click()
    expect(agent.get_by_role("button", name="Publish v1")).to_be_visible()
    agent.get_by_label("Stop later rules").check()
    expect(agent.get_by_role("button", name="Test first")).to_be_visible()
    assert shop.get(f"/rules/{rule_id}")["live_version"] == 0
    assert len(shop.sink.mails) == sent


def test_conditions_are_built_with_the_keyboard_and_the_sentence_follows(shop: Shop, agent: Page):
    """UX 48: groups are named by level, rows move by Alt and arrows, a wrong row says so."""
    agent.goto("/automations/rules")
    agent.get_by_role("button", name="New rule").click()
    expect(agent.get_by_text("Without conditions it runs each time.")).to_be_visible()
    outer = agent.get_by_role("group", name="All of the following, level 1")
    outer.get_by_role("button", name="Condition", exact=True).press("Enter")
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
    outer.get_by_role("button", name="Try it").click()
    trial = agent.get_by_role("dialog", name="Try it")
    trial.get_by_label("A text to try the pattern on").fill("A linen ROBE in size M")
    expect(trial.locator("mark")).to_have_text("ROBE")
    agent.keyboard.press("Escape")
    expect(trial).to_have_count(0)

    outer.get_by_role("button", name="Condition", exact=True).press("Enter")
    fields = outer.get_by_label("Field")
    expect(fields).to_have_count(2)
    expect(fields.last).to_be_focused()
    fields.last.select_option("ticket.priority")
    fields.last.press("Alt+ArrowUp")
    expect(fields.first).to_have_value("ticket.priority")
    expect(fields.first).to_be_focused()
    moved = "Priority is: 1 of 2 in All of the following, level 1"
    expect(agent.get_by_role("status").filter(has_text=moved)).to_have_count(1)
    fields.first.press("Alt+ArrowUp")
    expect(
        agent.get_by_role("status").filter(has_text="Priority is cannot move there.")
    ).to_have_count(1)
    expect(agent.get_by_text("Draft saved")).to_be_visible()
    agent.get_by_role("button", name="Discard").click()
    expect(agent.get_by_text("Pick a rule to see what it does.")).to_be_visible()


AS_TEXT = """aftercare_automation: 1
rules:
- name: {name}
  triggers: [message.received]
  conditions:
    all:
    - field: message.text
      operator: {operator}
      value: heirloom
  actions:
  - type: set_priority
    params: {{priority: high}}
"""


@pytest.mark.usefixtures("own_rules")
def test_automation_goes_out_as_text_and_a_checked_text_comes_in_as_drafts(shop: Shop, agent: Page):
    """A wrong line is named and shown; a rehearsal changes nothing; what comes in is a draft."""
    name = f"Heirloom {shop.shopper('Text').address[:12]}"
    agent.goto("/automations/exchange")
    said = agent.get_by_role("textbox", name="Your automation as text")
    expect(said).to_have_value(re.compile(r"^aftercare_automation: 1$", re.MULTILINE))
    expect(said).to_have_value(re.compile("name: Urgent cancellation"))

    agent.get_by_role("link", name="Import", exact=True).click()
    field = agent.get_by_role("textbox", name="Text to import")
    field.fill(AS_TEXT.format(name=name, operator="resembles"))
    agent.get_by_role("button", name="Check the text").click()
    agent.get_by_role("button", name="Line 8").click()
    expect(field).to_be_focused()
    assert field.evaluate("it => it.value.slice(it.selectionStart, it.selectionEnd)") == (
        "      operator: resembles"
    )

    field.fill(AS_TEXT.format(name=name, operator="contains"))
    expect(agent.get_by_role("button", name="Line 8")).to_have_count(0)
    agent.get_by_role("button", name="Check the text").click()
    expect(agent.get_by_text("New: 1 · changed: 0 · the same: 0")).to_be_visible()
    assert name not in [each["name"] for each in shop.get("/rules")["results"]]
    agent.get_by_role("button", name="Import 1 change").click()
    agent.get_by_role("link", name=f"Open: {name}").click()
    expect(agent.get_by_label("Name of the rule")).to_have_value(name)
    expect(agent.get_by_text("Not published yet")).to_be_visible()
    (rule,) = [each for each in shop.get("/rules")["results"] if each["name"] == name]
    assert (rule["live_version"], rule["mode"]) == (0, "off")


@pytest.mark.usefixtures("own_rules")
def test_a_rule_that_waits_is_seen_on_the_ticket_and_can_be_taken_back(shop: Shop, agent: Page):
    """What waits is named with its moment; taken back, it waits no more, for everybody."""
    shopper = shop.shopper("Tina Timer")
    name = f"Nudge {shopper.address[:12]}"
    rule = {
        "name": name,
        "triggers": ["no_reply"],
        "wait": {"after": "3h", "since": "customer_message"},
        "conditions": {},
        "actions": [{"type": "set_priority", "params": {"priority": "high"}}],
    }
    assert shop.call("POST", "/rules", rule)[0] == 201
    shop.arrive(shopper, "Robe", "Is the linen robe in stock in size M?")
    ticket = shop.ticket_of(shopper)

    def waiting() -> list[str]:
        timers = shop.get(f"/tickets/{ticket['id']}")["ticket"]["timers"]
        return [each["name"] for each in timers]

    wait_until(lambda: name in waiting(), "the timer on the ticket")
    agent.goto(f"/inbox/all/{ticket['id']}")
    timers = agent.get_by_role("list", name="Rules that wait on this ticket")
    expect(timers).to_contain_text(f"Waits: {name} runs at")
    timers.get_by_role("button", name=f"Don’t run: {name}").click()
    expect(timers.get_by_text(name)).to_have_count(0)
    wait_until(lambda: name not in waiting(), "the timer taken back")
