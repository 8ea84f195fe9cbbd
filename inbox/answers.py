"""Arrivals that answer something we asked: they go where the question was asked and wake nobody.

A survey by SMS is answered with a number; that is no message anybody has to read.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from inbox.inbound import InboundMessage
from tickets.models import Channel, Customer, Message

FLAG = "survey-answer"


@dataclass(frozen=True)
class Asked:
    """The ticket whose question this answers, and what to do once the message is kept there.

    ``keep`` runs in the transaction that files the message.
    """

    ticket_id: uuid.UUID
    keep: Callable[[Message], None]


Reader = Callable[[Channel, Customer, InboundMessage], Asked | None]
_readers: list[Reader] = []


def reads_answers(reader: Reader) -> Reader:
    """Let ``reader`` look at every ordinary arrival before its ticket is looked for."""
    if reader not in _readers:
        _readers.append(reader)
    return reader


def find_asked(channel: Channel, customer: Customer, message: InboundMessage) -> Asked | None:
    """What this arrival answers, if any reader knows."""
    found = (reader(channel, customer, message) for reader in _readers)
    return next((each for each in found if each is not None), None)
