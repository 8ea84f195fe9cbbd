"""The chat widget in shops' pages: UX 51-53 and 55-57."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect

from tests.e2e.shop import Shop, wait_until
from tests.e2e.widget_host import HOSTILE_CSS, HostPage, HostShop, strict_policy

WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) shifted += each.value;
})
  .observe({ type: 'layout-shift', buffered: true });
"""


@dataclass
class Site:
    """A chat site of the shop, a merchant's server with pages that carry it, and its secret."""

    id: str
    secret: str
    host: HostShop

    def identity(self, email: str, *, secret: str = "", seconds: int = 300) -> str:
        """What the merchant's server signs for a signed-in shopper."""
        ends = int(time.time()) + seconds
        claims = {
            "sub": email, "email": email, "name": "Mia Laurent", "aud": self.id,
            "iat": ends - 600, "exp": ends,
        }  # fmt: skip
        signed = ".".join(_packed(json.dumps(each)) for each in ({"alg": "HS256"}, claims))
        key = (secret or self.secret).encode()
        mark = hmac.new(key, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_packed(mark)}"


def _packed(value: str | bytes) -> str:
    raw = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def site(shop: Shop) -> Iterator[Site]:
    """A site of the shop, open at all hours."""
    status, made = shop.call("POST", "/chat-sites", {"name": "Linden & Loom"})
    assert status == 201, made
    _, fresh = shop.call("POST", f"/chat-sites/{made['channel_id']}/secret", {})
    host = HostShop(f"{shop.server.url}/w/{made['site_id']}.js")
    host.pages["/"] = HostPage()
    host.pages["/strict"] = HostPage(css=HOSTILE_CSS, policy=strict_policy(shop.server.url))
    yield Site(made["site_id"], fresh["secret"], host)
    host.close()


