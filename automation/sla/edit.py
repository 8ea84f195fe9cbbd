"""Every write to policies and calendars; all of it is checked."""

from __future__ import annotations

import re
import uuid
import zoneinfo
from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import F, Max

from automation.rules.fields import check_conditions
from automation.rules.team_alerts import SLACK, clean_place
from automation.setting_changes import record_setting
from automation.sla.calendars import WEEKDAYS
from automation.sla.models import (
    BusinessCalendar,
    CalendarUse,
    Hours,
    SlaPolicy,
    Target,
    UsedBy,
)
from automation.sla.records import calendar_record, policy_record
from helpdesk.accounts.models import Organization, Team, User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput
from integrations.commerce.models import Store
from tickets.models import Channel

SHORTEST, LONGEST = 60, 14 * 24 * 3600
MAX_POLICIES, MAX_CALENDARS, MAX_SPANS, MAX_WARNINGS = 100, 100, 6, 3
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_FLAGS = ("is_active", "pauses_while_waiting", "pauses_while_snoozed")


def save_policy(
    organization: Organization,
    values: dict[str, Any],
    policy: SlaPolicy | None = None,
    *,
    by: User | None = None,
) -> SlaPolicy:
    """Make a policy, or change the named parts of one; raises InvalidInput by field."""
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        before = None
        if policy is None:
            known = SlaPolicy.objects.filter(organization=organization)
            if known.count() >= MAX_POLICIES:
                raise InvalidInput.field("name", f"At most {MAX_POLICIES} policies.")
            last = known.aggregate(last=Max("position"))["last"] or 0
            policy = SlaPolicy(organization=organization, position=last + 1, version=0)
        else:
            policy = SlaPolicy.objects.select_for_update().get(pk=policy.pk)
            before = policy_record(policy)
        for name, value in values.items():
            setattr(policy, name, _POLICY[name](organization, value))
        _check_policy(policy)
        policy.version += 1
        policy.updated_at = now()
        policy.save()
        _record_policy(policy, before, policy_record(policy))
    return policy


def order_policies(
    organization: Organization, ids: list[uuid.UUID], *, by: User | None = None
) -> None:
    """Put the policies into this order; raises Conflict unless every one is named once."""
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        found = SlaPolicy.objects.select_for_update().filter(organization=organization)
        policies = {each.pk: each for each in found.order_by("pk")}
        if len(ids) != len(set(ids)) or set(ids) != set(policies):
            raise Conflict("The policies are others by now.", code="policies_changed")
        for position, policy_id in enumerate(ids, start=1):
            policy = policies[policy_id]
            if policy.position != position:
                _record_policy(policy, {"position": policy.position}, {"position": position})
                policy.position, policy.version = position, policy.version + 1
                policy.updated_at = now()
                policy.save()


def delete_policy(policy: SlaPolicy, *, by: User | None = None) -> None:
    """Its clocks are aimed anew by the next sweep; those that ended stay."""
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        _record_policy(policy, policy_record(policy), None)
        policy.delete()


