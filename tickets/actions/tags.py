"""Add and remove tags; new names enter the catalogue."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.errors import InvalidInput
from tickets.actions.change import apply_changes, lock_ticket, record_ticket
from tickets.models import Tag, Ticket
from tickets.records import tag_record

MAX_TAGS = 50


def change_tags(
    ticket_id: uuid.UUID, *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Ticket:
    """Add and remove tags by name; raises InvalidInput for a name that is empty or too long."""
    added = [clean_tag(name) for name in add]
    removed = {clean_tag(name) for name in remove}
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        kept = [name for name in ticket.tags if name not in removed]
        tags = kept + [name for name in dict.fromkeys(added) if name not in kept]
        if len(tags) > MAX_TAGS:
            raise InvalidInput.field("tags", f"A ticket can have at most {MAX_TAGS} tags.")
        change = apply_changes(ticket, {"tags": tags})
        if change:
            ensure_tags(ticket.organization_id, added)
            record_ticket("ticket.tagged", ticket, change)
    return ticket


def set_tags(ticket_id: uuid.UUID, names: Iterable[str]) -> Ticket:
    """Give the ticket exactly these tags."""
    wanted = [clean_tag(name) for name in names]
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        return change_tags(ticket_id, add=wanted, remove=set(ticket.tags) - set(wanted))


def clean_tag(name: str) -> str:
    """The name as it is stored: lower case, single spaces; raises InvalidInput naming ``tags``."""
    cleaned = re.sub(r"\s+", " ", name).strip().lower()
    if not cleaned or len(cleaned) > 60 or "\x00" in cleaned:
        raise InvalidInput.field("tags", "A tag has between 1 and 60 characters.")
    return cleaned


def ensure_tags(organization_id: uuid.UUID, names: Iterable[str]) -> None:
    """Put names that are new into the catalogue of tags."""
    wanted = set(names)
    known = set(
        Tag.objects.filter(organization_id=organization_id, name__in=wanted).values_list(
            "name", flat=True
        )
    )
    for name in sorted(wanted - known):
        tag, is_new = Tag.objects.get_or_create(organization_id=organization_id, name=name)
        if is_new:
            _record_tag(tag)


def _record_tag(tag: Tag) -> None:
    record(
        "tag.updated",
        organization_id=tag.organization_id,
        object_type="tag",
        object_id=tag.pk,
        payload=lambda: {"tag": tag_record(tag)},
    )
