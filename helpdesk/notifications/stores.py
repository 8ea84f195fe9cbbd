"""News of stores: admins are told once per outage, and it is read by itself when the store works again."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from helpdesk.accounts.models import Role, User
from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from helpdesk.notifications.actions import News, mark_read, notify, people_of
from helpdesk.notifications.models import Notification
from integrations.commerce.models import Store

_TROUBLE = ("failing", "attention")


def prepare(events: list[Event]) -> None:
    """Read the people of the organization once for the whole batch: it is of one organization."""
    if events:
        people_of(events[0].organization_id)


@subscribes("store.updated", name="helpdesk.notifications.stores", prepare=prepare)
def tell_admins(event: Event) -> None:
    """Tell every admin that a store began to fail; what fails on, or otherwise, is no more news.

    An outage is known by when it began. A second run finds the notifications there.
    """
    told = event.payload["store"]
    store = Store.objects.filter(pk=told["id"]).first()
    if store is None or event.payload.get("is_deleted"):
        return
    people = people_of(event.organization_id)
    if told["health"]["state"] not in _TROUBLE:
        _clear(store, people)
        return
    for user in people.values():
        if user.role == Role.ADMIN and not _is_own(event, user):
            _tell(user, store, event, told["health"])


def _tell(user: User, store: Store, event: Event, health: dict[str, Any]) -> None:
    since = health["failing_since"]
    began_at = datetime.fromisoformat(since) if since else event.at
    known = Notification.objects.filter(user=user, store=store, created_at__gte=began_at)
    if known.exists():
        return
    notify(
        user,
        News(
            kind="store_problem",
            ticket=None,
            store=store,
            event_seq=event.seq,
            actor={"type": "system", "id": None, "name": store.name},
            preview=health["detail"],
            at=event.at,
        ),
    )


def _clear(store: Store, people: dict[str, User]) -> None:
    unread: dict[str, list[uuid.UUID]] = {}
    rows = Notification.objects.filter(store=store, read_at=None)
    for user_id, pk in rows.values_list("user_id", "pk"):
        unread.setdefault(str(user_id), []).append(pk)
    for reader, ids in unread.items():
        if reader in people:
            mark_read(people[reader], ids=ids)


def _is_own(event: Event, user: User) -> bool:
    """Who tries a connection out sees at once that it fails."""
    return event.actor.get("type") == "agent" and event.actor.get("id") == str(user.pk)
