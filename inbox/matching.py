"""Which ticket an arrival belongs to.

In this order: the vendor's own conversation (``thread_key``); a signed mark in one of our plus-addresses; a signed mark in In-Reply-To or
References; a known Message-ID in In-Reply-To or References; a ticket number in the subject, for
that ticket's own customer alone; and, where the organization wants it, the ticket that the same
proven customer has open on another channel. Altered marks are no marks. A stranger who names a known
Message-ID gets a ticket of his own that points to it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from inbox.inbound import InboundMessage
from inbox.reply_tokens import find_message_id, find_ticket_id
from inbox.threads import find_ticket_of
from tickets.actions.receive import reopens
from tickets.models import Channel, Customer, Direction, Message, MessageKind, Status, Ticket

MAX_IDS = 60
MAX_MERGES = 20
_NUMBER = re.compile(r"\[#(\d{1,12})\]")
_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|antw|sv|vs|odp|tr|rv|res|rif|fwd?|wg|i|enc|回复|答复|转发|ответ|на)\s*"
    r"(?:\[\d+\])?\s*[::]\s*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Match:
    """The ticket to append to, or what a new ticket should point to."""

    ticket: Ticket | None = None
    related_to: Ticket | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Seen:
    """One of our messages that the arrival names, or that carries its own Message-ID."""

    ticket_id: uuid.UUID
    channel_id: uuid.UUID | None
    external_id: str


@dataclass
class _Candidates:
    """Tickets that may be meant, best first, by how they were named."""

    by_address: list[uuid.UUID] = field(default_factory=list)
    by_mark: list[uuid.UUID] = field(default_factory=list)
    by_id: list[uuid.UUID] = field(default_factory=list)

    def all(self) -> list[uuid.UUID]:
        return list(dict.fromkeys([*self.by_address, *self.by_mark, *self.by_id]))


def find_match(
    organization: Organization,
    channel: Channel,
    customer: Customer,
    message: InboundMessage,
    *,
    kind: str,
) -> Match:
    """Where the arrival belongs; an empty match begins a new ticket."""
    thread = find_ticket_of(channel, message.thread_key)
    if thread is not None:
        return _go_on(organization, _survivor(thread))
    seen = _messages_named(organization.pk, message)
    same = [each for each in seen if each.external_id == message.external_id]
    elsewhere = {each.ticket_id for each in same if each.channel_id != channel.pk}
    flags = ("message-id-reused",) if len(same) > len(elsewhere) else ()
    candidates = _candidates(channel, message, seen)
    wanted = [each for each in candidates.all() if each not in elsewhere]
    tickets = _tickets(organization.pk, [*wanted, *elsewhere])
    for ticket_id in wanted:
        ticket = tickets.get(ticket_id)
        if ticket is not None:
            by_address = ticket_id in candidates.by_address
            return _judge(organization, ticket, customer, message, kind, flags, by_address)
    numbered = _ticket_by_number(organization.pk, customer, message.subject)
    if numbered is not None:
        return _judge(organization, numbered, customer, message, kind, flags, by_address=False)
    may_join = not message.starts_anew and message.sender.is_verified
    if not elsewhere and kind == MessageKind.CUSTOMER and may_join:
        open_elsewhere = _find_open_elsewhere(organization, channel, customer)
        if open_elsewhere is not None:
            return Match(ticket=open_elsewhere, flags=flags)
    copy_of = next((tickets[each] for each in elsewhere if each in tickets), None)
    return Match(related_to=copy_of, flags=flags)


def _go_on(organization: Organization, ticket: Ticket) -> Match:
    """The vendor's own conversation goes on where it was, unless that was closed too long ago."""
    if reopens(ticket, organization, now()):
        return Match(ticket=ticket)
    return Match(related_to=ticket)


def find_reported(organization_id: uuid.UUID, message: InboundMessage) -> Message | None:
    """The message of ours that a delivery report is about, by Message-ID; None if we never sent it.

    Our Message-IDs cannot be guessed, so a forged report names nothing.
    """
    named = [message.reported_external_id, message.in_reply_to, *message.references[-5:]]
    ids = [each for each in named if each]
    if not ids:
        return None
    return Message.objects.filter(
        organization_id=organization_id, direction=Direction.OUT, external_id__in=ids
    ).first()


def plain_subject(subject: str) -> str:
    """The subject without answer and forward prefixes, for comparison."""
    return " ".join(_PREFIX.sub("", subject).split()).casefold()


def _judge(
    organization: Organization,
    ticket: Ticket,
    customer: Customer,
    message: InboundMessage,
    kind: str,
    flags: tuple[str, ...],
    by_address: bool,
) -> Match:
    if not is_participant(ticket, customer, message.sender.value):
        if not by_address:
            return Match(related_to=ticket, flags=flags)
        flags = (*flags, "unverified-participant")
    if kind == MessageKind.CUSTOMER and _begins_anew(organization, ticket, message):
        return Match(related_to=ticket, flags=flags)
    return Match(ticket=ticket, flags=flags)


