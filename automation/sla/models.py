"""Business hours, the policies that set targets, and the clocks that run on tickets."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class BusinessCalendar(models.Model):
    """Opening hours of a shop or of a part of it. Checked when saved (sla.hours).

    ``week`` is ``{"mon": [["09:00", "17:00"]]}``; a close at or before the opening is on the day
    after, ``24:00`` is midnight. Holidays are those of ``country`` (and ``region``), known to a
    library, and ``closed_days``: ``[{"date", "name", "source": "own"|"file"}]``.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=64)
    week = models.JSONField(default=dict)
    country = models.CharField(max_length=2, blank=True, default="")
    region = models.CharField(max_length=10, blank=True, default="")
    closed_days = models.JSONField(default=list, blank=True)
    is_default = models.BooleanField(default=False)
    """Holds where no other calendar is used."""
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization"],
                name="one_default_calendar",
                condition=models.Q(is_default=True),
            ),
            models.UniqueConstraint(fields=["organization", "name"], name="calendar_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class UsedBy(models.TextChoices):
    """Whose hours a calendar holds."""

    CHANNEL = "channel", "A channel"
    TEAM = "team", "A team"
    STORE = "store", "A store"


class CalendarUse(models.Model):
    """A channel, team or store keeps these hours. Each keeps those of one calendar."""

    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    calendar = models.ForeignKey(BusinessCalendar, models.CASCADE, related_name="uses")
    kind = models.CharField(max_length=10, choices=UsedBy)
    object_id = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "kind", "object_id"], name="one_calendar_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} keeps {self.calendar_id}"


class Hours(models.TextChoices):
    """Which hours the targets of a policy count in."""

    ALWAYS = "always", "Around the clock"
    TICKET = "ticket", "The hours of the ticket's channel or team"
    CALENDAR = "calendar", "The hours of one calendar"


class SlaPolicy(models.Model):
    """Targets for the tickets on which ``conditions`` hold; the first that matches counts.

    Targets are in seconds, None where there is none. ``warnings`` are moments before a breach:
    ``[{"percent": 75}, {"minutes": 10}]``. ``alerts`` says who is told besides who has the ticket:
    ``{"people": [user id], "slack": {"channel_id", "place", "name"}}``.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    conditions = models.JSONField(default=dict)
    first_reply = models.PositiveIntegerField(null=True, blank=True)
    next_reply = models.PositiveIntegerField(null=True, blank=True)
    resolution = models.PositiveIntegerField(null=True, blank=True)
    hours = models.CharField(max_length=10, choices=Hours, default=Hours.TICKET)
    calendar = models.ForeignKey(
        BusinessCalendar, models.PROTECT, null=True, blank=True, related_name="policies"
    )
    pauses_while_waiting = models.BooleanField(default=True)
    """Whether the resolution clock stands still while the customer has the word."""
    pauses_while_snoozed = models.BooleanField(default=False)
    warnings = models.JSONField(default=list, blank=True)
    alerts = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        ordering: ClassVar = ["position", "created_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["organization", "is_active", "position"], name="sla_policy_order"),
        ]

    def __str__(self) -> str:
        return self.name


class Target(models.TextChoices):
    """What a clock waits for."""

    FIRST_REPLY = "first_reply", "First reply"
    NEXT_REPLY = "next_reply", "Next reply"
    RESOLUTION = "resolution", "Resolution"


class ClockState(models.TextChoices):
    """Whether a clock runs. Only one that is done says whether its target was met."""

    RUNNING = "running", "Runs"
    PAUSED = "paused", "Stands still"
    DONE = "done", "Done"
    DROPPED = "dropped", "Counts no more"


class SlaClock(models.Model):
    """One target on one ticket, from what began it to what ended it.

    ``spent_seconds`` had been counted when it last began to run, at ``resumed_at`` (None while it
    stands still). ``due_at`` is when it will be breached (None while it stands still or where the
    calendar never opens again); ``breached_at`` stays once set, so a target was met when the clock
    is done without one. ``taken_seconds`` is how long it took in the end, in the hours of its
    calendar (none: around the clock). ``next_at`` is when something is to be said: a warning or
    the breach; ``warned`` counts the warnings that were.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="sla_clocks")
    target = models.CharField(max_length=12, choices=Target)
    policy = models.ForeignKey(
        SlaPolicy, models.SET_NULL, null=True, blank=True, related_name="clocks"
    )
    policy_name = models.CharField(max_length=120)
    policy_version = models.PositiveIntegerField(default=0)
    calendar = models.ForeignKey(
        BusinessCalendar, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    goal_seconds = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=ClockState, default=ClockState.RUNNING)
    started_at = models.DateTimeField()
    spent_seconds = models.FloatField(default=0)
    resumed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    amber_at = models.DateTimeField(null=True, blank=True)
    """When less than a quarter of the time is left."""
    next_at = models.DateTimeField(null=True, blank=True)
    warned = models.PositiveSmallIntegerField(default=0)
    breached_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    taken_seconds = models.FloatField(null=True, blank=True)
    message_id = models.UUIDField(null=True, blank=True)
    """The customer's message that began it."""
    answer_id = models.UUIDField(null=True, blank=True)
    """The reply that ended it; sending it can be undone."""
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket", "target"],
                name="one_live_clock",
                condition=models.Q(state__in=["running", "paused"]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_at"],
                name="sla_clock_due",
                condition=models.Q(state="running", next_at__isnull=False),
            ),
            models.Index(fields=["ticket", "target", "-started_at"], name="sla_clock_of_ticket"),
            models.Index(
                fields=["organization", "stopped_at"],
                name="sla_clock_stopped",
                condition=models.Q(stopped_at__isnull=False),
            ),
            models.Index(
                fields=["organization", "breached_at"],
                name="sla_clock_breached",
                condition=models.Q(breached_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} of {self.ticket_id}: {self.state}"

    @property
    def is_live(self) -> bool:
        """Whether it is still waited for."""
        return self.state in (ClockState.RUNNING, ClockState.PAUSED)
