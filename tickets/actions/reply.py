"""A message leaves: an agent's reply, a rule's answer, a survey."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import current_origin, unit_of_work
from helpdesk.events.payloads import MentionRecord
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput, NewerMessages
from helpdesk.lib.ids import new_id
from tickets import rich_text
from tickets.actions.change import lock_ticket, record_message, record_ticket, touch
from tickets.actions.drafts import forget_sent
from tickets.actions.mentions import check_mentions, follow_after_reply, note_mentions
from tickets.actions.receive import snippet_of
from tickets.actions.signature import signature_for
from tickets.actions.unfilled import check_filled
from tickets.models import (
    Attachment,
    Channel,
    DeliveryState,
    Direction,
    HandleKind,
    Message,
    MessageBody,
    MessageKind,
    Status,
    Ticket,
)
from tickets.records import message_record

MAX_AHEAD = timedelta(days=366)
WITHOUT, PROPOSE = "without", "propose"
"""What may stand in place of an order action: the reply leaves without it, or proposes it."""
LIVE = "chat"
"""Somebody sits there and waits: nothing is held back for undo."""

SendCheck = Callable[[Ticket, Channel, list[dict[str, str]], dict[str, Any]], None]
_send_checks: list[SendCheck] = []
_text_checks: list[Callable[[Ticket, OutgoingMessage], None]] = []
_send_live: list[Callable[[uuid.UUID], None]] = []


def before_sending(check: SendCheck) -> SendCheck:
    """Let ``check`` look at every message that a person sends, before it is written.

    It is given the ticket, the channel, the recipients and the message's details, and raises
    InvalidInput. ``inbox`` knows more of channels than tickets may.
    """
    if check not in _send_checks:
        _send_checks.append(check)
    return check


def before_writing(check: Callable[[Ticket, OutgoingMessage], None]) -> None:
    """Let ``check`` look at every message to a customer, whoever or whatever sends it.

    It is given the ticket, locked, and the message, and raises InvalidInput.
    """
    if check not in _text_checks:
        _text_checks.append(check)


def after_writing_live(send: Callable[[uuid.UUID], None]) -> None:
    """Have ``send`` called with each message of a live channel right after its commit."""
    _send_live[:] = [send]


@dataclass(frozen=True)
class OutgoingMessage:
    """What shall be sent. Without ``to`` it goes to the customer the ticket belongs to.

    ``mention_ids`` are the people and teams named in a note; in a reply they mean nothing.
    ``seen_position`` is the newest message the agent had seen; None skips that check. With
    ``send_at`` it waits until then, and with ``stops_on_reply`` it becomes a draft again when the
    customer writes before. Where a person wrote ``html``, ``text`` is made from it. ``details`` is
    what the channel must know beside the words (``inbox.connector.OutboundMessage.details``).
    ``order_id`` and ``order_basis`` are the order its macro was filled from, as it stood then.
    ``order_action`` is what became of the macro's action on that order: the id of the one that a
    person confirmed, ``without`` or ``propose``.
    """

    text: str
    html: str = ""
    to: list[dict[str, str]] = field(default_factory=list)
    cc: list[dict[str, str]] = field(default_factory=list)
    bcc: list[dict[str, str]] = field(default_factory=list)
    subject: str = ""
    attachment_ids: list[uuid.UUID] = field(default_factory=list)
    mention_ids: list[uuid.UUID] = field(default_factory=list)
    kind: str = MessageKind.REPLY
    message_id: uuid.UUID | None = None
    macro_id: uuid.UUID | None = None
    order_id: uuid.UUID | None = None
    order_basis: str = ""
    order_action: str = ""
    rule_run_id: uuid.UUID | None = None
    is_automatic: bool = False
    hold_seconds: int = 0
    channel_id: uuid.UUID | None = None
    send_at: datetime | None = None
    stops_on_reply: bool = False
    seen_position: int | None = None
    keeps_draft: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def reply(ticket_id: uuid.UUID, outgoing: OutgoingMessage, *, user: User | None = None) -> Message:
    """Queue a message to the customer; the same ``message_id`` twice is the same message.

    Raises NewerMessages (with their records) if the customer or a colleague wrote after
    ``seen_position``, InvalidInput if there is nobody to send it to or nothing to say.
    """
    at = outgoing.at or now()
    actor = Actor.of_user(user) if user else current_origin().actor
    if user is not None:
        outgoing = _as_written(outgoing)
    with unit_of_work(actor=actor):
        ticket = lock_ticket(ticket_id)
        known = _find_same(ticket, outgoing)
        if known is not None:
            return known
        _check_sendable(ticket, outgoing, at)
        _check_nothing_newer(ticket, outgoing)
        message = _write(ticket, outgoing, actor, user, at)
        is_spent = not outgoing.keeps_draft
        drafted = forget_sent(ticket, user, "reply") if user and is_spent else []
        if outgoing.kind == MessageKind.REPLY:
            _answered(ticket, message, user, drafted, is_automatic=outgoing.is_automatic, at=at)
        else:
            touch(ticket, "message_count", "last_position", *drafted)
        record_message("message.queued", message, ticket)
        if message.channel_kind == LIVE and message.delivery_state == DeliveryState.QUEUED:
            for send in _send_live:
                transaction.on_commit(partial(send, message.pk), robust=True)
    return message


def add_note(
    ticket_id: uuid.UUID,
    text: str,
    *,
    user: User | None = None,
    html: str = "",
    message_id: uuid.UUID | None = None,
    attachment_ids: list[uuid.UUID] | None = None,
    mention_ids: list[uuid.UUID] | None = None,
    at: datetime | None = None,
) -> Message:
    """Add an internal note; it never leaves the house. The same id twice is the same note.

    ``mention_ids`` are people and teams; raises InvalidInput for those who cannot see the ticket.
    """
    actor = Actor.of_user(user) if user else current_origin().actor
    outgoing = _as_written(
        OutgoingMessage(
            text=text,
            html=html,
            message_id=message_id,
            at=at,
            kind=MessageKind.NOTE,
            attachment_ids=attachment_ids or [],
        )
    )
    if not outgoing.text.strip() and not outgoing.attachment_ids:
        raise InvalidInput.field("text", "Write something first.", code="required")
    with unit_of_work(actor=actor):
        ticket = lock_ticket(ticket_id)
        known = _find_same(ticket, outgoing)
        if known is not None:
            return known
        _check_alive(ticket)
        mentions = check_mentions(ticket, mention_ids or [])
        message = _write(ticket, outgoing, actor, user, at or now(), mentions=mentions)
        named = note_mentions(ticket, mentions, author=user)
        drafted = forget_sent(ticket, user, "note") if user else []
        touch(ticket, "message_count", "last_position", *named, *drafted)
        record_message("message.noted", message, ticket)
    return message


def _as_written(outgoing: OutgoingMessage) -> OutgoingMessage:
    """Clean HTML and the text that it says; images it shows are among the attachments."""
    if not outgoing.html.strip():
        return replace(outgoing, html="")
    written = rich_text.clean(outgoing.html)
    files = dict.fromkeys([*outgoing.attachment_ids, *written.image_ids])
    return replace(outgoing, html=written.html, text=written.text, attachment_ids=list(files))


def _find_same(ticket: Ticket, outgoing: OutgoingMessage) -> Message | None:
    """The message of that id, if it was written before; raises Conflict if it says otherwise."""
    message_id = outgoing.message_id
    if message_id is None:
        return None
    known = (
        Message.objects.select_related("body")
        .prefetch_related("attachments")
        .filter(pk=message_id)
        .first()
    )
    if known is not None and known.ticket_id != ticket.pk:
        raise Conflict("This message id is already used.", code="id_taken")
    if known is not None and known.delivery_state == DeliveryState.WITHDRAWN:
        raise Conflict("This message was taken back; send it under a new id.", code="withdrawn")
    if known is not None and known.body.text.strip() != outgoing.text.strip():
        raise Conflict(
            "This draft was already sent, with other words. Your words are kept.",
            code="already_sent",
            extra={"messages": [message_record(known)]},
        )
    return known


def _check_sendable(ticket: Ticket, outgoing: OutgoingMessage, at: datetime) -> None:
    if not outgoing.text.strip() and not outgoing.attachment_ids:
        raise InvalidInput.field("text", "Write something first.", code="required")
    _check_alive(ticket)
    if outgoing.send_at is not None and not at < outgoing.send_at < at + MAX_AHEAD:
        raise InvalidInput.field(
            "send_at", "Choose a moment within the next twelve months.", code="not_ahead"
        )
    check_filled(outgoing.subject, outgoing.text, outgoing.html)
    for check in _text_checks:
        check(ticket, outgoing)


def _check_alive(ticket: Ticket) -> None:
    if ticket.merged_into_id is not None:
        raise Conflict("This ticket was merged into another one.", code="merged")


def _check_nothing_newer(ticket: Ticket, outgoing: OutgoingMessage) -> None:
    if outgoing.seen_position is None or outgoing.seen_position >= ticket.last_position:
        return
    newer = list(
        Message.objects.filter(
            ticket=ticket,
            position__gt=outgoing.seen_position,
            kind__in=[MessageKind.CUSTOMER, MessageKind.REPLY],
        )
        .exclude(delivery_state=DeliveryState.WITHDRAWN)
        .select_related("body")
        .prefetch_related("attachments")
        .order_by("position")[:20]
    )
    if newer:
        raise NewerMessages(
            "New activity since you started writing.",
            extra={"messages": [message_record(each) for each in newer]},
        )


def _check_addresses(to: Sequence[dict[str, str]]) -> None:
    """By e-mail a message goes to e-mail addresses; raises InvalidInput naming the field."""
    for each in to:
        try:
            validate_email(each["address"])
        except ValidationError as error:
            raise InvalidInput.field("to", "Enter a valid email address.") from error


def _write(
    ticket: Ticket,
    outgoing: OutgoingMessage,
    actor: Actor,
    user: User | None,
    at: datetime,
    *,
    mentions: Sequence[MentionRecord] = (),
) -> Message:
    is_note = outgoing.kind == MessageKind.NOTE
    channel = None if is_note else _channel_of(ticket, outgoing.channel_id)
    outgoing = _in_channels_time(outgoing, channel)
    to = outgoing.to or (_customer_addresses(ticket, channel) if channel else [])
    to = [] if is_note else to
    if not is_note and not to:
        raise InvalidInput.field("to", "This customer has no address to send to.", code="required")
    if channel is not None and channel.kind == "email":
        _check_addresses(outgoing.to)
    if user is not None and channel is not None:
        for check in _send_checks:
            check(ticket, channel, to, outgoing.details)
    ticket.message_count += 1
    ticket.last_position += 1
    message = Message(
        id=outgoing.message_id or new_id(),
        organization_id=ticket.organization_id,
        ticket=ticket,
        position=ticket.last_position,
        kind=outgoing.kind,
        direction=Direction.INTERNAL if is_note else Direction.OUT,
        author_type=actor.type,
        author_name=actor.name,
        user=user,
        channel=channel,
        channel_kind=channel.kind if channel else "",
        from_address={"name": channel.name, "address": channel.address} if channel else None,
        to=to,
        cc=outgoing.cc,
        bcc=outgoing.bcc,
        subject=outgoing.subject or ("" if is_note else _reply_subject(ticket)),
        is_automatic=outgoing.is_automatic,
        has_html=bool(outgoing.html),
        delivery_state="" if is_note else _first_state(outgoing),
        send_after=None if is_note else _leaves_at(outgoing, at),
        is_scheduled=outgoing.send_at is not None,
        stops_on_reply=outgoing.send_at is not None and outgoing.stops_on_reply,
        macro_id=outgoing.macro_id,
        rule_run_id=outgoing.rule_run_id,
        mentions=list(mentions),
        details=_details_of(outgoing),
        created_at=at,
    )
    message.save(force_insert=True)
    MessageBody.objects.create(
        message=message,
        text=outgoing.text,
        html=outgoing.html,
        signature_text=signature_for(message),
    )
    _attach(message, outgoing, user)
    return message


def _details_of(outgoing: OutgoingMessage) -> dict[str, Any]:
    if not outgoing.order_action:
        return outgoing.details
    return {**outgoing.details, "order_action": outgoing.order_action}


def _in_channels_time(outgoing: OutgoingMessage, channel: Channel | None) -> OutgoingMessage:
    """Where people talk live, undoing has a shorter time or none: the channel's own."""
    if channel is None:
        return outgoing
    longest = channel.config.get("undo_seconds", 0 if channel.kind == LIVE else None)
    if longest is None or outgoing.hold_seconds <= longest:
        return outgoing
    return replace(outgoing, hold_seconds=longest)


