"""Addresses under /api/v1/ of the signed-in person."""

from __future__ import annotations

from django.urls import path

from helpdesk.accounts.api import me, organization, team

urlpatterns = [
    path("me", me.Me.as_view()),
    path("me/avatar", me.MyAvatar.as_view()),
    path("me/sessions", me.MySessions.as_view()),
    path("me/sessions/<int:session_id>", me.MySession.as_view()),
    path("me/two-factor-qr", me.TwoFactorQr.as_view()),
    path("users/<uuid:user_id>/avatar", me.Avatar.as_view()),
    path("sign-ins", me.SignIns.as_view()),
    path("organization", organization.OrganizationDetail.as_view()),
    path("me/availability", team.Availability.as_view()),
    path("people/<uuid:person_id>", team.PersonDetail.as_view()),
    path("teams", team.TeamList.as_view()),
    path("teams/<uuid:team_id>", team.TeamDetail.as_view()),
    path("invitations", team.InvitationList.as_view()),
    path("invitations/<uuid:invitation_id>", team.InvitationDetail.as_view()),
    path("join/<str:secret>", team.Join.as_view()),
    path("tokens", me.TokenList.as_view()),
    path("tokens/<uuid:token_id>", me.TokenDetail.as_view()),
]
