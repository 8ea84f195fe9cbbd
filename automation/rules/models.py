"""Rules, what they were before, how they were tried, what they wait for and what came of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class Mode(models.TextChoices):
    """Whether a rule acts. In *shadow* it judges and keeps what it would have done."""

    OFF = "off", "Off"
    SHADOW = "shadow", "Shadow: only notes what it would do"
    ON = "on", "On"


class Rule(models.Model):
    """When one of ``triggers`` happens and ``conditions`` hold, do ``actions``, else the others.

    What a rule says is checked when saved (rules.definition). The columns are the live version
    (``live_version``, 0 before the first publish); what is being worked on is ``draft``. ``key``
    marks a rule that Aftercare ships. Automatic mail (auto-replies, bounces, lists) runs no rule
    unless ``runs_on_automatic`` is set. ``version`` rises with every change of any kind.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    key = models.CharField(max_length=60, blank=True, default="")
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True, default="")
    triggers = ArrayField(models.CharField(max_length=60), default=list)
    wait = models.JSONField(null=True, blank=True, default=None)
    """``{"after": "15m", "since": "our_message"}`` of the trigger ``no_reply``."""
    schedule = models.JSONField(null=True, blank=True, default=None)
    """``{"days": ["mon"], "at": "09:00"}`` of the trigger ``schedule``, in the shop's time."""
    conditions = models.JSONField(default=dict)
    actions = models.JSONField(default=list)
    else_actions = models.JSONField(default=list)
    mode = models.CharField(max_length=6, choices=Mode, default=Mode.ON)
    stop_after = models.BooleanField(default=False)
    runs_on_automatic = models.BooleanField(default=False)
    once_per_ticket_hours = models.PositiveIntegerField(default=0)
    limits = models.JSONField(default=dict)
    """``{"per_customer_day": 1, "per_minute": 30}``; more in a minute pauses the rule."""
    position = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    live_version = models.PositiveIntegerField(default=0)
    draft = models.JSONField(null=True, blank=True, default=None)
    draft_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    draft_at = models.DateTimeField(null=True, blank=True)
    draft_revision = models.PositiveIntegerField(default=0)
    """Rises when the draft is saved, discarded or published: whoever saves names what they saw."""
    draft_from = models.PositiveIntegerField(default=0)
    """The live version that the draft was begun on."""
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=300, blank=True, default="")
    """Why Aftercare itself switched the rule off; empty when it is as a person left it."""
    next_at = models.DateTimeField(null=True, blank=True)
    """When a rule by schedule runs next."""
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        ordering: ClassVar = ["position", "created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "key"],
                name="rule_shipped_once",
                condition=~models.Q(key=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "mode", "position"], name="rule_mode_order"),
            models.Index(
                fields=["next_at"], name="rule_due", condition=models.Q(next_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Whether it acts."""
        return self.mode == Mode.ON


class RuleVersion(models.Model):
    """What a rule said when it was published. Never changed; only rules.versions adds one."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    note = models.CharField(max_length=500, blank=True, default="")
    restored_from = models.PositiveIntegerField(null=True, blank=True)
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} version {self.number}"


class DryRunState(models.TextChoices):
    """How far a dry run is."""

    QUEUED = "queued", "Waits"
    RUNNING = "running", "Runs"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class DryRun(models.Model):
    """A definition tried on past tickets; nothing is sent or written to them.

    ``digest`` (rules.definition.digest_of) proves which definition was tried: one that is done
    within a day opens the publish gate. ``over`` says on what: {last}, {days}, {ticket_id} or
    {message}. ``rows`` holds what is shown of each ticket, ``result`` everything else.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    rule = models.ForeignKey(Rule, models.CASCADE, null=True, blank=True, related_name="dry_runs")
    live_version = models.PositiveIntegerField(default=0)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    over = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=DryRunState, default=DryRunState.QUEUED)
    total = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    matched = models.PositiveIntegerField(default=0)
    live_matched = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    rows = models.JSONField(default=list)
    reason = models.CharField(max_length=300, blank=True, default="")
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    moved_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "digest", "-finished_at"], name="dry_run_proof"),
            models.Index(fields=["rule", "-created_at"], name="dry_run_of_rule"),
            models.Index(
                fields=["moved_at"],
                name="dry_run_waiting",
                condition=models.Q(state__in=["queued", "running"]),
            ),
            models.Index(fields=["created_at"], name="dry_run_at"),
        ]

    def __str__(self) -> str:
        return f"dry run {self.pk}: {self.state}"


class TimerState(models.TextChoices):
    """What became of a timer."""

    WAITING = "waiting", "Waits"
    FIRED = "fired", "Fired"
    CANCELLED = "cancelled", "Cancelled"


class RuleTimer(models.Model):
    """A rule that waits on a ticket: fires once when it is due, unless its reason is gone.

    At most one waits per rule and ticket. ``event_seq`` and ``message_id`` are what began it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="timers")
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="+")
    message_id = models.UUIDField(null=True, blank=True)
    event_seq = models.BigIntegerField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=TimerState, default=TimerState.WAITING)
    reason = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "ticket"],
                name="one_waiting_timer",
                condition=models.Q(state="waiting"),
            ),
            models.UniqueConstraint(
                fields=["rule", "ticket", "event_seq"], name="one_timer_per_event"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], name="rule_timer_due", condition=models.Q(state="waiting")
            ),
            models.Index(fields=["ticket", "-created_at"], name="rule_timer_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"timer of {self.rule_id} on {self.ticket_id}: {self.state}"


class RunOutcome(models.TextChoices):
    """How a run of a rule ended."""

    ACTED = "acted", "Acted"
    PARTLY = "partly", "An action failed"
    STOPPED = "stopped", "Stopped: loop guard"
    ERROR = "error", "The rule could not be evaluated"
    SHADOW = "shadow", "Would have acted"
    UNDONE = "undone", "Undone"


class Branch(models.TextChoices):
    """Which list of actions a run took."""

    THEN = "then", "The conditions held"
    ELSE = "else", "They did not"


class RuleRun(models.Model):
    """A rule matched (or took its other branch, or could not be evaluated): why, and what was done.

    Unique by rule, event and ticket: a redelivered event never acts twice. The rule's name and
    version are copied, so the run stays readable when the rule has changed or is gone. ``changed``
    is what it changed on the ticket, {field: [before, after]}: what undoing takes back.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    rule = models.ForeignKey(Rule, models.SET_NULL, null=True, related_name="runs")
    rule_name = models.CharField(max_length=120)
    rule_version = models.PositiveIntegerField()
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="+")
    message_id = models.UUIDField(null=True, blank=True)
    event_seq = models.BigIntegerField()
    outcome = models.CharField(max_length=10, choices=RunOutcome)
    is_match = models.BooleanField(default=True)
    branch = models.CharField(
        max_length=4, choices=Branch, default=Branch.THEN, db_default=Branch.THEN
    )
    reason = models.CharField(max_length=300, blank=True, default="")
    trace = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    changed = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    duration_ms = models.PositiveIntegerField(default=0, db_default=0)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "event_seq", "ticket"], name="one_run_per_rule_and_event"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ticket", "-at"], name="rule_run_of_ticket"),
            models.Index(fields=["rule", "-at", "-id"], name="rule_run_of_rule"),
            models.Index(fields=["at"], name="rule_run_at"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_name}: {self.outcome}"


class CallState(models.TextChoices):
    """How far a call to an outside address is."""

    QUEUED = "queued", "Waits"
    DONE = "done", "Answered"
    FAILED = "failed", "Given up"


class WebhookCall(models.Model):
    """A rule tells an outside address; sent by a task of its own, tried again until given up.

    Unique by run and place in its list of actions. ``attempts`` is raised before each try.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    rule = models.ForeignKey(Rule, models.SET_NULL, null=True, related_name="+")
    run_id = models.UUIDField()
    key = models.CharField(max_length=80, unique=True)
    ticket_id = models.UUIDField()
    url = models.CharField(max_length=1000)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=CallState, default=CallState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=now)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], name="webhook_call_due", condition=models.Q(state="queued")
            ),
            models.Index(fields=["run_id"], name="webhook_call_of_run"),
        ]

    def __str__(self) -> str:
        return f"{self.url}: {self.state}"


Definition = dict[str, Any]
"""What a rule says, as it is kept in drafts and versions: see rules.definition."""
