"""Pictures of people: decoded, cut to a square and written anew, so no byte of the upload is kept."""

from __future__ import annotations

import io

from helpdesk.accounts.actions import change_profile
from helpdesk.accounts.models import User
from helpdesk.lib import blobs
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.images import raster_type_of

MAX_UPLOAD_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 50_000_000
SIDE_PIXELS = 256
CONTENT_TYPE = "image/webp"
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def set_avatar(user: User, content: bytes) -> User:
    """Show this picture beside the person's name; raises InvalidInput (``file``) if it is none."""
    if len(content) > MAX_UPLOAD_BYTES:
        raise InvalidInput.field("file", "A picture can have 5 MB.", code="too_large")
    return change_profile(user, avatar_sha256=blobs.write(_square(content)))


def remove_avatar(user: User) -> User:
    """The initials are shown again."""
    return change_profile(user, avatar_sha256="") if user.avatar_sha256 else user


def _square(content: bytes) -> bytes:
    """The middle of the picture as a small WebP without metadata, upright, first frame only."""
    if raster_type_of(content) is None:
        raise _not_a_picture()
    from PIL import Image, ImageOps, UnidentifiedImageError  # 5 MB: not before somebody needs it

    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InvalidInput.field(
                    "file", "This picture has too many pixels.", code="too_large"
                )
            upright = ImageOps.exif_transpose(image).convert("RGBA")
            small = ImageOps.fit(upright, (SIDE_PIXELS, SIDE_PIXELS), Image.Resampling.LANCZOS)
            written = io.BytesIO()
            small.save(written, "WEBP", quality=86, method=4)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise _not_a_picture() from error
    except Image.DecompressionBombError as error:
        raise _not_a_picture() from error
    return written.getvalue()


def _not_a_picture() -> InvalidInput:
    return InvalidInput.field(
        "file", "This file is not a picture. Choose a PNG, JPEG, WebP or GIF.", code="not_an_image"
    )
