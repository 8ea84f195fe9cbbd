"""What each person has chosen for themselves: the keys of ``User.settings`` that have a meaning.

The dictionary may hold more (panes, shortcuts: the agent app's own business); what is named here
is checked when it is saved and has a default when it is not there.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from helpdesk.accounts.models import User
from helpdesk.lib.errors import FieldError, InvalidInput

NOTICE_CHANNELS = ("in_app", "desktop", "sound", "email")
DEFAULT_CHANNELS: dict[str, tuple[str, ...]] = {
    "assigned": ("in_app", "desktop", "sound", "email"),
    "team_assigned": ("in_app",),
    "mentioned": ("in_app", "desktop", "sound", "email"),
    "customer_replied": ("in_app", "desktop", "sound"),
    "followed_replied": ("in_app",),
    "followed_closed": ("in_app",),
    "new_unassigned": (),
    "low_csat": ("in_app",),
    "delivery_problem": ("in_app", "desktop", "sound", "email"),
    "channel_problem": ("in_app", "desktop", "email"),
    "store_problem": ("in_app", "desktop", "email"),
    "rule_notice": ("in_app", "desktop", "sound"),
    "rule_problem": ("in_app", "desktop", "email"),
    "sla_warning": ("in_app", "desktop", "sound"),
    "sla_breach": ("in_app", "desktop", "sound", "email"),
    "order_approval": ("in_app", "desktop", "sound", "email"),
    "order_decided": ("in_app", "desktop", "sound"),
    "order_done": ("in_app",),
    "order_problem": ("in_app", "desktop", "sound", "email"),
}
"""Every kind of notification, and how it is told to people who have chosen nothing."""

UNDO_SECONDS = (0, 5, 10, 20, 30)
_CHOICES: dict[str, tuple[Any, ...]] = {
    "undo_send_seconds": UNDO_SECONDS,
    "after_close": ("next", "list", "stay"),
    "date_format": ("auto", "iso"),
}
_APPEARANCE: dict[str, tuple[str, ...]] = {
    "theme": ("system", "light", "dark"),
    "density": ("comfortable", "compact"),
    "text_size": ("small", "normal", "large", "larger"),
}
_FOLLOW_DEFAULTS = {"replied": False, "mentioned": True}
_EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raises InvalidInput naming each known key (``settings.time_zone``) that makes no sense.

    None takes a key away and is always right.
    """
    wrong = [
        FieldError(f"settings.{name}", "invalid", "This cannot be chosen here.")
        for name, value in settings.items()
        if value is not None and not _makes_sense(name, value)
    ]
    if wrong:
        raise InvalidInput("A setting is not valid.", errors=wrong)


def channels_for(user: User, kind: str) -> list[str]:
    """How the person wants to be told about this kind of thing, quiet hours left aside."""
    chosen = _dict(user.settings.get("notifications")).get(kind)
    if isinstance(chosen, dict):
        return [each for each in NOTICE_CHANNELS if chosen.get(each)]
    return list(DEFAULT_CHANNELS[kind])


def follows_when(user: User, reason: str) -> bool:
    """Whether the person follows tickets by themselves: when ``replied`` or ``mentioned``."""
    chosen = _dict(user.settings.get("auto_follow"))
    return bool(chosen.get(reason, _FOLLOW_DEFAULTS[reason]))


def undo_seconds_of(user: User) -> int:
    """How long the person's replies wait for an undo; the organization's time unless chosen."""
    chosen = user.settings.get("undo_send_seconds")
    return chosen if chosen in UNDO_SECONDS else user.organization.undo_send_seconds


def time_zone_of(user: User) -> zoneinfo.ZoneInfo:
    """The person's time zone, else the organization's."""
    for name in (user.settings.get("time_zone"), user.organization.time_zone):
        if isinstance(name, str) and name in zoneinfo.available_timezones():
            return zoneinfo.ZoneInfo(name)
    return zoneinfo.ZoneInfo("UTC")


def quiet_until(user: User, at: datetime) -> datetime | None:
    """When the person's quiet hours end, if ``at`` lies in them; None if it does not.

    The hours are of the clock on the person's wall and may pass midnight; ``days`` (0 is Monday)
    are the days they begin on.
    """
    hours = _dict(user.settings.get("quiet_hours"))
    if not hours.get("is_on"):
        return None
    begin, end = _time(hours.get("from", "20:00")), _time(hours.get("to", "08:00"))
    if begin is None or end is None or begin == end:
        return None
    zone = time_zone_of(user)
    local = at.astimezone(zone)
    days = hours.get("days", _EVERY_DAY)
    for first in (local.date() - timedelta(days=1), local.date()):
        last = first if begin < end else first + timedelta(days=1)
        opens = datetime.combine(first, begin, zone)
        closes = datetime.combine(last, end, zone)
        if first.weekday() in days and opens <= local < closes:
            return closes
    return None


def _makes_sense(name: str, value: Any) -> bool:
    """Whether the value can stand under this key; a key that is not known here can hold all."""
    if name in _CHOICES:
        return value in _CHOICES[name]
    check = _CHECKS.get(name)
    return check is None or check(value)


def _is_time_zone(value: Any) -> bool:
    return isinstance(value, str) and value in zoneinfo.available_timezones()


def _is_language(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 12


def _is_auto_follow(value: Any) -> bool:
    return _is_flags(value, tuple(_FOLLOW_DEFAULTS))


def _is_appearance(value: Any) -> bool:
    return isinstance(value, dict) and all(
        each not in _APPEARANCE or chosen in _APPEARANCE[each] for each, chosen in value.items()
    )


def _is_flags(value: Any, known: tuple[str, ...]) -> bool:
    return isinstance(value, dict) and all(
        name in known and isinstance(each, bool) for name, each in value.items()
    )


def _is_matrix(value: Any) -> bool:
    return isinstance(value, dict) and all(
        kind in DEFAULT_CHANNELS and _is_flags(row, NOTICE_CHANNELS) for kind, row in value.items()
    )


def _is_quiet_hours(value: Any) -> bool:
    if not isinstance(value, dict) or not set(value) <= {"is_on", "from", "to", "days"}:
        return False
    days = value.get("days", _EVERY_DAY)
    return (
        isinstance(value.get("is_on"), bool)
        and all(_time(value[name]) is not None for name in ("from", "to") if name in value)
        and isinstance(days, list)
        and all(isinstance(each, int) and 0 <= each <= 6 for each in days)
    )


def _time(text: Any) -> time | None:
    try:
        return time.fromisoformat(text) if isinstance(text, str) and len(text) == 5 else None
    except ValueError:
        return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "time_zone": _is_time_zone,
    "language": _is_language,
    "appearance": _is_appearance,
    "auto_follow": _is_auto_follow,
    "notifications": _is_matrix,
    "quiet_hours": _is_quiet_hours,
}
