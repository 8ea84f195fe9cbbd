"""A person decides about a message that leaves: undo it, send it again, know that it arrived."""

from __future__ import annotations

import uuid
from typing import ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import MessageRecord
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.errors import Conflict
from helpdesk.lib.schema import documented
from inbox import delivery
from tickets.api.shapes import Withdrawn
from tickets.models import DeliveryState
from tickets.records import draft_record, message_record
from tickets.selectors import get_message


class RetryInput(StrictSerializer):
    """``confirm``: the person knows that the customer may get it twice."""

    confirm = serializers.BooleanField(default=False)


class Withdraw(Endpoint):
    """Undo sending in time; the text is a draft again. 409 ``already_sent`` when it is late."""

    needs: ClassVar = {"POST": "ticket.reply"}

    @documented("withdraw_message", Withdrawn)
    def post(self, request: Request, message_id: uuid.UUID) -> Response:
        get_message(self.user, message_id)
        _, draft = delivery.withdraw(message_id, self.user)
        message = get_message(self.user, message_id)
        return Response({"message": message_record(message), "draft": draft_record(draft)})


class SendNow(Endpoint):
    """A scheduled message leaves at once. 409 ``not_scheduled`` when it is not waiting."""

    needs: ClassVar = {"POST": "ticket.reply"}

    @documented("send_message_now", MessageRecord)
    def post(self, request: Request, message_id: uuid.UUID) -> Response:
        get_message(self.user, message_id)
        delivery.send_now(message_id, self.user)
        return Response(message_record(get_message(self.user, message_id)))


class Retry(Endpoint):
    """Send a failed message again; an uncertain one only with ``confirm``."""

    needs: ClassVar = {"POST": "ticket.reply"}

    @documented("retry_message", MessageRecord, body=RetryInput)
    def post(self, request: Request, message_id: uuid.UUID) -> Response:
        is_confirmed = read_body(RetryInput, request)["confirm"]
        message = get_message(self.user, message_id)
        if message.delivery_state == DeliveryState.UNCERTAIN and not is_confirmed:
            raise Conflict(
                "It may have arrived already: sending again can make it arrive twice. "
                "Repeat with “confirm”: true if that is right.",
                code="needs_confirmation",
            )
        delivery.retry(message_id, self.user)
        return Response(message_record(get_message(self.user, message_id)))


class MarkSent(Endpoint):
    """The person knows that an uncertain message arrived."""

    needs: ClassVar = {"POST": "ticket.reply"}

    @documented("mark_message_sent", MessageRecord)
    def post(self, request: Request, message_id: uuid.UUID) -> Response:
        get_message(self.user, message_id)
        delivery.mark_sent(message_id, self.user)
        return Response(message_record(get_message(self.user, message_id)))
