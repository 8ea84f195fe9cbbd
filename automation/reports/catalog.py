"""Every report by its name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Protocol

from automation.reports import automatic, overview, promises, revenue, satisfaction, workloads
from automation.reports.frame import Frame, Json
from automation.reports.rebuild import progress_of
from automation.reports.scope import Scope, check_reader
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import NotFound


class Build(Protocol):
    """Counts one report."""

    def __call__(self, scope: Scope, *, compare: bool) -> Frame: ...


REPORTS: dict[str, Build] = {
    "overview": overview.overview,
    "channels": workloads.channels,
    "agents": workloads.agents,
    "tags": workloads.tags,
    "intents": workloads.intents,
    "csat": satisfaction.csat,
    "nps": satisfaction.nps,
    "sla": promises.sla,
    "macros": automatic.macros,
    "automation": automatic.automation,
    "orders": revenue.orders,
}


def build_of(name: str) -> Build:
    """The report of that name; raises NotFound."""
    if name not in REPORTS:
        raise NotFound(f"There is no report “{name}”: {', '.join(REPORTS)}.")
    return REPORTS[name]


def report(name: str, scope: Scope, *, compare: bool) -> Json:
    """GET /reports/{name}/figures."""
    build = build_of(name)
    check_reader(scope)
    frame = build(scope, compare=compare)
    earlier = scope.before().period if compare else None
    progress = progress_of(scope.organization.pk)
    told: Json = {
        "name": name,
        "from": scope.period.first.isoformat(),
        "to": scope.period.last.isoformat(),
        "previous_from": earlier.first.isoformat() if earlier else None,
        "previous_to": earlier.last.isoformat() if earlier else None,
        "zone": str(scope.period.zone),
        "hours": scope.hours,
        "updated_at": iso(now()),
        "can_see_all": scope.can_see_all,
        "rebuilding": asdict(progress) if progress else None,
        "tiles": frame.tiles,
        "series": frame.series,
        "bars": frame.bars,
        "heat": frame.heat,
        "tables": frame.tables,
        "comments": frame.comments or [],
    }
    return told
