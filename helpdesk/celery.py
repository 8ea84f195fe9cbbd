"""The Celery application: a doorbell for work that is already a row in the database."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

app = Celery("aftercare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "helpdesk.events", "tickets", "inbox", "automation", "integrations.commerce",
        "integrations.commerce.ledger", "integrations.email",
    ]
)  # fmt: skip
