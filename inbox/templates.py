"""Approved templates of a channel, asked of the vendor at most every ten minutes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.cache import cache

from helpdesk.lib.errors import NotFound
from inbox.connector import HasTemplates, get_connector
from tickets.models import Channel

KEPT_SECONDS = 600


def templates_of(channel: Channel, *, is_fresh: bool = False) -> list[dict[str, Any]]:
    """What can be sent there now; raises NotFound where there is no such thing, ConnectorFailure."""
    connector = get_connector(channel.kind)
    if not isinstance(connector, HasTemplates):
        raise NotFound("This kind of channel has no templates.")
    key = f"templates:{channel.pk}"
    known: list[dict[str, Any]] | None = None if is_fresh else cache.get(key)
    if known is not None:
        return known
    found = [asdict(each) for each in connector.templates(channel)]
    cache.set(key, found, KEPT_SECONDS)
    return found