def _first_state(outgoing: OutgoingMessage) -> str:
    waits = outgoing.hold_seconds or outgoing.send_at is not None
    return DeliveryState.HELD if waits else DeliveryState.QUEUED


def _leaves_at(outgoing: OutgoingMessage, at: datetime) -> datetime:
    return outgoing.send_at or at + timedelta(seconds=outgoing.hold_seconds)


def _attach(message: Message, outgoing: OutgoingMessage, user: User | None) -> None:
    """Make the uploaded files part of the message; those that its HTML shows become inline."""
    attachment_ids = outgoing.attachment_ids
    if not attachment_ids:
        return
    mine = Attachment.objects.filter(
        pk__in=attachment_ids, organization_id=message.organization_id, message=None
    )
    if user is not None:
        mine = mine.filter(uploaded_by=user)
    if mine.update(message=message) != len(set(attachment_ids)):
        raise InvalidInput.field(
            "attachment_ids", "An attachment is gone; add it again.", code="unknown_attachment"
        )
    shown = rich_text.image_ids_in(outgoing.html)
    for attachment_id in attachment_ids:
        content_id = rich_text.content_id_of(attachment_id)
        if content_id in shown:
            Attachment.objects.filter(pk=attachment_id).update(
                content_id=content_id, is_inline=True
            )


