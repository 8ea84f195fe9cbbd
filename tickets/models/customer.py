"""The person who writes, and the addresses they write from."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import OpClass
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class Customer(models.Model):
    """A person; never merged with another by display name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    name = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    city = models.CharField(max_length=120, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    is_vip = models.BooleanField(default=False)
    note = models.TextField(blank=True, default="")
    fields = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, models.JSONField())
    )
    """Custom fields by slug, as ``tickets.actions.custom_fields`` has checked them."""
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """Set on a tombstone: who this person turned out to be."""
    created_at = models.DateTimeField(default=now, editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return self.name or str(self.pk)

    @property
    def first_name(self) -> str:
        """What a greeting uses; empty when the name is unknown."""
        return self.name.split(" ", 1)[0] if self.name else ""


class HandleKind(models.TextChoices):
    """Where a handle lives."""

    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"
    VISITOR = "visitor", "Visitor of the chat"
    FACEBOOK = "facebook", "Facebook"
    INSTAGRAM = "instagram", "Instagram"
    X = "x", "X"
    MASTODON = "mastodon", "Mastodon"
    BLUESKY = "bluesky", "Bluesky"
    TELEGRAM = "telegram", "Telegram"
    TIKTOK = "tiktok", "TikTok"
    YOUTUBE = "youtube", "YouTube"
    DISCORD = "discord", "Discord"
    SLACK = "slack", "Slack"
    REVIEWER = "reviewer", "Author of a review"
    EXTERNAL = "external", "Id in another system"


class Handle(models.Model):
    """An address of a customer on a channel. Verified means: proven theirs, not merely claimed.

    ``value`` is what the channel tells people apart by, often an opaque id that is unique within
    the kind; ``label`` is what people call it (``@mia.laurent``), empty where ``value`` says it.
    ``opted_out`` lists the kinds of channel on which they asked not to be written to (STOP).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="handles")
    kind = models.CharField(max_length=20, default=HandleKind.EMAIL)
    value = models.CharField(max_length=320)
    label = models.CharField(max_length=120, blank=True, default="", db_default="")
    is_verified = models.BooleanField(default=False)
    bounced_at = models.DateTimeField(null=True, blank=True)
    bounce_reason = models.CharField(max_length=200, blank=True, default="")
    opted_out = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "kind", "value"], name="handle_belongs_to_one_customer"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                OpClass("value", name="varchar_pattern_ops"), "organization", name="handle_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.value


class CustomerNote(models.Model):
    """What an agent wrote down about a customer; only the team sees it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="notes")
    author = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=150)
    text = models.TextField()
    created_at = models.DateTimeField(default=now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "-created_at", "-id"], name="note_of_customer"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class CustomerMerge(models.Model):
    """Two records turned out to be one person. Keeps what is needed to take it apart again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    survivor = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    source = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    before = models.JSONField()
    """{survivor: fields, source: fields, after: fields, handles: ids, tickets: ids, notes: ids}"""
    by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    merged_at = models.DateTimeField(default=now, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(undone_at=None),
                name="customer_merged_into_one",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["survivor", "-merged_at"], name="merges_into")]

    def __str__(self) -> str:
        return f"{self.source_id} into {self.survivor_id}"


class KeptApart(models.Model):
    """Somebody looked and said: not the same. ``first`` is the smaller id of the two."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=[("customer", "Customer"), ("ticket", "Ticket")])
    first_id = models.UUIDField()
    second_id = models.UUIDField()
    by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "kind", "first_id", "second_id"], name="kept_apart_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "kind", "second_id"], name="kept_apart_other"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"
