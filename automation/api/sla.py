"""Service levels: policies, calendars, and the holidays that can be chosen."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automation.sla.edit import (
    delete_calendar,
    delete_policy,
    order_policies,
    save_calendar,
    save_policy,
)
from automation.sla.holidays_of import known_regions
from automation.sla.ical import days_of
from automation.sla.models import BusinessCalendar, SlaPolicy
from automation.sla.records import calendar_record, policy_record
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.errors import NotFound
from helpdesk.lib.schema import documented


class SlaPolicyInput(StrictSerializer):
    """Any of these; checked by ``automation.sla.edit``. Targets are seconds, or null for none."""

    name = serializers.CharField(max_length=80, required=False)
    conditions = serializers.JSONField(required=False)
    first_reply = serializers.IntegerField(required=False, allow_null=True)
    next_reply = serializers.IntegerField(required=False, allow_null=True)
    resolution = serializers.IntegerField(required=False, allow_null=True)
    hours = serializers.CharField(max_length=10, required=False)
    calendar = serializers.UUIDField(required=False, allow_null=True)
    pauses_while_waiting = serializers.BooleanField(required=False)
    pauses_while_snoozed = serializers.BooleanField(required=False)
    warnings = serializers.JSONField(required=False)
    alerts = serializers.JSONField(required=False)
    is_active = serializers.BooleanField(required=False)


class SlaOrderInput(StrictSerializer):
    """Every policy once."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=100)


class CalendarInput(StrictSerializer):
    """Any of these; ``uses`` is ``[{"kind": "channel"|"team"|"store", "id"}]``."""

    name = serializers.CharField(max_length=80, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)
    week = serializers.JSONField(required=False)
    country = serializers.CharField(max_length=2, allow_blank=True, required=False)
    region = serializers.CharField(max_length=10, allow_blank=True, required=False)
    closed_days = serializers.JSONField(required=False)
    is_default = serializers.BooleanField(required=False)
    uses = serializers.JSONField(required=False)


class CalendarFileInput(StrictSerializer):
    """The text of an iCalendar file."""

    text = serializers.CharField(max_length=500_000)


class SlaPolicyDetails(TypedDict):
    id: str
    name: str
    conditions: dict[str, Any]
    first_reply: int | None
    next_reply: int | None
    resolution: int | None
    hours: str
    calendar: str | None
    pauses_while_waiting: bool
    pauses_while_snoozed: bool
    warnings: list[dict[str, int]]
    alerts: dict[str, Any]
    is_active: bool
    version: int


class SlaPolicyPage(TypedDict):
    results: list[SlaPolicyDetails]
    next: str | None


class CalendarDetails(TypedDict):
    id: str
    name: str
    time_zone: str
    week: dict[str, list[list[str]]]
    country: str
    region: str
    closed_days: list[dict[str, str]]
    is_default: bool
    uses: list[dict[str, str]]
    version: int
    is_open: bool
    next_change: str | None
    holidays: list[dict[str, str]]


class CalendarPage(TypedDict):
    results: list[CalendarDetails]
    next: str | None


class CalendarDays(TypedDict):
    days: list[dict[str, str]]
    left_out: int


class HolidayRegions(TypedDict):
    countries: dict[str, list[str]]


