"""People: being told of what concerns them, and their own page (issue 3, points 6 and 13)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from helpdesk.accounts.actions import create_user
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.ids import new_id
from tests.e2e.conftest import sign_in
from tests.e2e.shop import PASSWORD, Shop, wait_until
from tests.e2e.test_accessibility import _barriers

RECORD_NOTICES = """
    window.shownOnDesktop = [];
    window.Notification = class {
        static permission = 'granted';
        static requestPermission = async () => 'granted';
        constructor(title) { window.shownOnDesktop.push(title); }
        close() {}
    };
    document.hasFocus = () => false;
"""


def test_a_mention_rings_the_colleagues_bell_live_on_all_their_pages_and_nobody_elses(
    shop: Shop, new_agent: Callable[..., Page]
):
    bo = _colleague("Bo Mentioned")
    page = _page_of(bo, new_agent)
    somebody_else = _page_of(_colleague("Eve Unrung"), new_agent)
    second = page.context.new_page()
    second.goto("/inbox/all")
    for each in (page, second, somebody_else):
        expect(each.get_by_text("Live", exact=True)).to_be_visible()
    ticket = _ticket(shop, "Ida Names")

    _note(shop, ticket, f"@{bo.name} is this the linen we lost?", bo)

    for each in (page, second):
        expect(_bell(each, "Notifications, 1 unread")).to_be_visible()
    expect(_bell(somebody_else, "Notifications")).to_be_visible()

    page.keyboard.press("g")
    page.keyboard.press("n")
    listed = page.get_by_role("dialog", name="Notifications")
    expect(listed).to_contain_text("Ana Ferreira mentioned you")
    expect(listed).to_contain_text("is this the linen we lost?")
    assert _barriers(page) == []
    listed.get_by_role("button", name=re.compile("From Ida")).focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"/{ticket['id']}$"))
    expect(page.get_by_role("feed").locator(".mention.me")).to_have_text(f"@{bo.name}")
    for each in (page, second):
        expect(_bell(each, "Notifications")).to_be_visible()
    expect(
        page.get_by_role("button", name=re.compile(r"^Stop following\. 1 follows"))
    ).to_be_visible()
    second.get_by_role("link", name=re.compile("Mentions")).click()
    expect(second.get_by_role("region", name="Tickets")).to_contain_text("From Ida")


def test_the_desktop_is_told_and_quiet_hours_keep_it_quiet(
    shop: Shop, new_agent: Callable[..., Page]
):
    bo = _colleague("Bo Quiet")
    page = _page_of(bo, new_agent, scripts=(RECORD_NOTICES,))
    ticket = _ticket(shop, "Uli Loud")
    _note(shop, ticket, "Look", bo)
    expect(_bell(page, "Notifications, 1 unread")).to_be_visible()
    shown = wait_until(lambda: page.evaluate("window.shownOnDesktop"), "a notice on the desktop")
    assert shown == ["Ana Ferreira mentioned you"]

    page.goto("/me#notifications")
    expect(page.get_by_role("checkbox", name="Somebody mentions me: Desktop")).to_be_checked()
    page.get_by_role("switch", name=re.compile("Quiet hours")).check()
    page.get_by_label("From").fill("00:00")
    page.get_by_label("to", exact=True).fill("23:59")
    page.get_by_label("to", exact=True).blur()
    wait_until(lambda: _is_quiet(bo, "00:00", "23:59"), "the quiet hours to be kept")
    _note(shop, ticket, "Look again", bo)

    expect(_bell(page, "Notifications, 2 unread")).to_be_visible()
    assert page.evaluate("window.shownOnDesktop") == []


def test_a_second_factor_is_set_up_with_a_computed_code_and_asked_for_at_sign_in(
    shop: Shop, new_agent: Callable[..., Page]
):
    tom = _colleague("Tom Factor")
    page = _page_of(tom, new_agent, path="/me#security")
    page.get_by_role("button", name="Set up").click()
    page.get_by_label(re.compile("^Your password")).fill("not this one")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not your password.")
    page.get_by_label(re.compile("^Your password")).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    qr = page.get_by_role("img", name="QR code for your authenticator app")
    wait_until(lambda: qr.evaluate("image => image.naturalWidth"), "the QR code")
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.get_by_label("Code of your authenticator app").fill(_totp(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("Your recovery codes")).to_be_visible()
    recovery = page.locator(".codes li").first.inner_text()
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_text("On. You are asked for a code when you sign in.")).to_be_visible()

    other = new_agent(storage_state=None)
    _give_password(other, tom)
    code = other.get_by_label("Code of your authenticator app")
    code.fill("000000")
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("alert")).to_contain_text("That code isn’t right")
    assert "/login" in other.url
    code.fill(recovery)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/inbox/**")


def test_a_device_that_is_signed_out_asks_to_sign_in_over_its_page_at_once(
    shop: Shop, new_agent: Callable[..., Page]
):
    """UX 43."""
    eve = _colleague("Eve Devices")
    lost, here = _page_of(eve, new_agent), _page_of(eve, new_agent, path="/me#security")
    ticket = _ticket(shop, "Lia Lost")
    lost.goto(f"/inbox/all/{ticket['id']}")
    expect(lost.get_by_text("Live", exact=True)).to_be_visible()

    here.get_by_role("button", name=re.compile("^Sign out Chrome")).click()

    over = lost.get_by_role("dialog", name="You were signed out")
    expect(over).to_be_visible()
    expect(lost.get_by_role("heading", name="From Lia Lost")).to_be_visible()
    over.get_by_label("Email").fill(eve.email)
    over.get_by_label("Password", exact=True).fill(PASSWORD)
    over.get_by_role("button", name="Sign in").click()
    expect(over).to_be_hidden()
    expect(lost.get_by_text("Live", exact=True)).to_be_visible()
    expect(here.get_by_role("button", name=re.compile("^Sign out Chrome"))).to_have_count(0)


def test_what_one_chooses_holds_on_every_device_at_once(
    shop: Shop, new_agent: Callable[..., Page], agent: Page
):
    mia = _colleague("Mia Settings")
    one, other = _page_of(mia, new_agent, path="/me"), _page_of(mia, new_agent)
    agent.goto("/inbox/all")
    expect(other.get_by_text("Live", exact=True)).to_be_visible()

    one.get_by_role("button", name="Dark", exact=True).click()
    one.get_by_role("button", name="Larger", exact=True).click()

    root = other.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("style", re.compile("font-size: 125%"))
    expect(agent.locator("html")).to_have_attribute("data-theme", "light")

    one.locator("input[type=file]").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": _picture()}
    )
    account = other.get_by_role("button", name=f"Your account, {mia.name}")
    expect(account.locator("img")).to_have_attribute("src", re.compile(f"/users/{mia.pk}/avatar"))
    picture = account.locator("img")
    width = wait_until(lambda: picture.evaluate("image => image.naturalWidth"), "the picture")
    assert width == 256


def _colleague(name: str) -> User:
    email = f"{name.split()[0].lower()}-{new_id().hex[-6:]}@shop.example"
    organization = Organization.objects.get()
    return create_user(organization, email=email, password=PASSWORD, name=name, role="admin")


def _is_quiet(user: User, start: str, end: str) -> bool:
    user.refresh_from_db()
    kept = user.settings.get("quiet_hours", {})
    return bool(kept.get("is_on")) and (kept["from"], kept["to"]) == (start, end)


def _page_of(
    person: User,
    new_agent: Callable[..., Page],
    *,
    path: str = "/inbox/all",
    scripts: tuple[str, ...] = (),
) -> Page:
    page = new_agent(storage_state=None)
    for each in scripts:
        page.add_init_script(each)
    sign_in(page, email=person.email)
    page.goto(path)
    return page


def _give_password(page: Page, person: User) -> None:
    page.goto("/login")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def _ticket(shop: Shop, name: str) -> dict[str, Any]:
    shopper = shop.shopper(name)
    shop.arrive(shopper, f"From {name}", "Hello, a question about your linen.")
    return shop.ticket_of(shopper)


def _note(shop: Shop, ticket: dict[str, Any], text: str, *mentioned: User) -> None:
    """Ana writes a note in which she names these."""
    body = {
        "id": str(new_id()),
        "kind": "note",
        "text": text,
        "mention_ids": [str(each.pk) for each in mentioned],
    }
    status, answer = shop.call("POST", f"/tickets/{ticket['id']}/messages", body)
    assert status == 201, answer


def _bell(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Primary").get_by_role(
        "button", name=name, exact=True
    )


def _totp(secret: str) -> str:
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    begin = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[begin : begin + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def _picture() -> bytes:
    import io

    from PIL import Image

    written = io.BytesIO()
    Image.new("RGB", (600, 300), "teal").save(written, "PNG")
    return written.getvalue()
