"""Addresses of the sockets."""

from __future__ import annotations

from typing import Any

from django.urls import path

from helpdesk.realtime.agent_socket import AgentSocket

websocket_urlpatterns: list[Any] = [path("ws/agent", AgentSocket.as_asgi())]
