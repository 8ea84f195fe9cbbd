"""Where a list of changed things goes on: by the time of the last one, not by counting.

Whatever changes while it is read moves to the end, and counting would skip what takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

PAGE = 50
MOST_REMEMBERED = 100
ORDERS, PAYMENTS = "orders", "payments"


@dataclass(frozen=True)
class Place:
    """From ``time`` on (all if empty), without those ``seen`` that changed at that very time.

    Where more than can be remembered changed at one time (an import), ``offset`` counts them.
    """

    what: str
    time: str
    seen: frozenset[str] = frozenset()
    offset: int = 0

    @classmethod
    def read(cls, cursor: str) -> Place:
        what, time, offset, seen = cursor.split("|")
        return cls(what, time, frozenset(seen.split(",")) - {""}, int(offset))

    def write(self) -> str:
        return f"{self.what}|{self.time}|{self.offset}|{','.join(sorted(self.seen))}"

    def query(self) -> dict[str, Any]:
        """What to ask for."""
        asked: dict[str, Any] = {
            "limit": PAGE + len(self.seen), "offset": self.offset, "order": "updated_at",
        }  # fmt: skip
        return {**asked, "updated_at[$gte]": self.time} if self.time else asked

    def after(self, found: list[dict[str, Any]], count: int) -> Place | None:
        """The place after this answer; None where ``count`` says that it was the last."""
        if not found or self.offset + len(found) >= count:
            return None
        last = str(found[-1]["updated_at"])
        same = frozenset(str(each["id"]) for each in found if str(each["updated_at"]) == last)
        if last != self.time:
            return Place(self.what, last, same)
        is_new = same - self.seen
        if is_new and not self.offset and len(self.seen | same) <= MOST_REMEMBERED:
            return replace(self, seen=self.seen | same)
        return replace(self, seen=frozenset(), offset=self.offset + len(found))
