"""Schedules: made, changed and left by the people who get a report by mail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from automation.reports.catalog import REPORTS
from automation.reports.mails.rhythm import finished_period, next_moment, period_before
from automation.reports.models import ReportMail, ReportSchedule, Rhythm
from automation.reports.period import Period
from automation.reports.scope import FILTERS, HOURS, Scope, check_reader, filters_from
from helpdesk.accounts.models import Organization, Role, User
from helpdesk.accounts.permissions import may
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, HelpdeskError, InvalidInput, NotAllowed, NotFound
from helpdesk.lib.ids import new_id

MOST_SCHEDULES = 100
MOST_RECIPIENTS = 50


def schedules_of(person: User) -> QuerySet[ReportSchedule]:
    """Those the person made or gets; an admin sees all."""
    known = ReportSchedule.objects.filter(organization_id=person.organization_id)
    if person.role != Role.ADMIN:
        known = known.filter(Q(user=person) | Q(recipient_ids__contains=[person.pk]))
    return known.order_by("name", "next_at", "pk")


def get_schedule(person: User, schedule_id: uuid.UUID) -> ReportSchedule:
    """One of them; raises NotFound."""
    found = schedules_of(person).filter(pk=schedule_id).first()
    if found is None:
        raise NotFound("This schedule does not exist any more.")
    return found


def may_change(person: User, schedule: ReportSchedule) -> bool:
    """Whoever made it, and admins."""
    return person.role == Role.ADMIN or schedule.user_id == person.pk


def save_schedule(
    person: User, values: Mapping[str, Any], schedule: ReportSchedule | None = None
) -> ReportSchedule:
    """Make or change one; the same client-made ``id`` twice makes one.

    Raises NotAllowed, or InvalidInput naming the field.
    """
    if schedule is None:
        made = _made_before(person, values.get("id"))
        if made is not None:
            return made
        schedule = _new(person, values)
    elif not may_change(person, schedule):
        raise NotAllowed(
            "This schedule is somebody else’s. Whoever made it or an admin changes it."
        )
    known = set(schedule.recipient_ids)
    here = people_of(schedule.organization, schedule.recipient_ids)
    schedule.recipient_ids = [each.pk for each in here]
    for name in ("rhythm", "hour", "filters", "recipient_ids"):
        if name in values:
            setattr(schedule, name, values[name])
    _check(person, schedule, known)
    zone = ZoneInfo(person.organization.time_zone)
    schedule.next_at = next_moment(schedule.rhythm, schedule.hour, now(), zone)
    schedule.save()
    return schedule


def delete_schedule(person: User, schedule: ReportSchedule) -> None:
    """It is never sent again; raises NotAllowed."""
    if not may_change(person, schedule):
        raise NotAllowed("This schedule is somebody else’s. Take yourself off it instead.")
    schedule.delete()


def leave_schedule(person: User, schedule: ReportSchedule) -> None:
    """The person gets it no more; what nobody gets is gone. Twice changes nothing."""
    with transaction.atomic():
        held = ReportSchedule.objects.select_for_update().filter(pk=schedule.pk).first()
        if held is None:
            return
        held.recipient_ids = [each for each in held.recipient_ids if each != person.pk]
        if held.recipient_ids:
            held.save(update_fields=["recipient_ids"])
        else:
            held.delete()


def send_now(person: User, schedule: ReportSchedule, mail_id: uuid.UUID) -> ReportMail:
    """The report of the newest finished period, once, to the person who asks; an id counts once."""
    zone = ZoneInfo(person.organization.time_zone)
    period = finished_period(schedule.rhythm, now(), zone)
    ReportMail.objects.bulk_create(
        [
            ReportMail(
                id=mail_id,
                organization_id=person.organization_id,
                schedule=schedule,
                user=person,
                first=period.first,
                last=period.last,
                is_asked=True,
                due_at=now(),
            )
        ],
        ignore_conflicts=True,
    )
    mail = ReportMail.objects.get(pk=mail_id)
    if mail.user_id != person.pk:
        raise Conflict("Another mail has this id already.")
    return mail


def scope_of(schedule: ReportSchedule, reader: User, period: Period) -> Scope:
    """What the report says to this reader of that period, beside the one before."""
    return Scope(
        reader.organization,
        period,
        reader,
        filters_from(schedule.filters),
        schedule.filters.get("hours") or "all",
        period_before(schedule.rhythm, period),
    )


def why_not(schedule: ReportSchedule, reader: User) -> str | None:
    """Why this person gets no such report; None if they may see it."""
    if not may(reader, "report.view"):
        return f"{reader.name} may not see reports."
    zone = ZoneInfo(reader.organization.time_zone)
    period = finished_period(schedule.rhythm, now(), zone)
    try:
        check_reader(scope_of(schedule, reader, period))
    except HelpdeskError as error:
        return f"{reader.name} may not see it: {error.message}"
    return None


def _made_before(person: User, schedule_id: uuid.UUID | None) -> ReportSchedule | None:
    """The schedule of this client-made id; raises Conflict if it is somebody else's."""
    made = None if schedule_id is None else ReportSchedule.objects.filter(pk=schedule_id).first()
    if made is not None and made.user_id != person.pk:
        raise Conflict("Another schedule has this id already.")
    return made


