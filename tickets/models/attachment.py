"""A file that came or goes with a message; the bytes lie content-addressed outside the database."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tickets.models.message import Message


class FileState(models.TextChoices):
    """Whether the bytes are here."""

    READY = "ready", "Ready"
    WAITING = "waiting", "Being fetched"
    FAILED = "failed", "Could not be fetched"


class Attachment(models.Model):
    """``sha256`` finds the bytes (helpdesk.lib.blobs); ``message`` is empty while being written.

    A file that still lies with a vendor is *waiting*: ``source`` is what its connector fetches it
    by (``inbox.files``). One that could not be had is *failed*, and ``detail`` says why.
    """

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
    sha256 = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(
        max_length=8, choices=FileState, default=FileState.READY, db_default=FileState.READY
    )
    source = models.JSONField(null=True, blank=True)
    detail = models.CharField(max_length=200, blank=True, default="", db_default="")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    content_id = models.CharField(max_length=300, blank=True, default="")
    is_inline = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["sha256"], name="attachment_blob"),
            models.Index(
                fields=["due_at"],
                name="attachment_to_fetch",
                condition=models.Q(state=FileState.WAITING),
            ),
        ]

    def __str__(self) -> str:
        return self.name
