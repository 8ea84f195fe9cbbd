"""What an agent has begun to write; kept through crashes, per ticket, mode and agent."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from tickets.models.ticket import Ticket


class Draft(models.Model):
    """``rev`` rises with each save; an older ``rev`` never overwrites a newer one."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="drafts")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    mode = models.CharField(max_length=10, choices=[("reply", "Reply"), ("note", "Note")])
    content = models.JSONField(default=dict)
    rev = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket", "user", "mode"], name="one_draft_per_ticket_mode_agent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} draft on {self.ticket_id}"
