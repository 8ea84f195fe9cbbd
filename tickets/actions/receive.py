"""A message came in: begin a ticket or append to one. Called by ``inbox.door`` alone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from helpdesk.accounts.models import Organization
from helpdesk.events.actor import SYSTEM, Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from helpdesk.lib.rows import insert_row
from tickets.actions.change import lock_survivor, record_message, record_ticket, touch
from tickets.models import (
    Attachment,
    Channel,
    Customer,
    Direction,
    FileState,
    Message,
    MessageBody,
    MessageKind,
    Status,
    Ticket,
    TicketKind,
    TicketNumbers,
)

SNIPPET_CHARS = 160


@dataclass(frozen=True)
class StoredFile:
    """An attachment whose bytes are in the blob store, or still with a vendor (``source``)."""

    name: str
    content_type: str
    size_bytes: int
    sha256: str
    content_id: str = ""
    is_inline: bool = False
    source: dict[str, Any] | None = None


@dataclass(frozen=True)
class IncomingMessage:
    """What the door found out about an arrival: ready to be written."""

    customer: Customer
    channel: Channel
    kind: str = MessageKind.CUSTOMER
    subject: str = ""
    text: str = ""
    quoted_text: str = ""
    signature_text: str = ""
    html: str = ""
    from_address: dict[str, str] | None = None
    to: list[dict[str, str]] = field(default_factory=list)
    cc: list[dict[str, str]] = field(default_factory=list)
    external_id: str = ""
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    raw_id: uuid.UUID | None = None
    is_sender_verified: bool | None = None
    is_automatic: bool = False
    is_truncated: bool = False
    flags: list[str] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    at: datetime | None = None
    message_id: uuid.UUID | None = None
    author_name: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    ticket_kind: str = TicketKind.REQUEST

    @property
    def is_quiet(self) -> bool:
        """Whether no person waits for an answer: delivery reports and automatic replies."""
        return self.kind != MessageKind.CUSTOMER


def receive_on_new_ticket(
    organization: Organization,
    incoming: IncomingMessage,
    *,
    related_to: Ticket | None = None,
    number: int | None = None,
    status: str | None = None,
) -> Message:
    """Begin a ticket with this message. Reports and automatic replies begin it closed and quiet.

    With ``status`` (spam) nobody is troubled with it either.
    """
    at = incoming.at or now()
    is_quiet = incoming.is_quiet or status is not None
    with unit_of_work(actor=_actor(incoming)):
        ticket = Ticket(
            organization=organization,
            number=number or next_number(organization),
            subject=incoming.subject[:998],
            status=status or (Status.CLOSED if is_quiet else Status.OPEN),
            is_unread=not is_quiet,
            customer=incoming.customer,
            channel=incoming.channel,
            channel_kind=incoming.channel.kind,
            kind=incoming.ticket_kind,
            tags=_quiet_tags(incoming) if incoming.is_quiet else [],
            waiting_since=None if is_quiet else at,
            closed_at=at if is_quiet and status is None else None,
            related_to=related_to,
            created_at=at,
            updated_at=at,
            message_count=1,
            last_position=1,
            has_attachments=any(not each.is_inline for each in incoming.files),
            **_head(incoming, at),
        )
        insert_row(ticket)
        message = _write(ticket, incoming, position=1, at=at)
        record_ticket("ticket.created", ticket)
        record_message("message.received", message, ticket)
    return message


def receive_on_ticket(ticket_id: uuid.UUID, incoming: IncomingMessage) -> Message:
    """Append the message; reopens and wakes the ticket unless the message is automatic.

    A ticket that was merged meanwhile leads to the one it was merged into.
    """
    at = incoming.at or now()
    with unit_of_work(actor=_actor(incoming)):
        ticket = lock_survivor(ticket_id)
        before = ticket.status
        fields = ["message_count", "last_position"]
        ticket.message_count += 1
        ticket.last_position += 1
        if any(not each.is_inline for each in incoming.files):
            ticket.has_attachments = True
            fields.append("has_attachments")
        if incoming.kind == MessageKind.CUSTOMER and not incoming.is_automatic:
            fields += _wake(ticket, incoming, at)
        touch(ticket, *fields)
        message = _write(ticket, incoming, position=ticket.last_position, at=at)
        record_message("message.received", message, ticket)
        if ticket.status != before:
            record_ticket("ticket.status_changed", ticket, {"status": (before, ticket.status)})
    return message


def reopens(ticket: Ticket, organization: Organization, at: datetime) -> bool:
    """Whether a customer's answer now still belongs to this ticket (else: a linked new one)."""
    if ticket.status != Status.CLOSED or ticket.closed_at is None:
        return ticket.status not in (Status.SPAM, Status.TRASH)
    return at - ticket.closed_at <= timedelta(days=organization.reopen_within_days)


