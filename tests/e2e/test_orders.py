"""Orders as an agent sees and changes them, on a demo shop that can be slow and go wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from helpdesk.lib.clock import now
from integrations.commerce.actions import upsert_order
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData, OrderLineData, StoreCustomerData
from integrations.demo_store import till
from integrations.demo_store.models import ShopCall, ShopState
from tests.e2e.conftest import join
from tests.e2e.shop import Shop, Shopper, wait_until

ACTIONS = re.compile(r"/api/v1/orders/[^/]+/actions$")


@pytest.fixture
def behave(shop: Shop) -> Iterator[Callable[..., None]]:
    """``behave(slow_seconds=2)``, ``behave(trouble="refund_fails")``; well again afterwards."""

    def change(**config: Any) -> None:
        store = Store.objects.get(pk=shop.store.pk)
        store.config = {**store.config, "opened_at": now().isoformat(), **config}
        store.save(update_fields=["config"])

    change()
    yield change
    change(slow_seconds=0, trouble="none")


def placed(shop: Shop, shopper: Shopper, number: str) -> str:
    """A paid order of theirs that the demo shop knows, too: €63.90; returns its id."""
    at = now() - timedelta(hours=1)
    name = f"demo-{number}"
    order = OrderData(
        external_id=name,
        number=f"#{number}",
        placed_at=at,
        updated_at=at,
        currency="EUR",
        subtotal_minor=5900,
        shipping_minor=490,
        total_minor=6390,
        financial_status="paid",
        fulfillment_status="unfulfilled",
        customer=StoreCustomerData(
            shopper.address, at, name=shopper.name, emails=(shopper.address,)
        ),
        email=shopper.address,
        payment_method="Visa •4242",
        lines=(OrderLineData("Linen shirt Noor", 2, 2950, external_id=f"{name}-1"),),
    )
    ShopState.objects.create(
        store=shop.store, external_id=name, order=till.plain(order), updated_at=at
    )
    return str(upsert_order(shop.store, till.order_now(shop.store, name)).pk)


def asked(shop: Shop, name: str, number: str) -> tuple[dict[str, Any], str]:
    """Somebody writes about an order of theirs: the ticket and the order's id."""
    shopper = shop.shopper(name)
    order_id = placed(shop, shopper, number)
    shop.arrive(shopper, f"About {number}", f"Please cancel #{number}.")
    return shop.ticket_of(shopper), order_id


def card_of(page: Page, ticket: dict[str, Any], number: str) -> Locator:
    """The ticket is opened; its order's card, which can be acted on."""
    page.goto(f"/t/{ticket['number']}")
    card = page.get_by_role("article", name=f"Order #{number}")
    expect(card.get_by_role("button", name="Cancel order")).to_be_enabled()
    return card


def cancel_sheet(page: Page, card: Locator) -> Locator:
    card.get_by_role("button", name="Cancel order").click()
    sheet = page.get_by_role("dialog", name=re.compile("order #", re.IGNORECASE))
    expect(sheet.get_by_role("button", name="Cancel order and refund €63.90")).to_have_attribute(
        "aria-disabled", "false"
    )
    return sheet


