"""Notifications by e-mail: one mail per person for everything that they have not seen here.

How it leaves is the business of ``inbox.staff_mail``.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from helpdesk.accounts.models import User
from helpdesk.accounts.preferences import channels_for, quiet_until
from helpdesk.accounts.sessions import last_seen_by_user
from helpdesk.lib.clock import now
from helpdesk.notifications.models import Notification, NotificationMail
from helpdesk.notifications.selectors import may_see
from helpdesk.notifications.words import Words, words_of
from helpdesk.sweep import sweeps
from inbox.connector import OutboundMessage
from inbox.reply_tokens import notice_message_id
from inbox.staff_mail import (
    RETRY,
    MailState,
    channel_for,
    claim,
    drop,
    fail,
    later,
    left_behind,
    move,
    send,
    sender_of,
)
from tickets.models import Channel

MAX_LINES = 10


@sweeps("notifications.mail", every_seconds=10)
def send_due_mail() -> int:
    """Send what is due; returns how many left. A second run beside this one finds them claimed."""
    for each in left_behind(NotificationMail):
        _again(each, "The worker died.")
    due = NotificationMail.objects.filter(state=MailState.QUEUED, due_at__lte=now())
    return sum(_send_one(each) for each in list(due.order_by("due_at")[:50]))


def _send_one(mail: NotificationMail) -> bool:
    if not claim(mail):
        return False
    user = User.objects.select_related("organization").get(pk=mail.user_id)
    quiet = quiet_until(user, now())
    if quiet is not None:
        _again(mail, "Quiet hours.", after=quiet - now())
        return False
    news = _unseen(mail, user)
    if not news:
        drop(mail)
        return False
    channel = channel_for(user)
    if channel is None:
        fail(mail, "No email channel can carry it.")
        return False
    reason = send(mail, _compose(mail, user, news, channel), channel)
    if reason is not None:
        _again(mail, reason)
    return mail.state == MailState.SENT


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
        from_address=sender_of(user, channel),
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


def _again(mail: NotificationMail, reason: str, *, after: timedelta = RETRY) -> None:
    """Try it later. Where another mail to the person waits meanwhile, the news joins that one."""
    try:
        with transaction.atomic():
            later(mail, reason, after=after)
    except IntegrityError:
        _join_waiting(mail)


def _join_waiting(mail: NotificationMail) -> None:
    waiting = NotificationMail.objects.filter(user_id=mail.user_id, state=MailState.QUEUED).first()
    with transaction.atomic():
        if waiting is not None:
            Notification.objects.filter(mail=mail).update(mail=waiting)
        move(mail, MailState.CLAIMED, MailState.NOT_NEEDED, finished_at=now())
