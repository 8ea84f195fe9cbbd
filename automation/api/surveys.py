"""Surveys: switching them off for a ticket, and the report."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.inputs import NoSurveyInput
from automation.api.shapes import CsatReportDetails
from automation.csat.surveys import skip_survey
from automation.reports.csat import csat_report
from automation.reports.period import period_of
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import TicketRecord
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.clock import now
from helpdesk.lib.schema import documented
from tickets.records import ticket_record
from tickets.selectors import get_ticket

DEFAULT_DAYS = 30


class TicketSurveySkip(Endpoint):
    """Send no survey for this ticket; one that is planned is taken back."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("skip_survey", TicketRecord, body=NoSurveyInput)
    def post(self, request: Request, ticket_id: uuid.UUID) -> Response:
        read_body(NoSurveyInput, request)
        ticket = get_ticket(self.user, ticket_id)
        skip_survey(ticket.pk, user=self.user)
        return Response(ticket_record(get_ticket(self.user, ticket_id)))


class CsatReport(Endpoint):
    """Scores between two days, with the same figures of the period before."""

    needs: ClassVar = {"GET": "report.view"}
    is_live = True

    @documented(
        "csat_report",
        CsatReportDetails,
        parameters={"from": "First day, like 2026-11-01.", "to": "Last day."},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "from", "to")
        today = now().date()
        first = request.query_params.get("from") or str(today - timedelta(days=DEFAULT_DAYS - 1))
        last = request.query_params.get("to") or str(today)
        period = period_of(first, last, self.user.organization)
        return Response(csat_report(self.user.organization, period, reader=self.user))