def actions_on(shop: Shop, order_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.get("/order-actions", order=order_id)["results"]
    return found


def done_by_shop(order_number: str, step: str) -> int:
    """How often the shop did this to the order."""
    name = f"demo-{order_number}"
    return ShopCall.objects.filter(external_id=name, step=step, state="done").count()


def test_cancelling_says_what_happens_goes_on_behind_and_leaves_a_receipt(
    shop: Shop, agent: Page, behave: Callable[..., None]
):
    """UX 26, UX 27: effects and the exact refund; Enter alone does nothing; pending, then told."""
    ticket, order_id = asked(shop, "Mia Cancel", "90126")
    behave(slow_seconds=3)
    sheet = cancel_sheet(agent, card_of(agent, ticket, "90126"))
    effects = sheet.get_by_role("listitem")
    expect(effects.filter(has_text="Refund to Visa •4242")).to_contain_text("€63.90")
    expect(effects.filter(has_text="Items go back to stock")).to_contain_text("2 items")

    agent.keyboard.press("Enter")
    sheet.get_by_role("button", name="Cancel order and refund €63.90").press("Enter")
    expect(sheet.get_by_text("What will happen")).to_be_visible()
    assert actions_on(shop, order_id) == []

    agent.keyboard.press("Control+Enter")
    expect(sheet.get_by_text("You can leave.")).to_be_visible()
    sheet.get_by_role("button", name="Close, keep working").click()
    agent.keyboard.press("u")
    expect(agent).to_have_url(re.compile(r"/inbox/\w+$"))
    expect(agent.get_by_text("Order #90126 cancelled").first).to_be_visible()
    agent.goto(f"/t/{ticket['number']}")
    receipt = agent.get_by_role("feed").get_by_role("article", name="Order #90126 cancelled")
    expect(receipt).to_contain_text("€63.90")
    expect(receipt).to_contain_text("Ana Ferreira")
    (action,) = actions_on(shop, order_id)
    assert action["state"] == "done"
    assert (done_by_shop("90126", "cancel"), done_by_shop("90126", "refund")) == (1, 1)


def test_an_order_that_left_between_look_and_confirm_is_refused_with_the_difference(
    shop: Shop, agent: Page, behave: Callable[..., None]
):
    """UX 28: nothing changed, what differs, and what would help."""
    ticket, order_id = asked(shop, "Nora Late", "90128")
    sheet = cancel_sheet(agent, card_of(agent, ticket, "90128"))
    till.ask(shop.store, "demo-90128", "the-warehouse-was-faster", "ship", {})

    agent.keyboard.press("Control+Enter")
    expect(sheet.get_by_role("alert").filter(has_text="Nothing was changed.")).to_be_visible()
    expect(sheet.get_by_text("This changed since you looked")).to_be_visible()
    expect(sheet.get_by_role("definition").filter(has_text="Fulfilled").first).to_be_visible()
    assert actions_on(shop, order_id) == []
    assert done_by_shop("90128", "cancel") == 0
    sheet.get_by_role("button", name="Return label").click()
    expect(agent.get_by_role("dialog", name="Return label for #90128")).to_be_visible()


def test_what_failed_is_retried_once_and_a_lost_answer_is_never_sent_twice(
    shop: Shop, agent: Page, behave: Callable[..., None]
):
    """UX 29: cancelled, refund failed, Retry refunds once. UX 30: the line is cut after confirming."""
    ticket, _ = asked(shop, "Rita Retry", "90129")
    behave(trouble="refund_fails")
    sheet = cancel_sheet(agent, card_of(agent, ticket, "90129"))
    agent.keyboard.press("Control+Enter")
    retry = sheet.get_by_role("button", name="Retry refund of €63.90")
    expect(retry).to_be_visible()
    expect(sheet.get_by_text("Order cancelled")).to_be_visible()
    behave(trouble="none")
    retry.click()
    expect(sheet.get_by_text("Confirmed by the shop")).to_be_visible()
    assert (done_by_shop("90129", "cancel"), done_by_shop("90129", "refund")) == (1, 1)
    sheet.get_by_role("button", name="Insert in reply").click()
    expect(agent.get_by_role("textbox", name="Reply")).to_contain_text("#90129 is cancelled")

    ticket, order_id = asked(shop, "Lea Lost", "90130")
    sent: list[str] = []

    def swallow(route: Route) -> None:
        sent.append(route.request.post_data or "")
        route.fetch()
        route.abort("connectionfailed")

    sheet = cancel_sheet(agent, card_of(agent, ticket, "90130"))
    agent.route(ACTIONS, swallow)
    agent.keyboard.press("Control+Enter")
    expect(sheet.get_by_text("Confirmed by the shop")).to_be_visible()
    assert len(sent) == 1
    assert len(actions_on(shop, order_id)) == 1
    assert done_by_shop("90130", "refund") == 1


def test_two_agents_do_it_once_and_above_the_limit_another_approves(
    shop: Shop, agent: Page, browser: Browser, behave: Callable[..., None],
    new_agent: Callable[..., Page],
):  # fmt: skip
    """UX 31: the second sees who was faster. UX 32: asked, approved on the same sheet, both named."""
    bo = new_agent(storage_state=join(shop, browser, "bo@orders.example", "Bo Orders")["state"])
    ticket, order_id = asked(shop, "Ida Both", "90131")
    mine = cancel_sheet(agent, card_of(agent, ticket, "90131"))
    theirs = cancel_sheet(bo, card_of(bo, ticket, "90131"))
    behave(slow_seconds=600)
    agent.keyboard.press("Control+Enter")
    expect(mine.get_by_text("You can leave.")).to_be_visible()
    wait_until(lambda: actions_on(shop, order_id), "the first action")
    bo.keyboard.press("Control+Enter")
    expect(theirs.get_by_text(re.compile("Ana Ferreira started this .* ago"))).to_be_visible()
    assert len(actions_on(shop, order_id)) == 1
    behave(slow_seconds=0)

    limits = [{"currency": "EUR", "per_action_minor": 5000, "per_day_minor": None}]
    assert shop.call("PUT", "/order-limits", {"role": "agent", "kinds": None, "limits": limits})[0] == 200  # fmt: skip
    ticket, order_id = asked(shop, "Olga Over", "90132")
    card = card_of(bo, ticket, "90132")
    card.get_by_role("button", name="Refund").click()
    sheet = bo.get_by_role("dialog")
    expect(sheet.get_by_text("You can do up to €50.00 alone.")).to_be_visible()
    sheet.get_by_label("Note for the approver").fill("Torn in two places")
    sheet.get_by_role("button", name="Request approval").click()
    expect(sheet.get_by_text("Waiting for approval")).to_be_visible()
    assert done_by_shop("90132", "refund") == 0

    agent.goto("/approvals")
    agent.get_by_role("button", name=re.compile("Refund €63.90.*Bo Orders")).click()
    approval = agent.get_by_role("dialog")
    expect(approval.get_by_text("Torn in two places")).to_be_visible()
    approval.get_by_role("button", name="Approve: Refund €63.90").click()
    expect(approval.get_by_text("Confirmed by the shop")).to_be_visible()
    expect(sheet.get_by_text("Confirmed by the shop")).to_be_visible()
    assert done_by_shop("90132", "refund") == 1
    bo.goto(f"/t/{ticket['number']}")
    receipt = bo.get_by_role("feed").get_by_role("article", name="Order #90132 refunded")
    expect(receipt).to_contain_text("Bo Orders")
    expect(receipt).to_contain_text("Approved by Ana Ferreira")
    shop.call("PUT", "/order-limits", {"role": "agent", "kinds": None, "limits": []})


def test_offline_nothing_can_be_begun_and_any_order_is_found_and_tied_to_the_ticket(
    shop: Shop, agent: Page, behave: Callable[..., None]
):
    """UX 33: buttons off with the reason, nothing queues. Search, picking, and a shop that is away."""
    ticket, order_id = asked(shop, "Zoe Offline", "90133")
    placed(shop, shop.shopper("Somebody Else"), "90134")
    card = card_of(agent, ticket, "90133")
    agent.get_by_role("button", name="Find an order").click()
    agent.get_by_role("combobox", name=re.compile("Number, email")).fill("90134")
    agent.get_by_role("option", name=re.compile("#90134")).click()
    found = agent.get_by_role("dialog", name="Order #90134")
    found.get_by_role("button", name="Use for this ticket").click()
    expect(agent.get_by_text("Not an order of Zoe Offline")).to_be_visible()
    wait_until(lambda: shop.get(f"/tickets/{ticket['id']}")["ticket"]["order_id"], "the order")

    behave(trouble="away")
    card.get_by_role("button", name="Cancel order").click()
    sheet = agent.get_by_role("dialog")
    expect(sheet.get_by_text("can’t be asked now")).to_be_visible()
    sheet.get_by_role("button", name="Close").last.click()
    behave(trouble="none")

    sheet = cancel_sheet(agent, card)
    agent.context.set_offline(True)
    expect(sheet.get_by_text("You’re offline.")).to_be_visible()
    agent.keyboard.press("Control+Enter")
    confirm = sheet.get_by_role("button", name="Cancel order and refund €63.90")
    expect(confirm).to_have_attribute("aria-disabled", "true")
    agent.keyboard.press("Escape")
    button = card.get_by_role("button", name="Cancel order")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", re.compile("offline"))
    agent.context.set_offline(False)
    expect(button).to_have_attribute("aria-disabled", "false")
    assert actions_on(shop, order_id) == []
