"""Addresses of the sockets."""

from __future__ import annotations

from typing import Any

from channels.auth import AuthMiddlewareStack
from django.urls import path

from helpdesk.realtime.agent_socket import AgentSocket
from helpdesk.realtime.shopper_socket import shopper_socket

_for_shoppers: Any = shopper_socket

websocket_urlpatterns: list[Any] = [
    path("ws/agent", AuthMiddlewareStack(AgentSocket.as_asgi())),
    path("ws/widget/<str:site>", _for_shoppers),  # public: no cookie is looked at
]
