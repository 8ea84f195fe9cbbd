"""Hours of business, service levels and surveys in the text of a shop's automation.

Whether a policy is on is not part of it, as with rules: a new one arrives switched off. Surveys
hold from the moment they are taken in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from automation.csat.settings import (
    Settings,
    change_settings,
    chosen_of,
    settings_of,
    settings_record,
)
from automation.rules.exchange.names import Names
from automation.sla.edit import save_calendar, save_policy
from automation.sla.models import BusinessCalendar, Hours, SlaPolicy, Target
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import Store

Said = dict[str, Any]
Taken = tuple[Any, Said, Said]
"""The id of what it is now, what it said before ({} where it is new), and what it says now."""

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:\d+[dhms])+")
_OF_CALENDAR = (
    "name", "time_zone", "week", "country", "region", "closed_days", "is_default", "used_by",
)  # fmt: skip
_OF_POLICY = (
    "name", "conditions", *Target.values, "hours", "calendar", "pauses_while_waiting",
    "pauses_while_snoozed", "warnings", "alerts",
)  # fmt: skip
_ON_ORGANIZATION = ("is_enabled", "delay_seconds", "pause_days")
_KINDS = ("channel", "team", "store")


def promises_said(names: Names) -> dict[str, list[Said]]:
    """All parts that say something, each in a stable order."""
    ours = {"organization": names.organization}
    parts = {
        "calendars": [
            calendar_said(each, names)
            for each in BusinessCalendar.objects.filter(**ours).order_by("name", "pk")
        ],
        "sla_policies": [
            policy_said(each, names)
            for each in SlaPolicy.objects.filter(**ours).order_by("position", "pk")
        ],
        "surveys": _all_surveys(names),
    }
    return {part: said for part, said in parts.items() if said}


def calendar_said(calendar: BusinessCalendar, names: Names) -> Said:
    """The calendar with names for ids; what is empty is left out."""
    said: Said = {"name": calendar.name, "time_zone": calendar.time_zone, "week": calendar.week}
    for part in ("country", "region", "is_default"):
        if getattr(calendar, part):
            said[part] = getattr(calendar, part)
    days = [{"date": each["date"], "name": each["name"]} for each in calendar.closed_days]
    uses = [
        {each.kind: _name_of(names, each.kind, str(each.object_id))} for each in calendar.uses.all()
    ]
    if days:
        said["closed_days"] = days
    if uses:
        said["used_by"] = sorted(uses, key=str)
    return said


def policy_said(policy: SlaPolicy, names: Names) -> Said:
    """The policy with names for ids and targets as people write them."""
    said: Said = {"name": policy.name}
    if policy.conditions:
        said["conditions"] = names.conditions_as_names(policy.conditions)
    for target in Target.values:
        if getattr(policy, target):
            said[target] = _duration(getattr(policy, target))
    if policy.hours == Hours.CALENDAR and policy.calendar is not None:
        said["calendar"] = policy.calendar.name
    elif policy.hours != Hours.TICKET:
        said["hours"] = policy.hours
    if not policy.pauses_while_waiting:
        said["pauses_while_waiting"] = False
    if policy.pauses_while_snoozed:
        said["pauses_while_snoozed"] = True
    if policy.warnings:
        said["warnings"] = policy.warnings
    if policy.alerts:
        said["alerts"] = _alerts_as(policy.alerts, names.name_of)
    return said


def take_calendar(said: Said, names: Names, user: User | None) -> Taken:
    """Make the calendar of this name, or make ours say the same."""
    _refuse_unknown(said, _OF_CALENDAR)
    found = BusinessCalendar.objects.filter(organization=names.organization, name=said.get("name"))
    there = found.first()
    was = calendar_said(there, names) if there else {}
    if was == said:
        return there.pk if there else None, was, was
    values = {"country": "", "region": "", "closed_days": [], **said}
    values.pop("is_default", None)
    if said.get("is_default"):
        values["is_default"] = True
    values["uses"] = [_use(each, names, at) for at, each in enumerate(values.pop("used_by", []))]
    made = save_calendar(names.organization, values, there, by=user)
    return made.pk, was, calendar_said(made, names)


def take_policy(said: Said, names: Names, user: User | None) -> Taken:
    """Make the policy of this name, switched off, or make ours say the same."""
    _refuse_unknown(said, _OF_POLICY)
    found = SlaPolicy.objects.filter(organization=names.organization, name=said.get("name"))
    if found.count() > 1:
        message = f"There are several called “{said['name']}”. Rename them first."
        raise InvalidInput.field("name", message, code="ambiguous")
    there = found.first()
    was = policy_said(there, names) if there else {}
    if was == said:
        return there.pk if there else None, was, was
    values = _policy_values(said, names) | ({} if there else {"is_active": False})
    made = save_policy(names.organization, values, there, by=user)
    return made.pk, was, policy_said(made, names)


def take_surveys(said: Said, names: Names, user: User | None) -> Taken:
    """Choose the same for all stores, or for the one that is named."""
    values = {name: value for name, value in said.items() if name != "store"}
    slug = said.get("store")
    store_id = None if slug is None else names.store_id(str(slug))
    was = _surveys(names, slug, store_id)
    if was == said:
        return None, was, was
    usual = settings_record(Settings())
    gone = {
        name: usual[name] if name in _ON_ORGANIZATION else None
        for name in was
        if name not in said and name != "store"
    }
    change_settings(names.organization, {**gone, **values}, store_id, by=user)
    return None, was, _surveys(names, slug, store_id)


PARTS: dict[str, tuple[str, Callable[[Said, Names, User | None], Taken]]] = {
    "calendars": ("calendar", take_calendar),
    "sla_policies": ("sla_policy", take_policy),
    "surveys": ("surveys", take_surveys),
}
"""By part of the text: what its changes are called, and who takes one in. In this order."""


def _policy_values(said: Said, names: Names) -> Said:
    values: Said = {"pauses_while_waiting": True, "pauses_while_snoozed": False, "warnings": []}
    values |= {name: each for name, each in said.items() if name not in Target.values}
    values["conditions"] = names.conditions_as_ids(said.get("conditions", {}), "conditions")
    for target in Target.values:
        values[target] = _seconds(target, said.get(target))
    values["calendar"] = None
    if said.get("calendar") is not None:
        named = BusinessCalendar.objects.filter(
            organization=names.organization, name=str(said["calendar"])
        ).first()
        if named is None:
            message = f"There is no calendar “{str(said['calendar'])[:80]}” here."
            raise InvalidInput.field("calendar", message, code="unknown_name")
        values |= {"hours": Hours.CALENDAR, "calendar": named.pk}
    values.setdefault("hours", Hours.TICKET)
    alerts = said.get("alerts", {})
    if isinstance(alerts, dict):
        alerts = _alerts_as(alerts, lambda kind, name: names.id_of(kind, name, "alerts"))
    values["alerts"] = alerts
    return values


def _alerts_as(alerts: Said, name: Callable[[str, str], str]) -> Said:
    """The same with names for ids, or ids for names."""
    said = dict(alerts)
    room = alerts.get("slack")
    if isinstance(alerts.get("people"), list):
        said["people"] = [name("person", str(each)) for each in alerts["people"]]
    if isinstance(room, dict) and "channel_id" in room:
        rest = {part: value for part, value in room.items() if part != "channel_id"}
        said["slack"] = {"channel": name("channel", room["channel_id"]), **rest}
    elif isinstance(room, dict) and "channel" in room:
        rest = {part: value for part, value in room.items() if part != "channel"}
        said["slack"] = {"channel_id": name("channel", str(room["channel"])), **rest}
    return said


def _all_surveys(names: Names) -> list[Said]:
    chosen = chosen_of(names.organization.pk)
    slugs = dict(
        Store.objects.filter(organization=names.organization, pk__in=[k for k in chosen if k])
        .order_by("slug")
        .values_list("slug", "pk")
    )
    of_stores = [_surveys(names, slug, store_id) for slug, store_id in slugs.items()]
    of_all = _surveys(names, None, None)
    return [*([of_all] if of_all else []), *(each for each in of_stores if len(each) > 1)]


def _surveys(names: Names, slug: Any, store_id: Any) -> Said:
    """What was chosen; for all stores also whether, when and how often is asked, if not as usual."""
    chosen = chosen_of(names.organization.pk).get(store_id, {})
    if store_id is not None:
        return {"store": slug, **chosen}
    organization = Organization.objects.get(pk=names.organization.pk)
    whole, usual = settings_record(settings_of(organization)), settings_record(Settings())
    kept = {name: whole[name] for name in _ON_ORGANIZATION if whole[name] != usual[name]}
    return {**kept, **chosen}


def _use(said: Any, names: Names, at: int) -> Said:
    if not isinstance(said, dict) or len(said) != 1 or not set(said) <= set(_KINDS):
        message = f"Write one of: {', '.join(_KINDS)}, with its name."
        raise InvalidInput.field(f"used_by.{at}", message)
    [(kind, name)] = said.items()
    is_store = kind == "store"
    pk = names.store_id(str(name)) if is_store else names.id_of(kind, name, f"used_by.{at}")
    return {"kind": kind, "id": str(pk)}


def _name_of(names: Names, kind: str, pk: str) -> str:
    return names.store_slug(pk) if kind == "store" else names.name_of(kind, pk)


def _refuse_unknown(said: Said, known: tuple[str, ...]) -> None:
    unknown = sorted(set(said) - set(known))
    if unknown:
        raise InvalidInput.field(unknown[0], "There is no such part.", code="unknown")


def _duration(seconds: int) -> str:
    """``1d12h``, ``90s``: exact."""
    parts = []
    for unit, size in _UNITS.items():
        count, seconds = divmod(seconds, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts)


def _seconds(target: str, said: Any) -> int | None:
    if said is None:
        return None
    if not isinstance(said, str) or not _DURATION.fullmatch(said):
        raise InvalidInput.field(target, "Write a time like 30m, 4h or 1d12h.")
    return sum(int(each[:-1]) * _UNITS[each[-1]] for each in re.findall(r"\d+[dhms]", said))
