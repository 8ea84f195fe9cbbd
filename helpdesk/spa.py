"""Serves the page that starts the agent app; the files of its build are served by whitenoise."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path

from csp.constants import SELF
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.csrf import get_token

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_MISSING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Aftercare</title>
<meta name="viewport" content="width=device-width">
<style>body{font:16px/24px system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}
code{background:#8882;padding:2px 6px;border-radius:4px}</style></head>
<body><h1>The agent app has not been built</h1>
<p>The server runs, but the folder with the app’s files is not there.</p>
<p>Run <code>make setup</code> in the project’s folder and start again. For work on the app
itself, <code>make dev</code> serves it with code reload.</p>
<p>The API is at <a href="/api/docs/">/api/docs/</a>.</p></body></html>
"""


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """The page that starts the app, for every address that is not a file of its build."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if path.startswith("_app/") or path.endswith((".js", ".css", ".map", ".woff2", ".ico")):
        raise Http404
    return _answer_page(request, Path(settings.APP_BUILD_DIR) / "index.html")


def _answer_page(request: HttpRequest, page: Path) -> HttpResponse:
    try:
        html, hashes = _read_page(page, page.stat().st_mtime_ns)
    except FileNotFoundError:
        return HttpResponse(_MISSING, status=503)
    get_token(request)
    response = HttpResponse(html, content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response._csp_replace = {"script-src": [SELF, *hashes]}  # type: ignore[attr-defined]
    return response


@functools.lru_cache(maxsize=2)
def _read_page(page: Path, _changed: int) -> tuple[bytes, tuple[str, ...]]:
    """The page and the CSP sources of its inline scripts; read again when the file changes."""
    content = page.read_bytes()
    return content, tuple(script_hashes(content.decode()))


def script_hashes(html: str) -> list[str]:
    """CSP source of each inline script, so that exactly these may run."""
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(html)
    ]
