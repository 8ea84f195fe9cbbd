"""Who did it: carried by every event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from helpdesk.accounts.models import User

ActorType = Literal["agent", "customer", "rule", "system"]


@dataclass(frozen=True)
class Actor:
    """A person, a rule or the system itself; ``name`` is what the timeline shows."""

    type: ActorType
    id: str | None = None
    name: str = ""

    @classmethod
    def of_user(cls, user: User) -> Actor:
        return cls("agent", str(user.pk), user.name)

    def as_json(self) -> dict[str, str | None]:
        return {"type": self.type, "id": self.id, "name": self.name}


SYSTEM = Actor("system", None, "Aftercare")
