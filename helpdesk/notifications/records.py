"""Records of notifications for the page and the event log."""

from __future__ import annotations

from typing import cast

from helpdesk.events.payloads import NotificationPayload, NotificationRecord
from helpdesk.lib.clock import iso
from helpdesk.notifications.models import Notification


def notification_record(notification: Notification) -> NotificationRecord:
    """The notification with what its line shows; select ``ticket__customer``,
    ``channel``, ``store`` and ``order_action__order`` for lists."""
    ticket, channel = notification.ticket, notification.channel
    action, store = notification.order_action, notification.store
    return cast(
        NotificationRecord,
        {
            "id": str(notification.pk),
            "kind": notification.kind,
            "ticket_id": str(ticket.pk) if ticket else None,
            "ticket_number": ticket.number if ticket else None,
            "ticket_subject": ticket.subject if ticket else "",
            "customer_name": ticket.customer.name if ticket else "",
            "channel_id": str(channel.pk) if channel else None,
            "channel_name": channel.name if channel else "",
            "store_id": str(store.pk) if store else None,
            "store_name": store.name if store else "",
            "order_action_id": str(action.pk) if action else None,
            "order_number": action.order.number if action else "",
            "message_id": str(notification.message_id) if notification.message_id else None,
            "actor": notification.actor,
            "preview": notification.preview,
            "channels": list(notification.channels),
            "is_listed": notification.is_listed,
            "created_at": iso(notification.created_at),
            "read_at": iso(notification.read_at),
        },
    )


def notification_payload(notification: Notification) -> NotificationPayload:
    """Payload of ``notification.added``."""
    return {
        "user_id": str(notification.user_id),
        "notification": notification_record(notification),
    }
