"""Custom fields: read by everybody, defined by those who keep the settings."""

from __future__ import annotations

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import CustomFieldRecord
from helpdesk.lib.api import read_body
from helpdesk.lib.schema import documented
from tickets.actions.custom_fields import change_field, define_field
from tickets.api.inputs import CustomFieldChanges, CustomFieldInput
from tickets.api.shapes import CustomFieldPage
from tickets.customer_selectors import custom_fields_of, get_custom_field
from tickets.records import custom_field_record


class CustomFieldList(Endpoint):
    """Every custom field of customers and tickets."""

    needs: ClassVar = {"GET": "ticket.view", "POST": "settings.change"}
    is_live = True

    @documented("custom_fields", CustomFieldPage)
    def get(self, request: Request) -> Response:
        fields = custom_fields_of(self.user.organization_id)
        return Response({"results": [custom_field_record(each) for each in fields], "next": None})

    @documented("define_custom_field", CustomFieldRecord, body=CustomFieldInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(CustomFieldInput, request)
        field = define_field(self.user.organization_id, **values, by=self.user)
        return Response(custom_field_record(field), status=201)


class CustomFieldDetail(Endpoint):
    """One custom field: name, choices, order, and whether it is archived."""

    needs: ClassVar = {"PATCH": "settings.change"}

    @documented("change_custom_field", CustomFieldRecord, body=CustomFieldChanges)
    def patch(self, request: Request, field_id: uuid.UUID) -> Response:
        values = read_body(CustomFieldChanges, request)
        field = change_field(get_custom_field(self.user, field_id), by=self.user, **values)
        return Response(custom_field_record(field))
