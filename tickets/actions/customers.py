"""Every write to customers and their handles."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import Change, current_unit, record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict
from helpdesk.lib.rows import insert_row
from tickets.actions.custom_fields import merge_values
from tickets.actions.words import note_customer
from tickets.models import Customer, FieldOwner, Handle, HandleKind
from tickets.records import customer_record

_NOT_DIALLED = re.compile(r"[\s().\-/\u2010-\u2015\u00a0]")
EDITABLE = ("name", "language", "time_zone", "city", "country", "is_vip", "note", "fields")


def get_or_create_by_handle(
    organization_id: uuid.UUID,
    kind: str,
    value: str,
    *,
    name: str = "",
    is_verified: bool = False,
    label: str = "",
) -> tuple[Customer, Handle]:
    """The customer this handle belongs to, made if new; never found by display name.

    A handle once verified stays verified; an unverified sighting changes nothing. ``label`` is
    what people call an opaque value; the newest one is kept.
    """
    value = clean_handle(kind, value)
    with unit_of_work():
        handle = _find_handle(organization_id, kind, value)
        if handle is None:
            made = Handle(
                organization_id=organization_id, kind=kind, value=value,
                is_verified=is_verified, label=label[:120],
            )  # fmt: skip
            handle = _create(made, name)
        else:
            _learn(handle, name, is_verified=is_verified, label=label[:120])
    return handle.customer, handle


def clean_handle(kind: str, value: str) -> str:
    """The value as it is compared: e-mail lower case, a phone number as + and digits (E.164)."""
    value = value.strip().replace("\x00", "")[:320]
    if kind == HandleKind.PHONE:
        return _NOT_DIALLED.sub("", re.sub(r"^\s*(?:00|\+)", "+", value)) or value
    return value.lower() if kind == HandleKind.EMAIL else value


def change_customer(customer: Customer, *, by: User | None = None, **fields: Any) -> Customer:
    """Change what is known about the customer and announce it; unknown names raise KeyError.

    ``by`` is the agent who changes it, if one does. Of custom ``fields`` those that are named
    change; raises InvalidInput naming each whose value does not fit.
    """
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        customer = _lock(customer.pk)
        change: Change = {}
        if "fields" in fields:
            own, given = customer.fields, fields["fields"]
            merged = merge_values(customer.organization_id, FieldOwner.CUSTOMER, own, given)
            fields = {**fields, "fields": merged}
        for name, value in fields.items():
            if name not in EDITABLE:
                raise KeyError(name)
            if getattr(customer, name) != value:
                change[name] = (getattr(customer, name), value)
                setattr(customer, name, value)
        if change:
            _save(customer, *change)
            record_customer(customer, change)
    return customer


def add_handle(
    customer: Customer,
    kind: str,
    value: str,
    *,
    is_verified: bool = False,
    by: User | None = None,
) -> Handle:
    """Give the customer one more address; raises Conflict if it belongs to somebody else."""
    value = clean_handle(kind, value)
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        handle, is_new = Handle.objects.select_for_update(no_key=True).get_or_create(
            organization_id=customer.organization_id,
            kind=kind,
            value=value,
            defaults={"customer": customer, "is_verified": is_verified},
        )
        if handle.customer_id != customer.pk:
            raise Conflict(f"{value} belongs to another customer.", code="handle_taken")
        if is_new:
            customer = _lock(customer.pk)
            _save(customer)
            record_customer(customer)
        else:
            _learn(handle, "", is_verified=is_verified)
    return handle


def move_handle(handle: Handle, customer: Customer) -> None:
    """The address has proven to be this customer's; everything else stays with whoever had it."""
    with unit_of_work():
        ids = sorted({handle.customer_id, customer.pk})
        before, after = (_lock(each) for each in ids) if len(ids) == 2 else (None, None)
        if before is None or after is None:
            return
        Handle.objects.filter(pk=handle.pk).update(customer=customer, is_verified=True)
        for each in (before, after):
            _save(each)
            record_customer(each)


def remove_handle(handle: Handle, *, by: User) -> Customer:
    """Take the address away from the customer; what was written from it stays."""
    with unit_of_work(actor=Actor.of_user(by)):
        customer = _lock(handle.customer_id)
        Handle.objects.filter(pk=handle.pk).delete()
        _save(customer)
        record_customer(customer, {"handle": (handle.value, None)})
    return customer


def set_verified(handle: Handle, *, is_verified: bool, by: User) -> Customer:
    """Say that the address is proven theirs, or take that back."""
    with unit_of_work(actor=Actor.of_user(by)):
        customer = _lock(handle.customer_id)
        changed = Handle.objects.filter(pk=handle.pk, is_verified=not is_verified)
        if changed.update(is_verified=is_verified):
            _save(customer)
            record_customer(customer, {"is_verified": (not is_verified, is_verified)})
    return customer


