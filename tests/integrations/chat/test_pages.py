"""What the widget's pages promise a shop: no cookie, a strict policy, nothing that breaks out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from integrations.chat import look
from integrations.chat.contrast import contrast
from integrations.chat.sites import LANGUAGES, change_site
from tests.integrations.chat.conftest import SITE
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)
is_built = (Path(settings.WIDGET_BUILD_DIR) / "w.js").exists()
needs_build = pytest.mark.skipif(not is_built, reason="the widget is not built: make setup")


@needs_build
def test_the_loader_is_ascii_with_the_sites_values_and_no_cookie(client: Client, chat: Channel):
    change_site(chat, {"launcher_label": "Hilfe </script>ü", "languages": ["de", "en"]})
    answer = client.get(f"/w/{SITE}.js", headers={"accept-language": "de-AT,de;q=0.9,en"})

    code = answer.content.decode("ascii")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    values = json.loads(code[code.rindex("})({") + 3 : -2])
    assert (values["site"], values["label"]) == (SITE, "Hilfe </script>ü")
    assert values["words"]["de"]["open"] == "Hilfe"
    assert "</script" not in code


@needs_build
def test_the_loader_is_not_sent_again_while_it_is_the_same(client: Client, chat: Channel):
    etag = client.get(f"/w/{SITE}.js")["ETag"]
    again = client.get(f"/w/{SITE}.js", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    change_site(chat, {"accent": "#b04a2b"})
    assert client.get(f"/w/{SITE}.js", headers={"if-none-match": etag}).status_code == 200


@needs_build
def test_cards_come_only_with_rules(client: Client, chat: Channel):
    change_site(chat, {"proactive": []})
    bare = len(client.get(f"/w/{SITE}.js").content)
    change_site(chat, {"proactive": [{"id": "size", "text": "Between two sizes?"}]})
    assert len(client.get(f"/w/{SITE}.js").content) > bare + 2000


@needs_build
def test_the_frame_runs_only_our_own_script_and_only_in_pages_that_may_hold_it(
    client: Client, chat: Channel
):
    change_site(chat, {"domains": ["shop.example"], "greetings": {"en": "</script><b>Hi"}})
    answer = client.get(f"/widget/frame/{SITE}?locale=en")
    html = answer.content.decode()
    policy = dict(
        part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";")
    )

    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "shop.example"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["style-src"].startswith("'sha256-")
    assert "X-Frame-Options" not in answer
    assert not answer.cookies
    assert "<b>Hi" not in html
    told = re.search(r'<script id="aftercare" type="application/json">(.*?)</script>', html)
    assert told is not None
    assert json.loads(told[1])["boot"]["greeting"] == "</script><b>Hi"


@needs_build
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_frame_speaks_every_language(client: Client, chat: Channel, locale: str):
    change_site(chat, {"languages": list(LANGUAGES)})
    html = client.get(f"/widget/frame/{SITE}?locale={locale}").content.decode()
    assert f'<html lang="{locale}"' in html


@needs_build
def test_the_frames_code_is_packed_and_kept_for_good(client: Client, chat: Channel):
    html = client.get(f"/widget/frame/{SITE}").content.decode()
    name = re.search(r'src="(/widget/assets/[^"]+)"', html)
    assert name is not None
    answer = client.get(name[1], headers={"accept-encoding": "gzip, br"})
    assert answer["Content-Encoding"] == "br"
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    ["/w/ste_nobody.js", "/widget/frame/ste_nobody", "/widget/assets/..%2fw.js", "/demo-shop/"],
)
def test_what_is_not_there_is_a_plain_404(client: Client, chat: Channel, path: str):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("accent", ["#2f5d46", "#2b59d9", "#1a1b1e", "#f0b429", "#ffffff"])
@pytest.mark.parametrize(("theme", "surface"), [("light", "#ffffff"), ("dark", "#17181b")])
def test_every_accent_can_be_read_and_seen(accent: str, theme: str, surface: str):
    made = look.tokens(accent, theme)
    assert contrast(made["--on-accent"], made["--accent"]) >= 4.5
    assert contrast(made["--on-accent"], made["--accent-hover"]) >= 4.5
    assert contrast(made["--accent-text"], surface) >= 4.5
    assert contrast(made["--accent-text"], made["--accent-soft"]) >= 4.5
    assert contrast(made["--accent-edge"], surface) >= 3
