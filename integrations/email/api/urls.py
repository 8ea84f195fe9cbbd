"""Addresses under /api/v1/ of channels."""

from __future__ import annotations

from django.urls import path

from integrations.email.api import channels

urlpatterns = [
    path("channels", channels.ChannelList.as_view()),
    path("channels/<uuid:channel_id>", channels.ChannelDetail.as_view()),
    path("channels/<uuid:channel_id>/test", channels.ChannelTry.as_view()),
]