@pytest.fixture
def shopper(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser of somebody who buys."""
    context = browser.new_context(base_url=site.host.url, viewport={"width": 1280, "height": 800})
    context.add_init_script(WATCH)
    yield context
    context.close()


def launcher(page: Page) -> Any:
    return page.locator("aftercare-widget").get_by_role("button", name="Help")


def frame_of(page: Page) -> Any:
    return page.frame_locator("aftercare-widget iframe")


def write(page: Page, text: str) -> None:
    """Open the chat if need be, and send."""
    inside = frame_of(page)
    field = inside.get_by_role("textbox", name="Write a message")
    chat = inside.get_by_role("button", name="Chat with us")
    expect(field.or_(chat)).to_be_visible()
    if chat.is_visible():
        chat.click()
    field.fill(text)
    inside.get_by_role("button", name="Send", exact=True).click()


def ticket_with(shop: Shop, text: str) -> dict[str, Any]:
    """The ticket that holds these words, as soon as it is there."""

    def find() -> dict[str, Any] | None:
        found = shop.get("/tickets", view="all")["results"]
        return next((each for each in found if text in each["snippet"]), None)

    return wait_until(find, f"a ticket with “{text}”")


def times_said(shop: Shop, ticket_id: str, text: str) -> int:
    return [each["text"] for each in shop.messages_of(ticket_id)].count(text)


def answer(agent: Page, ticket_id: str, text: str) -> None:
    """Ana replies on her screen."""
    agent.goto(f"/inbox/all/{ticket_id}")
    expect(agent.get_by_role("button", name="Send", exact=True)).to_be_visible()
    agent.keyboard.press("r")
    field = agent.locator("#reply").get_by_role("textbox").first
    field.fill(text)
    agent.keyboard.press("Control+Enter")


def test_a_hostile_page_carries_a_chat_in_both_directions(
    shop: Shop, agent: Page, site: Site, shopper: BrowserContext
):
    """UX 51, 52, 53: nothing before intent, no shift, no violation; live both ways."""
    page = shopper.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/strict")
    expect(launcher(page)).to_be_visible()
    assert asked == [f"{site.host.url}/strict", site.host.loader]
    assert shopper.cookies() == []
    assert page.evaluate("shifted") == 0
    box = launcher(page).bounding_box()
    assert (box["width"], box["height"]) == (56, 56)
    assert (box["x"] + box["width"], box["y"] + box["height"]) == (1260, 780)

    launcher(page).click()
    inside = frame_of(page)
    expect(inside.get_by_role("heading", name="Linden & Loom")).to_be_focused()
    panel = page.locator("aftercare-widget iframe").bounding_box()
    assert panel is not None
    assert (panel["width"], panel["height"]) == (384, 640)
    # Faces of the team are pictures; they come after the frame is there, where somebody has one.
    needed = [each for each in asked if "/avatars/" not in each]
    assert len(needed) <= 4, needed

    write(page, "Do you ship to Martinique?")
    expect(inside.get_by_text("Sent", exact=True)).to_be_visible()
    ticket = ticket_with(shop, "Martinique")
    answer(agent, ticket["id"], "Yes, within eight days.")
    log = inside.get_by_role("log")
    expect(log.get_by_text("Yes, within eight days.")).to_be_visible()
    expect(log.get_by_text("Ana joined")).to_have_count(1)
    expect(inside.get_by_text("Seen", exact=True)).to_be_visible()

    write(page, "Wonderful, thank you.")
    expect(agent.get_by_text("Wonderful, thank you.").first).to_be_visible()

    for each in page.frames:
        assert each.evaluate("window.violations") == [], each.url
    assert page.evaluate("shifted") == 0
    assert shopper.cookies() == []


def test_an_unsent_message_survives_the_page_and_is_sent_once(
    shop: Shop, agent: Page, site: Site, shopper: BrowserContext
):
    """UX 57: reload with an unsent message: still there, sent once; the badge counts an answer."""
    page = shopper.new_page()
    page.goto("/")
    launcher(page).click()
    posts: list[str] = []

    def lose_the_answer(route: Route) -> None:
        """The server has it, but the shopper's side does not know."""
        posts.append(route.request.post_data or "")
        route.fetch()
        route.abort()

    page.route("**/widget/v1/*/messages", lose_the_answer)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/messages")):
        write(page, "Is the oat shirt back in stock?")
    assert posts
    expect(frame_of(page).get_by_text("Sending")).to_be_visible()

    # The page is gone before the network is well again: only the next one can send it.
    page.goto("about:blank")
    page.unroute("**/widget/v1/*/messages")
    with page.expect_response("**/widget/v1/*/messages") as sent:
        page.goto("/")
    assert sent.value.ok
    ticket = ticket_with(shop, "oat shirt")
    assert times_said(shop, ticket["id"], "Is the oat shirt back in stock?") == 1

    answer(agent, ticket["id"], "On Tuesday.")
    badge = page.locator("aftercare-widget").get_by_role("button", name="Help, 1 unread")
    expect(badge).to_be_visible()
    badge.click()
    expect(frame_of(page).get_by_role("log").get_by_text("On Tuesday.")).to_have_count(1)
    expect(frame_of(page).get_by_text("oat shirt back")).to_have_count(1)


def test_a_blocked_frame_leaves_the_shop_usable(site: Site, shopper: BrowserContext):
    """UX 53: page clickable all the time; another way to reach us within 8 s."""
    page = shopper.new_page()
    page.clock.install()
    page.route("**/widget/frame/**", lambda route: route.abort())
    page.goto("/")
    page.clock.run_for(1000)
    launcher(page).click()
    page.evaluate("document.getElementById('buy').onclick = () => (window.bought = true)")
    page.get_by_role("button", name="Buy").click()
    assert page.evaluate("bought")
    page.clock.run_for(8000)
    mail = page.locator("aftercare-widget").get_by_role("link", name="help@shop.example")
    expect(mail).to_be_visible()
    launcher(page).click()
    expect(mail).to_be_hidden()


def test_by_keyboard_and_ear(shop: Shop, agent: Page, site: Site, shopper: BrowserContext):
    """UX 55: names, focus, one live region, Escape; axe finds nothing, light and dark."""
    page = shopper.new_page()
    page.goto("/")
    button = launcher(page)
    expect(button).to_have_attribute("aria-haspopup", "dialog")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(
        page.locator("aftercare-widget").get_by_role("dialog", name="Linden & Loom")
    ).to_be_visible()
    inside = frame_of(page)
    expect(inside.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()

    page.keyboard.press("Enter")
    expect(inside.get_by_role("heading", level=1)).to_be_focused()
    inside.get_by_role("button", name="Chat with us").focus()
    page.keyboard.press("Enter")
    expect(inside.get_by_role("heading", level=1)).to_be_focused()
    write(page, "Can you hear me?")
    expect(inside.get_by_text("Sent", exact=True)).to_be_visible()
    expect(
        inside.get_by_role("heading", name="Where can we reach you if you leave?")
    ).to_be_visible()
    live = "[role=log], [aria-live]:not([aria-live=off]), [role=status]"
    assert inside.locator(live).count() == 1
    assert inside.locator("[role=log]").get_attribute("aria-relevant") == "additions"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for view in ("chat", "home"):
            assert serious(_frame(page)) == [], (scheme, view)
            inside.get_by_role("button", name="Back").click()
            expect(inside.get_by_role("button", name="Chat with us")).to_be_visible()
            if view == "home":
                break
            assert serious(_frame(page)) == [], (scheme, "home")
            inside.get_by_role("button", name="Track my order").click()
            expect(inside.get_by_label("Order number")).to_be_visible()
            assert serious(_frame(page)) == [], (scheme, "track")
        inside.get_by_role("button", name="Chat with us").click()
        expect(inside.get_by_role("log")).to_be_visible()


def test_only_a_signed_shopper_sees_orders_and_nobody_sees_them_afterwards(
    shop: Shop, site: Site, shopper: BrowserContext
):
    """UX 56: forged or expired identity: no order data; shutdown: nothing for the next one."""
    mia = shop.shopper("Mia Signed")
    shop.order(mia, "7301")
    page = shopper.new_page()
    for token in (
        site.identity(mia.address, secret="somebody else's"),
        site.identity(mia.address, seconds=-60),
    ):
        page.goto("/")
        with page.expect_response("**/widget/v1/*/sessions") as refused:
            page.evaluate("(token) => { helpdesk('identify', { token }); helpdesk('show') }", token)
        assert refused.value.status == 401
        expect(frame_of(page).get_by_role("button", name="Chat with us")).to_be_visible()
        expect(frame_of(page).get_by_text("7301")).to_have_count(0)

    page.goto("/")
    page.evaluate(
        "(token) => { helpdesk('identify', { token }); helpdesk('show') }",
        site.identity(mia.address),
    )
    expect(frame_of(page).get_by_text("Order #7301")).to_be_visible()
    expect(frame_of(page).get_by_role("heading", name="Hello Mia.")).to_be_visible()
    write(page, "About my order, please.")
    expect(frame_of(page).get_by_text("Sent", exact=True)).to_be_visible()
    expect(frame_of(page).get_by_role("heading", name="Where can we reach you")).to_have_count(0)

    page.evaluate("helpdesk('shutdown')")
    page.goto("/")
    launcher(page).click()
    inside = frame_of(page)
    expect(inside.get_by_role("button", name="Chat with us")).to_be_visible()
    inside.get_by_role("button", name="Chat with us").click()
    expect(inside.get_by_role("textbox", name="Write a message")).to_be_visible()
    expect(inside.get_by_text("About my order")).to_have_count(0)
    expect(inside.get_by_text("7301")).to_have_count(0)


def _frame(page: Page) -> Frame:
    return next(each for each in page.frames if "/widget/frame/" in each.url)


def serious(frame: Frame) -> list[str]:
    """What axe calls serious or critical inside the frame."""
    found = Axe().run(frame)
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
