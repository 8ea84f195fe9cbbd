"""Is the process alive, and can it do its work? For load balancers and people who look."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from helpdesk.database import why_away

_NO_STORE = {"Cache-Control": "no-store"}


def is_alive(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers; touches nothing else."""
    return JsonResponse({"status": "alive"}, headers=_NO_STORE)


def is_ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and its tables are those of this version, else 503."""
    problem = _find_problem()
    if problem:
        return JsonResponse(
            {"status": "not_ready", "reason": problem}, status=503, headers=_NO_STORE
        )
    return JsonResponse({"status": "ready"}, headers=_NO_STORE)


def _find_problem() -> str:
    if why_away(settings.DATABASE_URL):  # quicker than waiting for a connection of the pool
        return "The database does not answer."
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "The database does not answer."
    if plan:
        return f"{len(plan)} migrations are not applied. Run “aftercare migrate”."
    return ""
