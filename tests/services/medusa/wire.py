"""The line between us and the shop: passes every request on, notes it, and loses answers if told."""

from __future__ import annotations

import json
import re
import socket
import threading
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Exchange:
    """One request, and what the shop answered."""

    method: str
    path: str
    query: tuple[str, ...]
    body: Any
    status: int
    data: Any


class Wire:
    """An HTTP proxy before a shop. ``lose`` takes the next such request and never answers it."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target).netloc
        self.exchanges: list[Exchange] = []
        self._lost: list[tuple[str, re.Pattern[str]]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.wire = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Wire:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def lose(self, method: str, pattern: str) -> None:
        """The shop does what the next such request says, and the line breaks before its answer."""
        with self._lock:
            self._lost.append((method, re.compile(pattern)))

    def sent(self, method: str, pattern: str) -> list[Exchange]:
        """What was asked of this kind, oldest first."""
        wanted = re.compile(pattern)
        return [
            each for each in self.exchanges if each.method == method and wanted.search(each.path)
        ]

    def is_to_be_lost(self, method: str, path: str) -> bool:
        """Whether this request's answer is to be lost; asked once for each."""
        with self._lock:
            for each in self._lost:
                if each[0] == method and each[1].search(path):
                    self._lost.remove(each)
                    return True
        return False


class _Handler(BaseHTTPRequestHandler):
    def _any(self) -> None:
        wire: Wire = self.server.wire  # type: ignore[attr-defined]
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else None
        kept = ("authorization", "content-type", "accept")
        headers = {name: value for name, value in self.headers.items() if name.lower() in kept}
        shop = HTTPConnection(wire.target, timeout=60)
        shop.request(self.command, self.path, body, headers)
        answer = shop.getresponse()
        content = answer.read()
        shop.close()
        parts = urlsplit(self.path)
        names = tuple(sorted({name for name, _ in parse_qsl(parts.query)}))
        wire.exchanges.append(
            Exchange(self.command, parts.path, names, _json(body), answer.status, _json(content))
        )
        if wire.is_to_be_lost(self.command, parts.path):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type") or "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _any  # noqa: N815 (the library's names)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def _json(content: bytes | None) -> Any:
    try:
        return json.loads(content or b"null")
    except ValueError:
        return None
