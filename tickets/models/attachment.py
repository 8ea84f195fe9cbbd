"""A file that came or goes with a message; the bytes lie content-addressed outside the database."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tickets.models.message import Message


class Attachment(models.Model):
    """``sha256`` finds the bytes (helpdesk.lib.blobs); ``message`` is empty while being written."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    uploaded_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=300, blank=True, default="")
    content_type = models.CharField(max_length=120, default="application/octet-stream")
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=300, blank=True, default="")
    is_inline = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["sha256"], name="attachment_blob")]

    def __str__(self) -> str:
        return self.name
