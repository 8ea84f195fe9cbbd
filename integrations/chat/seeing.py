"""How far an answer got: to the widget, before the visitor's eyes; said on the agent's message."""

from __future__ import annotations

import uuid

from integrations.chat.conversations import note_delivered as note_delivered_line
from integrations.chat.conversations import note_seen_by_visitor
from tickets.actions.delivery import set_delivery_state
from tickets.models import DeliveryState


def note_seen(conversation_id: uuid.UUID, position: int) -> None:
    """The visitor has seen everything up to there; never goes back."""
    for message_id in note_seen_by_visitor(conversation_id, position):
        set_delivery_state(message_id, DeliveryState.READ)


def note_delivered(conversation_id: uuid.UUID, position: int) -> None:
    """Everything up to there has reached the visitor's screen."""
    for message_id in note_delivered_line(conversation_id, position):
        set_delivery_state(message_id, DeliveryState.DELIVERED)
