"""Addresses under /api/v1/ of the inbound log and of deliveries."""

from __future__ import annotations

from django.urls import path

from inbox.api import channels, deliveries, log, reach, team_places, templates

urlpatterns = [
    path("tickets/<uuid:ticket_id>/reply-places", reach.ReplyPlaceList.as_view()),
    path("messages/<uuid:message_id>/withdraw", deliveries.Withdraw.as_view()),
    path("messages/<uuid:message_id>/send-now", deliveries.SendNow.as_view()),
    path("messages/<uuid:message_id>/retry", deliveries.Retry.as_view()),
    path("messages/<uuid:message_id>/mark-sent", deliveries.MarkSent.as_view()),
    path("messages/<uuid:message_id>/raw", log.MessageRaw.as_view()),
    path("connectors", channels.ConnectorList.as_view()),
    path("channels", channels.ChannelList.as_view()),
    path("channels/<uuid:channel_id>", channels.ChannelDetail.as_view()),
    path("channels/<uuid:channel_id>/test", channels.ChannelTry.as_view()),
    path("channels/<uuid:channel_id>/disconnect", channels.ChannelDisconnect.as_view()),
    path("channels/<uuid:channel_id>/templates", templates.ChannelTemplates.as_view()),
    path("channels/<uuid:channel_id>/team-places", team_places.TeamPlaces.as_view()),
    path("inbound", log.InboundLog.as_view()),
    path("hooks", log.HookLog.as_view()),
    path("hooks/<uuid:hook_id>/replay", log.HookReplay.as_view()),
    path("hooks/<uuid:hook_id>/raw", log.HookRaw.as_view()),
    path("inbound/<uuid:raw_id>/retry", log.InboundRetry.as_view()),
    path("inbound/<uuid:raw_id>/raw", log.InboundRaw.as_view()),
]
