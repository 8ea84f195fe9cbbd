"""The widget's pages and files: the loader for a shop's page, and the frame behind it.

Everything here is public and sets no cookie. The loader is one script per site, with the site's
values in its last brackets; the frame is one page that holds its styles, its words and what the
site is like, so that opening the widget takes two requests.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseNotModified,
)
from django.utils.cache import patch_vary_headers
from django.utils.html import escape
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.gzip import gzip_page

from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound
from integrations.chat import look
from integrations.chat.api.views import boot_of
from integrations.chat.models import Site
from integrations.chat.sites import SiteConfig, frame_ancestors, get_site, launcher_values

LOADER_SECONDS = 300
ASSET_SECONDS = 31_536_000
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")
SCRIPTS = ("intercom", "gorgias", "esm")
_ASSET = re.compile(r"[a-z]+\.[A-Za-z0-9_-]{8}\.js")
_PACKED = (("br", ".br"), ("gzip", ".gz"))
_PAGE = (
    '<!doctype html><html lang="{locale}" dir="{direction}" data-theme="{theme}"><head>'
    '<meta charset="utf-8"><title>{name}</title>'
    '<meta name="viewport" content="width=device-width,initial-scale=1,'
    'viewport-fit=cover,interactive-widget=resizes-content">'
    '<meta name="robots" content="noindex"><style>{style}</style></head><body>{data}'
    '<script type="module" src="/widget/assets/{app}"></script></body></html>'
)


@gzip_page
def site_loader(request: HttpRequest, site: str) -> HttpResponse:
    """``/w/<site>.js``: the loader with the values of this site."""
    channel = _site(site).channel
    response = _script(request, _loader(request, launcher_values(channel, SiteConfig.of(channel))))
    patch_vary_headers(response, ["Accept-Language"])
    return response


@gzip_page
def bare_loader(request: HttpRequest) -> HttpResponse:
    """``/w.js``: the loader for a script tag with ``data-site``; the frame knows the rest."""
    return _script(request, _loader(request, launcher_values(None, SiteConfig())))


@gzip_page
def script(request: HttpRequest, name: str) -> HttpResponse:
    """``/w/<name>.js``: what stands in for other chats' calls, and the wrapper for bundlers."""
    return _script(request, _built(f"{name}.js"))


def asset(request: HttpRequest, name: str) -> HttpResponse:
    """A file of the frame's app, packed as the browser takes it; its name tells its content."""
    if not _ASSET.fullmatch(name):
        raise Http404("There is no such file.")
    accepted = request.headers.get("Accept-Encoding", "")
    coding, ending = next((each for each in _PACKED if each[0] in accepted), ("", ""))
    response = HttpResponse(_bytes(f"assets/{name}{ending}"), content_type="text/javascript")
    if coding:
        response["Content-Encoding"] = coding
    response["Vary"] = "Accept-Encoding"
    response["Cache-Control"] = f"public, max-age={ASSET_SECONDS}, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@gzip_page
@xframe_options_exempt
def frame(request: HttpRequest, site: str) -> HttpResponse:
    """The page inside the frame. Which pages may hold it, the policy says."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    found = _site(site)
    config = SiteConfig.of(found.channel)
    locale = config.locale_for(request.GET.get("locale", ""))
    is_preview = request.GET.get("preview") == "1"
    style = _style(config)
    page = {
        "boot": boot_of(found, locale, now()),
        "words": json.loads(_built(f"words/{locale}.json")),
        "preview": is_preview,
    }
    html = _PAGE.format(
        locale=locale,
        direction="rtl" if locale in RIGHT_TO_LEFT else "ltr",
        theme=config.theme,
        name=escape(found.channel.name),
        style=style,
        data=_data(page),
        app=json.loads(_built("manifest.json"))["app"],
    )
    response = HttpResponse(html, content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "same-origin"
    response._csp_replace = _policy(request, config, style, is_preview)  # type: ignore[attr-defined]
    return response


def _site(public_id: str) -> Site:
    try:
        return get_site(public_id)
    except NotFound as error:
        raise Http404(error.message) from None


def _policy(
    request: HttpRequest, config: SiteConfig, style: str, is_preview: bool
) -> dict[str, list[str]]:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    socket = f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"
    return {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": [f"'sha256-{digest}'"],
        "img-src": ["'self'", "data:", "blob:", "https:"] if config.logo_url else
        ["'self'", "data:", "blob:"],
        "connect-src": ["'self'", socket],
        "font-src": ["'none'"],
        "frame-src": ["'none'"],
        "form-action": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'self'"] if is_preview else frame_ancestors(config).split(),
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["svelte-trusted-html"],
    }  # fmt: skip


def _style(config: SiteConfig) -> str:
    """The frame's styles and, behind them, what the site chose."""
    light, dark = (look.declarations(config.accent, each) for each in ("light", "dark"))
    return (
        f"{_built('frame.css')}:root{{--r:{config.radius}px;{light}}}"
        f"[data-theme=dark]{{{dark}}}"
        f"@media(prefers-color-scheme:dark){{[data-theme=auto]{{{dark}}}}}"
    )


def _data(page: dict[str, Any]) -> str:
    """The page's values as JSON that no text in it can break out of."""
    told = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        told = told.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script id="aftercare" type="application/json">{told}</script>'


def _loader(request: HttpRequest, values: dict[str, Any]) -> str:
    """The loader's code for these values, with words in the languages that the browser wants."""
    words: dict[str, Any] = json.loads(_built("loader-words.json"))
    wanted = re.findall(r"(?:^|,)\s*([a-z]{2})", request.headers.get("Accept-Language", "").lower())
    languages = [each for each in wanted if each in values["languages"]]
    values["words"] = {each: words[each] for each in dict.fromkeys([*languages[:2], "en"])}
    del values["languages"]
    # Nothing but ASCII, and nothing that could end a script element.
    told = json.dumps(values, separators=(",", ":")).replace("<", "\\u003c")
    loader = _built("w.js")
    if values["rules"]:
        opening = "(function(aftercareConfig){"
        loader = opening + _built("proactive.js") + loader.removeprefix(opening)
    return f"{loader}{told});"


def _script(request: HttpRequest, code: str) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    etag = f'"{hashlib.sha256(code.encode()).hexdigest()[:24]}"'
    response: HttpResponse = HttpResponseNotModified()
    if request.headers.get("If-None-Match", "").removeprefix("W/") != etag:
        response = HttpResponse(code, content_type="text/javascript; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={LOADER_SECONDS}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _built(name: str) -> str:
    return _bytes(name).decode()


def _bytes(name: str) -> bytes:
    path = Path(settings.WIDGET_BUILD_DIR) / name
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise Http404("The widget has not been built, or there is no such file.") from None


@functools.lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> bytes:
    return path.read_bytes()