def _answered(
    ticket: Ticket,
    message: Message,
    user: User | None,
    drafted: list[str],
    *,
    is_automatic: bool,
    at: datetime,
) -> None:
    fields = ["message_count", "last_position", "last_message_at", *drafted]
    ticket.last_message_at = at
    if not is_automatic:
        ticket.snippet = snippet_of(message.body.text)
        ticket.last_message_direction = Direction.OUT
        ticket.waiting_since = None
        ticket.is_unread = False
        fields += ["snippet", "last_message_direction", "waiting_since", "is_unread"]
    before = ticket.status
    if user is not None and ticket.status in (Status.SNOOZED, Status.CLOSED):
        ticket.status, ticket.snoozed_until, ticket.closed_at = Status.OPEN, None, None
        ticket.wakes_on, ticket.wakes_order_id = "", None
        fields += ["status", "snoozed_until", "closed_at", "wakes_on", "wakes_order_id"]
    takes_over = user is not None and ticket.assignee_id is None
    if takes_over:
        ticket.assignee = user
        fields.append("assignee")
    if user is not None and not is_automatic:
        fields += follow_after_reply(ticket, user)
    touch(ticket, *fields)
    if ticket.status != before:
        record_ticket("ticket.status_changed", ticket, {"status": (before, ticket.status)})
    if takes_over and user is not None:
        record_ticket("ticket.assigned", ticket, {"assignee_id": (None, str(user.pk))})