class SlaPolicyList(Endpoint):
    """GET: the policies in their order. POST: a new one at the end."""

    needs: ClassVar = {"GET": "rule.view", "POST": "rule.change"}

    @documented("sla_policies", SlaPolicyPage)
    def get(self, request: Request) -> Response:
        found = SlaPolicy.objects.filter(organization=self.user.organization)
        return Response({"results": [policy_record(each) for each in found], "next": None})

    @documented("create_sla_policy", SlaPolicyDetails, body=SlaPolicyInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(SlaPolicyInput, request)
        return Response(
            policy_record(save_policy(self.user.organization, values, by=self.user)), status=201
        )


class SlaPolicyDetail(Endpoint):
    """One policy."""

    needs: ClassVar = {"PATCH": "rule.change", "DELETE": "rule.change"}

    @documented("change_sla_policy", SlaPolicyDetails, body=SlaPolicyInput)
    def patch(self, request: Request, policy_id: uuid.UUID) -> Response:
        values = read_body(SlaPolicyInput, request)
        policy = save_policy(self.user.organization, values, self._get(policy_id), by=self.user)
        return Response(policy_record(policy))

    @documented("delete_sla_policy", status=204)
    def delete(self, request: Request, policy_id: uuid.UUID) -> Response:
        delete_policy(self._get(policy_id), by=self.user)
        return Response(status=204)

    def _get(self, policy_id: uuid.UUID) -> SlaPolicy:
        known = SlaPolicy.objects.filter(organization=self.user.organization)
        found = known.filter(pk=policy_id).first()
        if found is None:
            raise NotFound("This policy does not exist any more.")
        return found


class SlaPolicyOrder(Endpoint):
    """The order in which policies are tried."""

    needs: ClassVar = {"POST": "rule.change"}

    @documented("order_sla_policies", SlaPolicyPage, body=SlaOrderInput)
    def post(self, request: Request) -> Response:
        organization = self.user.organization
        order_policies(organization, read_body(SlaOrderInput, request)["ids"], by=self.user)
        found = SlaPolicy.objects.filter(organization=organization)
        return Response({"results": [policy_record(each) for each in found], "next": None})


class CalendarList(Endpoint):
    """GET: all calendars. POST: a new one; the first is the shop's own."""

    needs: ClassVar = {"GET": "rule.view", "POST": "rule.change"}

    @documented("calendars", CalendarPage)
    def get(self, request: Request) -> Response:
        found = BusinessCalendar.objects.filter(organization=self.user.organization)
        language = self.user.organization.language
        rows = found.prefetch_related("uses")
        records = [calendar_record(each, language=language) for each in rows]
        return Response({"results": records, "next": None})

    @documented("create_calendar", CalendarDetails, body=CalendarInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(CalendarInput, request)
        calendar = save_calendar(self.user.organization, values, by=self.user)
        return Response(calendar_record(calendar), status=201)


class CalendarDetail(Endpoint):
    """One calendar."""

    needs: ClassVar = {"PATCH": "rule.change", "DELETE": "rule.change"}

    @documented("change_calendar", CalendarDetails, body=CalendarInput)
    def patch(self, request: Request, calendar_id: uuid.UUID) -> Response:
        values = read_body(CalendarInput, request)
        calendar = save_calendar(
            self.user.organization, values, self._get(calendar_id), by=self.user
        )
        return Response(calendar_record(calendar, language=self.user.organization.language))

    @documented("delete_calendar", status=204)
    def delete(self, request: Request, calendar_id: uuid.UUID) -> Response:
        delete_calendar(self._get(calendar_id), by=self.user)
        return Response(status=204)

    def _get(self, calendar_id: uuid.UUID) -> BusinessCalendar:
        known = BusinessCalendar.objects.filter(organization=self.user.organization)
        found = known.filter(pk=calendar_id).first()
        if found is None:
            raise NotFound("This calendar does not exist any more.")
        return found


class CalendarFile(Endpoint):
    """The whole days of a calendar file; nothing is kept."""

    needs: ClassVar = {"POST": "rule.change"}

    @documented("read_calendar_file", CalendarDays, body=CalendarFileInput)
    def post(self, request: Request) -> Response:
        days, left_out = days_of(read_body(CalendarFileInput, request)["text"])
        return Response({"days": days, "left_out": left_out})


class CalendarRegions(Endpoint):
    """Countries whose holidays are known, with their regions."""

    needs: ClassVar = {"GET": "rule.view"}

    @documented("holiday_regions", HolidayRegions)
    def get(self, request: Request) -> Response:
        return Response({"countries": known_regions()})
