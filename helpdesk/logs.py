"""Structured logs: event-like names and ids, never bodies, addresses or tokens."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

_PERSONAL = frozenset({"email", "address", "text", "html", "subject", "password", "token", "raw"})


def configure(config: dict[str, Any]) -> None:
    """Set up logging once; called by Django with settings.LOGGING."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_personal_data,
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if config["as_json"]
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config["level"])
    for noisy in ("daphne", "celery", "amqp", "kombu", "django.request", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def drop_personal_data(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace values that could carry personal data; ids and counts stay."""
    return {
        key: "[left out]" if key in _PERSONAL and value else value for key, value in event.items()
    }
