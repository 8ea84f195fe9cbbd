"""Surveys, and who is not asked."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class SurveyState(models.TextChoices):
    """What became of the survey of one resolution."""

    PLANNED = "planned", "Planned"
    NOT_SENT = "not_sent", "Not sent"
    CANCELLED = "cancelled", "Cancelled"
    SENT = "sent", "Sent"
    ANSWERED = "answered", "Answered"


class SurveyKind(models.TextChoices):
    """What is asked: how the help was (1 to 5), or whether they would recommend the shop."""

    CSAT = "csat", "Satisfaction, 1 to 5"
    NPS = "nps", "Recommendation, 0 to 10"


HIGHEST = {SurveyKind.CSAT: 5, SurveyKind.NPS: 10}


def scores_of(kind: str) -> range:
    """The scores that can be given."""
    return range(0 if kind == SurveyKind.NPS else 1, HIGHEST[SurveyKind(kind)] + 1)


def is_low(kind: str, score: int) -> bool:
    """Whether somebody left unhappy: 1 or 2 of 5, or a detractor."""
    return score <= (6 if kind == SurveyKind.NPS else 2)


def is_high(kind: str, score: int) -> bool:
    """Whether somebody left happy: 4 or 5 of 5, or a promoter."""
    return score >= (9 if kind == SurveyKind.NPS else 4)


def nps_group(score: int) -> str:
    """detractor (0 to 6), passive (7 and 8) or promoter (9 and 10)."""
    if score <= 6:
        return "detractor"
    return "passive" if score <= 8 else "promoter"


class CsatSurvey(models.Model):
    """At most one per resolution of a ticket. ``reason`` says why none was sent.

    ``user`` is the agent who answered last, named in the question; none for a rule's answer. The
    score counts for everybody in ``credits``: ``[{"user_id": …, "share": 0.75}, …]``, by how many
    replies each wrote, the shares adding up to 1. ``recovered_at``: the score was low, a person
    followed up, and the customer's next rating was good.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="surveys")
    resolution = models.PositiveIntegerField()
    customer = models.ForeignKey("tickets.Customer", models.CASCADE, related_name="+")
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=4, choices=SurveyKind, default=SurveyKind.CSAT)
    store = models.ForeignKey(
        "commerce.Store", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=SurveyState)
    reason = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    planned_at = models.DateTimeField(default=now)
    send_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    channel_kind = models.CharField(max_length=30, blank=True, default="")
    remind_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True, default="")
    comment_intent = models.CharField(max_length=60, blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_on = models.CharField(max_length=30, blank=True, default="")
    credits = models.JSONField(default=list, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket", "resolution"], name="one_survey_per_resolution"
            ),
            models.CheckConstraint(
                condition=models.Q(score=None)
                | models.Q(kind="csat", score__range=(1, 5))
                | models.Q(kind="nps", score__range=(0, 10)),
                name="score_fits_kind",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["send_at"], name="survey_due", condition=models.Q(state="planned")
            ),
            models.Index(
                fields=["remind_at"],
                name="survey_to_remind",
                condition=models.Q(state="sent", reminded_at=None),
            ),
            models.Index(fields=["customer", "-sent_at"], name="survey_of_customer"),
            models.Index(fields=["organization", "sent_at"], name="survey_sent"),
            models.Index(fields=["organization", "answered_at"], name="survey_answered"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.score or ''}".strip()


class SurveySettings(models.Model):
    """What a shop chose for its surveys; with a store, where that store differs (``csat.settings``).

    ``values`` holds what was chosen and nothing else: the rest follows the organization, or us.
    """

    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    store = models.ForeignKey(
        "commerce.Store", models.CASCADE, null=True, blank=True, related_name="+"
    )
    values = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "store"],
                name="survey_settings_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return str(self.store_id or self.organization_id)


class SurveyExclusion(models.Model):
    """This ticket is never surveyed: an agent, a macro or a rule said so."""

    ticket = models.OneToOneField(
        "tickets.Ticket", models.CASCADE, primary_key=True, related_name="+"
    )
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.reason


class CsatOptOut(models.Model):
    """This customer asked for no more surveys."""

    customer = models.OneToOneField(
        "tickets.Customer", models.CASCADE, primary_key=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return str(self.customer_id)
