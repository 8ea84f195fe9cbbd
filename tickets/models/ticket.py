"""One matter with one customer, from the first message to the last."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tickets.models.channel import Channel
from tickets.models.customer import Customer


class Status(models.TextChoices):
    """Where a ticket stands."""

    OPEN = "open", "Open"
    SNOOZED = "snoozed", "Snoozed"
    CLOSED = "closed", "Closed"
    SPAM = "spam", "Spam"
    TRASH = "trash", "Trash"


class Priority(models.TextChoices):
    """How soon; urgent tickets stand on top of every queue."""

    URGENT = "urgent", "Urgent"
    HIGH = "high", "High"
    NORMAL = "normal", "Normal"
    LOW = "low", "Low"


class CsatState(models.TextChoices):
    """What became of the survey of the current resolution."""

    PLANNED = "planned", "Planned"
    SENT = "sent", "Sent"
    ANSWERED = "answered", "Answered"
    NOT_SENT = "not_sent", "Not sent"


class WakesOn(models.TextChoices):
    """What wakes a sleeping ticket besides its time; a customer's message always does."""

    REPLY = "reply", "The customer replies"
    SHIPPED = "shipped", "The order ships"
    DELIVERED = "delivered", "The order is delivered"


class SlaState(models.TextChoices):
    """How a ticket stands to its most pressing target (automation.sla decides)."""

    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    BREACHED = "breached", "Breached"
    MET = "met", "Met"


class TicketNumbers(models.Model):
    """The last ticket number of an organization; its row is locked while a ticket is made."""

    organization = models.OneToOneField(
        "accounts.Organization", models.CASCADE, primary_key=True, related_name="+"
    )
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)


class TicketKind(models.TextChoices):
    """How it began: somebody asked us, spoke about us in public, reviewed us, or called."""

    REQUEST = "request", "Request"
    MENTION = "mention", "Mention"
    REVIEW = "review", "Review"
    CALL = "call", "Call"


class Ticket(models.Model):
    """Only ``tickets.actions`` writes here; each write raises ``version`` by one.

    ``links`` names other tickets as [{id, number, kind}], on both of them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    number = models.BigIntegerField()
    subject = models.CharField(max_length=998, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    is_unread = models.BooleanField(default=False)
    assignee = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(
        "accounts.Team", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="tickets")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    channel_kind = models.CharField(max_length=30, default="email")
    kind = models.CharField(
        max_length=10, choices=TicketKind, default=TicketKind.REQUEST,
        db_default=TicketKind.REQUEST,
    )  # fmt: skip
    language = models.CharField(max_length=12, blank=True, default="")
    intent = models.CharField(max_length=40, blank=True, default="")
    sentiment = models.CharField(max_length=10, blank=True, default="")
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    snippet = models.CharField(max_length=200, blank=True, default="")
    last_message_direction = models.CharField(max_length=10, blank=True, default="")
    last_message_at = models.DateTimeField(default=now)
    waiting_since = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    wakes_on = models.CharField(max_length=10, choices=WakesOn, blank=True, default="")
    wakes_order_id = models.UUIDField(null=True, blank=True)
    order_id = models.UUIDField(null=True, blank=True)
    """The order that an agent said this ticket is about; None: whichever the messages speak of."""
    message_count = models.PositiveIntegerField(default=0)
    last_position = models.PositiveIntegerField(default=0)
    has_attachments = models.BooleanField(default=False)
    follower_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    mentioned_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    resolution = models.PositiveIntegerField(default=0)
    csat_state = models.CharField(max_length=10, choices=CsatState, blank=True, default="")
    csat_score = models.PositiveSmallIntegerField(null=True, blank=True)
    csat_reason = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True, blank=True)
    fields = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, models.JSONField())
    )
    timers = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )
    """Rules that wait on this ticket, [{id, rule_id, name, due_at}], the next first."""
    sla_state = models.CharField(
        max_length=8, choices=SlaState, blank=True, default="", db_default=""
    )
    """How the ticket stands to its most pressing target; empty where none is set."""
    sla_target = models.CharField(max_length=12, blank=True, default="", db_default="")
    sla_policy = models.CharField(max_length=120, blank=True, default="", db_default="")
    sla_due_at = models.DateTimeField(null=True, blank=True)
    sla_amber_at = models.DateTimeField(null=True, blank=True)
    """When less than a quarter of the time will be left."""
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    links = models.JSONField(default=list, blank=True)
    related_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    draft_user_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    version = models.PositiveIntegerField(default=1)
    queue_rank = models.GeneratedField(
        expression=models.Case(
            models.When(priority=Priority.URGENT, then=models.Value(1)),
            default=models.Value(0),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "number"], name="ticket_number_unique"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "status", "-queue_rank", "-last_message_at", "-id"],
                name="ticket_queue",
            ),
            models.Index(
                fields=["organization", "assignee", "status", "-queue_rank", "-last_message_at"],
                name="ticket_queue_of_agent",
            ),
            models.Index(
                fields=["organization", "-queue_rank", "-last_message_at", "-id"],
                name="ticket_queue_of_all",
            ),
            models.Index(
                fields=["organization", "status", "-last_message_at", "-id"], name="ticket_newest"
            ),
            models.Index(
                fields=["organization", "-last_message_at", "-id"], name="ticket_newest_of_all"
            ),
            models.Index(fields=["organization", "-created_at", "-id"], name="ticket_created"),
            models.Index(fields=["customer", "-last_message_at"], name="ticket_of_customer"),
            models.Index(
                fields=["snoozed_until"],
                name="ticket_wakes",
                condition=models.Q(status=Status.SNOOZED),
            ),
            models.Index(
                fields=["team", "-queue_rank", "created_at"],
                name="ticket_waits_in_team",
                condition=models.Q(status=Status.OPEN, assignee=None, merged_into=None),
            ),
            models.Index(
                fields=["organization", "sla_due_at"],
                name="ticket_sla_due",
                condition=models.Q(sla_due_at__isnull=False),
            ),
            models.Index(
                fields=["wakes_order_id"],
                name="ticket_wakes_on_order",
                condition=models.Q(wakes_on__in=["shipped", "delivered"]),
            ),
            GinIndex(fields=["tags"], name="ticket_tags"),
            GinIndex(fields=["follower_ids"], name="ticket_followers"),
            GinIndex(fields=["mentioned_ids"], name="ticket_mentions"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"
