"""Mails to our own people: they leave through the shop's own channel, in the phases of
``inbox.delivery``.

What fails before the irreversible byte is tried again, what may have left is not: a notice is
never worth a double.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import structlog
from django.db import models
from django.db.models import Q

from helpdesk.accounts.actions import stop_notification_mail
from helpdesk.accounts.models import User
from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, PermanentFailure, UncertainOutcome
from helpdesk.lib.ids import new_id
from inbox.connector import OutboundMessage, get_connector
from tickets.models import Channel

LEASE = timedelta(minutes=15)
RETRY = timedelta(minutes=10)
MAX_ATTEMPTS = 6

log = structlog.get_logger()


class MailState(models.TextChoices):
    """How far a mail to a person got; the phase is committed before the byte that counts."""

    QUEUED = "queued", "Waiting"
    CLAIMED = "claimed", "Claimed by a worker"
    DOT_SENT = "dot_sent", "Irreversible step begun"
    SENT = "sent", "Sent"
    NOT_NEEDED = "not_needed", "Seen on the page before it was due"
    FAILED = "failed", "Failed for good"
    UNCERTAIN = "uncertain", "Outcome unknown; it is not repeated"


class StaffMail(models.Model):
    """What every mail to one of our people has; each kind is a table of its own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=MailState, default=MailState.QUEUED)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    external_id = models.CharField(max_length=300, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


Mail = TypeVar("Mail", bound=StaffMail)


def claim(mail: StaffMail) -> bool:
    """Take a waiting mail; False if another worker was quicker."""
    return move(mail, MailState.QUEUED, MailState.CLAIMED, lease_until=now() + LEASE)


def send(mail: StaffMail, message: OutboundMessage, channel: Channel) -> str | None:
    """Let a claimed mail leave and note what became of it; returns why it should be tried again."""

    def begin() -> None:
        fields = {"lease_until": now() + LEASE, "external_id": message.external_id}
        if not move(mail, MailState.CLAIMED, MailState.DOT_SENT, **fields):
            raise _ClaimLost

    try:
        get_connector(channel.kind).send(channel, message, begin)
    except _ClaimLost:
        return None
    except UncertainOutcome as failure:
        move(mail, mail.state, MailState.UNCERTAIN, reason=failure.message[:300])
        return None
    except PermanentFailure as failure:
        if failure.reason_code == "unknown_mailbox":
            stop_notification_mail(mail.organization_id, message.to[0]["address"])
        fail(mail, failure.message)
        return None
    except ConnectorFailure as failure:
        return failure.message
    except Exception as error:
        log.exception("staff_mail.crashed", mail_id=str(mail.pk))
        reason = f"{type(error).__name__} while sending."
        if mail.state != MailState.DOT_SENT:
            return reason
        move(mail, mail.state, MailState.UNCERTAIN, reason=reason)
        return None
    move(mail, mail.state, MailState.SENT, finished_at=now())
    return None


class _ClaimLost(Exception):
    """Recovery took the claim away before anything irreversible was done."""


def move(mail: StaffMail, before: str, after: str, **fields: object) -> bool:
    """Claim the step by one conditional update; False if another worker was quicker."""
    changed = (
        type(mail)._default_manager.filter(pk=mail.pk, state=before).update(state=after, **fields)
    )
    if changed:
        mail.state = after
    return bool(changed)


def later(mail: StaffMail, reason: str, *, after: timedelta = RETRY) -> bool:
    """Put a claimed mail back to wait; after too many tries it failed for good. A wait of its own
    length is no try."""
    attempts = mail.attempts + (after == RETRY)
    if attempts >= MAX_ATTEMPTS:
        fail(mail, reason)
        return False
    fields = {"due_at": now() + after, "attempts": attempts, "reason": reason[:300]}
    return move(mail, MailState.CLAIMED, MailState.QUEUED, lease_until=None, **fields)


def drop(mail: StaffMail, reason: str = "") -> None:
    """It is not needed any more."""
    move(mail, mail.state, MailState.NOT_NEEDED, finished_at=now(), reason=reason[:300])


def fail(mail: StaffMail, reason: str) -> None:
    """It cannot be sent."""
    move(mail, mail.state, MailState.FAILED, finished_at=now(), reason=reason[:300])


def left_behind(kind: type[Mail]) -> list[Mail]:
    """Mails whose worker died before the dot, to be tried again; after it nobody knows."""
    gone = kind._default_manager.filter(
        Q(state=MailState.CLAIMED) | Q(state=MailState.DOT_SENT), lease_until__lt=now()
    )
    waiting = []
    for mail in gone:
        if mail.state == MailState.DOT_SENT:
            move(mail, MailState.DOT_SENT, MailState.UNCERTAIN, reason="The worker died.")
        else:
            waiting.append(mail)
    return waiting


def channel_for(user: User) -> Channel | None:
    """The shop's first e-mail channel; none if the person's address is one of the shop's own.

    A notice to the shop's own mailbox would come back as a ticket, and be news again.
    """
    channels = Channel.objects.filter(organization_id=user.organization_id, kind="email")
    listed = list(channels.order_by("-is_active", "pk"))
    if any(user.email.lower() in each.own_addresses for each in listed):
        return None
    return next((each for each in listed if each.is_active), None)


def sender_of(user: User, channel: Channel) -> dict[str, str]:
    """Who it comes from: the shop, by Aftercare."""
    return {"name": f"{user.organization.name} · Aftercare", "address": channel.address}
