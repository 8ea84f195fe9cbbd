"""Sessions of the widget: who is there, whom the shop has signed, and joining the two.

What a page says without a signature (name, e-mail, traits) is a claim: it is shown as one and
never leads to an existing customer or to an order.
"""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.sweep import sweeps
from integrations.chat.models import Conversation, Site, Upload, Visitor
from integrations.chat.problems import NotIdentified
from integrations.chat.tokens import Identity, read_token
from tickets.actions.customer_merge import merge_customers
from tickets.actions.customers import (
    add_handle,
    change_customer,
    get_or_create_by_handle,
    move_handle,
)
from tickets.models import Customer, Handle, HandleKind

MAX_CONTEXT_BYTES = 8 * 1024
HERE_FOR = timedelta(seconds=45)
FORGET_AFTER = timedelta(days=30)
UPLOADS_FOR = timedelta(days=7)


def get_visitor(site: Site, token: str) -> Visitor:
    """The visitor behind a token of this site; raises NotIdentified."""
    read = read_token(token)
    visitor = Visitor.objects.filter(pk=read.visitor_id, channel_id=site.channel_id).first()
    if visitor is None or visitor.generation != read.generation:
        raise NotIdentified("This chat session is over.", code="session_expired")
    return visitor


def find_visitor(site: Site, token: str) -> Visitor | None:
    """The same, or None where the token no longer leads to anybody."""
    try:
        return get_visitor(site, token) if token else None
    except NotIdentified:
        return None


def begin_session(
    site: Site, known: Visitor | None, identity: Identity | None, told: dict[str, Any]
) -> Visitor:
    """The visitor of this session: the one that is known, the one the shop has signed, or new.

    Somebody else's identity never inherits what the visitor before did, and an anonymous visitor
    who signs in takes their conversations along.
    """
    if identity is not None:
        visitor = _identified(site, known, identity)
        link_customer(visitor)
    else:
        visitor = known or Visitor.objects.create(
            organization_id=site.channel.organization_id, channel=site.channel
        )
    _note(visitor, told)
    return visitor


def claim_email(visitor: Visitor, email: str) -> Visitor:
    """Where the visitor says they can be reached; raises InvalidInput naming ``email``.

    A proven address stays; what is only claimed stands on the visitor alone.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidInput.field("email", "This is not an e-mail address.") from error
    if len(email) > 254:
        raise InvalidInput.field("email", "This address is too long.")
    if not visitor.is_email_proven:
        visitor.email = email
        visitor.save(update_fields=["email"])
    return visitor


def link_customer(visitor: Visitor) -> Customer | None:
    """Make the visitor's own handle that of the customer the shop has signed for.

    Returns None for visitors who have proven nothing. What the same browser wrote before signing
    in belongs to that customer from now on; the two records can be taken apart again.
    """
    if not visitor.is_email_proven:
        return None
    organization_id, value = visitor.organization_id, str(visitor.pk)
    customer, _ = get_or_create_by_handle(
        organization_id, HandleKind.EMAIL, visitor.email, name=visitor.name, is_verified=True
    )
    handle = Handle.objects.filter(
        organization_id=organization_id, kind=HandleKind.VISITOR, value=value
    ).first()
    if handle is not None and handle.customer_id == customer.pk:
        return customer
    if handle is None:
        add_handle(customer, HandleKind.VISITOR, value, is_verified=True)
    else:
        _join(handle, customer)
    return customer


def name_customer(visitor: Visitor) -> None:
    """A visitor who has told their name is no longer called by a number."""
    if not visitor.name:
        return
    handle = (
        Handle.objects.select_related("customer")
        .filter(
            organization_id=visitor.organization_id,
            kind=HandleKind.VISITOR,
            value=str(visitor.pk),
        )
        .first()
    )
    if handle is not None and handle.customer.name == visitor.label:
        change_customer(handle.customer, name=visitor.name)


def generations_of(visitor_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The generation of those whose site is switched on."""
    found = Visitor.objects.filter(pk__in=visitor_ids, channel__is_active=True)
    return dict(found.values_list("pk", "generation"))


def note_seen(visitor_ids: list[uuid.UUID], *, here: bool) -> None:
    """These visitors have a socket open (``here``), or have just closed their last."""
    at = now()
    Visitor.objects.filter(pk__in=visitor_ids).update(
        last_seen_at=at, here_until=at + HERE_FOR if here else at
    )


