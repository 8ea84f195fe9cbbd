"""What agents do to whole tickets and may take back: merging, splitting, blocking, bulk work."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tickets.models.ticket import Ticket


class Merge(models.Model):
    """One ticket went into another. ``id`` is made by the client: the same id is the same merge.

    ``moved`` lists the messages in the order they had in the source; ``before`` is what undoing
    restores. A ticket that was merged and not taken back has exactly one row without
    ``undone_at``.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    source = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    target = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    moved = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    done_at = models.DateTimeField(default=now)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source"],
                name="ticket_merged_once",
                condition=models.Q(undone_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["target", "-done_at"], name="merge_of_target")]

    def __str__(self) -> str:
        return f"{self.source_id} into {self.target_id}"


class Split(models.Model):
    """Messages left a ticket for a new one. ``id`` is made by the client."""

    id = models.UUIDField(primary_key=True, default=new_id)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    origin = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    ticket = models.OneToOneField(Ticket, models.CASCADE, related_name="+")
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    moved = models.JSONField(default=list)
    done_at = models.DateTimeField(default=now)
    undone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.ticket_id} out of {self.origin_id}"


class BlockedSender(models.Model):
    """An address, or ``@domain`` for everybody there: their mail is filed as spam, never lost."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    value = models.CharField(max_length=320)
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ticket = models.ForeignKey(Ticket, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "value"], name="sender_blocked_once"),
        ]

    def __str__(self) -> str:
        return self.value


class BulkState(models.TextChoices):
    """Where a bulk job stands."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    UNDOING = "undoing", "Being taken back"
    UNDONE = "undone", "Taken back"


class BulkJob(models.Model):
    """One action on many tickets. ``id`` is made by the client: sent twice, it is one job."""

    id = models.UUIDField(primary_key=True, default=new_id)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    action = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=BulkState, default=BulkState.RUNNING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    undone = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    client_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                name="bulk_to_do",
                condition=models.Q(state__in=["running", "undoing"]),
            ),
            models.Index(fields=["user", "-created_at"], name="bulk_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.action} on {self.total}"


class BulkItemState(models.TextChoices):
    """What became of one ticket of a bulk job."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    UNDONE = "undone", "Taken back"
    KEPT = "kept", "Changed since, left alone"


class BulkItem(models.Model):
    """One ticket of a bulk job; its state commits together with what was done to the ticket.

    ``change`` holds {field: [before, after]}, from which the change is taken back.
    """

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="items")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=BulkItemState, default=BulkItemState.WAITING)
    reason = models.CharField(max_length=300, blank=True, default="")
    change = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "ticket"], name="bulk_ticket_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["job", "state", "position"], name="bulk_item_next"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.ticket_id}"