def _begins_anew(organization: Organization, ticket: Ticket, message: InboundMessage) -> bool:
    """Closed too long ago, or closed and now about something else."""
    if not reopens(ticket, organization, now()):
        return True
    if ticket.status != Status.CLOSED:
        return False
    subject = plain_subject(message.subject)
    return bool(subject) and subject != plain_subject(ticket.subject)


def is_participant(ticket: Ticket, customer: Customer, address: str) -> bool:
    """Whether the sender already takes part: wrote here, or was written to by us.

    People a sender put into Cc count when the sender was proven, or began the ticket.
    """
    if ticket.customer_id == customer.pk:
        return True
    address = address.lower()
    rows = Message.objects.filter(ticket=ticket).values_list(
        "direction", "customer_id", "position", "is_sender_verified", "to", "cc"
    )
    for direction, customer_id, position, is_verified, to, cc in rows[:200]:
        if customer_id == customer.pk:
            return True
        is_trusted = direction == Direction.OUT or position == 1 or bool(is_verified)
        if is_trusted and address and any(_is(each, address) for each in (*to, *cc)):
            return True
    return False


def _is(record: dict[str, str], address: str) -> bool:
    return record.get("address", "").lower() == address


def _messages_named(organization_id: uuid.UUID, message: InboundMessage) -> list[_Seen]:
    ids = dict.fromkeys(each[:998] for each in [message.external_id, *_named_ids(message)] if each)
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, [organization_id, list(ids)])
        return [_Seen(*row) for row in cursor.fetchall()]


_NAMED = """
SELECT ticket_id, channel_id, external_id FROM tickets_message
WHERE organization_id = %s AND external_id <> '' AND external_id = ANY(%s)
ORDER BY id DESC LIMIT 200
"""


def _named_ids(message: InboundMessage) -> list[str]:
    """What the arrival says it answers, nearest first."""
    named = [message.in_reply_to, *reversed(message.references[-MAX_IDS:])]
    return [each for each in dict.fromkeys(named) if each and each != message.external_id]


def _candidates(channel: Channel, message: InboundMessage, seen: list[_Seen]) -> _Candidates:
    named = _named_ids(message)
    found = _Candidates(
        by_address=[*_split_off(named, seen), *_marked(message.recipients)],
        by_mark=_marked(named),
    )
    for external_id in named:
        here = [each for each in seen if each.external_id == external_id]
        here.sort(key=lambda each: each.channel_id != channel.pk)
        found.by_id.extend(each.ticket_id for each in here)
    return found


def _split_off(named: list[str], seen: list[_Seen]) -> list[uuid.UUID]:
    """Where those of our mails are that left the ticket which their mark names."""
    now_at = {each.external_id: each.ticket_id for each in seen}
    return [
        now_at[each]
        for each in named
        if each in now_at and find_message_id(each) and find_ticket_id(each) != now_at[each]
    ]


def _marked(texts: Iterable[str]) -> list[uuid.UUID]:
    found = (find_ticket_id(text) for text in texts)
    return [each for each in found if each is not None]


def _tickets(organization_id: uuid.UUID, wanted: list[uuid.UUID]) -> dict[uuid.UUID, Ticket]:
    """The tickets by id, each replaced by the survivor it was merged into."""
    if not wanted:
        return {}
    rows = Ticket.objects.filter(organization_id=organization_id, pk__in=wanted)
    return {each.pk: _survivor(each) for each in rows}


def _survivor(ticket: Ticket) -> Ticket:
    for _ in range(MAX_MERGES):
        if ticket.merged_into is None:
            break
        ticket = ticket.merged_into
    return ticket


def _find_open_elsewhere(
    organization: Organization, channel: Channel, customer: Customer
) -> Ticket | None:
    """What the customer has open on another channel, if such messages join by themselves.

    Something new on the same channel is something new: it is only offered to be joined.
    """
    if not organization.joins_automatically:
        return None
    since = now() - timedelta(hours=organization.join_within_hours)
    return (
        Ticket.objects.filter(
            organization_id=organization.pk,
            customer=customer,
            status=Status.OPEN,
            merged_into=None,
            last_message_at__gte=since,
        )
        .exclude(channel_id=channel.pk)
        .order_by("-last_message_at", "-pk")
        .first()
    )


def _ticket_by_number(
    organization_id: uuid.UUID, customer: Customer, subject: str
) -> Ticket | None:
    numbers = [int(each) for each in _NUMBER.findall(subject)[:3]]
    if not numbers:
        return None
    named = Ticket.objects.filter(
        organization_id=organization_id, customer=customer, number__in=numbers
    ).first()
    return named and _survivor(named)
