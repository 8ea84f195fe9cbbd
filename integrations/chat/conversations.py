"""Every write to conversations: lines are numbered under the conversation's row lock.

A line is the only thing a visitor is ever shown. Each change raises ``revision`` and rings.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from helpdesk.lib.clock import now
from integrations.chat import doorbell
from integrations.chat.models import ContinuedBy, Conversation, Line, LineKind, Visitor
from tickets.models import Direction, Message, MessageKind, Ticket

_NAMESPACE = uuid.UUID("6f1b1c1e-3a54-4c77-9b0a-6b6d0f3c2a11")


def begin_conversation(visitor: Visitor, message_id: uuid.UUID, subject: str) -> Conversation:
    """The conversation that this first message begins; the same message begins it once."""
    conversation, _ = Conversation.objects.get_or_create(
        pk=uuid.uuid5(_NAMESPACE, f"{visitor.pk}:{message_id}"),
        defaults={
            "organization_id": visitor.organization_id,
            "channel_id": visitor.channel_id,
            "visitor": visitor,
            "subject": subject,
        },
    )
    return conversation


@contextmanager
def changing(conversation_id: uuid.UUID) -> Iterator[Conversation]:
    """The conversation, locked; saved with a new revision and announced if anything was set."""
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update(no_key=True).get(pk=conversation_id)
        before = _state(conversation)
        yield conversation
        changed = [name for name, value in _state(conversation).items() if before[name] != value]
        if changed:
            conversation.revision += 1
            conversation.save(update_fields=[*changed, "revision"])
            doorbell.ring_after_commit(conversation.visitor_id)


def announce(conversation_id: uuid.UUID) -> None:
    """Something about the conversation that stands elsewhere has changed (its survey)."""
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update(no_key=True).get(pk=conversation_id)
        conversation.revision += 1
        conversation.save(update_fields=["revision"])
        doorbell.ring_after_commit(conversation.visitor_id)


def show_message(conversation_id: uuid.UUID, message: Message) -> Line:
    """Give the message its line; a second call finds it there."""
    known = Line.objects.filter(message=message).first()
    if known is not None:
        return known
    with changing(conversation_id) as conversation:
        known = Line.objects.filter(message=message).first()
        if known is not None:
            return known
        if message.direction == Direction.IN:
            return _show_visitors(conversation, message)
        return _show_answer(conversation, message)


def external_id_of(conversation_id: uuid.UUID, post_id: uuid.UUID) -> str:
    """What a visitor's message is called on its ticket."""
    return f"chat:{conversation_id.hex}:{post_id.hex}"


def find_post_id(external_id: str) -> uuid.UUID | None:
    """The post behind such a name."""
    parts = external_id.split(":")
    return uuid.UUID(hex=parts[2]) if len(parts) == 3 and parts[0] == "chat" else None


def find_conversation_id(external_id: str) -> uuid.UUID | None:
    """The conversation behind such a name."""
    parts = external_id.split(":")
    return uuid.UUID(hex=parts[1]) if len(parts) == 3 and parts[0] == "chat" else None


def show_system(conversation: Conversation, kind: str, **more: Any) -> Line:
    """A line that is nobody's message; the conversation is locked by :func:`changing`."""
    return _add(conversation, kind, **more)


def note_seen_by_visitor(conversation_id: uuid.UUID, position: int) -> list[uuid.UUID]:
    """The visitor has seen everything up to there; returns the answers that they saw first now."""
    with changing(conversation_id) as conversation:
        position = min(position, conversation.last_position)
        if position <= conversation.seen_position:
            return []
        before, conversation.seen_position = conversation.seen_position, position
        conversation.delivered_position = max(conversation.delivered_position, position)
        _note_unseen(conversation)
        return _answers_between(conversation, before, position)


def note_delivered(conversation_id: uuid.UUID, position: int) -> list[uuid.UUID]:
    """Everything up to there has reached the widget; returns the answers that did so first now."""
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update(no_key=True).get(pk=conversation_id)
        position = min(position, conversation.last_position)
        before = conversation.delivered_position
        if position <= before:
            return []
        Conversation.objects.filter(pk=conversation_id).update(delivered_position=position)
        return _answers_between(conversation, before, position)


def note_seen_by_team(ticket_id: uuid.UUID) -> None:
    """Somebody of the team has read the ticket."""
    for pk in Conversation.objects.filter(ticket_id=ticket_id).values_list("pk", flat=True):
        with changing(pk) as conversation:
            conversation.agent_seen_position = conversation.last_position


