"""Reports by mail: who gets which, and when."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automation.reports.mails.schedules import (
    delete_schedule,
    get_schedule,
    leave_schedule,
    may_change,
    save_schedule,
    schedules_of,
    send_now,
)
from automation.reports.models import ReportSchedule
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.models import User
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.clock import iso
from helpdesk.lib.schema import documented


class ScheduleInput(StrictSerializer):
    """Any of these; ``name`` and a client-made ``id`` only when it is made.

    ``filters`` are those of the report (channel, team, agent, tag, store, hours).
    """

    id = serializers.UUIDField(required=False)
    name = serializers.CharField(max_length=20, required=False)
    filters = serializers.JSONField(required=False)
    rhythm = serializers.CharField(max_length=10, required=False)
    hour = serializers.IntegerField(required=False)
    recipient_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=50, required=False
    )


class SendInput(StrictSerializer):
    """A client-made id: asked twice, one mail is sent."""

    id = serializers.UUIDField()


class ScheduleDetails(TypedDict):
    id: str
    name: str
    filters: dict[str, str]
    rhythm: str
    hour: int
    zone: str
    recipient_ids: list[str]
    user_id: str
    next_at: str
    last_sent_at: str | None
    may_change: bool


class SchedulePage(TypedDict):
    results: list[ScheduleDetails]
    next: str | None


class ScheduleList(Endpoint):
    """GET: the schedules one made or gets, an admin all. POST: a new one."""

    needs: ClassVar = {"GET": "report.view", "POST": "report.view"}

    @documented("report_schedules", SchedulePage)
    def get(self, request: Request) -> Response:
        return Response({"results": _records(schedules_of(self.user), self.user), "next": None})

    @documented("create_report_schedule", ScheduleDetails, body=ScheduleInput, status=201)
    def post(self, request: Request) -> Response:
        made = save_schedule(self.user, read_body(ScheduleInput, request))
        return Response(_records([made], self.user)[0], status=201)


class ScheduleDetail(Endpoint):
    """One schedule."""

    needs: ClassVar = {"PATCH": "report.view", "DELETE": "report.view"}

    @documented("change_report_schedule", ScheduleDetails, body=ScheduleInput)
    def patch(self, request: Request, schedule_id: uuid.UUID) -> Response:
        schedule = get_schedule(self.user, schedule_id)
        changed = save_schedule(self.user, read_body(ScheduleInput, request), schedule)
        return Response(_records([changed], self.user)[0])

    @documented("delete_report_schedule", status=204)
    def delete(self, request: Request, schedule_id: uuid.UUID) -> Response:
        delete_schedule(self.user, get_schedule(self.user, schedule_id))
        return Response(status=204)


class ScheduleRecipient(Endpoint):
    """Oneself among those who get it."""

    needs: ClassVar = {"DELETE": "report.view"}

    @documented("leave_report_schedule", status=204)
    def delete(self, request: Request, schedule_id: uuid.UUID) -> Response:
        leave_schedule(self.user, get_schedule(self.user, schedule_id))
        return Response(status=204)


class ScheduleSending(Endpoint):
    """The report of the newest finished period, now, to oneself."""

    needs: ClassVar = {"POST": "report.view"}

    @documented("send_report_now", body=SendInput, status=202)
    def post(self, request: Request, schedule_id: uuid.UUID) -> Response:
        schedule = get_schedule(self.user, schedule_id)
        send_now(self.user, schedule, read_body(SendInput, request)["id"])
        return Response(status=202)


def _records(schedules: Iterable[ReportSchedule], reader: User) -> list[dict[str, Any]]:
    """As the app reads them; whoever left the shop is not named."""
    here = set(
        User.objects.filter(organization=reader.organization, is_active=True).values_list(
            "pk", flat=True
        )
    )
    return [
        {
            "id": str(each.pk),
            "name": each.name,
            "filters": each.filters,
            "rhythm": each.rhythm,
            "hour": each.hour,
            "zone": reader.organization.time_zone,
            "recipient_ids": [str(pk) for pk in each.recipient_ids if pk in here],
            "user_id": str(each.user_id),
            "next_at": iso(each.next_at),
            "last_sent_at": iso(each.last_sent_at) if each.last_sent_at else None,
            "may_change": may_change(reader, each),
        }
        for each in schedules
    ]
