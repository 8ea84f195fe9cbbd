"""The one HTTP client reaches public addresses and nothing else."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from helpdesk.lib.errors import PermanentFailure, TemporaryFailure
from helpdesk.lib.http import fetch, is_public

LOOPBACK = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0",
    "0.0.0.0", "localhost", "LOCALHOST", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
]  # fmt: skip
PRIVATE = [
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
    "169.254.1.1", "100.64.0.1", "198.18.0.1", "192.0.0.1", "192.0.2.1", "203.0.113.1",
    "198.51.100.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "[fe80::1]", "[fc00::1]",
    "[fd00:ec2::254]", "[ff02::1]", "[fec0::1]", "[2001:db8::1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::]",
    "[2001::1]", "[100::1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "2852039166",
    "0xa9fea9fe", "0251.0376.0251.0376", "169.16689662", "3232235521", "012.0.0.1",
]  # fmt: skip
ADDRESSES = [
    form.format(host)
    for host in (*LOOPBACK, *PRIVATE)
    for form in (
        "http://{}/", "https://{}/", "http://{}:80/x", "http://{}:443/", "HTTP://{}/?a=1",
        "http://{}#x",
    )
]  # fmt: skip
NOT_WEB = [
    "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "data:text/plain,x",
    "http://user:pw@example.com/", "http://user@example.com/", "http://@127.0.0.1/", "http:///x",
    "http://example.com:22/", "http://example.com:8080/", "https://example.com:6379/",
    "http://exa mple.com/", "http://example.com\\@127.0.0.1/", "http://[::1", "//example.com/",
    "javascript:alert(1)", "", "http://", "http://example.com:99999/", "http://127.0.0.1\t/",
]  # fmt: skip


@pytest.mark.parametrize("url", [*ADDRESSES, *NOT_WEB])
def test_addresses_that_are_not_public_are_never_asked(url: str):
    """A55, G12.3: more than 300 ways to write them."""
    with pytest.raises(PermanentFailure) as raised:
        fetch(url)
    assert raised.value.reason_code == "forbidden_address"


def test_there_are_more_than_three_hundred_of_them():
    assert len(ADDRESSES) + len(NOT_WEB) > 300


@pytest.mark.parametrize("host", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "93.184.216.34"])
def test_public_addresses_are_public(host: str):
    assert is_public(ipaddress.ip_address(host))


class Shop(BaseHTTPRequestHandler):
    """An intranet server that is allowed by setting."""

    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            self.end_headers()
        elif self.path == "/round":
            self.send_response(302)
            self.send_header("Location", "/round")
            self.end_headers()
        else:
            body = b"x" * (2_000_000 if self.path == "/large" else 5)
            self.send_response(200)
            self.send_header("Content-Type", "Text/Plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def shop(settings: Any) -> Iterator[str]:
    """Its address; reachable because the setting names it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    place = f"http://127.0.0.1:{server.server_address[1]}/"
    settings.HTTP_ALLOWED_PREFIXES = [place]
    yield place
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_address_named_in_the_settings_can_be_asked(shop: str):
    answer = fetch(shop)
    assert (answer.status, answer.content, answer.content_type) == (200, b"xxxxx", "text/plain")


def test_a_redirect_is_judged_like_any_address(shop: str):
    """A56."""
    with pytest.raises(PermanentFailure) as raised:
        fetch(f"{shop}away")
    assert raised.value.reason_code == "forbidden_address"


def test_redirects_without_end_are_ended(shop: str):
    with pytest.raises(PermanentFailure) as raised:
        fetch(f"{shop}round")
    assert raised.value.reason_code == "too_many_redirects"


def test_an_answer_that_is_too_large_is_dropped(shop: str):
    with pytest.raises(PermanentFailure) as raised:
        fetch(f"{shop}large", max_bytes=1_000_000)
    assert raised.value.reason_code == "too_large"


def test_nobody_answering_is_temporary(shop: str, settings: Any):
    settings.HTTP_ALLOWED_PREFIXES = ["http://127.0.0.1:1/"]
    with pytest.raises(TemporaryFailure):
        fetch("http://127.0.0.1:1/")
