"""The catalogue of tags; a ticket carries the names themselves."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.ids import new_id


class Tag(models.Model):
    """A word that tickets are sorted by; lower case."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="tags")
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="tag_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name
