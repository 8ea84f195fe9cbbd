"""A configured way in and out: one mailbox, one widget, one number."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


def new_hook_token() -> str:
    """A name for a webhook address; 192 random bits."""
    return secrets.token_urlsafe(24)


class Channel(models.Model):
    """``config`` holds plain settings, ``secrets`` an encrypted token (helpdesk.lib.secrets).

    ``handle_kind`` is the kind of handle that people have on it. ``hook_token`` stands in the
    address that the vendor calls and nobody else can guess.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", models.CASCADE, related_name="channels"
    )
    slug = models.SlugField(max_length=60)
    kind = models.CharField(max_length=30, default="email")
    name = models.CharField(max_length=120)
    handle_kind = models.CharField(max_length=20, default="email", db_default="email")
    address = models.CharField(max_length=254, blank=True, default="")
    aliases = models.JSONField(default=list, blank=True)
    signature = models.TextField(blank=True, default="")
    config = models.JSONField(default=dict, blank=True)
    secrets = models.TextField(blank=True, default="")
    hook_token = models.CharField(max_length=43, default=new_hook_token, unique=True)
    is_active = models.BooleanField(default=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "slug"], name="channel_slug_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def own_addresses(self) -> frozenset[str]:
        """Every address that is ours on this channel, lower case."""
        return frozenset(a.lower() for a in [self.address, *self.aliases] if a)
