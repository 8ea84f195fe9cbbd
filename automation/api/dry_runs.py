"""Trying a rule on the past: begun here, done by a worker, looked at until it ends."""

from __future__ import annotations

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.inputs import DryRunInput, PatternInput
from automation.api.shapes import DryRunDetails, PatternTrial
from automation.rules import time_machine
from automation.rules.patterns import pieces_of
from automation.rules.selectors import get_rule
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import read_body
from helpdesk.lib.schema import documented


class DryRunList(Endpoint):
    """Begin one; nothing is written to tickets, nothing is sent."""

    needs: ClassVar = {"POST": "rule.change"}

    @documented("begin_dry_run", DryRunDetails, body=DryRunInput, status=202)
    def post(self, request: Request) -> Response:
        values = read_body(DryRunInput, request)
        rule_id = values.get("rule_id")
        rule = get_rule(self.user, rule_id) if rule_id else None
        run = time_machine.begin(self.user, values["definition"], values["over"], rule=rule)
        return Response(time_machine.dry_run_details(run), status=202)


class RulePattern(Endpoint):
    """Try a pattern on a text with the RE2 that judges messages."""

    needs: ClassVar = {"POST": "rule.change"}

    @documented("try_pattern", PatternTrial, body=PatternInput)
    def post(self, request: Request) -> Response:
        values = read_body(PatternInput, request)
        is_match, pieces = pieces_of(values["pattern"], values["text"])
        return Response({"is_match": is_match, "pieces": pieces})


class DryRunDetail(Endpoint):
    """How far one's own dry run is and what it found; deleting it stops it."""

    needs: ClassVar = {"GET": "rule.change", "DELETE": "rule.change"}

    @documented("dry_run", DryRunDetails)
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        return Response(time_machine.dry_run_details(time_machine.get_dry_run(self.user, run_id)))

    @documented("stop_dry_run", DryRunDetails, status=200)
    def delete(self, request: Request, run_id: uuid.UUID) -> Response:
        run = time_machine.cancel(time_machine.get_dry_run(self.user, run_id))
        return Response(time_machine.dry_run_details(run))