def next_number(organization: Organization) -> int:
    """The next ticket number; its row stays locked until commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_ticketnumbers (organization_id, last) VALUES (%s, 1) "
            "ON CONFLICT (organization_id) DO UPDATE SET last = tickets_ticketnumbers.last + 1 "
            "RETURNING last",
            [organization.pk],
        )
        return int(cursor.fetchone()[0])


def start_numbers_at(organization: Organization, last: int) -> None:
    """Continue counting after ``last`` (imports and the demo); never counts backwards."""
    numbers, _ = TicketNumbers.objects.get_or_create(organization=organization)
    if numbers.last < last:
        TicketNumbers.objects.filter(pk=numbers.pk).update(last=last)


def snippet_of(text: str) -> str:
    """The first words of a message on one line."""
    return " ".join(text[: SNIPPET_CHARS * 4].split())[:SNIPPET_CHARS]


def _head(incoming: IncomingMessage, at: datetime) -> dict[str, Any]:
    return {
        "snippet": snippet_of(incoming.text),
        "last_message_direction": Direction.IN,
        "last_message_at": at,
    }


def _wake(ticket: Ticket, incoming: IncomingMessage, at: datetime) -> list[str]:
    """The ticket moves up: open, unread, waiting. Returns the fields that were set."""
    head = _head(incoming, at)
    for name, value in head.items():
        setattr(ticket, name, value)
    if ticket.status in (Status.CLOSED, Status.SNOOZED):
        ticket.status = Status.OPEN
        ticket.closed_at = ticket.snoozed_until = ticket.wakes_order_id = None
        ticket.wakes_on = ""
    ticket.is_unread = True
    ticket.waiting_since = ticket.waiting_since or at
    slept = ["snoozed_until", "wakes_on", "wakes_order_id"]
    return [*head, *slept, "status", "closed_at", "is_unread", "waiting_since"]


def _write(ticket: Ticket, incoming: IncomingMessage, *, position: int, at: datetime) -> Message:
    message = Message(
        id=incoming.message_id or new_id(),
        organization_id=ticket.organization_id,
        ticket=ticket,
        position=position,
        kind=incoming.kind,
        direction=Direction.IN,
        author_type="system" if incoming.kind == MessageKind.BOUNCE else "customer",
        author_name=(
            incoming.author_name
            or incoming.customer.name
            or (incoming.from_address or {}).get("address", "")
        )[:200],
        customer=None if incoming.kind == MessageKind.BOUNCE else incoming.customer,
        channel=incoming.channel,
        channel_kind=incoming.channel.kind,
        from_address=incoming.from_address,
        to=incoming.to,
        cc=incoming.cc,
        subject=incoming.subject[:998],
        external_id=incoming.external_id[:998],
        in_reply_to=incoming.in_reply_to[:998],
        references=incoming.references,
        raw_id=incoming.raw_id,
        is_sender_verified=incoming.is_sender_verified,
        is_automatic=incoming.is_automatic,
        is_truncated=incoming.is_truncated,
        flags=incoming.flags,
        details=incoming.details,
        has_html=bool(incoming.html),
        created_at=at,
    )
    insert_row(message)
    body = MessageBody(
        message=message,
        text=incoming.text,
        quoted_text=incoming.quoted_text,
        signature_text=incoming.signature_text,
        html=incoming.html,
    )
    insert_row(body)
    files = [attachment_of(message, each) for each in incoming.files]
    if files:
        Attachment.objects.bulk_create(files)
    message._prefetched_objects_cache = {"attachments": files}  # type: ignore[attr-defined]
    return message


def attachment_of(message: Message, file: StoredFile) -> Attachment:
    """The row of a file that came along; one that lies with the vendor waits to be fetched."""
    return Attachment(
        organization_id=message.organization_id,
        message=message,
        name=file.name[:300],
        content_type=file.content_type[:120],
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        content_id=file.content_id[:300],
        is_inline=file.is_inline,
        state=FileState.READY if file.source is None else FileState.WAITING,
        source=file.source,
        due_at=None if file.source is None else now(),
    )


def _actor(incoming: IncomingMessage) -> Actor:
    if incoming.kind == MessageKind.BOUNCE:
        return SYSTEM
    return Actor("customer", str(incoming.customer.pk), incoming.customer.name)


def _quiet_tags(incoming: IncomingMessage) -> list[str]:
    return ["bounce"] if incoming.kind == MessageKind.BOUNCE else ["auto-reply"]
