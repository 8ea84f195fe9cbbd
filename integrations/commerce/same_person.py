"""Who may be the same person: shown only with evidence, never because two names are alike.

Evidence is what the stores know: a buyer who gave both addresses, or an order that bears the one
customer's e-mail and the other's phone; an address that a visitor of the chat claims to have;
and, much weaker, the same unusual name before the @ of two addresses of which an order bears one.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q

from helpdesk.accounts.models import User
from integrations.commerce.models import ContactKind, Order, StoreContact
from tickets.customer_selectors import kept_apart_from, living
from tickets.models import Customer, Handle, Message

MAX_ADDRESSES = 50
MAX_ORDERS = 200
MAX_SUGGESTIONS = 3
MIN_LOCAL_CHARS = 6
_SHARED_NAMES = frozenset(
    "accounts billing contact customer family hello invoice kontakt marketing noreply office "
    "orders sales service shopping support webmaster".split()
)

Reason = Literal["same_phone", "same_email", "claimed_email", "same_email_name"]


@dataclass(frozen=True)
class Suggestion:
    """Possibly the same person, and why: ``value`` is what the two share."""

    customer: Customer
    reason: Reason
    value: str


def possible_same(user: User, customer: Customer) -> list[Suggestion]:
    """The likeliest first; those somebody has refused are not among them."""
    own = list(Handle.objects.filter(customer=customer)[:MAX_ADDRESSES])
    evidence = _evidence(user.organization_id, customer.pk, own)
    apart = kept_apart_from(user.organization_id, "customer", customer.pk)
    people = living(user, set(evidence) - apart)
    order: list[Reason] = ["same_phone", "same_email", "claimed_email", "same_email_name"]
    found = [Suggestion(each, *evidence[each.pk]) for each in people]
    found.sort(key=lambda each: (order.index(each.reason), each.customer.pk))
    return found[:MAX_SUGGESTIONS]


def _evidence(
    organization_id: uuid.UUID, customer_id: uuid.UUID, own: list[Handle]
) -> dict[uuid.UUID, tuple[Reason, str]]:
    known = {(each.kind, each.value) for each in own}
    contacts = _contacts_beside(organization_id, known)
    evidence: dict[uuid.UUID, tuple[Reason, str]] = {}
    if contacts:
        for handle in _others(organization_id, customer_id, list(contacts)):
            shared = contacts[handle.kind, handle.value]
            reason: Reason = "same_phone" if shared[0] == ContactKind.PHONE else "same_email"
            evidence.setdefault(handle.customer_id, (reason, shared[1]))
    for handle in _owners_of(organization_id, customer_id, _claims_of(customer_id)):
        evidence.setdefault(handle.customer_id, ("claimed_email", handle.value))
    for handle in own:
        if handle.kind == ContactKind.EMAIL:
            for other, value in _same_local_name(organization_id, customer_id, handle.value):
                evidence.setdefault(other, ("same_email_name", value))
    return evidence


def _claims_of(customer_id: uuid.UUID) -> list[str]:
    """Addresses that were given in a chat and that nobody has proven."""
    rows = Message.objects.filter(
        ticket__customer_id=customer_id, details__has_key="claims"
    ).values_list("details__claims__email", flat=True)
    return sorted({str(each).lower() for each in rows[:MAX_ADDRESSES] if each})


def _owners_of(
    organization_id: uuid.UUID, customer_id: uuid.UUID, claims: list[str]
) -> list[Handle]:
    if not claims:
        return []
    return _others(organization_id, customer_id, [(ContactKind.EMAIL, each) for each in claims])


def _contacts_beside(
    organization_id: uuid.UUID, known: set[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Addresses that stand beside one of ours in a store, each with the one of ours."""
    ours = Q(pk=None)
    for kind, value in known:
        ours |= Q(kind=kind, value=value)
    buyers: dict[uuid.UUID, tuple[str, str]] = {}
    rows = StoreContact.objects.filter(ours, organization_id=organization_id)
    for buyer, kind, value in rows.values_list("customer_id", "kind", "value")[:MAX_ORDERS]:
        if buyer not in buyers or kind == ContactKind.PHONE:
            buyers[buyer] = (kind, value)
    beside = {
        (kind, value): buyers[buyer]
        for buyer, kind, value in StoreContact.objects.filter(
            customer_id__in=list(buyers)
        ).values_list("customer_id", "kind", "value")
    }
    emails = [value for kind, value in known if kind == ContactKind.EMAIL]
    phones = [value for kind, value in known if kind == ContactKind.PHONE]
    orders = Order.objects.filter(
        Q(email__in=emails) | Q(phone__in=phones), organization_id=organization_id
    )
    for email, phone in orders.values_list("email", "phone").distinct()[:MAX_ORDERS]:
        if phone in phones and email:
            beside.setdefault((ContactKind.EMAIL, email), (ContactKind.PHONE, phone))
        if email in emails and phone:
            beside.setdefault((ContactKind.PHONE, phone), (ContactKind.EMAIL, email))
    return {each: shared for each, shared in beside.items() if each not in known}


def _others(
    organization_id: uuid.UUID, customer_id: uuid.UUID, addresses: list[tuple[str, str]]
) -> list[Handle]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, value in addresses:
        by_kind[kind].append(value)
    theirs = Q(pk=None)
    for kind, values in by_kind.items():
        theirs |= Q(kind=kind, value__in=values)
    found = Handle.objects.filter(theirs, organization_id=organization_id)
    return list(found.exclude(customer_id=customer_id)[:MAX_ADDRESSES])


def _same_local_name(
    organization_id: uuid.UUID, customer_id: uuid.UUID, address: str
) -> list[tuple[uuid.UUID, str]]:
    """Others with the same name before the @, if an order bears one of the two addresses."""
    local = address.partition("@")[0].partition("+")[0]
    if len(local) < MIN_LOCAL_CHARS or local in _SHARED_NAMES:
        return []
    others = list(
        Handle.objects.filter(
            organization_id=organization_id,
            kind=ContactKind.EMAIL,
            value__startswith=f"{local}@",
        )
        .exclude(customer_id=customer_id)
        .values_list("customer_id", "value")[:MAX_SUGGESTIONS]
    )
    bought = set(
        Order.objects.filter(
            organization_id=organization_id, email__in=[address, *(value for _, value in others)]
        ).values_list("email", flat=True)
    )
    return [(other, local) for other, value in others if {address, value} & bought]
