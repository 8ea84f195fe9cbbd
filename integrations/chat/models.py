"""Sites that carry the widget, who visits them, and what was said there in the visitor's order."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tickets.models import Channel, Message, Ticket


def new_public_id() -> str:
    """The public name of a site: ``ste_`` and 96 random bits."""
    return f"ste_{secrets.token_urlsafe(12)}"


class Site(models.Model):
    """The public name of a chat channel; everything else about it stands in the channel."""

    public_id = models.CharField(max_length=24, primary_key=True, default=new_public_id)
    channel = models.OneToOneField(Channel, models.CASCADE, related_name="chat_site")

    def __str__(self) -> str:
        return self.public_id


class HelpAnswer(models.Model):
    """A question that shoppers ask, and its answer, by language: ``{"en": {"question", "answer"}}``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    texts = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["channel", "position"], name="help_in_order")]

    def __str__(self) -> str:
        return next((str(each["question"]) for each in self.texts.values()), str(self.pk))


class Visitor(models.Model):
    """Somebody with the widget open: one browser, or one signed-in shopper on all their devices.

    ``subject`` is the shopper's id in the shop, proven by a signed token; without one the visitor
    is anonymous, and ``email`` and ``name`` are claims. Raising ``generation`` ends all tokens.
    ``here_until`` is renewed while a socket is open.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    subject = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 (unique)
    generation = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=200, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    is_email_proven = models.BooleanField(default=False)
    locale = models.CharField(max_length=12, blank=True, default="")
    page = models.JSONField(default=dict, blank=True)
    context = models.JSONField(default=dict, blank=True)
    traits = models.JSONField(default=dict, blank=True)
    last_seen_at = models.DateTimeField(default=now)
    here_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "subject"], name="visitor_known_once"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.pk)

    @property
    def label(self) -> str:
        """What the team calls somebody who has given no name."""
        return f"Visitor {self.pk.hex[-4:].upper()}"

    @property
    def is_verified(self) -> bool:
        """Whether the shop has signed who this is."""
        return self.subject is not None

    @property
    def is_here(self) -> bool:
        """Whether a socket was open a moment ago."""
        return self.here_until is not None and self.here_until > now()


class ContinuedBy(models.TextChoices):
    """Where the conversation goes on."""

    CHAT = "chat", "Chat"
    EMAIL = "email", "E-mail"


class Conversation(models.Model):
    """One talk in the widget. ``revision`` rises with every change that a socket must hear of.

    ``ticket`` is where its newest message is; merging and splitting tickets moves messages, never
    lines. The ``…_position`` fields say how far it was delivered, seen by the visitor, seen by the
    team and sent on by e-mail.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    visitor = models.ForeignKey(Visitor, models.CASCADE, related_name="conversations")
    ticket = models.ForeignKey(Ticket, models.SET_NULL, null=True, blank=True, related_name="+")
    subject = models.CharField(max_length=200, blank=True, default="")
    last_position = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)
    delivered_position = models.PositiveIntegerField(default=0)
    seen_position = models.PositiveIntegerField(default=0)
    agent_seen_position = models.PositiveIntegerField(default=0)
    mailed_position = models.PositiveIntegerField(default=0)
    is_closed = models.BooleanField(default=False)
    continued_by = models.CharField(max_length=5, choices=ContinuedBy, default=ContinuedBy.CHAT)
    created_at = models.DateTimeField(default=now, editable=False)
    last_line_at = models.DateTimeField(default=now)
    unseen_since = models.DateTimeField(null=True, blank=True)
    """When the oldest answer that the visitor has neither seen nor got by e-mail was written."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["visitor", "-last_line_at"], name="conversation_of_visitor"),
            models.Index(fields=["ticket"], name="conversation_of_ticket"),
            models.Index(
                fields=["unseen_since"],
                name="conversation_unseen",
                condition=models.Q(unseen_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} at {self.last_position}"


class LineKind(models.TextChoices):
    """What stands in a line of a conversation."""

    VISITOR = "visitor", "The visitor's message"
    AGENT = "agent", "An answer"
    JOINED = "joined", "Somebody of the team joined"
    CLOSED = "closed", "Closed"
    BY_EMAIL = "by_email", "Goes on by e-mail"
    CSAT = "csat", "Survey"


class Line(models.Model):
    """What the visitor is shown, numbered without gaps: nothing else ever reaches the widget."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=LineKind)
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="+")
    post_id = models.UUIDField(null=True, blank=True)
    """The id that the widget gave its message."""
    name = models.CharField(max_length=80, blank=True, default="")
    user = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    text = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "position"], name="line_numbered_once"),
            models.UniqueConstraint(fields=["message"], name="message_shown_once"),
            models.UniqueConstraint(fields=["conversation", "post_id"], name="post_shown_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.position} of {self.conversation_id}"


class Upload(models.Model):
    """A file that the visitor has sent ahead of a message; the bytes are a blob."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    visitor = models.ForeignKey(Visitor, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now, editable=False)

    def __str__(self) -> str:
        return self.name


class Allowance(models.Model):
    """How often somebody has asked for something in the present window."""

    key = models.CharField(max_length=120, primary_key=True)
    ends_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="allowance_over")]

    def __str__(self) -> str:
        return f"{self.key} {self.count}"
