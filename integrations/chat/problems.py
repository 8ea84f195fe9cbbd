"""What goes wrong between the widget and us, beside the house's errors."""

from __future__ import annotations

from typing import Any

from helpdesk.lib.errors import HelpdeskError


class NotIdentified(HelpdeskError):
    """Who is calling cannot be accepted; the widget begins again as nobody."""

    code = "session_invalid"
    status = 401


class TooMany(HelpdeskError):
    """Asked too often; ``wait`` is answered as ``Retry-After``. Nothing of this call was kept."""

    code = "too_many"
    status = 429

    def __init__(self, wait: int, message: str = "", **more: Any) -> None:
        super().__init__(message or f"Too many requests. Try again in {wait} seconds.", **more)
        self.wait = max(1, wait)
        self.extra = {"retry_after_seconds": self.wait, **self.extra}


class TooLarge(HelpdeskError):
    """More bytes than are taken."""

    code = "too_large"
    status = 413


class WrongType(HelpdeskError):
    """Not a kind of file that is taken."""

    code = "wrong_type"
    status = 415
