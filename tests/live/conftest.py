"""A real Medusa for the tests here. `make test-commerce` runs them; `make test` leaves them out."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.connecting import WebhookRequest
from helpdesk.lib.secrets import encrypt
from integrations.commerce.actions import create_store
from integrations.commerce.models import Store
from tests.services.medusa.server import MedusaServer
from tests.services.medusa.shop import Shop
from tests.services.medusa.wire import Wire

if os.environ.get("COMMERCE_LIVE") != "1":
    collect_ignore_glob = ["test_*.py"]

RECORDED = Path(__file__).parents[1] / "integrations" / "medusa" / "recorded"
SIGNING_KEY = "whsec_" + base64.b64encode(b"a key for tests, and nothing else").decode()


class Hooks:
    """Where the shop's subscriber calls: keeps what it said."""

    def __init__(self) -> None:
        self.calls: list[WebhookRequest] = []
        self._came = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Listener)
        self._server.daemon_threads = True
        self._server.hooks = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hooks/stores/medusa/x"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def take(self, call: WebhookRequest) -> None:
        with self._came:
            self.calls.append(call)
            self._came.notify_all()

    def about(self, topic: str, order_id: str, *, within_seconds: float = 15) -> WebhookRequest:
        """The call that says this; waits for it. Raises AssertionError if it does not come."""

        def find() -> WebhookRequest | None:
            for call in self.calls:
                told = json.loads(call.body)
                if told["type"] == topic and told["data"] == {"order_id": order_id}:
                    return call
            return None

        with self._came:
            assert self._came.wait_for(lambda: find() is not None, within_seconds), topic
        found = find()
        assert found is not None
        return found

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Listener(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.hooks.take(  # type: ignore[attr-defined]
            WebhookRequest("POST", self.path, {}, headers, body)
        )
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="session")
def hooks() -> Iterator[Hooks]:
    listener = Hooks()
    yield listener
    listener.stop()


@pytest.fixture(scope="session")
def medusa(hooks: Hooks) -> Iterator[MedusaServer]:
    """The server, with our subscriber in it."""
    server = MedusaServer()
    try:
        yield server.start(AFTERCARE_HOOK_URL=hooks.url, AFTERCARE_HOOK_KEY=SIGNING_KEY)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def shop(medusa: MedusaServer) -> Shop:
    """The shop as its merchant and its shoppers see it: nothing of ours is in between."""
    return Shop(medusa.url).open()


@pytest.fixture(scope="session")
def wire(medusa: MedusaServer) -> Iterator[Wire]:
    """The line between our connector and the shop."""
    line = Wire(medusa.url).start()
    yield line
    line.stop()
    if os.environ.get("WRITE_RECORDED") == "1":
        _write("requests", shapes_of(line))


@pytest.fixture
def store(organization: Organization, shop: Shop, wire: Wire, settings: Any) -> Store:
    """The shop as our store, reached over the line."""
    settings.HTTP_ALLOWED_PREFIXES = [*settings.HTTP_ALLOWED_PREFIXES, f"{wire.url}/"]
    found = create_store(organization, kind="medusa", slug="medusa", name="Linden & Loom")
    found.address = wire.url
    found.secrets = encrypt({"api_key": shop.api_key, "signing_key": SIGNING_KEY})
    found.save()
    return found


# What the quick tests are made from


def keep(name: str, told: Any) -> None:
    """Keep an answer of the real shop for the tests of `make test`, where asked to."""
    if os.environ.get("WRITE_RECORDED") == "1":
        _write(name, told)


def _write(name: str, told: Any) -> None:
    RECORDED.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_without_noise(told), indent=1, sort_keys=True)
    (RECORDED / f"{name}.json").write_text(text + "\n")


def _without_noise(told: Any) -> Any:
    """Medusa writes every amount twice; once is enough."""
    if isinstance(told, dict):
        return {k: _without_noise(v) for k, v in told.items() if not k.startswith("raw_")}
    return [_without_noise(each) for each in told] if isinstance(told, list) else told


def shapes_of(line: Wire) -> list[dict[str, Any]]:
    """Every kind of request that the real shop took from us: its path, and which fields it had."""
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for each in line.exchanges:
        if each.status >= 300:
            continue
        kind = found.setdefault(
            (each.method, template_of(each.path)), {"query": set(), "body": set()}
        )
        kind["query"] |= set(each.query)
        kind["body"] |= set(_names(each.body))
    return [
        {"method": method, "path": path, **{name: sorted(all_) for name, all_ in kind.items()}}
        for (method, path), kind in sorted(found.items())
    ]


def template_of(path: str) -> str:
    """``/admin/orders/order_01…/cancel`` → ``/admin/orders/{id}/cancel``."""
    return "/".join("{id}" if "_" in part and part != "" else part for part in path.split("/"))


def _names(body: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(body, dict):
        for name, value in body.items():
            yield f"{prefix}{name}"
            if name != "metadata":
                yield from _names(value, f"{prefix}{name}.")
    elif isinstance(body, list):
        for each in body:
            yield from _names(each, prefix)
