"""The person who writes, and the addresses they write from."""

from __future__ import annotations

from typing import ClassVar

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


class Handle(models.Model):
    """An address of a customer on a channel. Verified means: proven theirs, not merely claimed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="handles")
    kind = models.CharField(max_length=20, default=HandleKind.EMAIL)
    value = models.CharField(max_length=320)
    is_verified = models.BooleanField(default=False)
    bounced_at = models.DateTimeField(null=True, blank=True)
    bounce_reason = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "kind", "value"], name="handle_belongs_to_one_customer"
            ),
        ]

    def __str__(self) -> str:
        return self.value
