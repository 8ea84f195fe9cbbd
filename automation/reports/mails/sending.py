"""Sends reports when their hour has come: once per period and person, whatever happens meanwhile."""

from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

from django.db import transaction

from automation.reports.mails.letter import letter
from automation.reports.mails.rhythm import finished_period, last_moment, next_moment
from automation.reports.mails.schedules import why_not
from automation.reports.models import ReportMail, ReportSchedule
from automation.reports.rebuild import is_rebuilding
from helpdesk.accounts.models import User
from helpdesk.lib.clock import now
from inbox.staff_mail import (
    MailState,
    channel_for,
    claim,
    drop,
    fail,
    later,
    left_behind,
    send,
)

AT_ONCE = 20


def send_due() -> int:
    """Plan what is due and send what is planned; part of the sweep. Returns how many left."""
    waiting = ReportSchedule.objects.filter(next_at__lte=now()).order_by("next_at")
    for schedule_id in list(waiting.values_list("pk", flat=True)[:AT_ONCE]):
        plan(schedule_id)
    for each in left_behind(ReportMail):
        later(each, "The worker died.")
    due = ReportMail.objects.filter(state=MailState.QUEUED, due_at__lte=now()).order_by("due_at")
    return sum(_send_one(each) for each in list(due[:AT_ONCE]))


def plan(schedule_id: uuid.UUID) -> None:
    """Write a row for each mail that is due now. What was missed before stays missed: after a
    week of downtime one report comes, not seven."""
    with transaction.atomic():
        schedule = (
            ReportSchedule.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("organization")
            .filter(pk=schedule_id, next_at__lte=now())
            .first()
        )
        if schedule is None or is_rebuilding(schedule.organization_id):
            return
        zone, at = ZoneInfo(schedule.organization.time_zone), now()
        due = last_moment(schedule.rhythm, schedule.hour, at, zone)
        period = finished_period(schedule.rhythm, due, zone)
        ReportMail.objects.filter(
            schedule=schedule, state=MailState.QUEUED, is_asked=False, first__lt=period.first
        ).update(state=MailState.NOT_NEEDED, finished_at=at, reason="A newer one is due.")
        ReportMail.objects.bulk_create(
            [
                ReportMail(
                    organization_id=schedule.organization_id,
                    schedule=schedule,
                    user_id=user_id,
                    first=period.first,
                    last=period.last,
                    due_at=at,
                )
                for user_id in _known(schedule.recipient_ids)
            ],
            ignore_conflicts=True,
        )
        schedule.next_at = next_moment(schedule.rhythm, schedule.hour, at, zone)
        schedule.save(update_fields=["next_at"])


def _known(ids: list[uuid.UUID]) -> list[uuid.UUID]:
    return list(User.objects.filter(pk__in=ids).values_list("pk", flat=True))


def _send_one(mail: ReportMail) -> bool:
    if not claim(mail):
        return False
    user = User.objects.select_related("organization").get(pk=mail.user_id)
    schedule = ReportSchedule.objects.select_related("organization").get(pk=mail.schedule_id)
    reason = _why_not_any_more(mail, schedule, user)
    if reason is not None:
        drop(mail, reason)
        return False
    channel = channel_for(user)
    if channel is None:
        fail(mail, "No email channel can carry it.")
        return False
    try_again = send(mail, letter(mail, schedule, user, channel), channel)
    if try_again is not None:
        later(mail, try_again)
    if mail.state != MailState.SENT:
        return False
    ReportSchedule.objects.filter(pk=schedule.pk).update(last_sent_at=now())
    return True


def _why_not_any_more(mail: ReportMail, schedule: ReportSchedule, user: User) -> str | None:
    if user.notification_mail_stopped_at is not None:
        return "Mail to this address came back."
    if not mail.is_asked and user.pk not in schedule.recipient_ids:
        return "Taken off the schedule."
    return why_not(schedule, user)
