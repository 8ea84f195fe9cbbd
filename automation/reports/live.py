"""The live wall: what waits now, who is here, and how the day goes."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q
from django.db.models.functions import ExtractHour

from automation.reports.frame import Json
from automation.reports.models import ClosingFigures, TicketFigures
from helpdesk.accounts.models import Role, User
from helpdesk.accounts.sessions import last_seen_by_user
from helpdesk.lib.clock import iso, now
from tickets.models import Status
from tickets.selectors import tickets_visible_to

ONLINE_WITHIN = timedelta(minutes=5)


def live(reader: User) -> Json:
    """GET /reports/live: of the tickets the reader may see; seven queries."""
    visible = tickets_visible_to(reader).filter(status=Status.OPEN, merged_into=None)
    is_waiting = Q(waiting_since__isnull=False)
    total = visible.aggregate(
        open=Count("pk"),
        unassigned=Count("pk", filter=Q(assignee=None)),
        waiting=Count("pk", filter=is_waiting),
        oldest=Min("waiting_since"),
    )
    channels = list(
        visible.values("channel_kind")
        .annotate(open=Count("pk"), waiting=Count("pk", filter=is_waiting))
        .order_by("-open", "channel_kind")
    )
    people = _people(reader, visible)
    hours = _today(reader)
    longest = (now() - total["oldest"]).total_seconds() if total["oldest"] else None
    return {
        "updated_at": iso(now()),
        "tiles": [
            _tile("open", total["open"]),
            _tile("unassigned", total["unassigned"]),
            _tile("waiting", total["waiting"]),
            _tile("longest_wait", longest, "seconds"),
            _tile("agents_online", sum(each["is_online"] for each in people)),
            _tile("arrived_today", sum(each["arrived"] for each in hours)),
            _tile("closed_today", sum(each["closed"] for each in hours)),
        ],
        "hours": hours,
        "channels": [
            {
                "key": row["channel_kind"],
                "label": row["channel_kind"],
                "open": row["open"],
                "waiting": row["waiting"],
            }
            for row in channels
        ],
        "agents": people,
    }


def _tile(key: str, value: float | None, unit: str = "count") -> Json:
    return {"key": key, "value": value, "unit": unit}


def _people(reader: User, visible: Any) -> list[Json]:
    people = list(
        User.objects.filter(organization_id=reader.organization_id, is_active=True)
        .exclude(role=Role.VIEWER)
        .order_by("name", "pk")
    )
    seen = last_seen_by_user([each.pk for each in people])
    loads: dict[Any, int] = dict(
        visible.filter(assignee__isnull=False)
        .values_list("assignee")
        .annotate(n=Count("pk"))
        .order_by()
    )
    since = now() - ONLINE_WITHIN
    return [
        {
            "user_id": str(each.pk),
            "name": each.name,
            "is_online": each.pk in seen and seen[each.pk] >= since,
            "is_available": each.is_available,
            "open": loads.get(each.pk, 0),
        }
        for each in people
    ]


def _today(reader: User) -> list[Json]:
    """Arrived and closed in each hour of the local day until now."""
    zone = ZoneInfo(reader.organization.time_zone)
    local = now().astimezone(zone)
    begin = datetime.combine(local.date(), time(), zone)
    mine = Q(organization_id=reader.organization_id)
    arrived = _per_hour(
        TicketFigures.objects.filter(mine, created_at__gte=begin), "created_at", zone
    )
    closed = _per_hour(ClosingFigures.objects.filter(mine, closed_at__gte=begin), "closed_at", zone)
    return [
        {"hour": hour, "arrived": arrived.get(hour, 0), "closed": closed.get(hour, 0)}
        for hour in range(local.hour + 1)
    ]


def _per_hour(rows: Any, column: str, zone: ZoneInfo) -> dict[int, int]:
    hour = ExtractHour(column, tzinfo=zone)
    return dict(rows.annotate(hour=hour).values_list("hour").annotate(n=Count("pk")).order_by())
