"""What was said: by the customer, to the customer, or among the team."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tickets.models.channel import Channel
from tickets.models.customer import Customer
from tickets.models.ticket import Ticket


class Direction(models.TextChoices):
    """Which way a message goes."""

    IN = "in", "In"
    OUT = "out", "Out"
    INTERNAL = "internal", "Internal"


class MessageKind(models.TextChoices):
    """What a message is; the last three never start anything automatic."""

    CUSTOMER = "customer", "Customer message"
    REPLY = "reply", "Reply"
    NOTE = "note", "Internal note"
    SURVEY = "survey", "Survey"
    AUTO_REPLY = "auto_reply", "Automatic reply received"
    BOUNCE = "bounce", "Delivery report"


class DeliveryState(models.TextChoices):
    """How far an outgoing message got; moves forward only (tickets.actions.delivery)."""

    HELD = "held", "Held for undo"
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    DELAYED = "delayed", "Delayed, trying again"
    SENT = "sent", "Sent"
    UNCERTAIN = "uncertain", "Delivery uncertain"
    FAILED = "failed", "Failed"
    BOUNCED = "bounced", "Bounced"
    DELIVERED = "delivered", "Delivered"
    READ = "read", "Read"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Message(models.Model):
    """``position`` numbers a ticket's messages without gaps; given under the ticket's row lock.

    ``id`` may be made by the client: the same id twice is the same message.
    ``mentions`` lists who was named in a note, ``{"kind", "id", "name"}`` as it was written;
    who that is today, with the members of teams, is asked of ``tickets.actions.mentions``.
    ``details`` is what only this kind of channel knows, as ``inbox.inbound.Details`` lists it.
    ``external_id`` is the Message-ID of an e-mail without angle brackets, or a vendor's id.
    ``is_scheduled``: the agent chose ``send_after``; with ``stops_on_reply`` it becomes a draft again
    when the customer writes before. ``undo`` says how the ticket was before (actions.respond).
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=MessageKind)
    direction = models.CharField(max_length=10, choices=Direction)
    author_type = models.CharField(max_length=10)
    author_name = models.CharField(max_length=200, blank=True, default="")
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="+")
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, blank=True, related_name="+")
    channel_kind = models.CharField(max_length=30, blank=True, default="")
    from_address = models.JSONField(null=True, blank=True)
    to = models.JSONField(default=list, blank=True)
    cc = models.JSONField(default=list, blank=True)
    bcc = models.JSONField(default=list, blank=True)
    subject = models.CharField(max_length=998, blank=True, default="")
    external_id = models.CharField(max_length=998, blank=True, default="")
    in_reply_to = models.CharField(max_length=998, blank=True, default="")
    references = models.JSONField(default=list, blank=True)
    raw_id = models.UUIDField(null=True, blank=True)
    language = models.CharField(max_length=12, blank=True, default="")
    intent = models.CharField(max_length=40, blank=True, default="")
    intent_confidence = models.FloatField(null=True, blank=True)
    sentiment = models.CharField(max_length=10, blank=True, default="")
    is_sender_verified = models.BooleanField(null=True, blank=True)
    flags = models.JSONField(default=list, blank=True)
    mentions = models.JSONField(default=list, blank=True)
    details = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, models.JSONField())
    )
    has_html = models.BooleanField(default=False)
    is_truncated = models.BooleanField(default=False)
    is_automatic = models.BooleanField(default=False)
    delivery_state = models.CharField(max_length=12, choices=DeliveryState, blank=True, default="")
    delivery_reason = models.CharField(max_length=300, blank=True, default="")
    send_after = models.DateTimeField(null=True, blank=True)
    is_scheduled = models.BooleanField(default=False)
    stops_on_reply = models.BooleanField(default=False)
    undo = models.JSONField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    macro_id = models.UUIDField(null=True, blank=True)
    rule_run_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "position"], name="message_position_unique"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "external_id"],
                name="message_external_id",
                condition=~models.Q(external_id=""),
            ),
            models.Index(
                fields=["ticket"], name="message_note", condition=models.Q(kind=MessageKind.NOTE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.position} of {self.ticket_id}"


class MessageBody(models.Model):
    """The words, in a table of their own so that lists stay small.

    ``text`` is what was newly written; quotes and signature are kept beside it, never dropped.
    ``html`` is as it came: it is sanitised each time it is shown.
    """

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="body")
    text = models.TextField(blank=True, default="")
    quoted_text = models.TextField(blank=True, default="")
    signature_text = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"body of {self.message_id}"
