"""What agents have begun to write: saved often, never lost, never overwritten by something older.

That a person has a draft on a ticket is part of the ticket's record, so that lists and colleagues
know it live; what it says stays with its author.
"""

from __future__ import annotations

import uuid
from typing import Any

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, NotFound
from helpdesk.lib.ids import new_id
from tickets.actions.change import lock_ticket, record_ticket
from tickets.models import Attachment, Draft, Message, Ticket
from tickets.records import draft_record


def save_draft(
    ticket: Ticket, user: User, mode: str, content: dict[str, Any], *, rev: int
) -> Draft:
    """Keep the draft; ``rev`` is the one the client last saw (0: none).

    ``content["id"]`` is the id that the message will have. Raises Conflict (code
    ``draft_conflict``, with the newer draft) when another tab was faster, Conflict (code
    ``draft_gone``) when it was sent meanwhile: a sent draft never returns.
    """
    with unit_of_work(actor=Actor.of_user(user)):
        ticket = lock_ticket(ticket.pk)
        if content.get("id") and Message.objects.filter(pk=content["id"]).exists():
            raise Conflict("This draft was sent.", code="draft_gone")
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
        note_drafts(ticket)
    return draft


def take_over_draft(ticket: Ticket, user: User, mode: str, *, from_user_id: uuid.UUID) -> Draft:
    """Make a colleague's draft one's own; theirs is gone from the server, not from their screen.

    What the person had begun themselves stays with their page, which offers it back. Twice, or
    after the colleague sent it, raises NotFound.
    """
    with unit_of_work(actor=Actor.of_user(user)):
        ticket = lock_ticket(ticket.pk)
        theirs = Draft.objects.filter(ticket=ticket, user_id=from_user_id, mode=mode).first()
        if theirs is None or from_user_id == user.pk:
            raise NotFound("This draft was sent or discarded.")
        mine = Draft.objects.filter(ticket=ticket, user=user, mode=mode).first()
        draft, _ = Draft.objects.update_or_create(
            ticket=ticket,
            user=user,
            mode=mode,
            defaults={
                "content": {**theirs.content, "id": str(new_id())},
                "rev": max(theirs.rev, mine.rev if mine else 0) + 1,
                "updated_at": now(),
            },
        )
        Attachment.objects.filter(
            pk__in=theirs.content.get("attachment_ids", []),
            uploaded_by_id=from_user_id,
            message=None,
        ).update(uploaded_by=user)
        theirs.delete()
        note_drafts(ticket)
    return draft


def discard_draft(ticket: Ticket, user: User, mode: str) -> None:
    """Throw the draft away; none is fine."""
    with unit_of_work(actor=Actor.of_user(user)):
        ticket = lock_ticket(ticket.pk)
        Draft.objects.filter(ticket=ticket, user=user, mode=mode).delete()
        note_drafts(ticket)


def put_back(ticket: Ticket, user: User, content: dict[str, Any]) -> Draft:
    """Make a message that did not leave a draft again, in front of what was begun since.

    That other draft is kept in the content as ``earlier``. The message id is spent: the draft gets
    a new one.
    """
    known = Draft.objects.filter(ticket=ticket, user=user, mode="reply").first()
    content = {**content, "id": str(new_id())}
    if known is not None and str(known.content.get("text", "")).strip():
        content["earlier"] = {name: known.content.get(name) for name in ("text", "html")}
    draft, _ = Draft.objects.update_or_create(
        ticket=ticket,
        user=user,
        mode="reply",
        defaults={
            "content": content,
            "rev": known.rev + 1 if known else 1,
            "updated_at": now(),
        },
    )
    note_drafts(ticket)
    return draft


def forget_sent(ticket: Ticket, user: User, mode: str) -> list[str]:
    """The draft became a message. Returns the ticket's fields that changed, to be saved with it."""
    deleted, _ = Draft.objects.filter(ticket=ticket, user=user, mode=mode).delete()
    return ["draft_user_ids"] if deleted and _set_drafts(ticket) else []


def note_drafts(ticket: Ticket) -> None:
    """Say on the ticket who has a draft on it; announced only when that is news."""
    if _set_drafts(ticket):
        ticket.version += 1
        ticket.save(update_fields=["draft_user_ids", "version"])
        record_ticket("ticket.drafted", ticket)


def _set_drafts(ticket: Ticket) -> bool:
    people: list[uuid.UUID] = sorted(
        set(Draft.objects.filter(ticket=ticket).values_list("user_id", flat=True))
    )
    is_news = people != ticket.draft_user_ids
    ticket.draft_user_ids = people
    return is_news
