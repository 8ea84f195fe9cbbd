"""Surveys: switching them off for a ticket."""

from __future__ import annotations

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.inputs import NoSurveyInput
from automation.csat.surveys import skip_survey
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import TicketRecord
from helpdesk.lib.api import read_body
from helpdesk.lib.schema import documented
from tickets.records import ticket_record
from tickets.selectors import get_ticket


class TicketSurveySkip(Endpoint):
    """Send no survey for this ticket; one that is planned is taken back."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("skip_survey", TicketRecord, body=NoSurveyInput)
    def post(self, request: Request, ticket_id: uuid.UUID) -> Response:
        read_body(NoSurveyInput, request)
        ticket = get_ticket(self.user, ticket_id)
        skip_survey(ticket.pk, user=self.user)
        return Response(ticket_record(get_ticket(self.user, ticket_id)))
