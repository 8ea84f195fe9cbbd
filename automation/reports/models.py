"""The read models of reports: narrow rows that say of tickets only what is counted.

Nothing here is a truth of its own: ``counting.count_tickets`` makes every row anew from tickets,
messages and the event log, so a second run changes nothing and a lost row comes back.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from inbox.staff_mail import StaffMail


class TicketFigures(models.Model):
    """One ticket that counts: spam, trash and merged tickets have no row.

    ``position`` is the newest event of the ticket that the row has heard of. ``closed_at`` is set
    while it is closed. ``first_in_at`` is the customer's first message.
    """

    ticket = models.OneToOneField(
        "tickets.Ticket", models.CASCADE, primary_key=True, related_name="+"
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.CASCADE, related_name="+", db_index=False
    )
    position = models.BigIntegerField(default=0)
    customer_id = models.UUIDField()
    channel_kind = models.CharField(max_length=30)
    team_id = models.UUIDField(null=True)
    agent_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    intent = models.CharField(max_length=40, blank=True, default="")
    tags = ArrayField(models.CharField(max_length=60), default=list)
    created_at = models.DateTimeField()
    first_in_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "created_at"],
                include=["ticket", "channel_kind", "agent_id", "intent"],
                name="report_ticket_created",
            ),
            models.Index(
                fields=["organization", "closed_at"],
                include=["ticket", "created_at"],
                name="report_ticket_closed",
            ),
            models.Index(fields=["customer_id", "created_at"], name="report_ticket_of_customer"),
            GinIndex(fields=["tags"], name="report_ticket_tags"),
        ]

    def __str__(self) -> str:
        return f"figures of {self.ticket_id}"


class OfTicket(models.Model):
    """What the ticket is now, on each row about it: no report has to join a million tickets.

    Every row of a ticket is made anew whenever the ticket changes, so these never differ.
    """

    of_channel_kind = models.CharField(max_length=30, default="")
    of_team_id = models.UUIDField(null=True)
    of_agent_id = models.UUIDField(null=True)
    of_store_id = models.UUIDField(null=True)
    of_intent = models.CharField(max_length=40, blank=True, default="")
    of_tags = ArrayField(models.CharField(max_length=60), default=list)

    class Meta:
        abstract = True


class ClosingFigures(OfTicket):
    """One time a ticket was closed, and until when it stayed so.

    ``seconds`` runs from the customer's first message, ``open_seconds`` in hours of business
    alone. Messages are those until then. ``is_automated``: nobody wrote by hand within 72 hours,
    a rule answered or closed it.
    """

    figures = models.ForeignKey(TicketFigures, models.CASCADE, related_name="closings")
    organization = models.ForeignKey(
        "accounts.Organization", models.CASCADE, related_name="+", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    closed_at = models.DateTimeField()
    reopened_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    open_seconds = models.FloatField(null=True)
    customer_messages = models.PositiveIntegerField(default=0)
    agent_messages = models.PositiveIntegerField(default=0)
    is_automated = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["figures", "number"], name="report_closing_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "closed_at"],
                include=[
                    "figures", "reopened_at", "seconds", "open_seconds", "customer_messages",
                    "agent_messages", "is_automated",
                ],
                name="report_closing_closed",
            ),
            models.Index(
                fields=["organization", "reopened_at"],
                include=["figures"],
                name="report_closing_reopened",
                condition=models.Q(reopened_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"closing {self.number} of {self.figures_id}"


class MessageSide(models.TextChoices):
    """Who wrote: the customer, a person of ours, or a rule."""

    CUSTOMER = "customer", "Customer"
    AGENT = "agent", "Agent"
    AUTOMATIC = "automatic", "Automatic"


class MessageFigures(OfTicket):
    """One message that counts; notes, surveys, bounces and unsent replies have no row.

    ``wait_seconds`` is how long the customer had waited for this reply of a person: since the
    first message after our last reply. ``is_first``: their first answer on a ticket they began.
    """

    message_id = models.UUIDField(primary_key=True)
    figures = models.ForeignKey(TicketFigures, models.CASCADE, related_name="messages")
    organization = models.ForeignKey(
        "accounts.Organization", models.CASCADE, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    side = models.CharField(max_length=10, choices=MessageSide)
    user_id = models.UUIDField(null=True)
    channel_kind = models.CharField(max_length=30)
    is_first = models.BooleanField(default=False)
    wait_seconds = models.FloatField(null=True)
    wait_open_seconds = models.FloatField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "at"],
                include=[
                    "figures", "side", "user_id", "channel_kind", "is_first", "wait_seconds",
                    "wait_open_seconds",
                ],
                name="report_message_at",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.side} message of {self.figures_id}"


class FiguresState(models.Model):
    """How far the figures of an organization are counted in the shape this version wants.

    ``shape`` is the one that was begun last, ``after`` the last ticket that was counted in it,
    ``finished_at`` set when none is left. Until then reports say that they are being rebuilt.
    """

    organization = models.OneToOneField(
        "accounts.Organization", models.CASCADE, primary_key=True, related_name="+"
    )
    shape = models.PositiveIntegerField(default=0)
    after = models.UUIDField(null=True)
    counted = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"shape {self.shape} of {self.organization_id}"


class Rhythm(models.TextChoices):
    """How often a report is mailed."""

    DAILY = "daily", "Every day"
    WEEKLY = "weekly", "Every Monday"
    MONTHLY = "monthly", "On the first of the month"


class ReportSchedule(models.Model):
    """A report that is mailed to colleagues by itself, at ``next_at`` and then again.

    ``recipient_ids`` are people; whoever may not see it any more is left out. ``user`` made it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    name = models.CharField(max_length=20)
    filters = models.JSONField(default=dict)
    rhythm = models.CharField(max_length=10, choices=Rhythm)
    hour = models.PositiveSmallIntegerField(default=8)
    recipient_ids = ArrayField(models.UUIDField(), default=list)
    next_at = models.DateTimeField()
    last_sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["next_at"], name="report_schedule_due")]

    def __str__(self) -> str:
        return f"{self.name} {self.rhythm}"


class ReportMail(StaffMail):
    """One report of one finished period, for one person; the database lets none be there twice.

    ``is_asked``: somebody wanted one now, which may happen as often as they like.
    """

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="mails")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    first = models.DateField()
    last = models.DateField()
    is_asked = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["schedule", "user", "first", "last"],
                name="report_mail_once_per_period",
                condition=models.Q(is_asked=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="report_mail_due",
                condition=models.Q(state__in=["queued", "claimed", "dot_sent"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.first} for {self.user_id}"
