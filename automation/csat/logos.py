"""A shop's logo on surveys: decoded, made small and written anew, so no byte of the upload is kept.

Its address is signed: it opens that picture and no other file of ours.
"""

from __future__ import annotations

import io
import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.http import require_safe

from helpdesk.lib import blobs
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.images import raster_type_of
from helpdesk.lib.secrets import is_signed, sign

MAX_UPLOAD_BYTES = 2 * 1024 * 1024
MAX_PIXELS = 20_000_000
WIDEST, HIGHEST = 480, 96
LEAST = 16
"""Shown 32 pixels high and at most 160 wide: three times that is sharp on every screen."""
_PURPOSE = "survey-logo"
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_PATH = re.compile(r"/csat/logos/([0-9a-f]{64})([a-z2-7]{26})\.png")


def keep_logo(content: bytes) -> str:
    """Keep this picture and return its address; raises InvalidInput (``file``) if it is none."""
    if len(content) > MAX_UPLOAD_BYTES:
        raise too_large()
    name = blobs.write(_small(content))
    return f"/csat/logos/{name}{sign(_PURPOSE, name, size_bytes=16)}.png"


def is_kept_logo(address: str) -> bool:
    """Whether this is the address of a logo that was uploaded here."""
    return _name_in(address) is not None


def absolute(address: str) -> str:
    """The address as a mail needs it."""
    return f"{settings.PUBLIC_URL}{address}" if address.startswith("/") else address


@require_safe
def logo_page(request: HttpRequest, token: str) -> HttpResponse:
    """The picture, for everybody who got the mail."""
    name = _name_in(request.path)
    try:
        content = blobs.read(name) if name is not None else None
    except NotFound:
        content = None
    if content is None:
        return HttpResponseNotFound()
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def too_large() -> InvalidInput:
    """What is said of a file of more than MAX_UPLOAD_BYTES."""
    return InvalidInput.field("file", "A logo can have 2 MB.", code="too_large")


def _name_in(address: str) -> str | None:
    found = _PATH.fullmatch(address)
    if found is None or not is_signed(found[2], _PURPOSE, found[1], size_bytes=16):
        return None
    return found[1]


def _small(content: bytes) -> bytes:
    """As PNG, which every mail program shows, upright, first frame only, without metadata."""
    if raster_type_of(content) is None:
        raise _not_a_picture()
    from PIL import Image, ImageOps, UnidentifiedImageError  # 5 MB: not before somebody needs it

    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                message = "This picture has too many pixels."
                raise InvalidInput.field("file", message, code="too_large")
            if min(image.width, image.height) < LEAST:
                message = f"This picture is too small: {LEAST} pixels at least, 96 high is best."
                raise InvalidInput.field("file", message, code="too_small")
            upright = ImageOps.exif_transpose(image).convert("RGBA")
            upright.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
            written = io.BytesIO()
            upright.save(written, "PNG", optimize=True)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise _not_a_picture() from error
    except Image.DecompressionBombError as error:
        raise _not_a_picture() from error
    return written.getvalue()


def _not_a_picture() -> InvalidInput:
    return InvalidInput.field(
        "file", "This file is not a picture. Choose a PNG, JPEG, WebP or GIF.", code="not_an_image"
    )
