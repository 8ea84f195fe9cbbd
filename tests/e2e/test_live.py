"""The live inbox when things go wrong: tabs, blocked sockets, restarts, ended sessions, no network."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from helpdesk.lib.ids import new_id
from tests.e2e.conftest import sign_in
from tests.e2e.shop import ADMIN_EMAIL, PASSWORD, Shop, wait_until


def open_beside(page: Page, address: str) -> Page:
    """Another tab of the same browser."""
    other = page.context.new_page()
    other.goto(address)
    return other


def count_sockets(context: BrowserContext) -> list[str]:
    """The addresses of all sockets that tabs of this browser open from now on."""
    opened: list[str] = []
    context.on("page", lambda page: page.on("websocket", lambda ws: opened.append(ws.url)))
    return opened


def test_two_tabs_share_one_socket_and_the_other_takes_over(shop: Shop, agent: Page):
    """One socket per browser; the leader closes and nothing is missed (issue 3, point 12)."""
    tess = shop.shopper("Tess Tabs")
    shop.arrive(tess, "First", "Is it there?")
    opened = count_sockets(agent.context)
    agent.on("websocket", lambda ws: opened.append(ws.url))
    agent.goto("/inbox/all")
    expect(agent.get_by_text("updated live")).to_be_visible()
    second = open_beside(agent, "/inbox/all")
    expect(second.get_by_text("updated live")).to_be_visible()

    shop.arrive(shop.shopper("Tim Second"), "Second", "Both tabs see me.")
    for page in (agent, second):
        expect(page.get_by_role("row").filter(has_text="Tim Second")).to_have_count(1)
    assert len(opened) == 1

    agent.close()
    shop.arrive(shop.shopper("Tia Third"), "Third", "The leader is gone.")
    expect(second.get_by_role("row").filter(has_text="Tia Third")).to_have_count(1)
    assert len(opened) == 2


def test_a_blocked_websocket_is_replaced_by_a_long_poll(shop: Shop, new_agent: Callable[..., Page]):
    """G9.4: WebSocket blocked; the inbox is live all the same, and presence is told."""
    page = new_agent()

    def block(ws: WebSocketRoute) -> None:
        ws.close(code=1011, reason="blocked")

    page.route_web_socket("**/ws/agent", block)
    with page.expect_request("**/events/wait?*"):
        page.goto("/inbox/all")

    shop.arrive(shop.shopper("Polly Poll"), "Over HTTP", "Can you hear me?")

    expect(page.get_by_role("row").filter(has_text="Polly Poll")).to_have_count(1)
    expect(page.get_by_text("updated live")).to_be_visible()


def test_a_frozen_tab_catches_up_when_it_thaws(shop: Shop, agent: Page):
    """Events while the tab was frozen: all there afterwards, once, without a reload."""
    agent.goto("/inbox/all")
    expect(agent.get_by_text("updated live")).to_be_visible()
    agent.evaluate("window.neverReloaded = true")
    devtools: Any = agent.context.new_cdp_session(agent)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    frozen = [shop.shopper(f"Frost{n} Frozen") for n in range(3)]
    for each in frozen:
        shop.arrive(each, f"While frozen, from {each.name}", "Brr")
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    for each in frozen:
        expect(agent.get_by_role("row").filter(has_text=each.name)).to_have_count(1)
    assert agent.evaluate("window.neverReloaded") is True


def test_a_warm_reload_paints_from_the_cache_and_needs_no_first_load(shop: Shop, agent: Page):
    """UX 2: reload with a warm cache; the log from the kept cursor on has the last word."""
    wanda = shop.shopper("Wanda Warm")
    shop.arrive(wanda, "Warm", "Is it warm?")
    ticket = shop.ticket_of(wanda)
    agent.goto(f"/inbox/all/{ticket['id']}")
    expect(agent.get_by_role("article").first).to_contain_text("Is it warm?")
    wait_until_kept(agent)
    asked: list[str] = []
    agent.on("request", lambda request: asked.append(request.url))
    agent.route("**/api/v1/tickets**", lambda route: None)  # the server takes its time

    began = time.monotonic()
    agent.reload()
    expect(agent.get_by_role("row").filter(has_text="Wanda Warm")).to_be_visible()
    expect(agent.get_by_role("article").first).to_contain_text("Is it warm?")
    took = time.monotonic() - began

    expect(agent.get_by_text("updated live")).to_be_visible()
    assert not any(url.endswith("/bootstrap") for url in asked)
    assert took < 15  # the machine is shared; scripts/bench measures it in quiet

    agent.unroute("**/api/v1/tickets**")
    note = {"id": str(new_id()), "kind": "note", "text": "And now?", "last_seen_position": 1}
    assert shop.call("POST", f"/tickets/{ticket['id']}/messages", note)[0] == 201
    expect(agent.get_by_role("feed")).to_contain_text("And now?")


def test_signing_out_leaves_nothing_behind(shop: Shop, new_agent: Callable[..., Page]):
    """The cache is wiped: no record of the shop stays in the browser."""
    page = new_agent(storage_state=None)
    sign_in(page)
    page.goto("/inbox/all")
    expect(page.get_by_text("updated live")).to_be_visible()
    shop.arrive(shop.shopper("Otto Out"), "Out", "Forget me.")
    page.get_by_role("row").filter(has_text="Otto Out").click()
    wait_until_kept(page)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login*")
    assert kept(page, "start", "lists", "threads", "orders", "unsent") == [0, 0, 0, 0, 0]


def test_without_a_network_the_app_starts_shows_what_it_had_and_sends_later(
    shop: Shop, new_agent: Callable[..., Page]
):
    """UX 42, G9.4: reload offline; list, conversation and customer readable; a reply leaves once."""
    page = new_agent(service_workers="allow")
    nina = shop.shopper("Nina Nonet")
    shop.arrive(nina, "Nonet", "Do you read me?")
    ticket = shop.ticket_of(nina)
    page.goto(f"/inbox/all/{ticket['id']}")
    expect(page.get_by_role("article").first).to_contain_text("Do you read me?")
    wait_until_kept(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    page.context.set_offline(True)
    page.reload()

    expect(page.get_by_text("You’re offline.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Nina Nonet")).to_be_visible()
    expect(page.get_by_role("article").first).to_contain_text("Do you read me?")
    expect(page.locator("#customer")).to_contain_text("Nina Nonet")
    page.get_by_placeholder("Write a reply").fill("Loud and clear.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Will send when you’re back online")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Will send when you’re back online")).to_be_visible()
    assert nina.mails() == []

    page.context.set_offline(False)

    assert len(wait_until(nina.mails, "the reply")) == 1
    kinds = [each["kind"] for each in shop.messages_of(ticket["id"])]
    assert kinds == ["customer", "reply"]
    assert shop.call("GET", "/bootstrap")[0] == 200


def test_a_session_that_ends_asks_over_the_page_and_the_draft_stays(
    shop: Shop, new_agent: Callable[..., Page]
):
    """UX 43."""
    page = new_agent(storage_state=None)
    sign_in(page)
    sam = shop.shopper("Sam Session")
    shop.arrive(sam, "Session", "Still there?")
    ticket = shop.ticket_of(sam)
    page.goto(f"/inbox/all/{ticket['id']}")
    page.get_by_placeholder("Write a reply").fill("Half a senten")
    (cookie,) = [each for each in page.context.cookies() if each["name"].endswith("sid")]
    end_session(cookie["value"])

    page.get_by_placeholder("Write a reply").fill("Half a sentence")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=90_000)
    expect(page.get_by_placeholder("Write a reply")).to_have_text("Half a sentence")
    dialog.get_by_label("Email").fill(ADMIN_EMAIL)
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()

    expect(dialog).to_have_count(0)
    expect(page.get_by_placeholder("Write a reply")).to_have_text("Half a sentence")
    expect(page.get_by_text("updated live")).to_be_visible()


def end_session(key: str) -> None:
    """As if it had run out at the server."""
    from django.contrib.sessions.models import Session

    assert Session.objects.filter(pk=key).delete()[0] == 1


COUNT_KEPT = """(shelves) => new Promise((resolve) => {
  const opening = indexedDB.open('aftercare', 1);
  opening.onsuccess = () => {
    const all = opening.result.transaction(shelves);
    const counts = [];
    for (const name of shelves)
      all.objectStore(name).count().onsuccess = (event) => counts.push(event.target.result);
    all.oncomplete = () => (opening.result.close(), resolve(counts));
  };
})"""


def kept(page: Page, *shelves: str) -> list[int]:
    """How many records this browser keeps of each kind."""
    found: list[int] = page.evaluate(COUNT_KEPT, list(shelves))
    return found


def wait_until_kept(page: Page) -> None:
    """Until the browser has the first screen, a list and a conversation."""
    for _ in range(200):
        if all(kept(page, "start", "lists", "threads")):
            return
        page.wait_for_timeout(50)
    raise AssertionError("nothing was kept")