def note_opt_out(
    organization_id: uuid.UUID, kind: str, value: str, *, channel_kind: str, is_out: bool
) -> bool:
    """Remember whether they want to be written to on that kind of channel; False if known."""
    with unit_of_work():
        handle = _handles(organization_id, kind, {clean_handle(kind, value)}).first()
        if handle is None or (channel_kind in handle.opted_out) == is_out:
            return False
        customer = _lock(handle.customer_id)
        before = Handle.objects.select_for_update(no_key=True).get(pk=handle.pk).opted_out
        rest = [each for each in before if each != channel_kind]
        after = [*rest, channel_kind] if is_out else rest
        Handle.objects.filter(pk=handle.pk).update(opted_out=after)
        _save(customer)
        record_customer(customer, {"opted_out": (before, after)})
    return True


def note_bounce(organization_id: uuid.UUID, address: str, reason: str) -> None:
    """Remember that mail to this address comes back; automatic mail to it pauses."""
    with unit_of_work():
        handle = _handles(organization_id, HandleKind.EMAIL, {address.strip().lower()}).first()
        if handle is None:
            return
        customer = _lock(handle.customer_id)
        handle.bounced_at, handle.bounce_reason = now(), reason[:200]
        handle.save(update_fields=["bounced_at", "bounce_reason"])
        _save(customer)
        record_customer(customer)


def keep_handles(customer: Customer, handles: list[Handle]) -> None:
    """Tell a customer that was just made which handles it has, so that nobody asks the database."""
    known = Handle.objects.none()
    known._result_cache = handles
    customer._prefetched_objects_cache = {"handles": known}  # type: ignore[attr-defined]


def record_customer(customer: Customer, change: Change | None = None) -> None:
    """Announce that a customer changed."""
    note_customer(customer)
    record(
        "customer.updated",
        organization_id=customer.organization_id,
        object_type="customer",
        object_id=customer.pk,
        payload=lambda: {"customer": customer_record(customer)},
        change=change,
    )


def read_handles(organization_id: uuid.UUID, kind: str, values: Iterable[str]) -> None:
    """Look up many handles in one query; in this unit of work each of them then costs none."""
    unit = current_unit()
    if unit is None:
        raise RuntimeError("handles were read ahead outside a unit of work")
    wanted = {clean_handle(kind, each) for each in values if each}
    found = {each.value: each for each in _handles(organization_id, kind, wanted)}
    for value in wanted:
        unit.kept[Handle, organization_id, kind, value] = found.get(value)


def _find_handle(organization_id: uuid.UUID, kind: str, value: str) -> Handle | None:
    unit, key = current_unit(), (Handle, organization_id, kind, value)
    if unit is not None and key in unit.kept:
        kept: Handle | None = unit.kept[key]
        return kept
    return _handles(organization_id, kind, {value}).first()


def _handles(organization_id: uuid.UUID, kind: str, values: set[str]) -> QuerySet[Handle]:
    return (
        Handle.objects.select_related("customer")
        .prefetch_related("customer__handles")
        .filter(organization_id=organization_id, kind=kind, value__in=values)
    )


def _create(made: Handle, name: str) -> Handle:
    """Make customer and handle; if somebody else was faster, theirs is the one."""
    organization_id, kind, value = made.organization_id, made.kind, made.value
    customer = Customer(organization_id=organization_id, name=name[:200])
    insert_row(customer)
    made.customer = customer
    handle: Handle | None = made
    if _insert(made):
        keep_handles(customer, [made])
        note_customer(customer, is_new=True)
    else:
        customer.delete()
        handle = _handles(organization_id, kind, {value}).first()
    if handle is None:
        raise Conflict(f"{value} was taken and given back just now; try again.")
    unit = current_unit()
    if unit is not None:
        unit.kept[Handle, organization_id, kind, value] = handle
    return handle


def _insert(handle: Handle) -> bool:
    """Whether the handle was new; waits for whoever is making the same one at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_handle (id, organization_id, customer_id, kind, value, "
            "is_verified, label, bounced_at, bounce_reason, created_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, NULL, '', %s) ON CONFLICT DO NOTHING",
            [
                handle.pk,
                handle.organization_id,
                handle.customer_id,
                handle.kind,
                handle.value,
                handle.is_verified,
                handle.label,
                handle.created_at,
            ],
        )
        return cursor.rowcount == 1


def _learn(handle: Handle, name: str, *, is_verified: bool, label: str = "") -> None:
    customer = handle.customer
    becomes_verified = is_verified and not handle.is_verified
    is_renamed = bool(label) and label != handle.label
    if becomes_verified or is_renamed:
        handle.is_verified = handle.is_verified or is_verified
        handle.label = label or handle.label
        handle.save(update_fields=["is_verified", "label"])
    learns_name = bool(name) and not customer.name
    if becomes_verified or learns_name or is_renamed:
        customer = handle.customer = _lock(customer.pk)
        customer.name = customer.name or name[:200]
        _save(customer, "name")
        record_customer(customer)


def _lock(customer_id: uuid.UUID) -> Customer:
    """The customer as it is now, its row locked: versions rise one by one."""
    return Customer.objects.select_for_update(no_key=True).get(pk=customer_id)


def _save(customer: Customer, *fields: str) -> None:
    customer.version += 1
    customer.save(update_fields=[*fields, "version"])
