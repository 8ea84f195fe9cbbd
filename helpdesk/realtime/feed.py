"""The newest events of one organization, kept in memory for all sockets of this process."""

from __future__ import annotations

import json
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

from helpdesk.accounts.models import User
from helpdesk.events.models import Event
from helpdesk.events.selectors import event_record, is_known
from helpdesk.realtime.visibility import (
    Place,
    Readers,
    Sight,
    capability_for,
    hidden_record,
    readers_of,
    whose_rights_change,
)

KEPT = 1000


@dataclass(frozen=True)
class Line:
    """An event ready to be sent: written as JSON once, whoever gets it."""

    seq: int
    type: str
    capability: str | None
    object_id: uuid.UUID
    json: str
    json_when_gone: str
    place: Place
    changes_rights_of: uuid.UUID | Literal["everybody"] | None
    readers: Readers | None

    @classmethod
    def of(cls, event: Event) -> Line:
        record, place = event_record(event), Place.of(event)
        has_moved = place.ticket_id is not None and place.team_id != place.team_before
        return cls(
            event.seq,
            event.type,
            capability_for(event.type) if is_known(event.type) else None,
            event.object_id,
            _written(record),
            _written(hidden_record(record, place.ticket_id or "")) if has_moved else "",
            place,
            whose_rights_change(event),
            readers_of(event),
        )

    def seen_by(self, user: User, sight: Sight) -> str | None:
        """The event as this person with this sight gets it; None: not at all."""
        if not sight.has(self.capability):
            return None
        if self.readers is not None and not self.readers.include(user, sight):
            return None
        verdict = self.place.seen_with(sight)
        if verdict == "gone":
            return self.json_when_gone
        return self.json if verdict == "shown" else None


def _written(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


class Feed:
    """Events up to ``tail``, without holes, as far back as memory goes."""

    def __init__(self, tail: int, epoch: str) -> None:
        self.tail = tail
        self.epoch = epoch
        self._lines: deque[Line] = deque(maxlen=KEPT)

    def add(self, events: list[Event]) -> list[Line]:
        """Take the next events; those already here are passed over. Returns the new lines."""
        lines = [Line.of(each) for each in events if each.seq > self.tail]
        self._lines.extend(lines)
        if lines:
            self.tail = lines[-1].seq
        return lines

    def restart(self, tail: int, epoch: str) -> None:
        """The log was replaced: forget what was kept."""
        self.tail, self.epoch = tail, epoch
        self._lines.clear()

    def after(self, cursor: int) -> list[Line] | None:
        """The events after the cursor, or None if memory does not go back that far."""
        if cursor >= self.tail:
            return []
        if not self._lines or self._lines[0].seq > cursor + 1:
            return None
        first = self._lines[0].seq
        return [self._lines[index] for index in range(cursor + 1 - first, len(self._lines))]


def batch_frame(cursor: int, upto: int, visible: list[str]) -> str:
    """A ``batch`` frame; ``upto`` moves also past events that the person may not see."""
    events = ",".join(visible)
    return f'{{"type":"batch","from":{cursor},"upto":{upto},"events":[{events}]}}'
