"""Corrections of what was understood."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class IntentCorrection(models.Model):
    """A person's word on what one message wants; the newest one counts.

    The words themselves stay on the message: `text_hash` tells whether they are still the ones
    that were judged, and goes with them when the customer's data is erased. `intent` is a name of
    `automation.intents.catalog`; empty means none of them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    message = models.OneToOneField("tickets.Message", models.CASCADE, related_name="+")
    intent = models.CharField(max_length=40, blank=True, default="")
    was_intent = models.CharField(max_length=40, blank=True, default="")
    was_confidence = models.FloatField(default=0.0)
    weights = models.CharField(max_length=40, blank=True, default="")
    language = models.CharField(max_length=16, blank=True, default="")
    text_hash = models.CharField(max_length=64)
    user = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    said_at = models.DateTimeField(default=now)
    corrected_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "said_at"], name="intent_correction_when"),
        ]

    def __str__(self) -> str:
        return f"{self.was_intent or 'unsure'} → {self.intent or 'none'}"
