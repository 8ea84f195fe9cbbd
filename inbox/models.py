"""What arrived (raw, before anything else is done with it) and what must leave."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.kept_calls import KeptCall
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
    retry_at = models.DateTimeField(null=True, blank=True)
    """When what is in quarantine is tried again by itself: the vendor did not answer in time."""
    retries = models.PositiveSmallIntegerField(default=0, db_default=0)
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
            models.Index(
                fields=["retry_at"],
                name="raw_to_retry",
                condition=models.Q(retry_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.sha256[:12]}"


class HookState(models.TextChoices):
    """Where a webhook stands."""

    RECEIVED = "received", "Received"
    WAITING = "waiting", "Waits for the message it names"
    PROCESSED = "processed", "Processed"
    QUARANTINED = "quarantined", "Quarantined"


class Hook(KeptCall):
    """A webhook as it came, committed before the vendor is told that we have it.

    ``dedupe_key`` is the hash of the body: vendors repeat calls whose answer they did not see.
    What is in it becomes ``RawInbound`` rows, delivery states and changes in one transaction.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=HookState, default=HookState.RECEIVED)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "dedupe_key"], name="hook_stored_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                # In the order they are read: the first of a long line is found without sorting it.
                fields=["channel", "received_at", "id"],
                name="hook_in_line",
                condition=models.Q(state__in=["received", "waiting"]),
            ),
            models.Index(fields=["organization", "-received_at", "-id"], name="hook_log"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.dedupe_key[:12]}"


class Thread(models.Model):
    """A conversation as the vendor knows it: which ticket it is on, and how to answer into it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    key = models.CharField(max_length=300)
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="+")
    address = models.CharField(max_length=320, blank=True, default="")
    data = models.JSONField(default=dict, blank=True)
    last_external_id = models.CharField(max_length=998, blank=True, default="")
    last_inbound_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "key"], name="thread_known_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ticket", "channel", "-last_inbound_at"], name="thread_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.key} on {self.ticket_id}"


class TeamPostState(models.TextChoices):
    """Like a delivery's phases: what cannot be taken back is committed before it is begun."""

    QUEUED = "queued", "Queued"
    CLAIMED = "claimed", "Claimed by a worker"
    DOT_SENT = "dot_sent", "Irreversible step begun"
    POSTED = "posted", "Posted"
    FAILED = "failed", "Failed for good"
    UNCERTAIN = "uncertain", "Outcome unknown"


class TeamPost(models.Model):
    """A card for the team, in a room of its own at a vendor (``inbox.cards``).

    ``key`` names what it is about: told once, however often it is asked for. ``version`` grows
    when the card changes; the post says the card of ``shown_version``. ``due_at`` is empty where
    nothing is left to be done.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=200)
    place = models.CharField(max_length=100)
    card = models.JSONField()
    context = models.JSONField(default=dict, blank=True)
    """What whoever asked for it needs to know to change it later."""
    version = models.PositiveIntegerField(default=1)
    shown_version = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, choices=TeamPostState, default=TeamPostState.QUEUED)
    external_id = models.CharField(max_length=300, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, default=now)
    lease_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "key"], name="team_told_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], name="team_post_due", condition=models.Q(due_at__isnull=False)
            ),
            models.Index(fields=["ticket"], name="team_post_of_ticket"),
            models.Index(fields=["channel", "external_id"], name="team_post_by_id"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.key}"


class PressState(models.TextChoices):
    """Where a press of a button stands."""

    RECEIVED = "received", "Received"
    ANSWERED = "answered", "Done or refused: its answer is to be told"
    FINISHED = "finished", "Finished"


class Press(models.Model):
    """Somebody pressed a button of a card. What it stands for is done once, whatever comes twice."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    action_id = models.CharField(max_length=255)
    value = models.CharField(max_length=2000, blank=True, default="")
    person = models.CharField(max_length=100)
    place = models.CharField(max_length=100)
    external_id = models.CharField(max_length=300, blank=True, default="")
    user = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=PressState, default=PressState.RECEIVED)
    is_done = models.BooleanField(default=False)
    answer = models.CharField(max_length=1000, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, default=now)
    received_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "key"], name="pressed_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], name="press_due", condition=models.Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.action_id}"


class Connection(models.Model):
    """How a channel's line to its vendor is: what was asked when, and how that went."""

    channel = models.OneToOneField(
        Channel, models.CASCADE, primary_key=True, related_name="connection"
    )
    cursor = models.JSONField(default=dict, blank=True)
    heard = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, models.JSONField())
    )
    """What a line held open to the vendor told (``inbox.polling.hear``): ``places``, each with its
    newest message; ``line``, by which it is taken up again; ``trouble``, why there is none."""
    poll_due_at = models.DateTimeField(null=True, blank=True)
    check_due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_event_at = models.DateTimeField(null=True, blank=True)
    last_hook_at = models.DateTimeField(null=True, blank=True)
    last_poll_at = models.DateTimeField(null=True, blank=True)
    last_check_at = models.DateTimeField(null=True, blank=True)
    lag_seconds = models.FloatField(null=True, blank=True)
    """How old the newest event was when it came."""
    refused = models.PositiveIntegerField(default=0)
    last_refused_at = models.DateTimeField(null=True, blank=True)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    problems = models.JSONField(default=list, blank=True)
    send_next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["poll_due_at"], name="connection_to_poll"),
            models.Index(fields=["check_due_at"], name="connection_to_check"),
        ]

    def __str__(self) -> str:
        return f"connection of {self.channel_id}"


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
    slot_at = models.DateTimeField(null=True, blank=True)
    """Its turn on a channel that may send only so many a second (inbox.pacing)."""
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
