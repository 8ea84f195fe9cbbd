"""One customer, every channel, one conversation: UX 11-13 and the story of issue 4."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from twilio.request_validator import RequestValidator

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from integrations.chat.models import Conversation, Visitor
from tests.e2e.shop import Shop, wait_until
from tests.e2e.test_widget import Site, answer, frame_of, launcher, ticket_with, write
from tests.e2e.widget_host import HOSTILE_CSS, HostPage, HostShop, strict_policy
from tickets.models import Channel, Handle

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "an auth token of Twilio"
NUMBER, MIAS_NUMBER = "+15550100200", "+351912345678"
APP_SECRET = "an app secret of Meta"


@pytest.fixture
def site(shop: Shop) -> Iterator[Site]:
    """A chat site of the shop on a page with hostile styles and a strict policy."""
    status, made = shop.call("POST", "/chat-sites", {"name": "Linden & Loom"})
    assert status == 201, made
    _, fresh = shop.call("POST", f"/chat-sites/{made['channel_id']}/secret", {})
    host = HostShop(f"{shop.server.url}/w/{made['site_id']}.js")
    host.pages["/"] = HostPage(css=HOSTILE_CSS, policy=strict_policy(shop.server.url))
    yield Site(made["site_id"], fresh["secret"], host)
    host.close()


@pytest.fixture
def joins(shop: Shop) -> Iterator[None]:
    """What a proven customer writes elsewhere joins their open ticket, as the shop has chosen."""
    ours = Organization.objects.filter(pk=shop.store.organization_id)
    ours.update(joins_automatically=True)
    yield
    ours.update(joins_automatically=False)


def connect(shop: Shop, **values: Any) -> Channel:
    """A channel made over the API, as the settings page does."""
    status, made = shop.call("POST", "/channels", values)
    assert status == 201, made
    return Channel.objects.get(pk=made["id"])


def vendor_posts(shop: Shop, channel: Channel, body: bytes, head: dict[str, str]) -> int:
    """The vendor calls our webhook."""
    place = urlsplit(shop.server.url)
    line = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    line.request("POST", f"/hooks/{channel.kind}/{channel.hook_token}", body, head)
    status = line.getresponse().status
    line.close()
    return status


def text_by_sms(shop: Shop, channel: Channel, key: str, text: str) -> None:
    fields = {
        "MessageSid": f"SM{hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()}",
        "AccountSid": ACCOUNT, "From": MIAS_NUMBER, "To": NUMBER, "Body": text, "NumMedia": "0",
    }  # fmt: skip
    url = f"{shop.server.url}/hooks/sms/{channel.hook_token}"
    head = {
        "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, fields),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    assert vendor_posts(shop, channel, urlencode(fields).encode(), head) == 200


def test_chat_mail_and_sms_of_one_person_are_one_ticket(
    shop: Shop, agent: Page, site: Site, joins: None, browser: Browser
) -> None:
    """The story: chats live on a hostile page, leaves, is answered by mail, answers by mail, texts."""
    sms = connect(
        shop, kind="sms", name="Shop phone", address=NUMBER,
        config={"account_sid": ACCOUNT}, secrets={"auth_token": TOKEN},
    )  # fmt: skip
    mia = shop.shopper("Mia Channel")

    context = browser.new_context(base_url=site.host.url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto("/")
    page.evaluate(f"helpdesk('identify', {{token: {json.dumps(site.identity(mia.address))}}})")
    launcher(page).click()
    write(page, "Is the duvet cover back in sand?")
    ticket = ticket_with(shop, "back in sand")
    answer(agent, ticket["id"], "Yes, since this morning.")
    expect(frame_of(page).get_by_text("Yes, since this morning.")).to_be_visible()

    context.close()  # she leaves
    answer(agent, ticket["id"], "Shall I keep one for you?")
    wait_until(
        lambda: Conversation.objects.filter(
            ticket_id=ticket["id"], unseen_since__isnull=False
        ).exists(),
        "an answer that she has not seen",
    )
    long_ago = now() - timedelta(minutes=5)  # the time that a shop waits has passed
    Conversation.objects.filter(ticket_id=ticket["id"]).update(unseen_since=long_ago)
    Visitor.objects.filter(conversations__ticket_id=ticket["id"]).update(here_until=long_ago)
    mail = wait_until(
        lambda: next((m for m in mia.mails() if "keep one" in str(m.get_body(("plain",)))), None),
        "the answer by mail", timeout_seconds=60,
    )  # fmt: skip
    shop.arrive(mia, f"Re: {mail['Subject']}", "Yes please, one.", answer_to=mail)
    expect(agent.get_by_role("article").filter(has_text="Yes please, one.")).to_be_visible()

    customer_id = shop.get(f"/tickets/{ticket['id']}")["ticket"]["customer_id"]
    organization_id = sms.organization_id
    Handle.objects.create(
        organization_id=organization_id, customer_id=customer_id, kind="phone", value=MIAS_NUMBER,
        is_verified=True,
    )  # fmt: skip
    text_by_sms(shop, sms, "sms-1", "Or better two")
    texted = agent.get_by_role("article").filter(has_text="Or better two")
    expect(texted).to_be_visible()

    kinds = [each["channel_kind"] for each in shop.messages_of(ticket["id"])]
    said = [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]
    assert said[0] == "chat"
    assert said[-2:] == ["email", "sms"]
    [only] = shop.get(f"/customers/{customer_id}/tickets")["results"]
    assert only["id"] == ticket["id"]

    # UX 11: a divider with the time, and the answer goes where she wrote last.
    expect(agent.get_by_text(re.compile(r"switched to SMS")).last).to_be_visible()
    expect(agent.get_by_role("button", name=re.compile(r"^Answer by SMS"))).to_be_visible()


def test_outside_the_24_hours_whatsapp_offers_approved_texts_alone(
    shop: Shop, new_agent: Callable[..., Page]
) -> None:
    """UX 13: disabled with the reason before sending, and another way offered."""
    channel = connect(
        shop, kind="whatsapp", name="WhatsApp", address="1098",
        config={"provider": "meta", "business_account_id": "2098"},
        secrets={"access_token": "a token", "app_secret": APP_SECRET},
    )  # fmt: skip
    then = int(time.time()) - 26 * 3600
    told = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "2098", "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550100300", "phone_number_id": "1098"},
            "contacts": [{"profile": {"name": "Wanda"}, "wa_id": "351911111111"}],
            "messages": [{"from": "351911111111", "id": "wamid.1", "timestamp": str(then),
                          "type": "text", "text": {"body": "Is my order on its way?"}}],
        }}]}],
    }  # fmt: skip
    body = json.dumps(told).encode()
    sign = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = {"X-Hub-Signature-256": f"sha256={sign}", "Content-Type": "application/json"}
    assert vendor_posts(shop, channel, body, head) == 200
    ticket = ticket_with(shop, "Is my order on its way?")

    page = new_agent()
    page.goto(f"/inbox/all/{ticket['id']}")
    reply = page.locator("#reply")
    expect(reply.get_by_role("alert")).to_contain_text("WhatsApp: The time to answer ended")
    reply.get_by_role("textbox").first.fill("It left yesterday.")
    send = reply.get_by_role("button", name="Send", exact=True)
    expect(send).to_have_attribute("aria-disabled", "true")
    expect(reply.get_by_role("button", name="Use a template")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(reply.get_by_role("textbox").first).to_have_value("It left yesterday.")
    assert [each["direction"] for each in shop.messages_of(ticket["id"])] == ["in"]


def test_who_may_be_the_same_is_offered_and_can_be_taken_back(
    shop: Shop, new_agent: Callable[..., Page], site: Site, browser: Browser
) -> None:
    """UX 12: a stranger who claims a known address is possibly that person, never by itself."""
    known = shop.shopper("Nora Known")
    shop.arrive(known, "My order", "Where is it?")
    shop.ticket_of(known)
    context = browser.new_context(base_url=site.host.url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto("/")
    page.evaluate(f"helpdesk('identify', {{traits: {{email: {json.dumps(known.address)}}}}})")
    launcher(page).click()
    write(page, "It is Nora, about my order")
    ticket = ticket_with(shop, "It is Nora")
    context.close()
    assert len(shop.find_tickets(known)) == 1

    agent = new_agent()
    agent.goto(f"/inbox/all/{ticket['id']}")
    offer = agent.get_by_text("Possibly Nora Known")
    expect(offer.first).to_be_visible()
