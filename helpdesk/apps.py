"""The composition root as a Django app: whoever sets Django up gets our Celery application too."""

from __future__ import annotations

from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    name = "helpdesk"

    def ready(self) -> None:
        from helpdesk import celery  # noqa: F401 (shared tasks bind to it)
