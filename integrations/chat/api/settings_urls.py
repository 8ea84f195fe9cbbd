"""Addresses under /api/v1/ of chat sites."""

from __future__ import annotations

from django.urls import path

from integrations.chat.api import settings

urlpatterns = [
    path("chat-sites", settings.SiteList.as_view()),
    path("chat-sites/<uuid:channel_id>", settings.SiteDetail.as_view()),
    path("chat-sites/<uuid:channel_id>/secret", settings.SiteSecret.as_view()),
]
