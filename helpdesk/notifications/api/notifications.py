"""What the caller was told, and that they have seen it."""

from __future__ import annotations

from typing import ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import NotificationRecord
from helpdesk.lib.api import StrictSerializer, read_body, refuse_unknown_parameters
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from helpdesk.notifications.actions import mark_read
from helpdesk.notifications.records import notification_record
from helpdesk.notifications.selectors import list_notifications

_PAGE = {"after": "The ``next`` of the page before.", "limit": "At most 200."}


class NotificationPage(TypedDict):
    results: list[NotificationRecord]
    next: str | None


class ReadAnswer(TypedDict):
    notification_ids: list[str]


class ReadInput(StrictSerializer):
    """Which ones: these, those of a ticket, or with neither all of them."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=500, required=False)
    ticket_id = serializers.UUIDField(required=False)


class NotificationList(Endpoint):
    """The caller's own notifications, newest first."""

    needs: ClassVar = {"GET": "ticket.view"}
    is_live = True

    @documented("notifications", NotificationPage, parameters=_PAGE)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "after", "limit")
        page = list_notifications(
            self.user,
            after=request.query_params.get("after") or None,
            limit=limit_from(request.query_params.get("limit")),
        )
        rows = [notification_record(each) for each in page.rows]
        return Response({"results": rows, "next": page.next})


class NotificationsRead(Endpoint):
    """POST: mark as read; the answer names those that were unread until now."""

    needs: ClassVar = {"POST": "ticket.view"}

    @documented("read_notifications", ReadAnswer, body=ReadInput)
    def post(self, request: Request) -> Response:
        values = read_body(ReadInput, request)
        read = mark_read(self.user, ids=values.get("ids"), ticket_id=values.get("ticket_id"))
        return Response({"notification_ids": read})
