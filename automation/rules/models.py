"""Rules and what came of them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class Rule(models.Model):
    """When one of ``triggers`` happens and ``conditions`` hold, do ``actions`` in order.

    Checked when saved (rules.edit). ``key`` marks a rule that Aftercare ships. Automatic mail
    (auto-replies, bounces, lists) runs no rule unless ``runs_on_automatic`` is set.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    key = models.CharField(max_length=60, blank=True, default="")
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True, default="")
    triggers = ArrayField(models.CharField(max_length=60), default=list)
    conditions = models.JSONField(default=dict)
    actions = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    stop_after = models.BooleanField(default=False)
    runs_on_automatic = models.BooleanField(default=False)
    once_per_ticket_hours = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
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
            models.Index(fields=["organization", "is_active", "position"], name="rule_order"),
        ]

    def __str__(self) -> str:
        return self.name


class RunOutcome(models.TextChoices):
    """How a run of a rule that matched ended."""

    ACTED = "acted", "Acted"
    PARTLY = "partly", "An action failed"
    STOPPED = "stopped", "Stopped: loop guard"
    ERROR = "error", "The rule could not be evaluated"


class RuleRun(models.Model):
    """A rule matched (or could not be evaluated): why, and what was done.

    Unique by rule, event and ticket: a redelivered event never acts twice. The rule's name and
    version are copied, so the run stays readable when the rule has changed or is gone.
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
    reason = models.CharField(max_length=300, blank=True, default="")
    trace = models.JSONField(default=list)
    actions = models.JSONField(default=list)
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
