"""Prepared answers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class Macro(models.Model):
    """A text per language in Liquid, and the actions done when it is sent.

    ``variants`` is a list of {language, subject, body}, checked when saved (macros.edit).
    ``key`` marks a macro that Aftercare ships or seeds.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    key = models.CharField(max_length=60, blank=True, default="")
    name = models.CharField(max_length=120)
    folder = models.CharField(max_length=80, blank=True, default="")
    variants = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    usage_count = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        ordering: ClassVar = ["folder", "name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "key"],
                name="macro_shipped_once",
                condition=~models.Q(key=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name
