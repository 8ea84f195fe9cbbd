"""Images of strangers: which bytes may be shown as an image, and fetching them on request."""

from __future__ import annotations

from helpdesk.lib.errors import ConnectorFailure, NotFound
from helpdesk.lib.http import fetch

MAX_IMAGE_BYTES = 5 * 1024 * 1024
FETCH_SECONDS = 8.0


def raster_type_of(content: bytes) -> str | None:
    """The type by the first bytes, never by name or header; None for anything that is not a
    plain raster image (SVG can carry script)."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def fetch_image(url: str) -> bytes:
    """A remote image without telling who looks: no cookies, no referrer, our own address.

    Raises NotFound when there is none, or it may not be fetched.
    """
    try:
        answer = fetch(
            url,
            headers={"Accept": "image/png,image/jpeg,image/gif,image/webp"},
            max_bytes=MAX_IMAGE_BYTES,
            timeout_seconds=FETCH_SECONDS,
        )
    except ConnectorFailure as error:
        raise NotFound("This image cannot be fetched.") from error
    if answer.status != 200:
        raise NotFound("This image cannot be fetched.")
    return answer.content
