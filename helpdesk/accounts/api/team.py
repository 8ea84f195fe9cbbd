"""Who works here: people, teams, invitations, and whether one is free for tickets."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, TypedDict

from django.conf import settings
from django.contrib.auth import login
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.invitations import (
    accept_invitation,
    find_invitation,
    invite,
    revoke_invitation,
)
from helpdesk.accounts.models import Role, Strategy
from helpdesk.accounts.people import change_person, set_available
from helpdesk.accounts.records import (
    InvitationRecord,
    NewInvitationRecord,
    invitation_record,
    team_record,
    user_record,
)
from helpdesk.accounts.selectors import (
    get_invitation,
    get_person,
    get_team,
    open_invitations_of,
)
from helpdesk.accounts.teams import change_team, delete_team, make_team
from helpdesk.events.payloads import TeamRecord, UserRecord
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.schema import documented

MAX_CAPACITY = 1000


class TeamInput(StrictSerializer):
    """A team; ``member_ids`` are all of its members."""

    name = serializers.CharField(max_length=100)
    strategy = serializers.ChoiceField(Strategy.choices, required=False)
    capacity = serializers.IntegerField(
        min_value=1, max_value=MAX_CAPACITY, required=False, allow_null=True
    )
    is_private = serializers.BooleanField(required=False)
    member_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=1000, required=False
    )


class TeamChanges(TeamInput):
    """Any of these."""

    name = serializers.CharField(max_length=100, required=False)


class PersonChanges(StrictSerializer):
    """Any of these. ``tickets_to``: who gets the open tickets of somebody who leaves."""

    role = serializers.ChoiceField(Role.choices, required=False)
    team_ids = serializers.ListField(child=serializers.UUIDField(), max_length=200, required=False)
    is_active = serializers.BooleanField(required=False)
    tickets_to = serializers.UUIDField(required=False, allow_null=True)


class AvailabilityInput(StrictSerializer):
    """Whether new tickets may be handed to the person."""

    is_available = serializers.BooleanField()


class InvitationInput(StrictSerializer):
    """Whom to invite, as what, into which teams."""

    email = serializers.CharField(max_length=254)
    role = serializers.ChoiceField(Role.choices, default=Role.AGENT)
    team_ids = serializers.ListField(child=serializers.UUIDField(), max_length=200, default=list)


class JoinInput(StrictSerializer):
    """What the invited person chooses."""

    name = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class InvitationPage(TypedDict):
    results: list[InvitationRecord]
    next: str | None


class Welcome(TypedDict):
    email: str
    organization: str
    invited_by: str | None


class TeamList(Endpoint):
    """POST: a new team."""

    needs: ClassVar = {"POST": "team.change"}

    @documented("create_team", TeamRecord, body=TeamInput, status=201)
    def post(self, request: Request) -> Response:
        team = make_team(self.user.organization, read_body(TeamInput, request))
        return Response(team_record(team), status=201)


class TeamDetail(Endpoint):
    """One team; DELETE only while no ticket belongs to it."""

    needs: ClassVar = {"PATCH": "team.change", "DELETE": "team.change"}

    @documented("change_team", TeamRecord, body=TeamChanges)
    def patch(self, request: Request, team_id: uuid.UUID) -> Response:
        values = read_body(TeamChanges, request)
        team = get_team(self.user, team_id)
        return Response(team_record(change_team(team.pk, values)))

    @documented("delete_team", status=204)
    def delete(self, request: Request, team_id: uuid.UUID) -> Response:
        delete_team(get_team(self.user, team_id).pk)
        return Response(status=204)


class PersonDetail(Endpoint):
    """A colleague's role, teams, and whether they may sign in."""

    needs: ClassVar = {"PATCH": "team.change"}

    @documented("change_person", UserRecord, body=PersonChanges)
    def patch(self, request: Request, person_id: uuid.UUID) -> Response:
        values = read_body(PersonChanges, request)
        person = get_person(self.user, person_id)
        change_person(person.pk, values, by=self.user)
        return Response(user_record(get_person(self.user, person_id)))


class Availability(Endpoint):
    """PUT: the person is free for new tickets, or away."""

    needs: ClassVar = {"PUT": "ticket.change"}

    @documented("set_availability", UserRecord, body=AvailabilityInput)
    def put(self, request: Request) -> Response:
        is_available = read_body(AvailabilityInput, request)["is_available"]
        return Response(user_record(set_available(self.user.pk, is_available=is_available)))


class InvitationList(Endpoint):
    """Open invitations. The link of a new one is in the answer to POST and never again."""

    needs: ClassVar = {"GET": "team.change", "POST": "team.change"}

    @documented("invitations", InvitationPage)
    def get(self, request: Request) -> Response:
        found = open_invitations_of(self.user.organization_id)
        return Response({"results": [invitation_record(each) for each in found], "next": None})

    @documented("invite", NewInvitationRecord, body=InvitationInput, status=201)
    def post(self, request: Request) -> Response:
        values: dict[str, Any] = read_body(InvitationInput, request)
        invitation, secret = invite(self.user, **values)
        link = f"{settings.PUBLIC_URL}/invite/{secret}"
        return Response({**invitation_record(invitation), "link": link}, status=201)


class InvitationDetail(Endpoint):
    """DELETE: the link stops working at once."""

    needs: ClassVar = {"DELETE": "team.change"}

    @documented("revoke_invitation", status=204)
    def delete(self, request: Request, invitation_id: uuid.UUID) -> Response:
        revoke_invitation(get_invitation(self.user, invitation_id))
        return Response(status=204)


class Join(APIView):
    """Opened with the link of an invitation, by somebody who cannot sign in yet."""

    authentication_classes = []
    permission_classes = []

    @documented("invitation", Welcome)
    def get(self, request: Request, secret: str) -> Response:
        found = find_invitation(secret)
        return Response(
            {
                "email": found.email,
                "organization": found.organization.name,
                "invited_by": found.invited_by.name if found.invited_by else None,
            }
        )

    @documented("join", UserRecord, body=JoinInput, status=201)
    def post(self, request: Request, secret: str) -> Response:
        values = read_body(JoinInput, request)
        user = accept_invitation(secret, **values)
        login(request._request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return Response(user_record(user), status=201)
