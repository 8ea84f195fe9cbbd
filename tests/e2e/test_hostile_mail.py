"""Hostile mail in a real browser: no script runs, no dialog opens, nobody else is called."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from playwright.sync_api import Error as BrowserError

from tests.e2e.shop import Shop, Shopper, wait_until

PER_MAIL = 40
MAILS_PER_TICKET = 5
ATTACHED_TYPES = {
    ".svg": "image/svg+xml", ".svgz": "image/svg+xml", ".xml": "text/xml", ".demo": "text/html",
    ".xht": "application/xhtml+xml", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png",
}  # fmt: skip
# Ends whatever a payload left open, so that the next one is read as its author meant it.
CLOSERS = "\"'>--></title></textarea></style></noscript></xmp></script></svg></math></select></div>"


class Watch:
    """What must not happen in a browser, written down when it does."""

    def __init__(self, context: BrowserContext, own_url: str) -> None:
        self.seen: list[str] = []
        self._own = urlsplit(own_url).netloc
        context.route(self._is_foreign, self._stop)
        context.on("page", self._look_at)
        for page in context.pages:
            self._look_at(page)

    def _look_at(self, page: Page) -> None:
        page.on("popup", lambda popup: self.seen.append(f"window {popup.url}"))
        page.on("download", lambda file: self.seen.append(f"download {file.url}"))

        def on_dialog(dialog: object) -> None:
            self.seen.append(f"dialog {dialog}")
            getattr(dialog, "dismiss")()  # noqa: B009 (typed only within playwright)

        page.on("dialog", on_dialog)

    def _is_foreign(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https", "ws", "wss", "ftp") and parts.netloc != self._own

    def _stop(self, route: Route) -> None:
        self.seen.append(f"request {route.request.url}")
        route.abort()


@pytest.fixture(scope="module")
def payloads(corpora: Path) -> list[str]:
    """Every cross-site scripting payload of the corpus, each once."""
    found: dict[str, None] = {}
    for path in sorted((corpora / "security").glob("xss_*/data.jsonl")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line:
                found[json.loads(line)["payload"]] = None
    return [each for each in found if "\0" not in each]


def test_the_watch_itself_notices_scripts_and_requests(browser: Browser):
    """Without this, a blind watch would pass everything below."""
    context = browser.new_context()
    page = context.new_page()
    watch = Watch(context, "http://127.0.0.1:1")

    page.set_content("<script>alert(1)</script><img src='http://foreign.example/pixel'>")
    wait_until(lambda: len(watch.seen) >= 2 or page.title(), "both marks", timeout_seconds=10)

    assert any(each.startswith("dialog") for each in watch.seen)
    assert "request http://foreign.example/pixel" in watch.seen
    context.close()


def test_no_payload_runs_in_list_conversation_or_mail_frame(
    shop: Shop, new_agent: Callable[..., Page], payloads: list[str]
):
    """Every payload as text and HTML; the short ones also as subject and display name."""
    assert len(payloads) > 4_000
    shoppers = _write_them_all(shop, payloads)
    page = new_agent()
    watch = Watch(page.context, shop.server.url)

    page.goto("/inbox/all?sort=newest")
    expect(page.get_by_role("row").first).to_be_visible()
    frames = 0
    for shopper in shoppers:
        ticket = shop.ticket_of(shopper)
        page.goto(f"/inbox/all/{ticket['id']}")
        expect(page.get_by_role("feed").get_by_role("article").first).to_be_visible()
        frames += _show_all_formatted(page)
    _open_documents_alone(shop, page, shoppers[0])

    assert frames == -(-len(payloads) // PER_MAIL)
    assert watch.seen == []


def test_no_hostile_attachment_is_shown_by_the_browser(
    shop: Shop, new_agent: Callable[..., Page], corpora: Path
):
    files = [path for path in sorted((corpora / "security" / "attachments").iterdir())
             if path.suffix != ".md"]  # fmt: skip
    vic = shop.shopper("Vic Attach")
    shop.arrive(
        vic, "See the files", "Attached.",
        attachments=tuple(
            (path.name, ATTACHED_TYPES.get(path.suffix, "application/octet-stream"),
             path.read_bytes()) for path in files
        ),
    )  # fmt: skip
    (message,) = shop.messages_of(shop.ticket_of(vic)["id"])
    assert len(message["attachments"]) == len(files) > 15
    page = new_agent(accept_downloads=False)
    watch = Watch(page.context, shop.server.url)

    for attachment in message["attachments"]:
        answer = page.request.get(attachment["url"])
        assert answer.headers["content-disposition"].startswith("attachment"), attachment["name"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        inline = page.request.get(f"{attachment['url']}?inline=1")
        if inline.ok and inline.headers["content-disposition"].startswith("inline"):
            assert re.fullmatch(r"image/(png|jpeg|gif|webp)", inline.headers["content-type"])
        with pytest.raises(BrowserError, match="Download is starting"):
            page.goto(attachment["url"])

    assert [each for each in watch.seen if not each.startswith("download")] == []


def _write_them_all(shop: Shop, payloads: list[str]) -> list[Shopper]:
    """Several mails of each writer, the first ones first, so that the others find their ticket."""
    parts = [payloads[at : at + PER_MAIL] for at in range(0, len(payloads), PER_MAIL)]
    groups = [parts[at : at + MAILS_PER_TICKET] for at in range(0, len(parts), MAILS_PER_TICKET)]
    shoppers = [shop.shopper(f"Mallory{number} X") for number in range(len(groups))]
    firsts = [
        _write(shop, shopper, group[0]) for shopper, group in zip(shoppers, groups, strict=True)
    ]
    _wait_for_messages(shop, len(groups))
    for shopper, group, first in zip(shoppers, groups, firsts, strict=True):
        for part in group[1:]:
            _write(shop, shopper, part, answer_to=first)
    _wait_for_messages(shop, len(parts))
    return shoppers


def _write(
    shop: Shop, shopper: Shopper, part: list[str], answer_to: EmailMessage | None = None
) -> EmailMessage:
    return shop.arrive(
        shopper,
        _one_line("".join(part[4:10]))[:400],
        "\n".join(part),
        html="".join(f"<div>{each}{CLOSERS}</div>" for each in part),
        display_name=_one_line("".join(part[:4]))[:200],
        answer_to=answer_to,
    )


def _wait_for_messages(shop: Shop, count: int) -> None:
    from tickets.models import Message

    ours = Message.objects.filter(from_address__address__startswith="mallory")
    wait_until(
        lambda: ours.count() >= count, "every hostile mail", timeout_seconds=120, pause_seconds=0.5
    )


def _show_all_formatted(page: Page) -> int:
    buttons = page.get_by_role("feed").get_by_role("button", name="Show formatted")
    while buttons.count():
        buttons.first.click()
    frames = page.locator("iframe")
    for index in range(frames.count()):
        frames.nth(index).scroll_into_view_if_needed()
        frame = frames.nth(index).content_frame
        expect(frame.locator("body")).to_be_attached()
    return frames.count()


def _open_documents_alone(shop: Shop, page: Page, shopper: Shopper) -> None:
    """Without the frame around it, its own policy has to hold."""
    for message in shop.messages_of(shop.ticket_of(shopper)["id"]):
        page.goto(f"/api/v1/messages/{message['id']}/html")
        expect(page.locator("body")).to_be_attached()


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)
