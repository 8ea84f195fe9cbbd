"""Our own mail coming back: it is never answered, and a plain echo is not a second message."""

from __future__ import annotations

import uuid

from inbox.filters.finding import Arrival, Finding
from inbox.models import Fate
from inbox.reply_tokens import find_message_id, find_notice_id
from tickets.models import Direction, Message


def check(arrival: Arrival) -> Finding | None:
    """An echo of what this channel sent is only logged; other mail from us is kept and quiet."""
    if find_notice_id(arrival.message.external_id) is not None:
        return Finding(Fate.OWN_MAIL, becomes_message=False, reason="A notice to one of our people")
    own_id = find_message_id(arrival.message.external_id)
    if own_id is not None:
        echo = _sent_on(arrival, own_id)
        if echo:
            return Finding(Fate.OWN_MAIL, becomes_message=False, reason="Sent by this channel")
        return Finding(Fate.OWN_MAIL, is_automatic=True, flags=("own-address",))
    if arrival.sender and arrival.sender in arrival.channel.own_addresses:
        return Finding(Fate.OWN_MAIL, is_automatic=True, flags=("own-address",))
    return None


def _sent_on(arrival: Arrival, message_id: uuid.UUID) -> bool:
    """Whether this very channel sent that message (another of our channels gets its copy)."""
    return Message.objects.filter(
        pk=message_id,
        organization_id=arrival.channel.organization_id,
        channel_id=arrival.channel.pk,
        direction=Direction.OUT,
    ).exists()
