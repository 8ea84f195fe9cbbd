"""Addresses under /api/v1/ of notifications."""

from __future__ import annotations

from django.urls import path

from helpdesk.notifications.api import notifications

urlpatterns = [
    path("notifications", notifications.NotificationList.as_view()),
    path("notifications/read", notifications.NotificationsRead.as_view()),
]
