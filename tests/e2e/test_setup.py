"""A person who has never seen the code connects a channel from the settings page alone (issue 4)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.shop import Shop, wait_until
from tests.e2e.test_accessibility import _barriers
from tickets.models import Channel, Message

TOKEN = "700:right-token"
MIA = {"id": 4711, "is_bot": False, "first_name": "Mia", "last_name": "Telegram"}
BOT = {"id": 700, "is_bot": True, "first_name": "Linden & Loom", "username": "lindenbot"}


class Telegram(BaseHTTPRequestHandler):
    """The Bot API on loopback: knows one token, and has one message waiting."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        _, bot, method = self.path.split("/", 2)
        if bot != f"bot{TOKEN}":
            self._say(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
            return
        self._say(200, {"ok": True, "result": self._result(method, asked)})

    def _result(self, method: str, asked: dict[str, Any]) -> Any:
        if method == "getMe":
            return {**BOT, "can_read_all_group_messages": True}
        if method == "getUpdates":
            chat = {"id": 4711, "type": "private", "first_name": "Mia"}
            said = {"message_id": 1, "from": MIA, "chat": chat, "date": 1795651200}
            waits = [{"update_id": 901, "message": {**said, "text": "Hello from Telegram"}}]
            return waits if int(asked.get("offset") or 0) <= 901 else []
        if method == "getWebhookInfo":
            return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        return True

    def _say(self, status: int, data: Any) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def telegram(shop: Shop) -> Iterator[str]:
    """The vendor's address, where the server may ask."""
    server = ThreadingHTTPServer(("127.0.0.1", shop.server.vendor_port), Telegram)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{shop.server.vendor_port}"
    Channel.objects.filter(kind="telegram").update(is_active=False)
    server.shutdown()
    server.server_close()


def test_a_channel_is_connected_from_the_settings_page_alone(
    shop: Shop, telegram: str, agent: Page
):
    agent.goto("/settings/channels")
    agent.get_by_role("link", name="Connect a channel").click()
    agent.get_by_placeholder("Find a channel").fill("telegr")
    expect(agent.get_by_role("main").get_by_role("listitem")).to_have_count(1)
    agent.get_by_role("link", name=re.compile("Telegram")).click()
    expect(agent.get_by_role("heading", name="Connect Telegram")).to_be_visible()
    agent.get_by_role("button", name="Start set-up").click()
    agent.wait_for_url(re.compile(r"/settings/channels/[0-9a-f-]{36}"))
    expect(agent.get_by_text("Set-up not finished")).to_be_visible()
    expect(agent.get_by_text("Open @BotFather")).to_be_visible()
    assert _barriers(agent) == []
    # The one thing that no person would do: the vendor of this test is not Telegram itself.
    channel = Channel.objects.get(kind="telegram")
    Channel.objects.filter(pk=channel.pk).update(config={"api_url": telegram})

    connect = agent.get_by_role("button", name="Connect", exact=True)
    connect.click()
    expect(agent.get_by_text("“Bot token” is needed.").first).to_be_visible()
    agent.get_by_label("Bot token").fill("700:wrong-token")
    connect.click()
    wrong = agent.get_by_text(re.compile("does not know this bot token"))
    expect(wrong.first).to_be_visible()
    assert not Channel.objects.get(pk=channel.pk).is_active
    agent.get_by_role("button", name="Replace: Bot token").click()
    agent.get_by_label("Bot token").fill(TOKEN)
    connect.click()

    expect(agent.get_by_text("Connected as Linden & Loom (@lindenbot)")).to_be_visible()
    expect(agent.get_by_role("heading", name="Health")).to_be_visible()
    expect(agent.get_by_text("Set, and never shown again")).to_be_visible()
    assert TOKEN not in agent.content()
    assert _barriers(agent) == []
    wait_until(
        lambda: Message.objects.filter(body__text="Hello from Telegram").count() == 1,
        "the first message",
    )
    agent.goto("/inbox/all")
    expect(agent.get_by_text("Mia Telegram").first).to_be_visible()
    assert Channel.objects.get(pk=channel.pk).address == "@lindenbot"
