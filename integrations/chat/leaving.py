"""When a shopper leaves: what they have not seen goes on by e-mail, once; and transcripts.

A copy is an ordinary message on the ticket through a mailbox, with an id made from the
conversation and how far it goes: however often this runs, it is one message and one Delivery.
"""

from __future__ import annotations

import tomllib
import uuid
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import structlog

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, HelpdeskError
from helpdesk.sweep import sweeps
from integrations.chat import limits
from integrations.chat.conversations import changing, show_system
from integrations.chat.mailboxes import mailbox_of
from integrations.chat.models import ContinuedBy, Conversation, Line, LineKind, Visitor
from integrations.chat.sites import SiteConfig
from tickets.actions.change import lock_survivor
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Channel, Message, Ticket

MAX_LINES = 50
MAX_TRANSCRIPT_LINES = 400
_FILE = Path(__file__).with_name("words.toml")

log = structlog.get_logger()


@sweeps("chat.fall_back", every_seconds=10)
def fall_back_due(limit: int = 50) -> int:
    """Send on what shoppers who left have not seen; returns how many conversations."""
    due = (
        Conversation.objects.filter(unseen_since__lte=now())
        .exclude(visitor__email="")
        .exclude(visitor__here_until__gt=now())
        .filter(channel__is_active=True, ticket__isnull=False)
        .order_by("unseen_since")
        .values_list("pk", flat=True)[:limit]
    )
    done = 0
    for conversation_id in list(due):
        try:
            done += fall_back(conversation_id)
        except HelpdeskError as error:
            log.warning("chat.not_sent_on", conversation=str(conversation_id), code=error.code)
    return done


@sweeps("chat.allowances", every_seconds=900)
def forget_allowances() -> int:
    """Delete counters of windows that are over."""
    return limits.delete_old()


def fall_back(conversation_id: uuid.UUID) -> bool:
    """Send on one conversation if it is time; a second run, also beside this one, sends nothing."""
    told = Conversation.objects.select_related("visitor", "channel").get(pk=conversation_id)
    mailbox = mailbox_of(told.channel)
    if mailbox is None or told.ticket_id is None or not _is_due(told, told.visitor):
        return False
    with unit_of_work():
        ticket = lock_survivor(told.ticket_id)
        with changing(conversation_id) as conversation:
            if not _is_due(conversation, told.visitor):
                return False
            lines = _unseen(conversation)
            if not lines:
                conversation.unseen_since = None
                return False
            _send_copy(ticket, conversation, told.visitor, mailbox, lines)
            conversation.mailed_position = conversation.last_position
            conversation.unseen_since = None
            if conversation.continued_by == ContinuedBy.CHAT:
                conversation.continued_by = ContinuedBy.EMAIL
                show_system(conversation, LineKind.BY_EMAIL, text=masked(told.visitor.email))
    return True


def send_transcript(conversation: Conversation) -> None:
    """The conversation so far as a mail to the visitor; the same state twice is one mail.

    Raises Conflict: ``no_email`` where no address is known, ``no_mailbox`` where none can send.
    """
    visitor, mailbox = conversation.visitor, mailbox_of(conversation.channel)
    if not visitor.email:
        raise Conflict("Tell us your e-mail address first.", code="no_email")
    if mailbox is None or conversation.ticket_id is None:
        raise Conflict("This conversation cannot be sent by e-mail.", code="no_mailbox")
    words = words_of(visitor.locale)
    shop = conversation.channel.organization.name
    message_id = uuid.uuid5(conversation.pk, f"transcript:{conversation.last_position}")
    if Message.objects.filter(pk=message_id).exists():
        return
    with unit_of_work():
        ticket = lock_survivor(conversation.ticket_id)
        reply(
            ticket.pk,
            OutgoingMessage(
                text=_transcript(conversation, words, shop),
                to=[{"name": visitor.name, "address": visitor.email}],
                subject=words["subject"].replace("{shop}", shop),
                message_id=message_id,
                is_automatic=True,
                channel_id=mailbox.pk,
                details={"transcript_of": str(conversation.pk)},
            ),
        )


