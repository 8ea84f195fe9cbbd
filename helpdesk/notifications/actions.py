"""Every write to notifications; each announces itself to the person's own pages only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from helpdesk.accounts.models import User
from helpdesk.accounts.preferences import channels_for, quiet_until
from helpdesk.events.outbox import current_unit, record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.notifications.models import Notification, NotificationMail
from helpdesk.notifications.records import notification_payload
from helpdesk.notifications.selectors import notifications_of
from inbox.staff_mail import MailState
from integrations.commerce.ledger.models import OrderAction
from integrations.commerce.models import Store
from tickets.models import Channel, Ticket

MAIL_AFTER = timedelta(minutes=3)
"""Time to see it on the page first."""
MAIL_PAUSE = timedelta(minutes=15)
"""At most one mail to a person within this time."""
_LOUD = ("desktop", "sound")


@dataclass(frozen=True)
class News:
    """What happened, to be told to somebody."""

    kind: str
    ticket: Ticket | None
    event_seq: int
    actor: dict[str, Any]
    channel: Channel | None = None
    order_action: OrderAction | None = None
    store: Store | None = None
    preview: str = ""
    message_id: uuid.UUID | None = None
    at: datetime | None = None


def people_of(organization_id: uuid.UUID) -> dict[str, User]:
    """The active people by id, with teams and organization; read once per unit of work."""
    unit = current_unit()
    kept = unit.kept if unit else {}
    key = ("notifications.people", organization_id)
    if key not in kept:
        active = User.objects.filter(organization_id=organization_id, is_active=True)
        found = active.select_related("organization").prefetch_related("teams").order_by("pk")
        kept[key] = {str(each.pk): each for each in found}
    people: dict[str, User] = kept[key]
    return people


def notify(user: User, news: News) -> Notification | None:
    """Tell the person in the ways they chose; None if they chose none, or were told already.

    In quiet hours it is listed without desktop notice or sound, and mail waits for their end.
    """
    at = news.at or now()
    chosen = channels_for(user, news.kind)
    if not chosen:
        return None
    quiet = quiet_until(user, at)
    with unit_of_work():
        notification, is_new = Notification.objects.get_or_create(
            user=user,
            event_seq=news.event_seq,
            defaults={
                "organization_id": user.organization_id,
                "kind": news.kind,
                "ticket": news.ticket,
                "channel": news.channel,
                "order_action": news.order_action,
                "store": news.store,
                "message_id": news.message_id,
                "actor": news.actor,
                "preview": news.preview[:200],
                "channels": [each for each in chosen if quiet is None or each not in _LOUD],
                "is_listed": "in_app" in chosen,
                "created_at": at,
            },
        )
        if not is_new:
            return None
        if "email" in chosen and user.notification_mail_stopped_at is None:
            notification.mail = _waiting_mail(user, at=at, quiet=quiet)
            notification.save(update_fields=["mail"])
        record(
            "notification.added",
            organization_id=user.organization_id,
            object_type="notification",
            object_id=notification.pk,
            payload=lambda: dict(notification_payload(notification)),
        )
    return notification


def mark_read(
    user: User,
    *,
    ids: Sequence[uuid.UUID] | None = None,
    ticket_id: uuid.UUID | None = None,
) -> list[str]:
    """Mark these, those of a ticket, or all as read; returns the ids that were unread till now."""
    with unit_of_work():
        unread = notifications_of(user).filter(read_at=None)
        if ids is not None:
            unread = unread.filter(pk__in=ids)
        if ticket_id is not None:
            unread = unread.filter(ticket_id=ticket_id)
        # ``tickets_visible_to`` may join: lock by key, in order.
        keys = list(unread.values_list("pk", flat=True))
        rows = Notification.objects.select_for_update(no_key=True).filter(pk__in=keys, read_at=None)
        found = list(rows.order_by("pk").values_list("pk", flat=True))
        if not found:
            return []
        Notification.objects.filter(pk__in=found).update(read_at=now())
        read = [str(each) for each in found]
        record(
            "notification.read",
            organization_id=user.organization_id,
            object_type="notification",
            object_id=found[-1],
            payload=lambda: {"user_id": str(user.pk), "notification_ids": read},
        )
    return read


def _waiting_mail(user: User, *, at: datetime, quiet: datetime | None) -> NotificationMail:
    """The person's one waiting mail, made if there is none."""
    last = (
        NotificationMail.objects.filter(user=user, state=MailState.SENT)
        .order_by("-finished_at")
        .values_list("finished_at", flat=True)
        .first()
    )
    due_at = max(at + MAIL_AFTER, quiet or at, last + MAIL_PAUSE if last else at)
    mail, _ = NotificationMail.objects.get_or_create(
        user=user,
        state=MailState.QUEUED,
        defaults={"organization_id": user.organization_id, "due_at": due_at},
    )
    return mail
