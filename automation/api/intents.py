"""Intents: which there are, correcting one, and how often they were right."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.inputs import IntentInput
from automation.api.shapes import IntentPage, IntentReport
from automation.corrections.accuracy import accuracy_report
from automation.corrections.correct import correct
from automation.intents.catalog import INTENTS
from automation.reports.period import period_of
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import MessageRecord
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.clock import now
from helpdesk.lib.schema import documented
from tickets.records import message_record
from tickets.selectors import get_message

DEFAULT_DAYS = 30


class IntentList(Endpoint):
    """Every intent a message can have: our name, Gorgias' name, and the wider one it counts as."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("intents", IntentPage)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        rows = [
            {"name": each.name, "gorgias": each.gorgias, "canonical": each.canonical}
            for each in INTENTS
        ]
        return Response({"results": rows, "next": None})


class MessageIntent(Endpoint):
    """Say what the message wants; an empty intent says: none of these. Repeating is harmless."""

    needs: ClassVar = {"PUT": "ticket.change"}

    @documented("correct_intent", MessageRecord, body=IntentInput)
    def put(self, request: Request, message_id: uuid.UUID) -> Response:
        values = read_body(IntentInput, request)
        message = get_message(self.user, message_id)
        correct(message, values["intent"], user=self.user)
        return Response(message_record(get_message(self.user, message_id)))


class IntentAccuracy(Endpoint):
    """How often messages were understood rightly between two days, as far as people said so."""

    needs: ClassVar = {"GET": "report.view"}

    @documented(
        "intent_accuracy",
        IntentReport,
        parameters={"from": "First day, like 2026-11-01.", "to": "Last day."},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "from", "to")
        today = now().date()
        first = request.query_params.get("from") or str(today - timedelta(days=DEFAULT_DAYS - 1))
        last = request.query_params.get("to") or str(today)
        period = period_of(first, last, self.user.organization)
        return Response(accuracy_report(self.user, period))
