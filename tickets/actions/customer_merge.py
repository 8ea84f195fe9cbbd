"""Two customers turn out to be one person, and can be taken apart again for thirty days.

Handles, tickets and notes move to the survivor; messages stay where they are. The other record
stays as a tombstone that leads to the survivor, so old links work.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput
from helpdesk.lib.ids import new_id
from tickets.actions.change import lock_ticket, record_ticket, touch
from tickets.actions.words import note_customer
from tickets.models import (
    Customer,
    CustomerMerge,
    CustomerNote,
    Direction,
    Handle,
    HandleKind,
    Message,
    Ticket,
)
from tickets.records import customer_record

UNDO_DAYS = 30
MERGED = ("name", "language", "time_zone", "city", "country", "is_vip", "note", "fields")
CHOOSABLE = ("name", "language", "time_zone", "city", "country", "note")


def merged_fields(survivor: Customer, source: Customer, take: Iterable[str] = ()) -> dict[str, Any]:
    """What the survivor knows afterwards: its own, else the other's; ``take`` turns it round."""
    fields: dict[str, Any] = {}
    for name in CHOOSABLE:
        first, second = (source, survivor) if name in take else (survivor, source)
        fields[name] = getattr(first, name) or getattr(second, name)
    if survivor.note and source.note and survivor.note != source.note:
        fields["note"] = f"{survivor.note}\n\n{source.note}"
    fields["is_vip"] = survivor.is_vip or source.is_vip
    fields["fields"] = {**source.fields, **survivor.fields}
    return fields


def merge_customers(
    survivor_id: uuid.UUID,
    source_id: uuid.UUID,
    *,
    by: User | None,
    take: Iterable[str] = (),
    merge_id: uuid.UUID | None = None,
) -> CustomerMerge:
    """One unit of work; the same id a second time is the same merge.

    ``by`` is None where no agent decided it: the person has proven to be both. Raises
    InvalidInput for one and the same customer, Conflict where either is merged already.
    """
    if survivor_id == source_id:
        raise InvalidInput.field("source_id", "Choose another customer.")
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        survivor, source = _lock(survivor_id, source_id)
        known = CustomerMerge.objects.filter(pk=merge_id).first() if merge_id else None
        if known is not None:
            if (known.survivor_id, known.source_id) != (survivor_id, source_id):
                raise Conflict("This id belongs to another merge.", code="id_taken")
            return known
        for each in (survivor, source):
            if each.merged_into_id is not None:
                raise Conflict("This customer was merged meanwhile.", code="already_merged")
        before = {"survivor": _fields_of(survivor), "source": _fields_of(source)}
        _set(survivor, merged_fields(survivor, source, take))
        handles = _move(Handle, Handle.objects.filter(customer=source), survivor)
        notes = _move(CustomerNote, CustomerNote.objects.filter(customer=source), survivor)
        tickets = list(
            Ticket.objects.filter(customer=source).order_by("pk").values_list("pk", flat=True)
        )
        _move_tickets(tickets, survivor)
        source.merged_into = survivor
        _save(survivor)
        _save(source)
        merge = CustomerMerge.objects.create(
            pk=merge_id or new_id(),
            organization_id=survivor.organization_id,
            survivor=survivor,
            source=source,
            before={
                **before,
                "after": _fields_of(survivor),
                "handles": handles,
                "notes": notes,
                "tickets": [str(each) for each in tickets],
            },
            by=by,
        )
        _record("customer.merged", merge, survivor, source)
    return merge


