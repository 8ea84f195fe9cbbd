"""Addresses under /widget/v1/."""

from __future__ import annotations

from django.urls import path

from integrations.chat.api import views

urlpatterns = [
    path("<str:site>/boot", views.Boot.as_view()),
    path("<str:site>/help", views.Help.as_view()),
    path("<str:site>/help/<uuid:answer_id>", views.Answer.as_view()),
    path("<str:site>/sessions", views.Sessions.as_view()),
    path("<str:site>/conversations", views.Conversations.as_view()),
    path("<str:site>/conversations/<uuid:conversation_id>/messages", views.Messages.as_view()),
    path("<str:site>/conversations/<uuid:conversation_id>/seen", views.Seen.as_view()),
    path("<str:site>/conversations/<uuid:conversation_id>/typing", views.Typing.as_view()),
    path("<str:site>/conversations/<uuid:conversation_id>/transcript", views.Transcript.as_view()),
    path("<str:site>/conversations/<uuid:conversation_id>/csat", views.Csat.as_view()),
    path("<str:site>/messages", views.Posting.as_view()),
    path("<str:site>/attachments", views.Files.as_view()),
    path("<str:site>/files/<uuid:file_id>", views.File.as_view()),
    path("<str:site>/avatars/<str:picture>", views.Avatar.as_view()),
    path("<str:site>/email", views.Email.as_view()),
    path("<str:site>/orders", views.Orders.as_view()),
    path("<str:site>/orders/lookup", views.OrderLookup.as_view()),
    path("<str:site>/unread", views.Unread.as_view()),
]
