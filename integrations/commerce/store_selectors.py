"""Reads of stores and of what their platforms called us with; all start from the person."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import QuerySet

from helpdesk.accounts.models import User
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.pagination import Page, decode_cursor, encode_cursor
from integrations.commerce.models import Store, StoreHook, StoreHookState
from tickets.selectors import as_uuid


def stores_of(user: User) -> QuerySet[Store]:
    """All stores of the person's organization, by name."""
    return Store.objects.filter(organization_id=user.organization_id).order_by("name", "pk")


def get_store(user: User, store_id: uuid.UUID) -> Store:
    """One store; raises NotFound."""
    store = stores_of(user).filter(pk=store_id).first()
    if store is None:
        raise NotFound("This store doesn't exist, or you can't see it.")
    return store


def hooks_visible_to(user: User) -> QuerySet[StoreHook]:
    """Calls of platforms, without their headers. They are for admins."""
    return StoreHook.objects.filter(organization_id=user.organization_id).defer("headers")


def get_hook(user: User, hook_id: uuid.UUID) -> StoreHook:
    """One call; raises NotFound."""
    hook = hooks_visible_to(user).filter(pk=hook_id).first()
    if hook is None:
        raise NotFound("This call doesn't exist, or you can't see it.")
    return hook


def list_hooks(
    user: User, *, state: str, store: str, after: str | None, limit: int
) -> Page[StoreHook]:
    """One page of calls, newest first. Raises InvalidInput."""
    found = hooks_visible_to(user).defer("headers", "body").order_by("-received_at", "-pk")
    if state:
        if state not in StoreHookState.values:
            known = ", ".join(StoreHookState.values)
            raise InvalidInput.field("state", f"Choose from: {known}.")
        found = found.filter(state=state)
    if store:
        found = found.filter(store_id=as_uuid(store, "store"))
    if after:
        found = _beyond(found, after)
    rows = list(found[: limit + 1])
    last = rows[limit - 1] if len(rows) > limit else None
    cursor = encode_cursor([last.received_at.isoformat(), str(last.pk)]) if last else None
    return Page(rows[:limit], cursor)


def _beyond(found: QuerySet[StoreHook], after: str) -> QuerySet[StoreHook]:
    at, pk = decode_cursor(after, 2)
    try:
        moment, hook_id = datetime.fromisoformat(str(at)), uuid.UUID(str(pk))
    except ValueError as error:
        raise InvalidInput.field("after", "This page cursor is not valid.") from error
    return found.filter(received_at__lte=moment).exclude(received_at=moment, pk__gte=hook_id)