def _new(person: User, values: Mapping[str, Any]) -> ReportSchedule:
    name = values.get("name") or ""
    if name not in REPORTS:
        raise InvalidInput.field("name", f"Choose one of {', '.join(REPORTS)}.")
    known = ReportSchedule.objects.filter(organization_id=person.organization_id)
    if known.count() >= MOST_SCHEDULES:
        raise InvalidInput.field("name", f"There are {MOST_SCHEDULES} schedules. Delete one first.")
    return ReportSchedule(
        id=values.get("id") or new_id(),
        organization=person.organization,
        user=person,
        name=name,
        rhythm=Rhythm.WEEKLY,
        recipient_ids=[person.pk],
    )


def _check(person: User, schedule: ReportSchedule, known: set[uuid.UUID]) -> None:
    if schedule.rhythm not in Rhythm.values:
        raise InvalidInput.field("rhythm", f"Choose one of {', '.join(Rhythm.values)}.")
    if not 0 <= schedule.hour <= 23:
        raise InvalidInput.field("hour", "An hour is a number from 0 to 23.")
    schedule.filters = _filters(schedule.filters)
    schedule.recipient_ids = list(dict.fromkeys(schedule.recipient_ids))
    _check_recipients(person, schedule, known)


def _filters(asked: Any) -> dict[str, str]:
    if not isinstance(asked, dict):
        raise InvalidInput.field("filters", 'Write an object, like {"channel": "email"}.')
    for name in asked:
        if name not in (*FILTERS, "hours"):
            raise InvalidInput.field(f"filters.{name}", "There is no such filter.")
    hours = asked.get("hours") or "all"
    if hours not in HOURS:
        raise InvalidInput.field("filters.hours", f"Choose one of {', '.join(HOURS)}.")
    try:
        told = filters_from(asked).as_json()
    except InvalidInput as error:
        raise InvalidInput.field(f"filters.{error.errors[0].path}", error.message) from error
    return told | ({"hours": hours} if hours != "all" else {})


def _check_recipients(person: User, schedule: ReportSchedule, known: set[uuid.UUID]) -> None:
    wanted = schedule.recipient_ids
    if not 0 < len(wanted) <= MOST_RECIPIENTS:
        raise InvalidInput.field("recipient_ids", f"Choose 1 to {MOST_RECIPIENTS} people.")
    new = set(wanted) - known - {person.pk}
    if new and person.role != Role.ADMIN:
        raise InvalidInput.field("recipient_ids", "You can add yourself. Admins add others.")
    people = people_of(schedule.organization, wanted)
    if len(people) != len(wanted):
        raise InvalidInput.field("recipient_ids", "One of these people is not here any more.")
    for each in people:
        reason = why_not(schedule, each)
        if reason is not None:
            raise InvalidInput.field("recipient_ids", reason)


def people_of(organization: Organization, ids: list[uuid.UUID]) -> list[User]:
    """The people of these ids who are here, by name."""
    found = User.objects.filter(organization=organization, pk__in=ids, is_active=True)
    return list(found.select_related("organization").order_by("name", "pk"))
