"""Notifications by e-mail: one mail per person for everything that they have not seen here.

It leaves through the shop's own channel, in the phases of inbox.delivery: what fails before the
irreversible byte is tried again, what may have left is not. A notice is never worth a double.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from helpdesk.accounts.actions import stop_notification_mail
from helpdesk.accounts.models import User
from helpdesk.accounts.preferences import channels_for, quiet_until
from helpdesk.accounts.sessions import last_seen_by_user
from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, PermanentFailure, UncertainOutcome
from helpdesk.notifications.models import MailState, Notification, NotificationMail
from helpdesk.notifications.selectors import may_see
from helpdesk.notifications.words import Words, words_of
from helpdesk.sweep import sweeps
from inbox.connector import OutboundMessage, get_connector
from inbox.reply_tokens import notice_message_id
from tickets.models import Channel

LEASE = timedelta(minutes=15)
RETRY = timedelta(minutes=10)
MAX_ATTEMPTS = 6
MAX_LINES = 10

log = structlog.get_logger()


@sweeps("notifications.mail", every_seconds=10)
def send_due_mail() -> int:
    """Send what is due; returns how many left. A second run beside this one finds them claimed."""
    _recover()
    due = NotificationMail.objects.filter(state=MailState.QUEUED, due_at__lte=now())
    return sum(_send_one(each) for each in list(due.order_by("due_at")[:50]))


def _send_one(mail: NotificationMail) -> bool:
    if not _move(mail, MailState.QUEUED, MailState.CLAIMED, lease_until=now() + LEASE):
        return False
    user = User.objects.select_related("organization").get(pk=mail.user_id)
    quiet = quiet_until(user, now())
    if quiet is not None:
        _again(mail, "Quiet hours.", after=quiet - now())
        return False
    news = _unseen(mail, user)
    if not news:
        _move(mail, MailState.CLAIMED, MailState.NOT_NEEDED, finished_at=now())
        return False
    channel = _channel_for(user)
    if channel is None:
        _fail(mail, "No email channel can carry it.")
        return False
    return _let_leave(mail, _compose(mail, user, news, channel), channel)


def _let_leave(mail: NotificationMail, message: OutboundMessage, channel: Channel) -> bool:
    def begin() -> None:
        fields = {"lease_until": now() + LEASE, "external_id": message.external_id}
        if not _move(mail, MailState.CLAIMED, MailState.DOT_SENT, **fields):
            raise _ClaimLost

    try:
        get_connector(channel.kind).send(channel, message, begin)
    except _ClaimLost:
        return False
    except UncertainOutcome as failure:
        _move(mail, mail.state, MailState.UNCERTAIN, reason=failure.message[:300])
        return False
    except PermanentFailure as failure:
        if failure.reason_code == "unknown_mailbox":
            stop_notification_mail(mail.organization_id, message.to[0]["address"])
        _fail(mail, failure.message)
        return False
    except ConnectorFailure as failure:
        _again(mail, failure.message)
        return False
    except Exception as error:
        log.exception("notifications.mail_crashed", mail_id=str(mail.pk))
        is_out = mail.state == MailState.DOT_SENT
        reason = f"{type(error).__name__} while sending."
        if is_out:
            _move(mail, mail.state, MailState.UNCERTAIN, reason=reason)
        else:
            _again(mail, reason)
        return False
    _move(mail, mail.state, MailState.SENT, finished_at=now())
    return True


class _ClaimLost(Exception):
    """Recovery took the claim away before anything irreversible was done."""


def _unseen(mail: NotificationMail, user: User) -> list[Notification]:
    """What is still news: unread, still wanted by e-mail, and the person was not here since."""
    if not user.is_active or user.notification_mail_stopped_at is not None:
        return []
    seen_at = last_seen_by_user([user.pk]).get(user.pk)
    news = (
        Notification.objects.filter(may_see(user), mail=mail, read_at=None)
        .select_related("ticket__customer", "channel")
        .order_by("-pk")
    )
    return [
        each
        for each in news
        if (seen_at is None or each.created_at > seen_at)
        and "email" in channels_for(user, each.kind)
    ]


def _channel_for(user: User) -> Channel | None:
    """The shop's first e-mail channel; none if the person's address is one of the shop's own.

    A notice to the shop's own mailbox would come back as a ticket, and be news again.
    """
    channels = Channel.objects.filter(organization_id=user.organization_id, kind="email")
    listed = list(channels.order_by("-is_active", "pk"))
    if any(user.email.lower() in each.own_addresses for each in listed):
        return None
    return next((each for each in listed if each.is_active), None)


def _compose(
    mail: NotificationMail, user: User, news: list[Notification], channel: Channel
) -> OutboundMessage:
    words = words_of(user.settings.get("language") or user.organization.language)
    lines = [words.greeting.format(name=user.first_name), ""]
    for each in news[:MAX_LINES]:
        lines.append(_what(words, each))
        if each.ticket:
            lines.append(f"#{each.ticket.number} {_plain(each.ticket.subject)}")
        if each.preview:
            lines.append(f"> {_plain(each.preview)}")
        lines += [f"{settings.PUBLIC_URL}{_place(each)}", ""]
    if len(news) > MAX_LINES:
        lines += [words.more.format(n=len(news) - MAX_LINES), ""]
    lines += [words.why, f"{settings.PUBLIC_URL}/me#notifications"]
    newest = news[0]
    tickets = {
        each.ticket_id or each.channel_id or each.store_id or each.order_action_id for each in news
    }
    if len(tickets) == 1:
        subject = _what(words, newest)
        if newest.ticket:
            subject = words.one.format(what=subject, number=newest.ticket.number)
    else:
        subject = words.many.format(n=len(tickets), shop=user.organization.name)
    domain = channel.address.partition("@")[2] or "localhost"
    return OutboundMessage(
        id=mail.pk,
        external_id=notice_message_id(mail.pk, domain),
        from_address={"name": f"{user.organization.name} · Aftercare", "address": channel.address},
        to=[{"name": user.name, "address": user.email}],
        cc=[],
        bcc=[],
        subject=_plain(subject),
        text="\n".join(lines),
        html="",
        language=str(user.settings.get("language") or user.organization.language),
        is_automatic=True,
    )


def _what(words: Words, news: Notification) -> str:
    """What happened, on one line."""
    name = news.actor.get("name") or (news.ticket.customer.name if news.ticket else "")
    return words.kinds[news.kind].format(name=_plain(str(name)))


def _place(news: Notification) -> str:
    if news.ticket:
        return f"/t/{news.ticket.number}"
    if news.store_id:
        return f"/settings/stores/{news.store_id}"
    return f"/settings/channels/{news.channel_id}" if news.channel_id else "/approvals"


def _plain(text: str) -> str:
    """On one line, without links made of what a stranger wrote (the scheme is taken away)."""
    return " ".join(text.replace("://", ":// ").split())


def _move(mail: NotificationMail, before: str, after: str, **fields: object) -> bool:
    """Claim the step by one conditional update; False if another worker was quicker."""
    changed = NotificationMail.objects.filter(pk=mail.pk, state=before).update(
        state=after, **fields
    )
    if changed:
        mail.state = after
    return bool(changed)


def _again(mail: NotificationMail, reason: str, *, after: timedelta = RETRY) -> None:
    """Try it later. Where another mail to the person waits meanwhile, the news joins that one."""
    attempts = mail.attempts + (after == RETRY)
    if attempts >= MAX_ATTEMPTS:
        _fail(mail, reason)
        return
    fields = {"due_at": now() + after, "attempts": attempts, "reason": reason[:300]}
    try:
        with transaction.atomic():
            _move(mail, MailState.CLAIMED, MailState.QUEUED, lease_until=None, **fields)
    except IntegrityError:
        _join_waiting(mail)


def _join_waiting(mail: NotificationMail) -> None:
    waiting = NotificationMail.objects.filter(user_id=mail.user_id, state=MailState.QUEUED).first()
    with transaction.atomic():
        if waiting is not None:
            Notification.objects.filter(mail=mail).update(mail=waiting)
        _move(mail, MailState.CLAIMED, MailState.NOT_NEEDED, finished_at=now())


def _fail(mail: NotificationMail, reason: str) -> None:
    _move(mail, mail.state, MailState.FAILED, finished_at=now(), reason=reason[:300])


def _recover() -> None:
    """Workers that died: before the dot it is tried again, after it nobody knows."""
    gone = NotificationMail.objects.filter(
        Q(state=MailState.CLAIMED) | Q(state=MailState.DOT_SENT), lease_until__lt=now()
    )
    for mail in gone:
        if mail.state == MailState.DOT_SENT:
            _move(mail, MailState.DOT_SENT, MailState.UNCERTAIN, reason="The worker died.")
        else:
            _again(mail, "The worker died.")