def _record_policy(
    policy: SlaPolicy, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    record_setting(
        "sla_policy", policy.organization_id, policy.pk, policy.name, before=before, after=after
    )


def save_calendar(
    organization: Organization,
    values: dict[str, Any],
    calendar: BusinessCalendar | None = None,
    *,
    by: User | None = None,
) -> BusinessCalendar:
    """Make a calendar, or change the named parts of one; raises InvalidInput by field."""
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        before = calendar_record(calendar) if calendar is not None else None
        Organization.objects.select_for_update().get(pk=organization.pk)
        known = BusinessCalendar.objects.filter(organization=organization)
        if calendar is None:
            if known.count() >= MAX_CALENDARS:
                raise InvalidInput.field("name", f"At most {MAX_CALENDARS} calendars.")
            calendar = BusinessCalendar(
                organization=organization, time_zone=organization.time_zone, version=0
            )
            calendar.is_default = not known.exists()
        else:
            calendar = known.get(pk=calendar.pk)
        for name, value in values.items():
            if name != "uses":
                setattr(calendar, name, _CALENDAR[name](organization, value))
        _check_calendar(calendar)
        if calendar.is_default:
            known.exclude(pk=calendar.pk).filter(is_default=True).update(
                is_default=False, version=F("version") + 1
            )
        calendar.version += 1
        calendar.updated_at = now()
        calendar.save()
        if "uses" in values:
            _use(calendar, values["uses"])
        _count_anew(organization)
        _record_calendar(calendar, before, calendar_record(calendar))
    return calendar


def delete_calendar(calendar: BusinessCalendar, *, by: User | None = None) -> None:
    """Raises Conflict while a policy counts in it."""
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        policy = calendar.policies.first()
        if policy is not None:
            message = f"“{policy.name}” counts in these hours. Give it others first."
            raise Conflict(message, code="in_use")
        _count_anew(calendar.organization)
        _record_calendar(calendar, calendar_record(calendar), None)
        calendar.delete()


def _record_calendar(
    calendar: BusinessCalendar, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    record_setting(
        "calendar", calendar.organization_id, calendar.pk, calendar.name, before=before, after=after
    )


def _count_anew(organization: Organization) -> None:
    """Running clocks know another due time now: the next sweep aims them."""
    SlaPolicy.objects.filter(organization=organization).update(
        version=F("version") + 1, updated_at=now()
    )


def _use(calendar: BusinessCalendar, uses: Any) -> None:
    """These channels, teams and stores keep its hours, and no longer any other's."""
    models: dict[str, type[Channel | Team | Store]] = {
        UsedBy.CHANNEL: Channel, UsedBy.TEAM: Team, UsedBy.STORE: Store,
    }  # fmt: skip
    wanted: set[tuple[str, uuid.UUID]] = set()
    for index, each in enumerate(uses if isinstance(uses, list) else [None]):
        try:
            kind, object_id = each["kind"], uuid.UUID(str(each["id"]))
            found = models[kind].objects.filter(organization_id=calendar.organization_id)
        except (KeyError, TypeError, ValueError):
            raise InvalidInput.field(f"uses.{index}", "Choose a channel, team or store.") from None
        if not found.filter(pk=object_id).exists():
            raise InvalidInput.field(f"uses.{index}", "This does not exist any more.")
        wanted.add((kind, object_id))
    calendar.uses.all().delete()
    for kind, object_id in sorted(wanted):
        CalendarUse.objects.update_or_create(
            organization_id=calendar.organization_id, kind=kind, object_id=object_id,
            defaults={"calendar": calendar},
        )  # fmt: skip


def _check_policy(policy: SlaPolicy) -> None:
    if not policy.name:
        raise InvalidInput.field("name", "Give it a name.", code="required")
    if not any(getattr(policy, each) for each in Target.values):
        raise InvalidInput.field("first_reply", "Set at least one target.", code="required")
    if policy.first_reply and policy.resolution and policy.resolution < policy.first_reply:
        raise InvalidInput.field("resolution", "Nothing is resolved before the first reply.")
    if policy.hours != Hours.CALENDAR:
        policy.calendar = None
    elif policy.calendar is None:
        raise InvalidInput.field("calendar", "Choose a calendar.", code="required")


def _check_calendar(calendar: BusinessCalendar) -> None:
    if not calendar.name:
        raise InvalidInput.field("name", "Give it a name.", code="required")
    same = BusinessCalendar.objects.filter(
        organization_id=calendar.organization_id, name=calendar.name
    )
    if same.exclude(pk=calendar.pk).exists():
        raise InvalidInput.field("name", "Another calendar has this name.")
    if not calendar.country:
        calendar.region = ""
        return
    from automation.sla.holidays_of import known_regions

    regions = known_regions()
    if calendar.country not in regions:
        raise InvalidInput.field("country", "The holidays of this country are not known.")
    if calendar.region and calendar.region not in regions[calendar.country]:
        raise InvalidInput.field("region", "This region is not known.")


def _name(_: Organization, value: Any) -> str:
    cleaned = " ".join(str(value or "").replace("\x00", "").split())
    if not 0 < len(cleaned) <= 80:
        raise InvalidInput.field("name", "A name has between 1 and 80 characters.")
    return cleaned


def _target(name: str) -> Callable[[Organization, Any], int | None]:
    def clean(_: Organization, value: Any) -> int | None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not (is_whole and SHORTEST <= value <= LONGEST):
            raise InvalidInput.field(name, "Between 1 minute and 14 days.")
        return value

    return clean


def _flag(name: str) -> Callable[[Organization, Any], bool]:
    def clean(_: Organization, value: Any) -> bool:
        if not isinstance(value, bool):
            raise InvalidInput.field(name, "Choose yes or no.")
        return value

    return clean


def _conditions(organization: Organization, value: Any) -> dict[str, Any]:
    if re.search(r'"(message|survey)\.', str(value).replace("'", '"')):
        message = "A policy asks about tickets, customers and orders, not about one message."
        raise InvalidInput.field("conditions", message)
    check_conditions(value, organization_id=organization.pk)
    checked: dict[str, Any] = value
    return checked


def _hours(_: Organization, value: Any) -> str:
    if value not in Hours.values:
        raise InvalidInput.field("hours", f"Choose from: {', '.join(Hours.values)}.")
    return str(value)


def _calendar(organization: Organization, value: Any) -> BusinessCalendar | None:
    if value is None:
        return None
    found = BusinessCalendar.objects.filter(organization=organization, pk=value).first()
    if found is None:
        raise InvalidInput.field("calendar", "This calendar does not exist any more.")
    return found


def _warnings(_: Organization, value: Any) -> list[dict[str, int]]:
    limits = {"percent": 99, "minutes": 14 * 24 * 60}
    for index, each in enumerate(value if isinstance(value, list) else [None]):
        if not isinstance(each, dict) or len(each) != 1 or not set(each) <= set(limits):
            raise InvalidInput.field(f"warnings.{index}", "Say after how much, or how long before.")
        name, number = next(iter(each.items()))
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise InvalidInput.field(f"warnings.{index}", "Write a whole number.")
        if number > limits[name]:
            raise InvalidInput.field(f"warnings.{index}", f"At most {limits[name]}.")
    if len(value) > MAX_WARNINGS:
        raise InvalidInput.field("warnings", f"At most {MAX_WARNINGS} warnings.")
    return list(value)


def _alerts(organization: Organization, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) - {"slack", "people"}:
        raise InvalidInput.field("alerts", "Choose where to alert.")
    alerts = {
        "slack": _room(organization, value.get("slack")),
        "people": _people(organization, value),
    }
    return {name: said for name, said in alerts.items() if said}


def _people(organization: Organization, value: dict[str, Any]) -> list[str]:
    """Who is told besides whoever has the ticket, by id."""
    wanted = value.get("people") or []
    known = {
        str(each)
        for each in User.objects.filter(organization=organization, is_active=True).values_list(
            "pk", flat=True
        )
    }
    if not isinstance(wanted, list) or not all(str(each) in known for each in wanted):
        raise InvalidInput.field("alerts.people", "Choose people who work here.")
    return sorted({str(each) for each in wanted})


def _room(organization: Organization, wanted: Any) -> dict[str, str]:
    if not wanted:
        return {}
    said = wanted if isinstance(wanted, dict) else {}
    try:
        channel_id = uuid.UUID(str(said.get("channel_id")))
    except ValueError:
        raise InvalidInput.field("alerts", "Choose a Slack workspace.") from None
    channel = Channel.objects.filter(organization=organization, pk=channel_id, kind=SLACK).first()
    if channel is None:
        raise InvalidInput.field("alerts", "This Slack workspace is not connected.")
    place, name = clean_place(channel, said.get("place"), said.get("name"))
    return {"channel_id": str(channel.pk), "place": place, "name": name}


def _zone(_: Organization, value: Any) -> str:
    if value not in zoneinfo.available_timezones():
        raise InvalidInput.field("time_zone", "This time zone is not known.")
    return str(value)


def _week(_: Organization, value: Any) -> dict[str, list[list[str]]]:
    """``23:59`` as a close is meant as midnight."""
    if not isinstance(value, dict) or set(value) - set(WEEKDAYS):
        raise InvalidInput.field("week", f"The days are: {', '.join(WEEKDAYS)}.")
    week: dict[str, list[list[str]]] = {}
    for day, spans in value.items():
        if not isinstance(spans, list) or len(spans) > MAX_SPANS:
            raise InvalidInput.field(f"week.{day}", f"At most {MAX_SPANS} times a day.")
        for index, span in enumerate(spans):
            is_pair = isinstance(span, list) and len(span) == 2
            times = [str(each) for each in span] if is_pair else [""]
            if not all(map(_TIME.fullmatch, times)) or times[0] == "24:00":
                raise InvalidInput.field(f"week.{day}.{index}", "Write times like 09:00 and 17:30.")
            closes = "24:00" if times[1] in ("23:59", "00:00") else times[1]
            week.setdefault(day, []).append([times[0], closes])
    return week


def _country(_: Organization, value: Any) -> str:
    return str(value or "").upper()[:2]


def _region(_: Organization, value: Any) -> str:
    return str(value or "")[:10]


def _closed_days(_: Organization, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or len(value) > 1000:
        raise InvalidInput.field("closed_days", "At most 1,000 days.")
    days: dict[str, dict[str, str]] = {}
    for index, each in enumerate(value):
        try:
            day = date.fromisoformat(each["date"]).isoformat()
        except (KeyError, TypeError, ValueError):
            raise InvalidInput.field(f"closed_days.{index}.date", "Write a date.") from None
        source = "file" if each.get("source") == "file" else "own"
        name = str(each.get("name") or "").replace("\x00", "")[:100]
        days[day] = {"date": day, "name": name, "source": source}
    return [days[each] for each in sorted(days)]


_POLICY: dict[str, Callable[[Organization, Any], Any]] = {
    "name": _name,
    "conditions": _conditions,
    "hours": _hours,
    "calendar": _calendar,
    "warnings": _warnings,
    "alerts": _alerts,
    **{each: _target(each) for each in Target.values},
    **{each: _flag(each) for each in _FLAGS},
}
_CALENDAR: dict[str, Callable[[Organization, Any], Any]] = {
    "name": _name,
    "time_zone": _zone,
    "week": _week,
    "country": _country,
    "region": _region,
    "closed_days": _closed_days,
    "is_default": _flag("is_default"),
}
