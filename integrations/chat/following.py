"""What conversations take from the event log: each handler may run twice."""

from __future__ import annotations

from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from integrations.chat.conversations import (
    announce,
    find_conversation_id,
    follow_message,
    note_closed,
    note_seen_by_team,
    show_message,
)
from integrations.chat.models import Conversation, Line
from integrations.chat.sites import KIND
from tickets.models import Message, Status


@subscribes("message.received", name="chat.lines")
def show_what_was_received(event: Event) -> None:
    """A post whose process died between the door and its line gets the line here."""
    if event.payload["message"]["channel_kind"] != KIND:
        return
    if Line.objects.filter(message_id=event.object_id).exists():
        return
    message = Message.objects.select_related("ticket", "channel").get(pk=event.object_id)
    conversation_id = find_conversation_id(message.external_id)
    if conversation_id and Conversation.objects.filter(pk=conversation_id).exists():
        show_message(conversation_id, message)


@subscribes("message.moved", name="chat.moved")
def follow(event: Event) -> None:
    """A message moved to another ticket; the conversation goes along with its newest."""
    if event.ticket_id is not None:
        follow_message(event.object_id, event.ticket_id)


@subscribes("ticket.status_changed", name="chat.closed")
def close(event: Event) -> None:
    """Closing is said in the conversation; opening again only changes its state."""
    before, after = event.payload.get("change", {}).get("status", (None, None))
    if before != after and Status.CLOSED in (before, after) and event.ticket_id is not None:
        note_closed(event.ticket_id, is_closed=after == Status.CLOSED)


@subscribes("ticket.read", name="chat.read")
def note_read(event: Event) -> None:
    """Somebody of the team has the visitor's words before their eyes."""
    if not event.payload["ticket"]["is_unread"] and event.ticket_id is not None:
        note_seen_by_team(event.ticket_id)


@subscribes("csat.answered", name="chat.rated")
def note_rated(event: Event) -> None:
    """The survey was answered, perhaps by its mail: the widget shows it."""
    line = Line.objects.filter(message_id=event.object_id).first()
    if line is not None:
        announce(line.conversation_id)
