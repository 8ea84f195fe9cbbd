"""The shop itself, for admins."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.organization import change_organization
from helpdesk.accounts.preferences import UNDO_SECONDS
from helpdesk.accounts.records import organization_record
from helpdesk.events.payloads import OrganizationRecord
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.schema import documented

LANGUAGES = ("en", "de", "fr", "es", "pl", "cs", "ru", "zh", "th")
MAX_DAYS = 365
MAX_DELAY_SECONDS = 30 * 24 * 60 * 60
MAX_JOIN_HOURS = 30 * 24


class OrganizationChanges(StrictSerializer):
    """Any of these; they hold for everybody who works here."""

    name = serializers.CharField(max_length=200, required=False)
    language = serializers.ChoiceField(LANGUAGES, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)
    undo_send_seconds = serializers.ChoiceField(UNDO_SECONDS, required=False)
    reopen_within_days = serializers.IntegerField(min_value=0, max_value=MAX_DAYS, required=False)
    csat_is_enabled = serializers.BooleanField(required=False)
    csat_delay_seconds = serializers.IntegerField(
        min_value=0, max_value=MAX_DELAY_SECONDS, required=False
    )
    csat_pause_days = serializers.IntegerField(min_value=0, max_value=MAX_DAYS, required=False)
    joins_automatically = serializers.BooleanField(required=False)
    join_within_hours = serializers.IntegerField(
        min_value=1, max_value=MAX_JOIN_HOURS, required=False
    )
    order_data_max_age_hours = serializers.IntegerField(
        min_value=1, max_value=MAX_JOIN_HOURS, required=False
    )


class OrganizationDetail(Endpoint):
    """PATCH: settings that hold for everybody; every open page follows at once."""

    needs: ClassVar = {"PATCH": "settings.change"}

    @documented("change_organization", OrganizationRecord, body=OrganizationChanges)
    def patch(self, request: Request) -> Response:
        values = read_body(OrganizationChanges, request)
        return Response(organization_record(change_organization(self.user.organization_id, values)))
