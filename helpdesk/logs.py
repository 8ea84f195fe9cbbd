"""Structured logs: event-like names and ids, never bodies, addresses or tokens.

Our own packages log at AFTERCARE_LOG_LEVEL. Libraries are heard from WARNING on, whatever that says:
at DEBUG some of them print the mail they carry. What they do say is cleaned of addresses and values.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

OUR_PACKAGES = ("helpdesk", "tickets", "inbox", "automation", "integrations")
_PERSONAL = frozenset({"email", "address", "text", "html", "subject", "password", "token", "raw"})
_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")
_DATABASE_VALUES = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)


def configure(config: dict[str, Any]) -> None:
    """Set up logging once; called by Django with settings.LOGGING."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        drop_personal_data,
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
    level = logging.getLevelNamesMapping()[config["level"]]
    root.setLevel(max(level, logging.WARNING))
    for name in OUR_PACKAGES:
        logging.getLogger(name).setLevel(level)
    # Refusals have a line of their own (helpdesk.web) with the route; Django's names the address.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    for name in ("django.request", "django.security.csrf"):
        logging.getLogger(name).addFilter(_without_address)


def drop_personal_data(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace values that could carry personal data; ids and counts stay."""
    return {
        key: "[left out]" if key in _PERSONAL and value else _cleaned(value)
        for key, value in event.items()
    }


def _cleaned(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = _DATABASE_VALUES.sub(r"\1: [left out]", value)
    return _ADDRESS.sub("[address]", value) if "@" in value else value


def _without_address(record: logging.LogRecord) -> bool:
    """Keep what happened and leave out the path, which may hold the token of a survey."""
    if isinstance(record.args, tuple) and record.args:
        record.msg, record.args = "%s", record.args[:1]
    return True
