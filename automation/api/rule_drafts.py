"""Rules before they hold and after: drafts, versions, the gallery."""

from __future__ import annotations

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.inputs import NothingInput, RuleDraftInput, RulePublishInput
from automation.api.shapes import (
    RuleDetails,
    RuleFindings,
    RuleSecret,
    RuleTemplateList,
    RuleVersionList,
)
from automation.rules import selectors
from automation.rules.drafts import discard_draft, publish, restore, save_draft
from automation.rules.gallery.installing import install_template, templates_of
from automation.rules.lint import lint
from automation.rules.outside import signing_secret
from automation.rules.records import rule_record
from automation.rules.versions import versions_of
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.schema import documented


class RuleDraft(Endpoint):
    """What is being worked on."""

    needs: ClassVar = {"PUT": "rule.change", "DELETE": "rule.change"}
    is_live = True

    @documented("save_rule_draft", RuleDetails, body=RuleDraftInput)
    def put(self, request: Request, rule_id: uuid.UUID) -> Response:
        values = read_body(RuleDraftInput, request)
        rule = selectors.get_rule(self.user, rule_id)
        saved = save_draft(rule, values["definition"], user=self.user, based_on=values["based_on"])
        return Response(rule_record(saved))

    @documented("discard_rule_draft", RuleDetails)
    def delete(self, request: Request, rule_id: uuid.UUID) -> Response:
        rule = selectors.get_rule(self.user, rule_id)
        return Response(rule_record(discard_draft(rule, user=self.user)))


class RulePublish(Endpoint):
    """The draft becomes the next live version; 409 ``test_first`` where it must be tried first."""

    needs: ClassVar = {"POST": "rule.change"}
    is_live = True

    @documented("publish_rule", RuleDetails, body=RulePublishInput)
    def post(self, request: Request, rule_id: uuid.UUID) -> Response:
        values = read_body(RulePublishInput, request)
        rule = selectors.get_rule(self.user, rule_id)
        return Response(rule_record(publish(rule, user=self.user, **values)))


class RuleVersions(Endpoint):
    """What the rule said, newest first, with what each version changed."""

    needs: ClassVar = {"GET": "rule.view"}

    @documented("rule_versions", RuleVersionList)
    def get(self, request: Request, rule_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request)
        return Response({"results": versions_of(selectors.get_rule(self.user, rule_id))})


class RuleRestore(Endpoint):
    """An older version becomes the draft."""

    needs: ClassVar = {"POST": "rule.change"}
    is_live = True

    @documented("restore_rule", RuleDetails, body=NothingInput)
    def post(self, request: Request, rule_id: uuid.UUID, number: int) -> Response:
        read_body(NothingInput, request)
        rule = selectors.get_rule(self.user, rule_id)
        return Response(rule_record(restore(rule, number, user=self.user)))


class RuleLint(Endpoint):
    """What is odd about the rules together."""

    needs: ClassVar = {"GET": "rule.view"}

    @documented("rule_lint", RuleFindings)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        return Response({"results": lint(self.user.organization_id)})


class RuleWebhookSecret(Endpoint):
    """What receivers of rules' calls prove them with."""

    needs: ClassVar = {"GET": "rule.change"}

    @documented("rule_webhook_secret", RuleSecret)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        return Response({"secret": signing_secret(self.user.organization_id)})


class RuleTemplates(Endpoint):
    """Rules to begin with, and what each of them needs."""

    needs: ClassVar = {"GET": "rule.view"}

    @documented("rule_templates", RuleTemplateList)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request)
        return Response({"results": templates_of(self.user.organization)})


class RuleTemplateInstall(Endpoint):
    """A new rule that is off, with the template as its draft."""

    needs: ClassVar = {"POST": "rule.change"}
    is_live = True

    @documented("install_rule_template", RuleDetails, body=NothingInput, status=201)
    def post(self, request: Request, key: str) -> Response:
        read_body(NothingInput, request)
        rule = install_template(self.user.organization, key, user=self.user)
        return Response(rule_record(rule), status=201)
