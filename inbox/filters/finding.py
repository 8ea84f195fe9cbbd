"""What filters look at and what they say."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.inbound import InboundMessage
from inbox.models import Fate
from tickets.models import Channel, MessageKind


@dataclass(frozen=True)
class Arrival:
    """A parsed message on its channel."""

    channel: Channel
    message: InboundMessage

    @property
    def sender(self) -> str:
        """The author's address, lower case; may be empty."""
        return self.message.sender.value.lower()


@dataclass(frozen=True)
class Finding:
    """The fate and, where it becomes a message, of which kind.

    ``is_automatic`` messages never start anything: no rule answers, no survey asks.
    """

    fate: str
    kind: str = MessageKind.CUSTOMER
    is_automatic: bool = False
    becomes_message: bool = True
    flags: tuple[str, ...] = ()
    reason: str = ""


ORDINARY = Finding(Fate.MESSAGE)
OLD = Finding(Fate.MESSAGE, flags=("old",))
