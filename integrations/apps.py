"""Finds the connectors' manifests and registers their capabilities when the server starts."""

from __future__ import annotations

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
