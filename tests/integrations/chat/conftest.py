"""A shop with a widget, a shopper who has it open, and what they need."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.models import SubscriberFailure
from inbox.delivery import deliver_due
from integrations.chat import limits, reply_time
from integrations.chat.sites import add_site, secrets_of
from tickets.models import Channel

SITE = "ste_tests0000000000"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    limits.forget()
    reply_time.forget()


@pytest.fixture
def mailbox(organization: Organization) -> Channel:
    """help@shop.example, where conversations go on when a shopper leaves."""
    return Channel.objects.create(
        organization=organization,
        slug="help",
        name="Linden & Loom",
        kind="email",
        address="help@shop.example",
        config={"reply_by_plus_address": True},
    )


@pytest.fixture
def chat(organization: Organization, mailbox: Channel) -> Channel:
    """The shop's chat channel."""
    return add_site(organization, name="Linden & Loom", site_id=SITE, domains=["shop.example"])


class Shopper:
    """A widget as far as HTTP goes."""

    def __init__(self, site: str = SITE, *, address: str = "203.0.113.7") -> None:
        self.site, self.address = site, address
        self.client = Client(headers={}, REMOTE_ADDR=address)
        self.token = ""
        self.session: dict[str, Any] = {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One call; the answer is Django's, with ``.json()``."""
        if self.token:
            headers.setdefault("authorization", f"Visitor {self.token}")
        more = {} if body is None else {"data": json.dumps(body)}
        return self.client.generic(
            method,
            f"/widget/v1/{self.site}/{path}",
            more.get("data", ""),
            content_type="application/json",
            headers=headers,
        )

    def begin(self, **told: Any) -> Any:
        """POST sessions; keeps the token if there is one."""
        answer = self.ask("POST", "sessions", {"visitor_token": self.token, **told})
        if answer.status_code == 200:
            self.session = answer.json()
            self.token = self.session["visitor_token"]
        return answer

    def say(self, text: str, conversation_id: str | None = None, **more: Any) -> Any:
        """POST messages."""
        body = {"id": str(uuid.uuid4()), "conversation_id": conversation_id, "text": text, **more}
        return self.ask("POST", "messages", body)

    def read(self, conversation_id: str, **asked: Any) -> list[dict[str, Any]]:
        """The lines of a conversation."""
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        answer = self.ask("GET", f"conversations/{conversation_id}/messages?{query}")
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found


@pytest.fixture
def shopper(chat: Channel) -> Shopper:
    """An anonymous visitor with the widget open."""
    made = Shopper()
    assert made.begin(locale="en").status_code == 200
    return made


@pytest.fixture
def sign(chat: Channel) -> Callable[..., str]:
    """``sign(sub="42", email="mia@posteo.example")``: the shop's word for who a shopper is."""

    def signed(secret: str = "", alg: str = "HS256", **claims: Any) -> str:
        told = {"sub": "42", "exp": int(time.time()) + 300, "aud": SITE, **claims}
        return jwt(told, secret or secrets_of(Channel.objects.get(pk=chat.pk))[0], alg)

    return signed


def jwt(claims: dict[str, Any], secret: str, alg: str = "HS256") -> str:
    """A token as a shop's server would make it."""
    head, body = (_part(json.dumps(each).encode()) for each in ({"alg": alg, "typ": "JWT"}, claims))
    digest = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_part(digest)}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def settle(organization: Organization) -> None:
    """Let everything that waits in the background happen."""
    for _ in range(4):
        run_subscribers(organization.pk)
        deliver_due()
    assert not SubscriberFailure.objects.exists(), SubscriberFailure.objects.first()
