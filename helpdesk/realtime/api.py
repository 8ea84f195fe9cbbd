"""Over HTTP: the first load, and the event log for whoever has no socket."""

from __future__ import annotations

from typing import Any, ClassVar, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.selectors import BATCH_LIMIT, events_after, head_of
from helpdesk.events.selectors import reset_reason as find_reset_reason
from helpdesk.lib.api import number_from, refuse_unknown_parameters
from helpdesk.lib.errors import Conflict
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from helpdesk.realtime.bootstrap import BootstrapRecord, read_bootstrap
from helpdesk.realtime.visibility import records_for, rights_change

_PARAMETERS = {
    "after": "The number of the last event that is known.",
    "epoch": "The epoch it belongs to.",
    "limit": "At most 200.",
}


class EventRecord(TypedDict):
    seq: int
    type: str
    version: int
    object_type: str
    object_id: str
    payload: dict[str, Any]
    actor: dict[str, Any]
    client_id: str | None
    cause: int | None
    at: str


EventPage = TypedDict(
    "EventPage",
    {
        "results": list[EventRecord],
        "next": str | None,
        "from": int,
        "upto": int,
        "head": int,
        "epoch": str,
    },
)


class Bootstrap(Endpoint):
    """All that the agent app needs to begin, as of one event number."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("bootstrap", BootstrapRecord)
    def get(self, request: Request) -> Response:
        content = read_bootstrap(self.user)
        headers = {"Event-Cursor": str(content["event"]["cursor"])}
        return Response(content, headers=headers)


class EventList(Endpoint):
    """The events after a number, as the socket delivers them; ``upto`` is the next ``after``.

    409 with code ``reset`` when the numbers after ``after`` are no longer kept.
    """

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("events", EventPage, parameters=_PARAMETERS)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "after", "limit", "epoch")
        organization_id = self.user.organization_id
        after = number_from(request, "after", default=0) or 0
        limit = limit_from(request.query_params.get("limit"), default=BATCH_LIMIT)
        head = head_of(organization_id)
        epoch = request.query_params.get("epoch") or head.epoch
        reason = find_reset_reason(organization_id, head, cursor=after, epoch=epoch)
        if reason not in ("", "far_behind"):
            raise Conflict("Load afresh.", code="reset", extra={"reason": reason})
        events = events_after(organization_id, after, limit=limit)
        if rights_change(self.user, events):
            raise Conflict("Load afresh.", code="reset", extra={"reason": "permissions"})
        upto = events[-1].seq if events else after
        return Response(
            {
                "results": records_for(self.user, events),
                "next": str(upto) if upto < head.seq else None,
                "from": after,
                "upto": upto,
                "head": max(head.seq, upto),
                "epoch": head.epoch,
            }
        )
