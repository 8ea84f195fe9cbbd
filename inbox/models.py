"""What arrived (raw, before anything else is done with it) and what must leave."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tickets.models import Channel, Message


class RawState(models.TextChoices):
    """Where an arrival stands."""

    RECEIVED = "received", "Received"
    PROCESSED = "processed", "Processed"
    QUARANTINED = "quarantined", "Quarantined"


class Fate(models.TextChoices):
    """What became of an arrival; every mail seen has exactly one."""

    MESSAGE = "message", "Became a message"
    AUTO_REPLY = "auto_reply", "Automatic reply, kept"
    BOUNCE = "bounce", "Delivery report, kept"
    OWN_MAIL = "own_mail", "Our own mail, kept"
    DUPLICATE = "duplicate", "Duplicate of another mail"
    BLOCKED = "blocked", "Sender is blocked"


class RawInbound(models.Model):
    """The bytes as they came, committed before anybody is told that we have them.

    Unique by channel and content: the same bytes a second time are the same arrival.
    ``content_key`` (Message-ID, sender, date and text) catches one mail delivered twice with
    other trace headers; it is set when the mail is processed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64)
    content_key = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 (unique)
    source = models.CharField(max_length=300, blank=True, default="")
    raw = models.BinaryField()
    size_bytes = models.BigIntegerField(default=0)
    envelope = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=12, choices=RawState, default=RawState.RECEIVED)
    fate = models.CharField(max_length=12, choices=Fate, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    from_address = models.CharField(max_length=320, blank=True, default="")
    subject = models.CharField(max_length=300, blank=True, default="")
    message_id = models.UUIDField(null=True, blank=True)
    ticket_id = models.UUIDField(null=True, blank=True)
    duplicate_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.BigIntegerField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=now)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "sha256"], name="raw_stored_once"),
            models.UniqueConstraint(fields=["channel", "content_key"], name="content_taken_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["channel", "received_at", "id"],
                name="raw_to_process",
                condition=models.Q(state=RawState.RECEIVED),
            ),
            models.Index(fields=["organization", "-received_at", "-id"], name="inbound_log"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.sha256[:12]}"


class MailboxCursor(models.Model):
    """How far a folder of a mailbox has been read (RFC 3501: UIDs hold within a UIDVALIDITY)."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    folder = models.CharField(max_length=200, default="INBOX")
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    stored = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "folder"], name="one_cursor_per_folder"),
        ]

    def __str__(self) -> str:
        return f"{self.folder} {self.uid_validity}/{self.last_uid}"


class DeliveryPhase(models.TextChoices):
    """ARCHITECTURE §5: the phase is committed before the byte that cannot be taken back."""

    QUEUED = "queued", "Queued"
    CLAIMED = "claimed", "Claimed by a worker"
    DOT_SENT = "dot_sent", "Irreversible step begun"
    ACCEPTED = "accepted", "Accepted"
    TEMP_FAILED = "temp_failed", "Will be tried again"
    PERM_FAILED = "perm_failed", "Failed for good"
    UNCERTAIN = "uncertain", "Outcome unknown"
    WITHDRAWN = "withdrawn", "Withdrawn in time"


class Delivery(models.Model):
    """One intent to let one message leave; exactly one per message."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    message = models.OneToOneField(Message, models.CASCADE, related_name="delivery")
    ticket_id = models.UUIDField()
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    phase = models.CharField(max_length=12, choices=DeliveryPhase, default=DeliveryPhase.QUEUED)
    due_at = models.DateTimeField(default=now)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    worker = models.BigIntegerField(null=True, blank=True)
    checks = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    recipients_done = models.JSONField(default=list, blank=True)
    reason_code = models.CharField(max_length=40, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    external_id = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="delivery_due",
                condition=models.Q(phase__in=["queued", "temp_failed", "claimed", "dot_sent"]),
            ),
            models.Index(fields=["ticket_id", "created_at"], name="delivery_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.phase} {self.message_id}"


class DeliveryAttempt(models.Model):
    """One try: when, how far, what the other side said."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    began_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=DeliveryPhase)
    detail = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.outcome}"
