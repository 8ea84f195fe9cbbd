"""Rules: reading, editing, and what they did."""

from __future__ import annotations

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.inputs import (
    NewRuleInput,
    NothingInput,
    RuleInput,
    RuleOrderInput,
)
from automation.api.shapes import RuleDetails, RulePage, RuleRunDetails, RuleRunPage, RuleWords
from automation.rules import selectors
from automation.rules.actions import ACTIONS
from automation.rules.by_hand import run_by_hand
from automation.rules.drafts import change_at_once, create_at_once, create_draft
from automation.rules.edit import delete_rule, order_rules
from automation.rules.fields import rule_fields_of
from automation.rules.forms import FORMS
from automation.rules.records import rule_record, rule_records, run_record
from automation.rules.timers import cancel_timer
from automation.rules.triggers import TRIGGERS
from automation.rules.undo import undo_run
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from tickets.selectors import get_ticket

_PAGE = {"after": "The ``next`` of the page before.", "limit": "At most 200."}


class RuleList(Endpoint):
    """GET: all rules in their order. POST: a new one at the end, as a draft or live at once."""

    needs: ClassVar = {"GET": "rule.view", "POST": "rule.change"}
    is_live = True

    @documented("rules", RulePage)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "limit", "after")
        rules = selectors.rules_of(self.user)
        return Response({"results": rule_records(rules), "next": None})

    @documented("create_rule", RuleDetails, body=NewRuleInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(NewRuleInput, request)
        values.pop("version", None)
        organization = self.user.organization
        if "definition" in values:
            rule = create_draft(organization, values["definition"], user=self.user)
        else:
            rule = create_at_once(organization, values, user=self.user)
        return Response(rule_record(rule), status=201)


class RuleDetail(Endpoint):
    """One rule."""

    needs: ClassVar = {"GET": "rule.view", "PATCH": "rule.change", "DELETE": "rule.change"}
    is_live = True

    @documented("rule", RuleDetails)
    def get(self, request: Request, rule_id: uuid.UUID) -> Response:
        return Response(rule_record(selectors.get_rule(self.user, rule_id)))

    @documented("change_rule", RuleDetails, body=RuleInput)
    def patch(self, request: Request, rule_id: uuid.UUID) -> Response:
        values = read_body(RuleInput, request)
        rule = selectors.get_rule(self.user, rule_id)
        version = values.pop("version", None)
        return Response(rule_record(change_at_once(rule, values, user=self.user, version=version)))

    @documented("delete_rule", status=204)
    def delete(self, request: Request, rule_id: uuid.UUID) -> Response:
        delete_rule(selectors.get_rule(self.user, rule_id), user=self.user)
        return Response(status=204)


class RuleOrder(Endpoint):
    """The order in which rules run."""

    needs: ClassVar = {"POST": "rule.change"}
    is_live = True

    @documented("order_rules", RulePage, body=RuleOrderInput)
    def post(self, request: Request) -> Response:
        ids = read_body(RuleOrderInput, request)["ids"]
        order_rules(self.user.organization, ids, user=self.user)
        return Response({"results": rule_records(selectors.rules_of(self.user)), "next": None})


class RuleRuns(Endpoint):
    """Runs of a rule, newest first."""

    needs: ClassVar = {"GET": "rule.view"}

    @documented("rule_runs", RuleRunPage, parameters={**_PAGE, "failed": "1: only failed ones."})
    def get(self, request: Request, rule_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "after", "limit", "failed")
        page = selectors.runs_of_rule(
            self.user,
            selectors.get_rule(self.user, rule_id),
            after=request.query_params.get("after") or None,
            limit=limit_from(request.query_params.get("limit")),
            is_failed=request.query_params.get("failed") in ("1", "true"),
        )
        return Response({"results": [run_record(each) for each in page.rows], "next": page.next})


class RuleRunDetail(Endpoint):
    """One run with its explanation."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("rule_run", RuleRunDetails)
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        return Response(run_record(selectors.get_run(self.user, run_id)))


class RuleRunUndo(Endpoint):
    """Take back what the run changed on its ticket."""

    needs: ClassVar = {"POST": "ticket.change"}
    is_live = True

    @documented("undo_rule_run", RuleRunDetails, body=NothingInput)
    def post(self, request: Request, run_id: uuid.UUID) -> Response:
        read_body(NothingInput, request)
        return Response(run_record(undo_run(selectors.get_run(self.user, run_id), user=self.user)))


class TicketRuleRuns(Endpoint):
    """What rules did on a ticket, newest first."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("ticket_rule_runs", RuleRunPage, parameters=_PAGE)
    def get(self, request: Request, ticket_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "after", "limit")
        page = selectors.runs_of_ticket(
            self.user,
            get_ticket(self.user, ticket_id),
            after=request.query_params.get("after") or None,
            limit=limit_from(request.query_params.get("limit")),
        )
        return Response({"results": [run_record(each) for each in page.rows], "next": page.next})


class TicketRunRule(Endpoint):
    """Run a rule on a ticket by hand: it does if its conditions hold, and says why where not."""

    needs: ClassVar = {"POST": "ticket.change"}
    is_live = True

    @documented("run_rule", RuleRunDetails, body=NothingInput)
    def post(self, request: Request, ticket_id: uuid.UUID, rule_id: uuid.UUID) -> Response:
        read_body(NothingInput, request)
        ticket = get_ticket(self.user, ticket_id)
        rule = selectors.get_rule(self.user, rule_id)
        return Response(run_by_hand(rule, ticket, user=self.user))


class TicketTimer(Endpoint):
    """A rule that waits on the ticket, taken back."""

    needs: ClassVar = {"DELETE": "ticket.change"}
    is_live = True

    @documented("cancel_rule_timer", status=204)
    def delete(self, request: Request, ticket_id: uuid.UUID, timer_id: uuid.UUID) -> Response:
        cancel_timer(get_ticket(self.user, ticket_id), timer_id, user=self.user)
        return Response(status=204)


class RuleVocabulary(Endpoint):
    """What rules can be made of: triggers, fields with operators, actions."""

    needs: ClassVar = {"GET": "rule.view"}

    @documented("rule_vocabulary", RuleWords)
    def get(self, request: Request) -> Response:
        return Response(
            {
                "triggers": [{"type": name, "label": label} for name, label in TRIGGERS.items()],
                "fields": [
                    {
                        "name": field.name,
                        "label": field.label,
                        "type": field.type,
                        "choices": list(field.choices),
                        "operators": list(field.operators),
                    }
                    for field in rule_fields_of(self.user.organization_id).values()
                ],
                "actions": [
                    {
                        "type": each.type,
                        "label": each.label,
                        "is_for_macros": each.is_for_macros,
                        **({"params": FORMS[each.type]} if each.type in FORMS else {}),
                    }
                    for each in ACTIONS.values()
                ],
            }
        )