def note_closed(ticket_id: uuid.UUID, *, is_closed: bool) -> None:
    """The ticket was closed or opened again; closing is said in the conversation."""
    for pk in Conversation.objects.filter(ticket_id=ticket_id).values_list("pk", flat=True):
        with changing(pk) as conversation:
            if conversation.is_closed == is_closed:
                continue
            conversation.is_closed = is_closed
            if is_closed:
                show_system(conversation, LineKind.CLOSED)


def follow_message(message_id: uuid.UUID, ticket_id: uuid.UUID) -> None:
    """The message is on another ticket now; where it was the newest, the conversation goes along.

    The visitor notices nothing: lines keep their numbers.
    """
    line = Line.objects.filter(message_id=message_id).first()
    if line is None:
        return
    later = Line.objects.filter(
        conversation_id=line.conversation_id, position__gt=line.position, message__isnull=False
    ).exclude(message__ticket_id=ticket_id)
    if not later.exists():
        with changing(line.conversation_id) as conversation:
            conversation.ticket_id = ticket_id


def _show_visitors(conversation: Conversation, message: Message) -> Line:
    post_id = find_post_id(message.external_id)
    line = _add(
        conversation, LineKind.VISITOR, message=message, at=message.created_at, post_id=post_id
    )
    conversation.ticket = message.ticket
    conversation.is_closed = False
    conversation.continued_by = ContinuedBy.CHAT
    return line


def _show_answer(conversation: Conversation, message: Message) -> Line:
    if message.kind == MessageKind.SURVEY:
        line = _add(conversation, LineKind.CSAT, message=message)
    else:
        _join(conversation, message)
        line = _add(
            conversation,
            LineKind.AGENT,
            message=message,
            user=None if message.is_automatic else message.user,
            name=_first_name(message),
        )
    conversation.ticket_id = message.ticket_id
    conversation.agent_seen_position = line.position
    conversation.unseen_since = conversation.unseen_since or now()
    return line


def _join(conversation: Conversation, message: Message) -> None:
    """Say who joins, the first time a person answers here."""
    if message.user_id is None or message.is_automatic:
        return
    is_known = Line.objects.filter(
        conversation=conversation, kind=LineKind.JOINED, user_id=message.user_id
    ).exists()
    if not is_known:
        _add(conversation, LineKind.JOINED, user=message.user, name=_first_name(message))


def _first_name(message: Message) -> str:
    if message.user is not None and not message.is_automatic:
        return message.user.first_name[:80]
    return (message.channel.name if message.channel else "")[:80]


def _add(conversation: Conversation, kind: str, **more: Any) -> Line:
    conversation.last_position += 1
    line = Line.objects.create(
        conversation=conversation, position=conversation.last_position, kind=kind, **more
    )
    conversation.last_line_at = line.at
    return line


def _note_unseen(conversation: Conversation) -> None:
    """Since when an answer waits to be seen; the fall-back counts from there."""
    after = max(conversation.seen_position, conversation.mailed_position)
    oldest = (
        Line.objects.filter(
            conversation=conversation,
            position__gt=after,
            kind__in=[LineKind.AGENT, LineKind.CSAT],
        )
        .order_by("position")
        .values_list("at", flat=True)
        .first()
    )
    conversation.unseen_since = oldest


def _answers_between(conversation: Conversation, after: int, upto: int) -> list[uuid.UUID]:
    return list(
        Message.objects.filter(
            pk__in=Line.objects.filter(
                conversation=conversation,
                position__gt=after,
                position__lte=upto,
                kind__in=[LineKind.AGENT, LineKind.CSAT],
            ).values("message_id")
        ).values_list("pk", flat=True)
    )


_FIELDS = (
    "ticket_id", "last_position", "delivered_position", "seen_position", "agent_seen_position",
    "mailed_position", "is_closed", "continued_by", "last_line_at", "unseen_since",
)  # fmt: skip


def _state(conversation: Conversation) -> dict[str, Any]:
    return {name: getattr(conversation, name) for name in _FIELDS}


def tickets_of(visitor_ids: list[uuid.UUID]) -> dict[uuid.UUID, Ticket]:
    """Each visitor's ticket that is talked about now: of their newest conversation."""
    rows = (
        Conversation.objects.filter(visitor_id__in=visitor_ids, ticket__isnull=False)
        .select_related("ticket")
        .order_by("visitor_id", "-last_line_at")
        .distinct("visitor_id")
    )
    return {each.visitor_id: each.ticket for each in rows if each.ticket is not None}
