"""What a person is told, and the mail that tells it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from inbox.staff_mail import MailState, StaffMail


class NotificationMail(StaffMail):
    """One mail with everything that one person has not seen until it leaves.

    At most one waits per person: what happens meanwhile joins it.
    """

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                name="one_mail_waits_per_person",
                condition=models.Q(state=MailState.QUEUED),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="notification_mail_due",
                condition=models.Q(state__in=["queued", "claimed", "dot_sent"]),
            ),
            models.Index(fields=["user", "-finished_at"], name="notification_mail_last"),
            models.Index(
                fields=["external_id"],
                name="notification_mail_id",
                condition=~models.Q(external_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.user_id}"


class Notification(models.Model):
    """One thing that happened, told to one person; at most one row per person and event."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="notifications")
    event_seq = models.BigIntegerField()
    kind = models.CharField(max_length=24)
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, null=True, related_name="+")
    channel = models.ForeignKey("tickets.Channel", models.CASCADE, null=True, related_name="+")
    order_action = models.ForeignKey(
        "commerce.OrderAction", models.CASCADE, null=True, blank=True, related_name="+"
    )
    store = models.ForeignKey(
        "commerce.Store", models.CASCADE, null=True, blank=True, related_name="+"
    )
    """What it is about: a ticket, a channel, a store, or an order action (with or without a
    ticket)."""
    message_id = models.UUIDField(null=True, blank=True)
    actor = models.JSONField(default=dict)
    preview = models.CharField(max_length=200, blank=True, default="")
    channels = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    is_listed = models.BooleanField(default=True)
    mail = models.ForeignKey(
        NotificationMail, models.SET_NULL, null=True, blank=True, related_name="notifications"
    )
    created_at = models.DateTimeField(default=now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "event_seq"], name="told_once_per_event"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["user", "-id"],
                name="notification_unread",
                condition=models.Q(read_at=None, is_listed=True),
            ),
            models.Index(
                fields=["user", "-id"],
                name="notification_listed",
                condition=models.Q(is_listed=True),
            ),
            models.Index(fields=["ticket", "user"], name="notification_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
