"""Notes on customers: several, authored, dated; their author or an admin may change them."""

from __future__ import annotations

import uuid

from helpdesk.accounts.models import Role, User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput, NotAllowed
from helpdesk.lib.ids import new_id
from tickets.models import Customer, CustomerNote
from tickets.records import note_record

MAX_CHARS = 20_000


def add_customer_note(
    customer: Customer, text: str, *, by: User, note_id: uuid.UUID | None = None
) -> tuple[CustomerNote, bool]:
    """The note and whether it is new; the same id a second time is the same note."""
    text = _checked(text)
    with unit_of_work(actor=Actor.of_user(by)):
        note, is_new = CustomerNote.objects.get_or_create(
            pk=note_id or new_id(),
            defaults={
                "organization_id": customer.organization_id,
                "customer": customer,
                "author": by,
                "author_name": by.name,
                "text": text,
            },
        )
        if note.organization_id != customer.organization_id or note.customer_id != customer.pk:
            raise Conflict("This id belongs to another note.", code="id_taken")
        if is_new:
            _record(note)
    return note, is_new


def change_customer_note(note: CustomerNote, text: str, *, by: User) -> CustomerNote:
    """Raises NotAllowed for anybody but the author and admins."""
    text = _checked(text)
    _require_own(note, by)
    with unit_of_work(actor=Actor.of_user(by)):
        note = CustomerNote.objects.select_for_update(no_key=True).get(pk=note.pk)
        if note.text != text:
            note.text, note.edited_at = text, now()
            note.version += 1
            note.save(update_fields=["text", "edited_at", "version"])
            _record(note)
    return note


def delete_customer_note(note: CustomerNote, *, by: User) -> None:
    """Take the note away; raises NotAllowed for anybody but the author and admins."""
    _require_own(note, by)
    with unit_of_work(actor=Actor.of_user(by)):
        shown = CustomerNote.objects.select_for_update().filter(pk=note.pk).first()
        if shown is not None:
            shown.delete()
            shown.pk = note.pk
            shown.version += 1
            _record(shown, is_deleted=True)


def _record(note: CustomerNote, *, is_deleted: bool = False) -> None:
    record(
        "customer.noted",
        organization_id=note.organization_id,
        object_type="customer",
        object_id=note.customer_id,
        payload=lambda: {"note": note_record(note), "is_deleted": is_deleted},
    )


def _require_own(note: CustomerNote, by: User) -> None:
    if note.author_id != by.pk and by.role != Role.ADMIN:
        raise NotAllowed("Only its author or an admin can change this note.")


def _checked(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text or len(text) > MAX_CHARS:
        raise InvalidInput.field("text", f"A note has 1 to {MAX_CHARS} characters.")
    return text
