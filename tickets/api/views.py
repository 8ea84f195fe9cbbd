"""The saved views and how many tickets each holds for the person who asks."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.schema import documented
from tickets import selectors
from tickets.api.shapes import ViewPage
from tickets.records import view_record


class ViewList(Endpoint):
    """All views in their order."""

    needs: ClassVar = {"GET": "ticket.view"}
    is_live = True

    @documented("views", ViewPage)
    def get(self, request: Request) -> Response:
        views = selectors.views_of(self.user.organization_id)
        return Response({"results": [view_record(view) for view in views], "next": None})


class ViewCounts(Endpoint):
    """Number of tickets per view, by slug."""

    needs: ClassVar = {"GET": "ticket.view"}
    is_live = True

    @documented("view_counts", dict[str, int])
    def get(self, request: Request) -> Response:
        views = selectors.views_of(self.user.organization_id)
        return Response(selectors.view_counts(self.user, views))
