"""The 24 hours after a customer's message in which anything may be written to them."""

from __future__ import annotations

from datetime import datetime, timedelta

from helpdesk.lib.clock import now
from helpdesk.lib.errors import PermanentFailure
from inbox.connector import OutboundMessage, Place, Reach
from integrations.whatsapp.manifest import WINDOW_HOURS

WINDOW = timedelta(hours=WINDOW_HOURS)


def reach_of(place: Place) -> Reach:
    """Inside the window any text; before and after it only a template."""
    closes_at = closes(place.last_inbound_at)
    if closes_at is None or closes_at <= now():
        return Reach(
            is_reachable=True, reason="window_closed", closes_at=closes_at, modes=("template",)
        )
    return Reach(is_reachable=True, closes_at=closes_at, modes=("text", "template"))


def check(message: OutboundMessage) -> None:
    """Raises PermanentFailure if free text would come too late; a template never does."""
    closes_at = closes(message.last_inbound_at)
    if is_template(message) or (closes_at is not None and closes_at > now()):
        return
    raise PermanentFailure(
        "More than 24 hours have passed since they wrote: choose a template.",
        reason_code="window_closed",
    )


def is_template(message: OutboundMessage) -> bool:
    """Whether the agent chose a template."""
    return bool(message.details.get("template"))


def closes(last_inbound_at: datetime | None) -> datetime | None:
    """When the window closes, or closed; None where nobody wrote."""
    return last_inbound_at + WINDOW if last_inbound_at else None
