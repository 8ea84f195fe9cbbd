"""The chat connector: what a visitor posted → normal form; an answer → a line they can see."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

import inbox.connector
from helpdesk.lib import blobs
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.connector import Account, OutboundMessage, Place, Reach, Sent, Settings
from inbox.inbound import Details, InboundAttachment, InboundMessage, SenderHandle
from integrations.chat.contrast import clean_colour
from integrations.chat.conversations import external_id_of, show_message
from integrations.chat.mailboxes import mailbox_of
from integrations.chat.manifest import MANIFEST
from integrations.chat.models import Conversation, Visitor
from integrations.chat.sites import clean_domains, make_site
from tickets.models import Channel, HandleKind, Message

SUBJECT_CHARS = 80
_PAGE = ("url", "title", "referrer")


class ChatConnector:
    """One site's widget."""

    manifest = MANIFEST

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """A post of the widget, as ``integrations.chat.posting`` wrote it down."""
        try:
            told = json.loads(raw)
            return _as_inbound(told)
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("This post of the widget cannot be read.") from error

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """The answer becomes a line of its conversation, at once; a second call finds it there."""
        conversation = _find_conversation(channel, message)
        if conversation is None:
            raise PermanentFailure(
                "Nobody has written in the chat on this ticket.", reason_code="no_conversation"
            )
        before_irreversible()
        found = Message.objects.select_related("user", "channel", "ticket").get(pk=message.id)
        show_message(conversation.pk, found)
        return Sent()

    def read_settings(self, settings: Settings) -> Settings:
        """What the general settings page knows of a site; the rest is set on the site's own."""
        for name, check in (("domains", clean_domains), ("accent", clean_colour)):
            if settings.config.get(name):
                settings.config[name] = check(settings.config[name])
        return settings

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """There is nobody to sign in to: the site is made if it is not there yet."""
        site = make_site(channel)
        return Account(label=site.public_id, config={"site_id": site.public_id})

    def reach(self, channel: Channel, place: Place) -> Reach:
        """A visitor who left is still written to: the answer follows by e-mail, or waits."""
        visitor = _find_visitor(channel, place)
        if visitor is None:
            return Reach(is_reachable=False, reason="no_conversation")
        if visitor.is_here:
            return Reach(is_reachable=True)
        knows_where = bool(visitor.email) and mailbox_of(channel) is not None
        return Reach(is_reachable=True, reason="left" if knows_where else "left_unknown")


def _as_inbound(told: dict[str, Any]) -> InboundMessage:
    begins = bool(told["begins"])
    conversation_id = uuid.UUID(told["conversation_id"])
    external_id = external_id_of(conversation_id, uuid.UUID(told["id"]))
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.VISITOR,
            value=told["visitor_id"],
            name=told["name"],
            label=told["label"],
            is_verified=bool(told["is_verified"]),
        ),
        external_id=external_id,
        subject=subject_of(told["text"]) if begins else "",
        text=told["text"],
        attachments=[
            InboundAttachment(
                name=each["name"],
                content_type=each["content_type"],
                content=blobs.read(each["sha256"]),
            )
            for each in told["files"]
        ],
        is_sender_verified=True if told["is_verified"] else None,
        content_key=hashlib.sha256(external_id.encode()).hexdigest(),
        thread_key=str(conversation_id),
        thread={"visitor_id": told["visitor_id"]},
        details=_details(told),
    )


def _details(told: dict[str, Any]) -> Details:
    """Where the visitor was when they wrote, and what the page said of itself: claims."""
    details = Details()
    page = {name: str(value)[:500] for name, value in told["page"].items() if name in _PAGE}
    if page:
        details["page"] = page
    if told["context"]:
        details["context"] = told["context"]
    if told["email"] and not told["is_email_proven"]:
        details["claims"] = {"email": told["email"]}
    return details


def subject_of(text: str) -> str:
    """The first words of a conversation, to call it by."""
    line = " ".join(text.split())
    if len(line) <= SUBJECT_CHARS:
        return line or "Chat"
    return f"{line[: SUBJECT_CHARS - 1].rsplit(' ', 1)[0]}…"


def _find_conversation(channel: Channel, message: OutboundMessage) -> Conversation | None:
    """The one with the visitor it is addressed to, else the newest on its ticket.

    Asked by the ticket and not by ``thread_key``: after a merge the conversation is on the ticket
    that survived.
    """
    ticket_id = Message.objects.values_list("ticket_id", flat=True).get(pk=message.id)
    found = list(
        Conversation.objects.filter(channel=channel, ticket_id=ticket_id).order_by("-last_line_at")
    )
    wanted = {each["address"] for each in message.to}
    mine = [each for each in found if str(each.visitor_id) in wanted]
    return next(iter(mine or found), None)


def _find_visitor(channel: Channel, place: Place) -> Visitor | None:
    """By what the conversation says, else by the handle: a merge leaves the thread behind."""
    try:
        wanted = uuid.UUID(str(place.thread.get("visitor_id") or place.address))
    except ValueError:
        return None
    return Visitor.objects.filter(channel=channel, pk=wanted).first()


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(ChatConnector())
