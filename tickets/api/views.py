"""The saved views: reading, saving, changing, arranging them, and how many tickets each holds."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import ViewRecord
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.schema import documented
from tickets import selectors
from tickets.actions.views import change_view, order_views, remove_view, save_view
from tickets.api.shapes import TicketFields, ViewCount, ViewOrdering, ViewPage
from tickets.fields import TICKET_FIELDS, Field, check_view_tree, custom_field_of
from tickets.models import Scope, View
from tickets.records import view_record
from tickets.views import COLUMNS


class _Conditions(serializers.JSONField):
    """A tree over the ticket fields; what is wrong in it is named by its place."""


class ViewChanges(StrictSerializer):
    """Any of these."""

    name = serializers.CharField(max_length=100, required=False)
    icon = serializers.CharField(max_length=40, allow_blank=True, required=False)
    scope = serializers.ChoiceField(Scope.choices, required=False)
    team_id = serializers.UUIDField(required=False, allow_null=True)
    conditions = _Conditions(required=False)
    sort = serializers.CharField(max_length=40, required=False)
    group = serializers.CharField(max_length=20, allow_blank=True, required=False)
    columns = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=len(COLUMNS), required=False
    )
    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class ViewInput(ViewChanges):
    """A view to save; with an ``id`` of the client's own, saving it twice saves it once."""

    id = serializers.UUIDField(required=False)
    name = serializers.CharField(max_length=100)


class ViewAsked(StrictSerializer):
    """What a view would ask, before it is saved."""

    conditions = _Conditions(required=False)


class ViewOrderInput(StrictSerializer):
    """All views in the order wanted; those left out come last."""

    view_ids = serializers.ListField(child=serializers.UUIDField(), max_length=1000)
    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class ViewList(Endpoint):
    """GET: the views that the person sees. POST: save one; shared ones take ``view.change``."""

    needs: ClassVar = {"GET": "ticket.view", "POST": "ticket.view"}
    is_live = True

    @documented("views", ViewPage)
    def get(self, request: Request) -> Response:
        views = selectors.views_visible_to(self.user)
        return Response({"results": [view_record(view) for view in views], "next": None})

    @documented("save_view", ViewRecord, body=ViewInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(ViewInput, request)
        client_id = values.pop("client_id", "")
        view, is_new = save_view(self.user, values, client_id=client_id)
        return Response(view_record(view), status=201 if is_new else 200)


class ViewDetail(Endpoint):
    """One view: its owner changes a personal one, who has ``view.change`` the others."""

    needs: ClassVar = {"GET": "ticket.view", "PATCH": "ticket.view", "DELETE": "ticket.view"}
    is_live = True

    @documented("view", ViewRecord)
    def get(self, request: Request, view_id: uuid.UUID) -> Response:
        return Response(view_record(selectors.get_view_by_id(self.user, view_id)))

    @documented("change_view", ViewRecord, body=ViewChanges)
    def patch(self, request: Request, view_id: uuid.UUID) -> Response:
        values = read_body(ViewChanges, request)
        client_id = values.pop("client_id", "")
        return Response(view_record(change_view(self.user, view_id, values, client_id=client_id)))

    @documented("remove_view", status=204)
    def delete(self, request: Request, view_id: uuid.UUID) -> Response:
        remove_view(self.user, view_id)
        return Response(status=204)


class ViewOrderList(Endpoint):
    """The order in which the person keeps their views."""

    needs: ClassVar = {"GET": "ticket.view", "PUT": "ticket.view"}
    is_live = True

    @documented("view_order", ViewOrdering)
    def get(self, request: Request) -> Response:
        return Response({"view_ids": [str(each) for each in selectors.view_order_of(self.user)]})

    @documented("order_views", ViewOrdering, body=ViewOrderInput)
    def put(self, request: Request) -> Response:
        values = read_body(ViewOrderInput, request)
        kept = order_views(self.user, values["view_ids"], client_id=values.get("client_id", ""))
        return Response({"view_ids": [str(each) for each in kept]})


class ViewCounts(Endpoint):
    """Number of tickets per view, by slug."""

    needs: ClassVar = {"GET": "ticket.view"}
    is_live = True

    @documented("view_counts", dict[str, int])
    def get(self, request: Request) -> Response:
        views = selectors.views_visible_to(self.user)
        return Response(selectors.view_counts(self.user, views))


class ViewPreview(Endpoint):
    """How many tickets a view would hold, asked while it is being made; nothing is stored."""

    needs: ClassVar = {"POST": "ticket.view"}

    @documented("preview_view", ViewCount, body=ViewAsked)
    def post(self, request: Request) -> Response:
        asked: dict[str, Any] = read_body(ViewAsked, request)
        conditions = asked.get("conditions") or {}
        check_view_tree(conditions, self.user.organization_id)
        view = View(organization_id=self.user.organization_id, conditions=conditions)
        found = selectors.tickets_visible_to(self.user)
        return Response({"total": found.filter(selectors.tickets_in(view, self.user)).count()})


class TicketFieldList(Endpoint):
    """What views and filters can ask of tickets, the shop's own fields among it, and how."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("ticket_fields", TicketFields)
    def get(self, request: Request) -> Response:
        return Response(
            {
                "fields": [
                    {
                        "name": field.name,
                        "label": field.label,
                        "type": field.type,
                        "choices": list(field.choices),
                        "operators": list(field.operators),
                    }
                    for field in self._fields()
                ]
            }
        )

    def _fields(self) -> list[Field]:
        custom = custom_field_of(self.user.organization_id)
        return [*TICKET_FIELDS.values(), *custom.values()]
