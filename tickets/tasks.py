"""Celery tasks of tickets and their share of the sweep. A second run changes nothing."""

from __future__ import annotations

import uuid

from celery import shared_task

from helpdesk.sweep import sweeps
from tickets.actions import bulk


@shared_task(name="tickets.bulk", time_limit=120)
def bulk_task(job_id: str) -> None:
    """Go on with a bulk job, and ring again if it takes longer than one task may."""
    if bulk.run_bulk(uuid.UUID(job_id)):
        bulk.ring(uuid.UUID(job_id))


@sweeps("tickets.bulk")
def run_bulk_jobs() -> int:
    """Go on with bulk jobs that a killed worker or a lost ring left behind."""
    return bulk.run_unfinished()