def channel_that_answers(ticket: Ticket) -> Channel:
    """Where an answer goes if nobody chooses: that of the newest message, or the ticket's own."""
    return _channel_of(ticket, None)


def _channel_of(ticket: Ticket, channel_id: uuid.UUID | None) -> Channel:
    """The channel chosen, else that of the newest message that came in, else the ticket's own."""
    if channel_id is not None:
        chosen = Channel.objects.filter(
            pk=channel_id, organization_id=ticket.organization_id, is_active=True
        ).first()
        if chosen is None:
            raise InvalidInput.field("channel_id", "This channel cannot send now.")
        return chosen
    newest = (
        Message.objects.filter(ticket=ticket, direction=Direction.IN)
        .select_related("channel")
        .order_by("-position")
        .first()
    )
    return _answered_by(newest.channel if newest and newest.channel else ticket.channel)


def _answered_by(channel: Channel) -> Channel:
    """Where people are known by e-mail but there is no mailbox (a form), mail goes out by one."""
    if channel.handle_kind != HandleKind.EMAIL or channel.kind == "email":
        return channel
    mailboxes = Channel.objects.filter(
        organization_id=channel.organization_id, kind="email", is_active=True
    )
    chosen = str(channel.config.get("answers_by") or "")
    named = mailboxes.filter(pk=chosen).first() if _is_id(chosen) else None
    return named or mailboxes.order_by("created_at", "pk").first() or channel


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _customer_addresses(ticket: Ticket, channel: Channel) -> list[dict[str, str]]:
    """Where the customer last wrote from on this channel, else their handle of its kind.

    A customer who has neither is answered where their conversation went on: whoever wrote on the
    ticket last in this way.
    """
    written = Message.objects.filter(
        ticket=ticket, kind=MessageKind.CUSTOMER, channel__handle_kind=channel.handle_kind
    ).order_by("-position")
    newest = written.filter(customer_id=ticket.customer_id).first()
    if newest is not None and newest.from_address:
        return [{"name": ticket.customer.name, "address": newest.from_address["address"]}]
    handle = ticket.customer.handles.filter(kind=channel.handle_kind).order_by("pk").first()
    if handle is not None:
        return [{"name": ticket.customer.name, "address": handle.value}]
    last = written.first()
    return [dict(last.from_address)] if last is not None and last.from_address else []


def _reply_subject(ticket: Ticket) -> str:
    """Answers go out under the subject of the newest customer mail."""
    newest = (
        Message.objects.filter(ticket=ticket, kind=MessageKind.CUSTOMER)
        .exclude(subject="")
        .order_by("-position")
        .values_list("subject", flat=True)
        .first()
    )
    subject = newest or ticket.subject
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}".strip()
