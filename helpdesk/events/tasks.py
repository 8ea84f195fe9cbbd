"""Celery tasks of the event log. A second run finds the cursors moved and does nothing."""

from __future__ import annotations

import uuid

from celery import shared_task

from helpdesk.events.dispatch import run_subscribers


@shared_task(name="events.run_subscribers", time_limit=120)
def run_subscribers_task(organization_id: str) -> None:
    """Run the organization's subscribers forward."""
    run_subscribers(uuid.UUID(organization_id))
