"""Prepared answers, what they were before, and when they were used."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class Audience(models.TextChoices):
    """Who sees a macro and may use it."""

    EVERYBODY = "everybody", "Everybody"
    TEAM = "team", "One team"
    PERSONAL = "personal", "Only its owner"


class Macro(models.Model):
    """A text per language in Liquid, and the actions done when it is sent.

    ``variants`` is a list of {language, subject, body}, checked when saved (macros.edit).
    ``key`` marks a macro that Aftercare ships or seeds. ``intents`` are those it answers.
    ``claims`` is what the text says about the order (macros.claims); None: read from the text.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    key = models.CharField(max_length=60, blank=True, default="")
    name = models.CharField(max_length=120)
    folder = models.CharField(max_length=80, blank=True, default="")
    variants = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.EVERYBODY)
    team = models.ForeignKey(
        "accounts.Team", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    owner = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    intents = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    claims = models.JSONField(null=True, blank=True, default=None)
    is_active = models.BooleanField(default=True)
    usage_count = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True, blank=True)
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


class MacroVersion(models.Model):
    """What a macro was when it was saved. Never changed; only macros.edit adds one."""

    macro = models.ForeignKey(Macro, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    restored_from = models.PositiveIntegerField(null=True, blank=True)
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["macro", "number"], name="macro_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.macro_id} version {self.number}"


class MacroUse(models.Model):
    """One message that left with a macro, and what its ticket was about then.

    ``message_id`` makes it one per message, however often the message is sent.
    """

    message_id = models.UUIDField(primary_key=True)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    macro = models.ForeignKey(Macro, models.CASCADE, related_name="uses")
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="+")
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    macro_version = models.PositiveIntegerField()
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    intent = models.CharField(max_length=40, blank=True, default="")
    used_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["macro", "-used_at"], name="macro_use_newest"),
            models.Index(fields=["user", "-used_at"], name="macro_use_of_person"),
            models.Index(fields=["organization", "intent"], name="macro_use_intent"),
            GinIndex(fields=["tags"], name="macro_use_tags"),
        ]

    def __str__(self) -> str:
        return f"{self.macro_id} in {self.message_id}"
