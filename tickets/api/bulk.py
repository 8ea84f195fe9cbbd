"""One action on many tickets: what it would mean, doing it, stopping it, taking it back."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.models import User
from helpdesk.events.payloads import BulkJobRecord
from helpdesk.lib.api import read_body
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.schema import documented
from tickets import selectors
from tickets.actions.bulk import (
    bulk_record,
    cancel_bulk,
    get_action,
    start_bulk,
    undo_bulk,
)
from tickets.api.inputs import BulkInput, BulkPreviewInput, TicketChanges
from tickets.api.shapes import BulkJobPage, BulkPreview
from tickets.api.tickets import Asked, found_by
from tickets.models import BulkJob, Ticket

SHOWN_FOR = timedelta(minutes=10)
NO_EDIT = ("merge", "macro")


class BulkJobs(Endpoint):
    """GET: my jobs of the last minutes. POST: begin one."""

    needs: ClassVar = {"GET": "ticket.change", "POST": "ticket.change"}

    @documented("bulk_jobs", BulkJobPage)
    def get(self, request: Request) -> Response:
        jobs = BulkJob.objects.filter(user=self.user, created_at__gte=now() - SHOWN_FOR)
        results = [bulk_record(each) for each in jobs.order_by("-created_at")[:10]]
        return Response({"results": results, "next": None})

    @documented("start_bulk", BulkJobRecord, body=BulkInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(BulkInput, request)
        job = start_bulk(
            self.user,
            job_id=values["id"],
            action=values["action"],
            params=_checked(values["action"], values["params"]),
            tickets=_selected(self.user, values["selection"]),
            client_id=values.get("client_id", ""),
        )
        return Response(bulk_record(job), status=201)


class BulkJobPreview(Endpoint):
    """How many tickets it would be, and what it would mean; changes nothing."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("preview_bulk", BulkPreview, body=BulkPreviewInput)
    def post(self, request: Request) -> Response:
        values = read_body(BulkPreviewInput, request)
        action = get_action(values["action"])
        count = _selected(self.user, values["selection"]).count()
        return Response(
            {
                "total": count,
                "mails": count if action.sends_mail else 0,
                "is_reversible": action.is_reversible,
            }
        )


class BulkJobDetail(Endpoint):
    """How far one of my jobs is."""

    needs: ClassVar = {"GET": "ticket.change"}

    @documented("bulk_job", BulkJobRecord)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = BulkJob.objects.filter(pk=job_id, user=self.user).first()
        if job is None:
            raise NotFound("There is no such job of yours.")
        return Response(bulk_record(job))


class BulkJobCancel(Endpoint):
    """Leave alone what has not been done yet."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("cancel_bulk", BulkJobRecord)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(bulk_record(cancel_bulk(job_id, self.user)))


class BulkJobUndo(Endpoint):
    """Take back what was done, within a minute."""

    needs: ClassVar = {"POST": "ticket.change"}

    @documented("undo_bulk", BulkJobRecord)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(bulk_record(undo_bulk(job_id, self.user)))


def _selected(user: User, selection: dict[str, Any]) -> QuerySet[Ticket]:
    """The tickets meant, as of now; raises InvalidInput if neither ids nor a filter are given."""
    alive = selectors.tickets_visible_to(user).filter(merged_into=None)
    if selection.get("ids"):
        return alive.filter(pk__in=selection["ids"])
    if "filter" not in selection:
        raise InvalidInput.field("selection", "Choose tickets.", code="required")
    found = found_by(Asked.by(user, selection["filter"]))
    return found.exclude(pk__in=selection.get("except_ids", []))


def _checked(action: str, params: dict[str, Any]) -> dict[str, Any]:
    """Parameters that change tickets are checked as PATCH /tickets/… checks them."""
    if action in NO_EDIT:
        return dict(params)
    changes = TicketChanges(data=params)
    changes.is_valid(raise_exception=True)
    checked: dict[str, Any] = json.loads(json.dumps(dict(changes.validated_data), default=_plain))
    return checked


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
