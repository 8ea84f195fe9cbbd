"""A shop's page on an origin of its own, as hostile to what it embeds as shops are."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOSTILE_CSS = """
*{all:unset!important}
div{margin:5em!important;transform:rotate(3deg)!important;filter:blur(9px)!important}
iframe,button{display:none!important;opacity:0!important}
aftercare-widget{position:static!important;transform:scale(.1)!important;color:red!important}
"""


@dataclass
class HostPage:
    """One page: what stands in it, and the headers it comes with."""

    body: str = "<p>A shop</p><button id=buy>Buy</button>"
    css: str = ""
    script: str = ""
    policy: str = ""


class HostShop:
    """Serves pages by name; ``loader`` is the address of the widget's script."""

    def __init__(self, loader: str) -> None:
        self.loader = loader
        self.pages: dict[str, HostPage] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def html(self, page: HostPage) -> bytes:
        """The page; without a charset, as old themes are."""
        nonce = ' nonce="n0nce"' if page.policy else ""
        early = f"<script>{page.script}</script>" if page.script else ""
        return (
            f"<!doctype html><html lang=en><title>Shop</title><style{nonce}>{page.css}</style>"
            f"{early}{page.body}<script async src='{self.loader}'></script></html>"
        ).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = shop.pages.get(self.path.partition("?")[0])
                content = shop.html(page) if page else b""
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(content)))
                if page and page.policy:
                    self.send_header("Content-Security-Policy", page.policy)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        return Handler


def strict_policy(origin: str) -> str:
    """What a careful shop allows: our script and our frame, and nothing else."""
    return f"default-src 'none'; script-src {origin}; frame-src {origin}; style-src 'nonce-n0nce'"
