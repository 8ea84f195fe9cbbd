"""Reports: figures, the tickets behind them, and as a file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.report_shapes import LiveDetails, ReportDetails, ReportTicketPage
from automation.reports.catalog import build_of, report
from automation.reports.drill import tickets_behind
from automation.reports.export import as_csv
from automation.reports.live import live
from automation.reports.period import period_of
from automation.reports.scope import FILTERS, HOURS, Scope, filters_from
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.models import User
from helpdesk.lib.api import flag_from, refuse_unknown_parameters
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.schema import documented
from tickets.records import customer_record, ticket_record
from tickets.selectors import list_tickets

DEFAULT_DAYS = 30
PAGE = 50
PARAMETERS = {
    "from": "First day, like 2026-11-01; the last 30 days without it.",
    "to": "Last day.",
    "compare": "1: with the same figures of as many days before.",
    "hours": "all, or business: times that run only while the shop is open.",
    "channel": "Only tickets of this kind of channel.",
    "team": "Only tickets of this team.",
    "agent": "Only this agent's tickets and replies.",
    "tag": "Only tickets with this tag.",
    "store": "Only tickets about orders of this store.",
}


class ReportFigures(Endpoint):
    """The figures of one report between two days."""

    needs: ClassVar = {"GET": "report.view"}

    @documented("report", ReportDetails, parameters=PARAMETERS)
    def get(self, request: Request, name: str) -> Response:
        refuse_unknown_parameters(request, *PARAMETERS)
        scope = scope_from(request, self.user)
        return Response(report(name, scope, compare=flag_from(request, "compare")))


class ReportTickets(Endpoint):
    """The tickets behind a figure, as far as the person may see them."""

    needs: ClassVar = {"GET": "report.view"}

    @documented(
        "report_tickets",
        ReportTicketPage,
        parameters={
            **PARAMETERS,
            "cell": "Which figure: its key, then a day or row, then a column, between colons.",
            "after": "Cursor of the page before.",
        },
    )
    def get(self, request: Request, name: str) -> Response:
        refuse_unknown_parameters(request, *PARAMETERS, "cell", "after")
        build_of(name)
        cell = request.query_params.get("cell", "")
        behind = tickets_behind(name, cell, scope_from(request, self.user))
        page = list_tickets(
            behind, after=request.query_params.get("after"), limit=PAGE, sort="newest"
        )
        customers = {each.customer_id: each.customer for each in page.rows}
        return Response(
            {
                "tickets": [ticket_record(each) for each in page.rows],
                "customers": [customer_record(each) for each in customers.values()],
                "next": page.next,
            }
        )


class ReportExport(Endpoint):
    """A table of a report as CSV: cell by cell what the figures say."""

    needs: ClassVar = {"GET": "report.view"}

    @documented(
        "export_report",
        parameters={**PARAMETERS, "table": "Which table; the first one without it."},
        content_type="text/csv",
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        refuse_unknown_parameters(request, *PARAMETERS, "table")
        scope = scope_from(request, self.user)
        text = as_csv(report(name, scope, compare=False), request.query_params.get("table", ""))
        file = f"{name}-{scope.period.first}-{scope.period.last}.csv"
        return HttpResponse(
            text,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{file}"'},
        )


class LiveWall(Endpoint):
    """What waits now, who is here, and how the day goes."""

    needs: ClassVar = {"GET": "report.view"}

    @documented("live_wall", LiveDetails)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        return Response(live(self.user))


def scope_from(request: Request, user: User) -> Scope:
    """What the address asks for; raises InvalidInput naming the parameter that is wrong."""
    asked = request.query_params
    organization = user.organization
    today = today_of(user)
    last = asked.get("to") or str(today)
    first = asked.get("from") or str(today - timedelta(days=DEFAULT_DAYS - 1))
    hours = asked.get("hours") or "all"
    if hours not in HOURS:
        raise InvalidInput.field("hours", f"“{hours}” is neither of {' and '.join(HOURS)}.")
    filters = filters_from({name: asked.get(name) for name in FILTERS})
    return Scope(organization, period_of(first, last, organization), user, filters, hours)


def today_of(user: User) -> date:
    """The day it is where the organization is."""
    return now().astimezone(ZoneInfo(user.organization.time_zone)).date()
