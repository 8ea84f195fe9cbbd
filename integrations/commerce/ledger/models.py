"""What people and rules want done to orders, and the money that is on its way because of it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class ActionState(models.TextChoices):
    """How far an order action is."""

    PROPOSED = "proposed", "Proposed by a rule or macro; nobody has confirmed it"
    NEEDS_APPROVAL = "needs_approval", "Waiting for a second person"
    QUEUED = "queued", "Waiting for a worker"
    RUNNING = "running", "The shop is being asked"
    PENDING = "pending", "The shop is working on it"
    CHECKING = "checking", "An answer was lost; the shop is asked what became of it"
    DONE = "done", "Done"
    PARTIAL = "partial", "Some steps are done, some failed"
    FAILED = "failed", "Nothing was changed"
    REJECTED = "rejected", "Turned down"
    EXPIRED = "expired", "Nobody decided in time"


OPEN_STATES = (
    ActionState.NEEDS_APPROVAL, ActionState.QUEUED, ActionState.RUNNING, ActionState.PENDING,
    ActionState.CHECKING,
)  # fmt: skip
"""While it is in one of these, no other action of its kind begins on the order."""
AT_SHOP = (ActionState.RUNNING, ActionState.PENDING, ActionState.CHECKING)


class OrderAction(models.Model):
    """An intent to change an order, carried out exactly once; its id is the key for the shop.

    ``steps``: [{name, state, reference, reason, amount_minor, detail, can_retry}], state is
    waiting, done, pending or failed. ``began`` names the steps whose irreversible call was begun
    and whose end is not known: they are never repeated blindly. ``fence`` counts claims, so that
    a worker that was given up cannot write over what came after it.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    store = models.ForeignKey("commerce.Store", models.CASCADE, related_name="+")
    order = models.ForeignKey("commerce.Order", models.CASCADE, related_name="order_actions")
    ticket = models.ForeignKey("tickets.Ticket", models.SET_NULL, null=True, related_name="+")
    customer = models.ForeignKey("tickets.Customer", models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    effects = models.JSONField(default=list)
    """What was shown to whoever confirmed it: [{name, amount_minor, quantity, detail}]."""
    basis = models.CharField(max_length=64, blank=True, default="")
    amount_minor = models.BigIntegerField(default=0)
    reserved_minor = models.BigIntegerField(default=0)
    """How much of the order's money this action holds back in ``OrderMoney``."""
    currency = models.CharField(max_length=3)
    refund_to = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=16, choices=ActionState)
    steps = models.JSONField(default=list)
    began = ArrayField(models.CharField(max_length=20), default=list)
    began_at = models.DateTimeField(null=True, blank=True)
    again = models.PositiveSmallIntegerField(default=0)
    """How often a person asked once more for steps that were known to have failed."""
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    user = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    actor = models.JSONField(default=dict)
    approver = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    approval = models.JSONField(default=dict)
    """Why a second person is needed: {reason, limit_minor}; {} where none is."""
    decided_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_automatic = models.BooleanField(default=False)
    rule_id = models.UUIDField(null=True, blank=True)
    source_key = models.CharField(max_length=120, blank=True, default="")
    """What a rule or macro made it for (a run and a place in it): made once."""
    caps = models.JSONField(default=dict)
    note = models.CharField(max_length=1000, blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")
    reason_code = models.CharField(max_length=40, blank=True, default="")
    instead = ArrayField(models.CharField(max_length=20), default=list)
    quoted_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    checks = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    worker = models.IntegerField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "kind"],
                name="one_open_action_of_a_kind",
                condition=models.Q(state__in=[str(each) for each in OPEN_STATES]),
            ),
            models.UniqueConstraint(
                fields=["organization", "source_key"],
                name="order_action_made_once",
                condition=~models.Q(source_key=""),
            ),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gte=0, reserved_minor__gte=0),
                name="order_action_amounts_sane",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="order_action_due",
                condition=models.Q(
                    state__in=["needs_approval", "queued", "running", "pending", "checking"]
                ),
            ),
            models.Index(fields=["organization", "-created_at", "-id"], name="order_action_newest"),
            models.Index(fields=["order", "-created_at"], name="order_action_of_order"),
            models.Index(fields=["ticket", "-created_at"], name="order_action_of_ticket"),
            models.Index(fields=["customer", "-created_at"], name="order_action_of_customer"),
            models.Index(fields=["user", "created_at"], name="order_action_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class OrderMoney(models.Model):
    """An order's money in one row, so that the database itself refuses to give back too much.

    ``refunded_minor`` is what has gone back, ``reserved_minor`` what our open actions will send
    back. What was refunded at the shop behind our back is taken as it is; we never add to it.
    """

    order = models.OneToOneField(
        "commerce.Order", models.CASCADE, primary_key=True, related_name="money"
    )
    captured_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)
    reserved_minor = models.BigIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(refunded_minor__gte=0, reserved_minor__gte=0),
                name="order_money_sane",
            ),
            models.CheckConstraint(
                condition=models.Q(reserved_minor=0)
                | models.Q(
                    captured_minor__gte=models.F("refunded_minor") + models.F("reserved_minor")
                ),
                name="never_more_back_than_came_in",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.refunded_minor}+{self.reserved_minor}/{self.captured_minor}"


class OrderPolicy(models.Model):
    """What a role may do to orders by itself; ``kinds`` None is every kind of action."""

    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    role = models.CharField(max_length=10)
    kinds = ArrayField(models.CharField(max_length=20), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "role"], name="order_policy_of_role"),
        ]

    def __str__(self) -> str:
        return self.role


class OrderLimit(models.Model):
    """How much a person of a role may give away alone: at once, and in a day. None: no limit."""

    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    role = models.CharField(max_length=10)
    currency = models.CharField(max_length=3)
    per_action_minor = models.BigIntegerField(null=True, blank=True)
    per_day_minor = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "role", "currency"], name="order_limit_of_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.currency}"


class ApprovalRoom(models.Model):
    """Where a team is asked for approvals, besides Aftercare: a room at a channel's vendor."""

    organization = models.OneToOneField(
        "accounts.Organization", models.CASCADE, primary_key=True, related_name="+"
    )
    channel = models.ForeignKey("tickets.Channel", models.CASCADE, related_name="+")
    place = models.CharField(max_length=100)
    """The vendor's id of the room."""
    name = models.CharField(max_length=90)

    def __str__(self) -> str:
        return self.name