def masked(email: str) -> str:
    """``m•••@posteo.example``: enough to know one's own address by."""
    local, at, domain = email.partition("@")
    return f"{local[:1]}•••{at}{domain}"


def words_of(language: str) -> dict[str, str]:
    """The sentences of a language, English where there are none."""
    known = _words()
    return known.get(language.split("-")[0].lower(), known["en"])


def _is_due(conversation: Conversation, visitor: Visitor) -> bool:
    if conversation.unseen_since is None or not visitor.email or visitor.is_here:
        return False
    goes_on_by_mail = conversation.continued_by == ContinuedBy.EMAIL
    minutes = 0 if goes_on_by_mail else SiteConfig.of(conversation.channel).fall_back_minutes
    return now() - conversation.unseen_since >= timedelta(minutes=minutes)


def _unseen(conversation: Conversation) -> list[Line]:
    after = max(conversation.seen_position, conversation.mailed_position)
    return list(
        Line.objects.filter(
            conversation=conversation,
            position__gt=after,
            kind__in=[LineKind.AGENT, LineKind.CSAT],
            message__isnull=False,
        )
        .select_related("message__body")
        .prefetch_related("message__attachments")
        .order_by("position")[:MAX_LINES]
    )


def _send_copy(
    ticket: Ticket,
    conversation: Conversation,
    visitor: Visitor,
    mailbox: Channel,
    lines: list[Line],
) -> None:
    words = words_of(visitor.locale)
    messages = [each.message for each in lines if each.message is not None]
    texts = [_with_choices(each) for each in messages]
    subject = ticket.subject or words["subject"].replace("{shop}", mailbox.organization.name)
    reply(
        ticket.pk,
        OutgoingMessage(
            text="\n\n".join([words["copy"], *filter(None, texts)]),
            to=[{"name": visitor.name, "address": visitor.email}],
            subject=subject,
            message_id=uuid.uuid5(conversation.pk, f"copy:{lines[-1].position}"),
            is_automatic=True,
            channel_id=mailbox.pk,
            attachment_ids=[each.pk for message in messages for each in _copies(message)],
            details={"copy_of": [str(each.pk) for each in messages]},
        ),
    )


def _with_choices(message: Message) -> str:
    """What was said, and what could be tapped beneath it, a line each."""
    choices = [f"• {each}" for each in message.details.get("quick_replies") or []]
    return "\n".join(filter(None, [message.body.text.strip(), *choices]))


def _copies(message: Message) -> list[Attachment]:
    """The same files once more, for the mail; the bytes lie where they lay."""
    return [
        Attachment.objects.create(
            organization_id=each.organization_id,
            name=each.name,
            content_type=each.content_type,
            size_bytes=each.size_bytes,
            sha256=each.sha256,
        )
        for each in message.attachments.all()
        if each.sha256
    ]


def _transcript(conversation: Conversation, words: dict[str, str], shop: str) -> str:
    lines = list(
        Line.objects.filter(conversation=conversation, message__isnull=False)
        .filter(kind__in=[LineKind.VISITOR, LineKind.AGENT])
        .select_related("message__body")
        .prefetch_related("message__attachments")
        .order_by("-position")[:MAX_TRANSCRIPT_LINES]
    )[::-1]
    parts = [words["transcript"].replace("{shop}", shop)]
    for line in lines:
        if line.message is None:
            continue
        who = words["you"] if line.kind == LineKind.VISITOR else line.name
        files = ", ".join(each.name for each in line.message.attachments.all())
        said = "\n".join(filter(None, [line.message.body.text, files and f"[{files}]"]))
        parts.append(f"{who} · {line.at:%Y-%m-%d %H:%M} UTC\n{said}")
    return "\n\n".join(parts)


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return words
