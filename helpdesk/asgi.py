"""The ASGI application: HTTP by Django, sockets and what stands in for them by helpdesk.realtime."""

from __future__ import annotations

import os
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
http_application = get_asgi_application()

from helpdesk.lib.courtesy import request_in_hand  # noqa: E402
from helpdesk.realtime.long_poll import PRESENCE_PATH, WAIT_PATH, long_poll  # noqa: E402 (as below)
from helpdesk.realtime.routing import websocket_urlpatterns  # noqa: E402 (needs Django set up)

poll_application = AuthMiddlewareStack(long_poll)


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """What waits for news stays in the event loop; Django answers everything else."""
    waits = scope["path"] in (WAIT_PATH, PRESENCE_PATH)
    if waits:
        await poll_application(scope, receive, send)
        return
    with request_in_hand():
        await http_application(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter(websocket_urlpatterns),
    }
)
