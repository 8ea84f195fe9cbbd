"""A saved filter over tickets, with its place in the agent's list of views."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.ids import new_id


class View(models.Model):
    """``conditions`` is a tree over tickets.fields, checked when saved."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="views")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=100)
    icon = models.CharField(max_length=40, blank=True, default="")
    section = models.CharField(max_length=10, default="team")
    conditions = models.JSONField(default=dict)
    sort = models.CharField(max_length=40, default="queue")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "slug"], name="view_slug_unique"),
        ]

    def __str__(self) -> str:
        return self.name
