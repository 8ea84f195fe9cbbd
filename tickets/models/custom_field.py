"""Fields that a shop adds to customers and tickets."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class FieldOwner(models.TextChoices):
    """What carries the field."""

    CUSTOMER = "customer", "Customer"
    TICKET = "ticket", "Ticket"


class FieldType(models.TextChoices):
    """What a value of the field may be."""

    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    FLAG = "flag", "Yes or no"
    CHOICE = "choice", "Choice"
    DATE = "date", "Date"
    LINK = "link", "Link"


class CustomField(models.Model):
    """The definition of a field. Its slug never changes: views and rules speak of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    owner = models.CharField(max_length=10, choices=FieldOwner)
    slug = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    type = models.CharField(max_length=10, choices=FieldType)
    choices = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        ordering: ClassVar = ["owner", "position", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "owner", "slug"], name="custom_field_slug_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name