def _identified(site: Site, known: Visitor | None, identity: Identity) -> Visitor:
    if known is not None and known.subject == identity.subject:
        return _learn(known, identity)
    mine = Visitor.objects.filter(channel=site.channel, subject=identity.subject).first()
    is_anonymous = known is not None and known.subject is None
    if mine is None:
        mine = _become(site, known if is_anonymous else None, identity)
    elif known is not None and is_anonymous:
        _take_along(known, mine)
    return _learn(mine, identity)


def _become(site: Site, known: Visitor | None, identity: Identity) -> Visitor:
    """The anonymous visitor is now this person, under new tokens; or a new visitor is."""
    visitor = known or Visitor(organization_id=site.channel.organization_id, channel=site.channel)
    visitor.subject = identity.subject
    visitor.generation += 1
    visitor.email, visitor.is_email_proven = "", False
    try:
        with transaction.atomic():
            visitor.save()
    except IntegrityError:
        return Visitor.objects.get(channel=site.channel, subject=identity.subject)
    return visitor


def _take_along(anonymous: Visitor, visitor: Visitor) -> None:
    """What was said before signing in is the signed-in visitor's; the old tokens end."""
    with transaction.atomic():
        Visitor.objects.filter(pk=anonymous.pk).update(generation=anonymous.generation + 1)
        Conversation.objects.filter(visitor=anonymous).update(visitor=visitor)
    link = Handle.objects.filter(
        organization_id=visitor.organization_id,
        kind=HandleKind.VISITOR,
        value=str(anonymous.pk),
    ).first()
    if link is not None:
        _join_customers(link, visitor)


def _join(handle: Handle, customer: Customer) -> None:
    """Somebody known by the chat alone turns out to be this customer.

    Who has other addresses, too, is a person in their own right: then only the handle moves.
    """
    is_somebody = Handle.objects.filter(customer_id=handle.customer_id).exclude(
        kind=HandleKind.VISITOR
    )
    if is_somebody.exists():
        move_handle(handle, customer)
    else:
        merge_customers(customer.pk, handle.customer_id, by=None)


def _join_customers(link: Handle, visitor: Visitor) -> None:
    own = Handle.objects.filter(
        organization_id=visitor.organization_id, kind=HandleKind.VISITOR, value=str(visitor.pk)
    ).first()
    if own is not None and own.customer_id != link.customer_id:
        _join(link, own.customer)


def _learn(visitor: Visitor, identity: Identity) -> Visitor:
    visitor.name = identity.name or visitor.name
    if identity.email:
        visitor.email, visitor.is_email_proven = identity.email, True
    visitor.save(update_fields=["name", "email", "is_email_proven"])
    return visitor


@sweeps("chat.visitors", every_seconds=3600)
def forget_visitors(limit: int = 2000) -> int:
    """Delete who never said anything and has not been here for a month, and unsent files."""
    old = now() - FORGET_AFTER
    Upload.objects.filter(created_at__lt=now() - UPLOADS_FOR).delete()
    ids = Visitor.objects.filter(
        subject=None, last_seen_at__lt=old, conversations=None
    ).values_list("pk", flat=True)[:limit]
    deleted, _ = Visitor.objects.filter(pk__in=list(ids)).delete()
    return deleted


def _note(visitor: Visitor, told: dict[str, Any]) -> None:
    """Keep what the page says of itself; names and addresses only where nothing is proven."""
    visitor.locale = str(told.get("locale") or visitor.locale)[:12]
    for name in ("page", "context"):
        if told.get(name) is not None:
            setattr(visitor, name, limited(name, told[name]))
    traits = told.get("traits")
    if traits is not None:
        visitor.traits = limited("traits", traits)
        if not visitor.is_verified:
            visitor.name = str(traits.get("name") or visitor.name)[:200].replace("\x00", "")
            _claim_quietly(visitor, str(traits.get("email") or ""))
    visitor.last_seen_at = now()
    visitor.save(
        update_fields=["locale", "page", "context", "traits", "name", "email", "last_seen_at"]
    )


def _claim_quietly(visitor: Visitor, email: str) -> None:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        return
    if not visitor.is_email_proven and len(email) <= 254:
        visitor.email = email


def limited(name: str, value: Any) -> dict[str, Any]:
    """A small JSON object; raises InvalidInput naming the field."""
    if not isinstance(value, dict):
        raise InvalidInput.field(name, "This must be an object.")
    try:
        text = json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.field(name, "This cannot be kept.") from error
    if len(text) > MAX_CONTEXT_BYTES or "\\u0000" in text:
        raise InvalidInput.field(name, "This is too much to keep.")
    kept: dict[str, Any] = value
    return kept
