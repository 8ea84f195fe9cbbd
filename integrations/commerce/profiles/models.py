"""What the services around a shop know of its customers, and what they are told of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class Consent(models.TextChoices):
    """Whether a person wants marketing by this means; empty where the service does not say."""

    SUBSCRIBED = "subscribed", "Subscribed"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    NEVER = "never_subscribed", "Never subscribed"


class Profile(models.Model):
    """What one service (a loyalty programme, a newsletter) knows of one e-mail address.

    It is not tied to a ``tickets.Customer``: the two are joined on reading, by verified handle.
    ``as_of`` is empty until the service has answered once; a person it does not know stays here as
    not ``is_known``, so that it is not asked again at every message. Only ``keeping`` writes here.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    store = models.ForeignKey("commerce.Store", models.CASCADE, related_name="+")
    email = models.CharField(max_length=320)
    external_id = models.CharField(max_length=120, blank=True, default="")
    is_known = models.BooleanField(default=False)
    is_member = models.BooleanField(default=False)
    """Has joined the programme; many services list every buyer of the shop."""
    points = models.BigIntegerField(null=True, blank=True)
    pending_points = models.BigIntegerField(null=True, blank=True)
    tier = models.CharField(max_length=120, blank=True, default="")
    tier_ends_at = models.DateTimeField(null=True, blank=True)
    next_tier = models.CharField(max_length=120, blank=True, default="")
    points_to_next = models.BigIntegerField(null=True, blank=True)
    referral_url = models.CharField(max_length=500, blank=True, default="")
    referred_count = models.PositiveIntegerField(null=True, blank=True)
    rewards_claimed = models.PositiveIntegerField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    is_blocked = models.BooleanField(default=False)
    """The shop has shut them out of the programme, or the service sends them nothing."""
    email_consent = models.CharField(max_length=20, choices=Consent, blank=True, default="")
    sms_consent = models.CharField(max_length=20, choices=Consent, blank=True, default="")
    lists = models.JSONField(default=list, blank=True)
    predicted_value = models.FloatField(null=True, blank=True)
    """What the service expects them to spend in the coming year, in its account's currency."""
    historic_value = models.FloatField(null=True, blank=True)
    churn_percent = models.FloatField(null=True, blank=True)
    next_order_at = models.DateTimeField(null=True, blank=True)
    profile_url = models.CharField(max_length=500, blank=True, default="")
    as_of = models.DateTimeField(null=True, blank=True)
    asks = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    """When it is to be read next; empty where nobody has asked."""
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "email"], name="profile_known_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "email"], name="profile_of_address"),
            models.Index(
                fields=["store", "due_at"],
                name="profile_to_read",
                condition=models.Q(due_at__isnull=False),
            ),
        ]


class TidingState(models.TextChoices):
    """Where a tiding stands."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    PASSED = "passed", "Not told"
    FAILED = "failed", "Failed"


class Tiding(models.Model):
    """Something that happened here and that a service is told once; ``key`` is its key there, too.

    The address is forgotten when it has been told.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey("commerce.Store", models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    name = models.CharField(max_length=60)
    email = models.CharField(max_length=320, blank=True, default="")
    properties = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=TidingState, default=TidingState.WAITING)
    reason = models.CharField(max_length=300, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "key"], name="tiding_told_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["store", "due_at"],
                name="tiding_to_tell",
                condition=models.Q(state="waiting"),
            ),
        ]
