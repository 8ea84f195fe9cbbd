"""How people may join and leave: nobody signs up alone, and signing out ends open sockets too."""

from __future__ import annotations

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.http import HttpRequest

SESSIONS_GROUP = "aftercare.presence"
"""Where every process that serves sockets listens (helpdesk.realtime.presence)."""

log = structlog.get_logger()


class ClosedSignup(DefaultAccountAdapter):
    """Closes the public sign-up of allauth."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def logout(self, request: HttpRequest) -> None:
        """End the session, and tell the sockets that it let in."""
        session_key = request.session.session_key
        super().logout(request)
        if session_key:
            announce_session_end(session_key)


def announce_session_end(session_key: str) -> None:
    """Close the session's sockets now; if nobody hears it, they notice within a minute."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(
            SESSIONS_GROUP, {"type": "session.ended", "session_key": session_key}
        )
    except Exception:
        log.warning("session.end_not_announced", exc_info=True)
