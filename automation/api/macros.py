"""Macros: reading, editing, checking a text, filling one for a ticket."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.inputs import (
    MacroCheckInput,
    MacroImportInput,
    MacroInput,
    MacroPreviewInput,
    MacroRenderInput,
)
from automation.api.shapes import (
    FilledMacro,
    MacroDetails,
    MacroImportReport,
    MacroPage,
    MacroProblems,
    MacroVersionPage,
    MacroWords,
    SuggestionPage,
)
from automation.macros.claims import CLAIMS, claims_in
from automation.macros.edit import change_macro, create_macro, delete_macro, restore_macro
from automation.macros.importing import import_macros
from automation.macros.liquid import FILTERS, check_body, problems_of, used_values
from automation.macros.models import Macro
from automation.macros.records import (
    macro_record,
    rendered_record,
    suggestion_record,
    version_record,
)
from automation.macros.render import render_for_agent
from automation.macros.schema import SCHEMA, leaves
from automation.macros.selectors import (
    get_macro,
    macros_for,
    ratings_of,
    suggestions_for,
    versions_of,
)
from automation.rules.fields import INTENTS
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.models import User
from helpdesk.lib.api import read_body, refuse_unknown_parameters
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.schema import documented
from tickets.models import Ticket
from tickets.selectors import get_ticket, get_ticket_by_number


class MacroList(Endpoint):
    """GET: all macros by folder and name. POST: a new one."""

    needs: ClassVar = {"GET": "macro.view", "POST": "macro.change"}
    is_live = True

    @documented("macros", MacroPage)
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "limit", "after")
        rated = ratings_of(self.user.organization_id)
        macros = macros_for(self.user)
        results = [macro_record(each, rated.get(each.pk)) for each in macros]
        return Response({"results": results, "next": None})

    @documented("create_macro", MacroDetails, body=MacroInput, status=201)
    def post(self, request: Request) -> Response:
        values = _fields(read_body(MacroInput, request))
        values.pop("version", None)
        macro = create_macro(self.user.organization, values, user=self.user)
        return Response(macro_record(macro), status=201)


class MacroDetail(Endpoint):
    """One macro."""

    needs: ClassVar = {"GET": "macro.view", "PATCH": "macro.change", "DELETE": "macro.change"}
    is_live = True

    @documented("macro", MacroDetails)
    def get(self, request: Request, macro_id: uuid.UUID) -> Response:
        rated = ratings_of(self.user.organization_id)
        return Response(macro_record(get_macro(self.user, macro_id), rated.get(macro_id)))

    @documented("change_macro", MacroDetails, body=MacroInput)
    def patch(self, request: Request, macro_id: uuid.UUID) -> Response:
        values = _fields(read_body(MacroInput, request))
        macro = get_macro(self.user, macro_id)
        version = values.pop("version", None)
        return Response(macro_record(change_macro(macro, values, user=self.user, version=version)))

    @documented("delete_macro", status=204)
    def delete(self, request: Request, macro_id: uuid.UUID) -> Response:
        delete_macro(get_macro(self.user, macro_id), user=self.user)
        return Response(status=204)


class MacroRender(Endpoint):
    """The macro filled for a ticket; ``missing`` says what keeps it from being sent."""

    needs: ClassVar = {"POST": "ticket.reply"}

    @documented("render_macro", FilledMacro, body=MacroRenderInput)
    def post(self, request: Request, macro_id: uuid.UUID) -> Response:
        values = read_body(MacroRenderInput, request)
        macro = get_macro(self.user, macro_id)
        rendered = render_for_agent(
            macro,
            get_ticket(self.user, values["ticket_id"]),
            user=self.user,
            order_id=values.get("order_id"),
            language=values.get("language") or "",
        )
        return Response(rendered_record(macro, rendered))


class MacroPreview(Endpoint):
    """A text that is not saved, filled for a ticket: how the editor tries it out."""

    needs: ClassVar = {"POST": "macro.change"}

    @documented("preview_macro", FilledMacro, body=MacroPreviewInput)
    def post(self, request: Request) -> Response:
        values = read_body(MacroPreviewInput, request)
        check_body(values["body"])
        if values.get("subject"):
            check_body(values["subject"], path="subject")
        ticket = _ticket_for_trial(self.user, values)
        language = values.get("language") or "en"
        variant = {"language": language, "subject": values.get("subject"), "body": values["body"]}
        macro = Macro(
            organization_id=self.user.organization_id,
            variants=[variant],
            claims=values.get("claims"),
            actions=[],
        )
        rendered = render_for_agent(
            macro, ticket, user=self.user, order_id=values.get("order_id"), language=language
        )
        return Response(rendered_record(macro, rendered))


class MacroVersions(Endpoint):
    """What a macro was, newest first, with what each version changed."""

    needs: ClassVar = {"GET": "macro.view"}

    @documented("macro_versions", MacroVersionPage)
    def get(self, request: Request, macro_id: uuid.UUID) -> Response:
        versions = versions_of(get_macro(self.user, macro_id))
        results = [
            version_record(version, before)
            for version, before in zip(versions, [*versions[1:], None], strict=True)
        ]
        return Response({"results": results, "next": None})


class MacroRestore(Endpoint):
    """POST: an older version becomes the newest one."""

    needs: ClassVar = {"POST": "macro.change"}

    @documented("restore_macro", MacroDetails)
    def post(self, request: Request, macro_id: uuid.UUID, number: int) -> Response:
        macro = restore_macro(get_macro(self.user, macro_id), number, user=self.user)
        return Response(macro_record(macro))


class TicketMacros(Endpoint):
    """All macros, the best for this ticket first: by what the customer wants, tags, and use."""

    needs: ClassVar = {"GET": "ticket.reply"}

    @documented("ticket_macros", SuggestionPage)
    def get(self, request: Request, ticket_id: uuid.UUID) -> Response:
        ticket = get_ticket(self.user, ticket_id)
        rated = ratings_of(self.user.organization_id)
        results = [
            suggestion_record(each, rated.get(each.macro.pk))
            for each in suggestions_for(ticket, self.user)
        ]
        return Response({"results": results, "next": None})


class MacroImport(Endpoint):
    """The export of another helpdesk; ``is_trial`` only says what would become of it."""

    needs: ClassVar = {"POST": "macro.change"}

    @documented("import_macros", MacroImportReport, body=MacroImportInput)
    def post(self, request: Request) -> Response:
        values = read_body(MacroImportInput, request)
        report = import_macros(
            self.user.organization, values["export"], user=self.user, is_trial=values["is_trial"]
        )
        return Response(report.as_json())


class MacroCheck(Endpoint):
    """What is wrong with a text; an empty list when it can be saved."""

    needs: ClassVar = {"POST": "macro.change"}

    @documented("check_macro", MacroProblems, body=MacroCheckInput)
    def post(self, request: Request) -> Response:
        body = read_body(MacroCheckInput, request)["body"]
        problems = [asdict(each) for each in problems_of(body)]
        used = [asdict(each) for each in used_values(body)]
        return Response({"problems": problems, "values": used, "claims": claims_in(body)})


class MacroVocabulary(Endpoint):
    """The values and filters that a macro can use."""

    needs: ClassVar = {"GET": "macro.view"}

    @documented("macro_vocabulary", MacroWords)
    def get(self, request: Request) -> Response:
        values = [
            {
                "path": path,
                "root": path.split(".")[0],
                "label": value.label,
                "type": value.type,
                "example": value.example,
            }
            for path, value in leaves()
        ]
        return Response(
            {
                "values": values,
                "schema": [asdict(each) for each in SCHEMA],
                "filters": sorted(FILTERS),
                "filter_words": {name: words for name, (_, words) in FILTERS.items()},
                "rules": ["required", "fallback", "drop"],
                "claims": [{"name": name, "label": label} for name, label in CLAIMS.items()],
                "intents": list(INTENTS),
            }
        )


def _ticket_for_trial(user: User, values: dict[str, Any]) -> Ticket:
    """The ticket by id or by number; raises NotFound or InvalidInput."""
    if values.get("ticket_id"):
        return get_ticket(user, values["ticket_id"])
    if not values.get("ticket_number"):
        raise InvalidInput.field("ticket_number", "Name a ticket.", code="required")
    return get_ticket_by_number(user, values["ticket_number"])


def _fields(values: dict[str, Any]) -> dict[str, Any]:
    if "language_variants" in values:
        values["variants"] = values.pop("language_variants")
    return values
