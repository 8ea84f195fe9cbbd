"""The log everything listens to: numbered without gaps per organization, in commit order."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now


class EventCounter(models.Model):
    """The last number given to an organization, and the epoch of its log.

    The row is updated as the last statement of each transaction, so numbers follow commits.
    A new epoch tells clients that numbers went back (database restored from a backup).
    """

    organization = models.OneToOneField(
        "accounts.Organization", models.CASCADE, primary_key=True, related_name="event_counter"
    )
    last_seq = models.BigIntegerField(default=0)
    epoch = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.last_seq}"


class Event(models.Model):
    """Something that happened. Never changed; removed only by retention."""

    pk = models.CompositePrimaryKey("organization_id", "seq")
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    seq = models.BigIntegerField()
    type = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField(default=1)
    object_type = models.CharField(max_length=30)
    object_id = models.UUIDField()
    ticket_id = models.UUIDField(null=True)
    payload = models.JSONField()
    actor = models.JSONField()
    client_id = models.CharField(max_length=64, blank=True, default="")
    cause = models.BigIntegerField(null=True)
    depth = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["ticket_id", "seq"],
                name="event_of_ticket",
                condition=models.Q(ticket_id__isnull=False),
            ),
            models.Index(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class SubscriberCursor(models.Model):
    """How far one background subscriber has read one organization's log."""

    subscriber = models.CharField(max_length=60)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    seq = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(default=now)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "subscriber"], name="one_cursor_per_subscriber"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber}@{self.seq}"


class SubscriberFailure(models.Model):
    """An event that a subscriber could not handle; skipped after enough tries, never silently."""

    subscriber = models.CharField(max_length=60)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    seq = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    traceback = models.TextField()
    is_skipped = models.BooleanField(default=False)
    last_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "subscriber", "seq"], name="one_failure_per_event"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} failed on {self.seq}"
