"""What agents have begun to write: saved often, never lost, never overwritten by something older."""

from __future__ import annotations

from typing import Any

from helpdesk.accounts.models import User
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict
from tickets.actions.change import lock_ticket
from tickets.models import Draft, Ticket
from tickets.records import draft_record


def save_draft(
    ticket: Ticket, user: User, mode: str, content: dict[str, Any], *, rev: int
) -> Draft:
    """Keep the draft; ``rev`` is the one the client last saw (0: none).

    Raises Conflict (code ``draft_conflict``, with the newer draft) when another tab was faster,
    Conflict (code ``draft_gone``) when it was sent meanwhile: a sent draft never returns.
    """
    with unit_of_work():
        lock_ticket(ticket.pk)
        draft = Draft.objects.filter(ticket=ticket, user=user, mode=mode).first()
        if draft is not None and draft.rev > rev:
            raise Conflict(
                "A newer draft was saved elsewhere.",
                code="draft_conflict",
                extra={"draft": draft_record(draft)},
            )
        if draft is None and rev > 0:
            raise Conflict("This draft was sent or discarded.", code="draft_gone")
        draft, _ = Draft.objects.update_or_create(
            ticket=ticket,
            user=user,
            mode=mode,
            defaults={"content": content, "rev": rev + 1, "updated_at": now()},
        )
    return draft


def discard_draft(ticket: Ticket, user: User, mode: str) -> None:
    """Throw the draft away; none is fine."""
    Draft.objects.filter(ticket=ticket, user=user, mode=mode).delete()
