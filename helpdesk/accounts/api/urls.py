"""Addresses under /api/v1/ of the signed-in person."""

from __future__ import annotations

from django.urls import path

from helpdesk.accounts.api import me

urlpatterns = [
    path("me", me.Me.as_view()),
    path("tokens", me.TokenList.as_view()),
    path("tokens/<uuid:token_id>", me.TokenDetail.as_view()),
]
