"""From a stored message to the normal form that connectors send; what goes out on which terms."""

from __future__ import annotations

import uuid
from functools import partial

from helpdesk.lib import blobs
from inbox.connector import OutboundFile, OutboundMessage
from inbox.models import Delivery, Thread
from inbox.reply_tokens import outgoing_message_id, reply_address
from inbox.threads import find_thread
from tickets.actions.delivery import set_external_id
from tickets.models import Attachment, Channel, Direction, Message, MessageKind

MAX_REFERENCES = 20
EMAIL = "email"


def fix_external_id(message: Message) -> None:
    """Give a mail the Message-ID that every try will carry; a second call changes nothing.

    On other channels the vendor names the message when it takes it.
    """
    if message.external_id or message.channel is None or message.channel.kind != EMAIL:
        return
    _, _, domain = message.channel.address.partition("@")
    set_external_id(
        message, outgoing_message_id(message.pk, message.ticket_id, domain or "localhost")
    )


def build(message: Message, delivery: Delivery) -> OutboundMessage:
    """The message complete with signature, thread headers and files."""
    channel = delivery.channel
    answered = _answered(message)
    uses_plus = bool(channel.config.get("reply_by_plus_address"))
    thread = None if channel.kind == EMAIL else _thread(message, channel)
    return OutboundMessage(
        id=message.pk,
        external_id=message.external_id,
        from_address={"name": _sender_name(message), "address": channel.address},
        to=message.to,
        cc=message.cc,
        bcc=message.bcc,
        subject=message.subject,
        text=message.body.text,
        html=message.body.html,
        signature=message.body.signature_text,
        quoted=_quote(message, answered),
        reply_to=reply_address(channel.address, message.ticket_id) if uses_plus else "",
        in_reply_to=_answers(thread, answered),
        references=_references(message, answered),
        files=[_file(each) for each in message.attachments.all()],
        is_automatic=message.is_automatic,
        language=message.ticket.language or message.ticket.customer.language,
        recipients_done=delivery.recipients_done,
        thread_key=thread.key if thread else "",
        thread=thread.data if thread else {},
        last_inbound_at=thread.last_inbound_at if thread else None,
        details=message.details,
        kind=message.kind,
    )


def _thread(message: Message, channel: Channel) -> Thread | None:
    """The conversation with the person it goes to, else the ticket's newest on that channel."""
    address = message.to[0]["address"] if message.to else ""
    found = find_thread(message.ticket_id, channel.pk, address)
    return found or find_thread(message.ticket_id, channel.pk)


def _answers(thread: Thread | None, answered: Message | None) -> str:
    """The id of what it answers: in a vendor's conversation the newest arrival there."""
    if thread is not None:
        return thread.last_external_id
    return answered.external_id if answered else ""


def _answered(message: Message) -> Message | None:
    """The newest customer message before this one."""
    return (
        Message.objects.select_related("body")
        .filter(
            ticket_id=message.ticket_id,
            direction=Direction.IN,
            kind=MessageKind.CUSTOMER,
            position__lt=message.position,
        )
        .order_by("-position")
        .first()
    )


def _references(message: Message, answered: Message | None) -> list[str]:
    """The thread so far, oldest first: what the customer's mail named, then our own mails."""
    known = (
        Message.objects.filter(ticket_id=message.ticket_id, position__lt=message.position)
        .exclude(external_id="")
        .exclude(direction=Direction.INTERNAL)
        .order_by("-position")
        .values_list("external_id", flat=True)[:MAX_REFERENCES]
    )
    named = [*answered.references] if answered else []
    thread = dict.fromkeys([*named, *reversed(list(known))])
    return list(thread)[-MAX_REFERENCES:]


def _sender_name(message: Message) -> str:
    shop = message.channel.name if message.channel else ""
    if message.user is not None and not message.is_automatic:
        return f"{message.user.first_name} · {shop}" if shop else message.user.first_name
    return shop


def _quote(message: Message, answered: Message | None) -> tuple[str, str, str] | None:
    """Who wrote, when (ISO), and what; only to people who know it already."""
    if answered is None or message.kind != MessageKind.REPLY or message.is_automatic:
        return None
    author = (answered.from_address or {}).get("address", "").lower()
    readers = {each["address"].lower() for each in (*message.to, *message.cc, *message.bcc)}
    if readers - {author}:
        return None
    return answered.author_name or author, answered.created_at.isoformat(), answered.body.text


def _file(attachment: Attachment) -> OutboundFile:
    return OutboundFile(
        name=attachment.name,
        content_type=attachment.content_type,
        read=partial(blobs.read, attachment.sha256),
        content_id=attachment.content_id,
        is_inline=attachment.is_inline,
        id=attachment.pk,
    )


def find_own_message(organization_id: uuid.UUID, external_id: str) -> Message | None:
    """The outgoing message that a Message-ID names, or None."""
    return Message.objects.filter(
        organization_id=organization_id, external_id=external_id, direction=Direction.OUT
    ).first()
