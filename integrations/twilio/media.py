"""Fetching media that lie at Twilio; what a file is, is judged by its bytes."""

from __future__ import annotations

from typing import Any

from helpdesk.lib.errors import PermanentFailure
from helpdesk.lib.images import raster_type_of
from inbox.connector import FetchedFile
from integrations.twilio.client import Twilio
from tickets.models import Channel

_DANGEROUS = ("text/html", "application/xhtml+xml", "image/svg+xml", "text/javascript")


def fetch(channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
    """By its address, or as the n-th file of a message that only a list told us of."""
    twilio = Twilio.of(channel)
    url = str(source.get("url") or "")
    if not url:
        url = twilio.media_url(str(source.get("message") or ""), int(source.get("number") or 0))
    answer = twilio.fetch(url, max_bytes)
    if not answer.content:
        raise PermanentFailure("The file is empty or gone.", reason_code="gone")
    return FetchedFile(answer.content, judged_type(answer.content, answer.headers))


def judged_type(content: bytes, headers: dict[str, str]) -> str:
    """An image is what its bytes say; anything else what it is called, unless that could run."""
    claimed = headers.get("content-type", "").split(";")[0].strip().lower()
    found = raster_type_of(content)
    if found:
        return found
    if claimed in _DANGEROUS or claimed.startswith("image/") or not claimed:
        return "application/octet-stream"
    return claimed
