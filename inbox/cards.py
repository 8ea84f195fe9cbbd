"""What is told to the team where it talks: a card, its buttons, and who pressed one.

A connector whose vendor has such places is a ``PostsCards``; one whose cards can have buttons is
a ``TakesPresses``. ``inbox.team_posts`` and ``inbox.presses`` do the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from tickets.models import Channel


@dataclass(frozen=True)
class Button:
    """``action_id`` names who wants to know of it (``refund.approve``), ``value`` what it is about.

    With ``url`` it opens a page and nobody is told. ``confirm`` is asked before it counts.
    """

    label: str
    action_id: str
    value: str = ""
    url: str = ""
    style: Literal["", "primary", "danger"] = ""
    confirm: str = ""


@dataclass(frozen=True)
class Card:
    """A title, lines of a label and what it says, buttons, and a note in small print.

    All of it is plain words: a connector escapes what its vendor would read as markup.
    """

    title: str
    lines: tuple[tuple[str, str], ...] = ()
    buttons: tuple[Button, ...] = ()
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def of(cls, told: dict[str, Any]) -> Card:
        """The card that was stored."""
        return cls(
            title=told["title"],
            lines=tuple((label, said) for label, said in told["lines"]),
            buttons=tuple(Button(**each) for each in told["buttons"]),
            note=told["note"],
        )


@dataclass(frozen=True)
class TeamPlace:
    """A room of the team's at the vendor."""

    id: str
    name: str
    is_private: bool = False


@runtime_checkable
class PostsCards(Protocol):
    """Vendors where a team talks."""

    def team_places(self, channel: Channel) -> list[TeamPlace]:
        """Rooms that a card can be posted to; raises like ``helpdesk.lib.vendor_api.call``."""

    def post_card(
        self, channel: Channel, place: str, card: Card, before_irreversible: Callable[[], None]
    ) -> str:
        """Post it and return its id there. Raises exactly what ``ChannelConnector.send`` may."""

    def change_card(self, channel: Channel, external_id: str, card: Card) -> None:
        """Let the post say this from now on; may be repeated."""


@dataclass(frozen=True)
class Presser:
    """Who pressed: ``email`` is empty unless the vendor says that it is proven to be theirs."""

    name: str
    email: str = ""


@runtime_checkable
class TakesPresses(Protocol):
    """Cards with buttons; ``split`` of the connector tells of ``inbox.connector.Pressed``."""

    def presser(self, channel: Channel, person: str) -> Presser:
        """Who this is. Raises the errors of ``helpdesk.lib.vendor_api.call``."""

    def whisper(self, channel: Channel, place: str, person: str, text: str) -> None:
        """Tell this person alone, below the card; may be repeated."""
