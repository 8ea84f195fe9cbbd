"""Finds the connectors and registers them when the server starts.

Every folder here with a ``connector`` module that has a ``register`` function is a connector;
nothing else needs to name it.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig

import integrations


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        for folder in pkgutil.iter_modules(integrations.__path__):
            if folder.ispkg:
                _register(f"integrations.{folder.name}.connector")


def _register(name: str) -> None:
    if find_spec(name) is None:
        return
    register = getattr(import_module(name), "register", None)
    if register is not None:
        register()
