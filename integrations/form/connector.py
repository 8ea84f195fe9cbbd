"""The contact form: shown on a page of ours, or posted by the shop's own site."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

import inbox.connector
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from helpdesk.lib.ids import new_id
from inbox.connector import (
    Arrived,
    Ignored,
    Item,
    OutboundMessage,
    Refused,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import (
    Details,
    InboundAttachment,
    InboundMessage,
    SenderHandle,
    content_key_of,
    first_words,
)
from integrations.form.fields import as_payload, read_form, values_of
from integrations.form.manifest import MANIFEST
from integrations.form.words import words_for
from tickets.models import Channel, HandleKind

PAGE = "text/html; charset=utf-8"
OPEN = {"Access-Control-Allow-Origin": "*"}
"""A script on the shop's page may read the answer: it holds nothing."""
KEPT = ("name", "email", "subject", "message", "order")


class FormConnector:
    """Everybody may send it; what it claims about its sender is believed by nobody."""

    manifest = MANIFEST

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """A form has no secret. Where sites are named, only those and our own page may post."""
        allowed = {_origin(str(each)) for each in channel.config.get("origins", [])}
        if request.method == "GET" or not allowed:
            return
        if _origin(_came_from(request)) not in {*allowed, _origin(settings.PUBLIC_URL)}:
            raise Refused("This site may not post the form.")

    def call_key(self, channel: Channel, request: WebhookRequest) -> str:
        """The submission's own id; without one, the same words within a minute are one call."""
        submission = read_form(request).submission
        if submission:
            return f"submission:{submission}"
        return f"{now():%Y-%m-%dT%H:%M}:{request.body!r}"

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """The page; or, for what was filled in, thanks. What is wrong is said before it is kept."""
        if request.method == "GET":
            return _page(channel, request)
        wants_json = "application/json" in request.headers.get("accept", "")
        try:
            read_form(request)
        except InvalidInput as problem:
            if wants_json or _origin(_came_from(request)) != _origin(settings.PUBLIC_URL):
                raise
            return _page(channel, request, problem)
        if wants_json:
            return WebhookAnswer(b'{"accepted": true}', "application/json", 202, headers=OPEN)
        thanks = str(channel.config.get("thanks_url") or "")
        if thanks:
            return WebhookAnswer(status=303, headers={"Location": thanks, **OPEN})
        words = words_for(request.headers.get("accept-language", ""))
        page = render_to_string("portal/form_thanks.html", {"words": words, "shop": channel.name})
        return WebhookAnswer(page.encode(), PAGE, headers=OPEN)

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """One message, unless a program filled in what people do not see."""
        filled = read_form(request)
        if filled.is_trapped:
            return [Ignored("a program filled in the field that people do not see")]
        return [Arrived(request.key, as_payload(filled, request.key))]

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """The message; its sender is a claim."""
        told = json.loads(raw)
        form = {**told["others"], **({"order": told["order"]} if told["order"] else {})}
        return InboundMessage(
            sender=SenderHandle(HandleKind.EMAIL, told["email"], told["name"]),
            external_id="",
            subject=told["subject"] or first_words(told["message"]),
            text=told["message"],
            attachments=[
                InboundAttachment(each["name"], each["type"], base64.b64decode(each["content"]))
                for each in told["files"]
            ],
            content_key=content_key_of("form", told["key"]),
            details=Details(form=form) if form else Details(),
            starts_anew=True,
        )

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """Nothing leaves by a form: answers go out by a mailbox."""
        raise PermanentFailure(
            "A form cannot answer. Connect a mailbox, and choose it in the form's settings.",
            reason_code="no_mailbox",
        )


def _page(
    channel: Channel, request: WebhookRequest, problem: InvalidInput | None = None
) -> WebhookAnswer:
    words = words_for(request.headers.get("accept-language", ""))
    wrong = (
        {each.path: words[f"{each.path}_{each.code}"] for each in problem.errors} if problem else {}
    )
    page = render_to_string(
        "portal/form.html",
        {
            "words": words, "shop": channel.name, "wrong": wrong,
            "said": _said_before(request) if problem else {},
            "subjects": channel.config.get("subjects", []), "submission": str(new_id()),
        },
    )  # fmt: skip
    return WebhookAnswer(page.encode(), PAGE, 422 if problem else 200, is_final=True)


def _said_before(request: WebhookRequest) -> dict[str, str]:
    """What stood in the fields, so that nobody writes it twice."""
    try:
        values, _ = values_of(request)
    except InvalidInput:
        return {}
    return {name: values.get(name, "") for name in KEPT}


def _came_from(request: WebhookRequest) -> str:
    return request.headers.get("origin") or request.headers.get("referer", "")


def _origin(url: str) -> str:
    parts = urlsplit(url if "//" in url else f"https://{url}")
    return f"{parts.scheme}://{parts.netloc}".lower()


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(FormConnector())
