"""A saved filter over tickets, and the order in which a person keeps their views."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from helpdesk.lib.ids import new_id


class Scope(models.TextChoices):
    """Who sees a view: its owner, a team, or everybody."""

    PERSONAL = "personal", "Only me"
    TEAM = "team", "A team"
    SHARED = "shared", "Everybody"


class View(models.Model):
    """``conditions`` is a tree over tickets.fields, checked when saved.

    ``owner`` is who made the view; of a personal one nobody else learns. ``position`` is the place
    for everybody who has not moved their views about.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="views")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=100)
    icon = models.CharField(max_length=40, blank=True, default="")
    section = models.CharField(max_length=10, default="team")
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.SHARED)
    owner = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(
        "accounts.Team", models.CASCADE, null=True, blank=True, related_name="+"
    )
    conditions = models.JSONField(default=dict)
    sort = models.CharField(max_length=40, default="queue")
    group = models.CharField(max_length=20, blank=True, default="")
    columns = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "slug"], name="view_slug_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class ViewOrder(models.Model):
    """One person's own order of views; those that are not named come after, by ``position``."""

    user = models.OneToOneField(
        "accounts.User", models.CASCADE, primary_key=True, related_name="view_order"
    )
    view_ids = ArrayField(models.UUIDField(), default=list, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id}: {len(self.view_ids)}"
