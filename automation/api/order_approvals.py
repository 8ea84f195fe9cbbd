"""The room of the team where order actions are approved by a button."""

from __future__ import annotations

from typing import ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automation.order_approvals import ask_in, ask_nowhere
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.schema import documented
from integrations.commerce.ledger.limits import ApprovalRoomRecord, approval_room_of


class ApprovalRoomInput(StrictSerializer):
    """``place`` and ``name`` of one of the channel's team places; without a channel: nowhere."""

    channel_id = serializers.UUIDField(allow_null=True)
    place = serializers.CharField(max_length=100, allow_blank=True, default="")
    name = serializers.CharField(max_length=200, allow_blank=True, default="")


class OrderApprovalsRecord(TypedDict):
    """None: approvals are asked for in Aftercare alone."""

    room: ApprovalRoomRecord | None


class OrderApprovals(Endpoint):
    """Where approvals are asked for besides Aftercare. PUT chooses a room or takes it away."""

    needs: ClassVar = {"GET": "order.limits", "PUT": "order.limits"}

    @documented("order_approvals", OrderApprovalsRecord)
    def get(self, request: Request) -> Response:
        return Response(self._record())

    @documented("set_order_approvals", OrderApprovalsRecord, body=ApprovalRoomInput)
    def put(self, request: Request) -> Response:
        asked = read_body(ApprovalRoomInput, request)
        if asked["channel_id"] is None:
            ask_nowhere(self.user)
        else:
            ask_in(self.user, asked["channel_id"], asked["place"], asked["name"])
        return Response(self._record())

    def _record(self) -> OrderApprovalsRecord:
        return {"room": approval_room_of(self.user.organization_id)}
