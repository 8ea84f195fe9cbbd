"""Automation as text: what it says now, and taking a reviewed text in."""

from __future__ import annotations

from dataclasses import asdict
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.inputs import AutomationTextInput
from automation.api.shapes import AutomationChanges, AutomationText
from automation.rules.exchange.export import export_automation
from automation.rules.exchange.reading import import_automation
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.schema import documented


class AutomationExport(Endpoint):
    """Rules, macros and tags as YAML, names for ids."""

    needs: ClassVar = {"GET": "rule.change"}

    @documented("export_automation", AutomationText)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        return Response({"text": export_automation(self.user.organization)})


class AutomationImport(Endpoint):
    """What the text would change (``is_rehearsal``), or the change: rules become drafts."""

    needs: ClassVar = {"POST": "rule.change"}
    is_live = True

    @documented("import_automation", AutomationChanges, body=AutomationTextInput)
    def post(self, request: Request) -> Response:
        values = read_body(AutomationTextInput, request)
        changes = import_automation(
            self.user.organization,
            values["text"],
            user=self.user,
            is_rehearsal=values["is_rehearsal"],
        )
        return Response(
            {"is_rehearsal": values["is_rehearsal"], "changes": [asdict(each) for each in changes]}
        )
