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


class CsatSurvey(models.Model):
    """At most one per resolution of a ticket. ``reason`` says why none was sent.

    ``user`` is the agent who answered last, whom the score is about; none for a rule's answer.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="surveys")
    resolution = models.PositiveIntegerField()
    customer = models.ForeignKey("tickets.Customer", models.CASCADE, related_name="+")
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=SurveyState)
    reason = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    planned_at = models.DateTimeField(default=now)
    send_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket", "resolution"], name="one_survey_per_resolution"
            ),
            models.CheckConstraint(
                condition=models.Q(score=None) | models.Q(score__range=(1, 5)),
                name="score_from_1_to_5",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["send_at"], name="survey_due", condition=models.Q(state="planned")
            ),
            models.Index(fields=["customer", "-sent_at"], name="survey_of_customer"),
            models.Index(fields=["organization", "sent_at"], name="survey_sent"),
            models.Index(fields=["organization", "answered_at"], name="survey_answered"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.score or ''}".strip()


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