def undo_merge(merge: CustomerMerge, *, by: User) -> CustomerMerge:
    """Everything that moved goes back; twice changes nothing.

    What was changed by hand since then stays. Tickets that a moved handle has begun since then
    go with the handle. Raises Conflict after thirty days, or where a later merge must be
    undone first.
    """
    with unit_of_work(actor=Actor.of_user(by)):
        survivor, source = _lock(merge.survivor_id, merge.source_id)
        merge = CustomerMerge.objects.select_for_update(no_key=True).get(pk=merge.pk)
        if merge.undone_at is not None:
            return merge
        _check_undo(merge, survivor)
        _restore(survivor, merge)
        handles = Handle.objects.filter(customer=survivor, pk__in=merge.before["handles"])
        tickets = _tickets_to_give_back(merge, survivor, list(handles))
        _move(Handle, handles, source)
        notes = CustomerNote.objects.filter(customer=survivor, pk__in=merge.before["notes"])
        _move(CustomerNote, notes, source)
        _set(source, merge.before["source"])
        source.merged_into = None
        _move_tickets(tickets, source)
        _save(survivor)
        _save(source)
        merge.undone_at, merge.undone_by = now(), by
        merge.save(update_fields=["undone_at", "undone_by"])
        _record("customer.unmerged", merge, survivor, source)
    return merge


def _check_undo(merge: CustomerMerge, survivor: Customer) -> None:
    if now() - merge.merged_at > timedelta(days=UNDO_DAYS):
        raise Conflict(f"A merge can be undone for {UNDO_DAYS} days.", code="too_late")
    if survivor.merged_into_id is not None:
        raise Conflict("Undo the later merge of this customer first.", code="merged_again")


def _restore(survivor: Customer, merge: CustomerMerge) -> None:
    """The survivor's own fields come back, but for those that somebody has changed since."""
    after, own = merge.before["after"], merge.before["survivor"]
    unchanged = {name: own[name] for name in MERGED if getattr(survivor, name) == after[name]}
    _set(survivor, unchanged)


def _tickets_to_give_back(
    merge: CustomerMerge, survivor: Customer, handles: list[Handle]
) -> list[uuid.UUID]:
    moved = Ticket.objects.filter(customer=survivor, pk__in=merge.before["tickets"])
    addresses = [each.value for each in handles if each.kind == HandleKind.EMAIL]
    begun_since = Message.objects.filter(
        ticket__customer=survivor,
        ticket__created_at__gt=merge.merged_at,
        position=1,
        direction=Direction.IN,
        from_address__address__in=addresses,
    )
    ids = {*moved.values_list("pk", flat=True), *begun_since.values_list("ticket_id", flat=True)}
    return sorted(ids)


def _lock(survivor_id: uuid.UUID, source_id: uuid.UUID) -> tuple[Customer, Customer]:
    """Both rows, locked in one order, so that two merges never wait for one another."""
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=[survivor_id, source_id])
    by_id = {each.pk: each for each in rows.order_by("pk")}
    if len(by_id) < 2 or len({each.organization_id for each in by_id.values()}) > 1:
        raise InvalidInput.field("source_id", "There is no such customer.")
    return by_id[survivor_id], by_id[source_id]


def _move(model: Any, rows: Any, to: Customer) -> list[str]:
    ids = list(rows.values_list("pk", flat=True))
    model.objects.filter(pk__in=ids).update(customer=to)
    return [str(each) for each in ids]


def _move_tickets(ticket_ids: list[uuid.UUID], to: Customer) -> None:
    for ticket_id in ticket_ids:
        ticket = lock_ticket(ticket_id)
        before = str(ticket.customer_id)
        ticket.customer = to
        touch(ticket, "customer")
        record_ticket("ticket.updated", ticket, {"customer": (before, str(to.pk))})


def _fields_of(customer: Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in MERGED}


def _set(customer: Customer, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(customer, name, value)


def _save(customer: Customer) -> None:
    customer.version += 1
    customer.save(update_fields=[*MERGED, "merged_into", "version"])


def _record(type_: str, merge: CustomerMerge, survivor: Customer, source: Customer) -> None:
    note_customer(survivor)
    note_customer(source)
    record(
        type_,
        organization_id=merge.organization_id,
        object_type="customer",
        object_id=survivor.pk,
        payload=lambda: {
            "merge_id": str(merge.pk),
            "customer": customer_record(survivor),
            "other": customer_record(source),
        },
    )
