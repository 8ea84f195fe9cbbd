"""Every route of the API, for everybody: who gets what, and that a new route must be listed here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from helpdesk.accounts.models import Organization, User
from tests.api.conftest import write_in
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)

ANYBODY, AGENT, ADMIN, NOBODY = "viewer", "agent", "admin", "nobody"
RANK = {"viewer": 1, "agent": 2, "admin": 3, "nobody": 9}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# The least role that each method of each route needs.
ROUTES: dict[str, dict[str, str]] = {
    "bootstrap": {"GET": ANYBODY},
    "events": {"GET": ANYBODY},
    "me": {"GET": ANYBODY, "PATCH": ANYBODY},
    "me/avatar": {"PUT": ANYBODY, "DELETE": ANYBODY},
    "me/sessions/<int:session_id>": {"DELETE": ANYBODY},
    "me/two-factor-qr": {"GET": ANYBODY},
    "users/<uuid:user_id>/avatar": {"GET": ANYBODY},
    "sign-ins": {"GET": ADMIN},
    "me/sessions": {"GET": ANYBODY, "DELETE": ANYBODY},
    "tokens": {"GET": AGENT, "POST": AGENT},
    "tokens/<uuid:token_id>": {"DELETE": AGENT},
    "notifications": {"GET": ANYBODY},
    "notifications/read": {"POST": ANYBODY},
    "tickets": {"GET": ANYBODY, "POST": AGENT},
    "tickets/next": {"POST": AGENT},
    "loads": {"GET": ANYBODY},
    "organization": {"PATCH": ADMIN},
    "me/availability": {"PUT": AGENT},
    "people/<uuid:person_id>": {"PATCH": ADMIN},
    "teams": {"POST": ADMIN},
    "teams/<uuid:team_id>": {"PATCH": ADMIN, "DELETE": ADMIN},
    "invitations": {"GET": ADMIN, "POST": ADMIN},
    "invitations/<uuid:invitation_id>": {"DELETE": ADMIN},
    "tickets/by-number/<int:number>": {"GET": ANYBODY},
    "tickets/<uuid:ticket_id>/follow": {"PUT": ANYBODY, "DELETE": ANYBODY},
    "tickets/<uuid:ticket_id>": {"GET": ANYBODY, "PATCH": AGENT, "DELETE": ADMIN},
    "tickets/<uuid:ticket_id>/merge-targets": {"GET": AGENT},
    "tickets/<uuid:ticket_id>/merge/preview": {"POST": AGENT},
    "tickets/<uuid:ticket_id>/merge": {"POST": AGENT},
    "tickets/<uuid:ticket_id>/unmerge": {"POST": AGENT},
    "tickets/<uuid:ticket_id>/split": {"POST": AGENT},
    "splits/<uuid:split_id>/undo": {"POST": AGENT},
    "tickets/<uuid:ticket_id>/links": {"POST": AGENT},
    "tickets/<uuid:ticket_id>/links/<uuid:other_id>": {"DELETE": AGENT},
    "blocked-senders": {"GET": AGENT, "POST": AGENT},
    "blocked-senders/<uuid:sender_id>": {"DELETE": AGENT},
    "bulk-jobs": {"GET": AGENT, "POST": AGENT},
    "bulk-jobs/preview": {"POST": AGENT},
    "bulk-jobs/<uuid:job_id>": {"GET": AGENT},
    "bulk-jobs/<uuid:job_id>/cancel": {"POST": AGENT},
    "bulk-jobs/<uuid:job_id>/undo": {"POST": AGENT},
    "tickets/<uuid:ticket_id>/messages": {"GET": ANYBODY, "POST": AGENT},
    "tickets/<uuid:ticket_id>/drafts": {"GET": AGENT},
    "tickets/<uuid:ticket_id>/drafts/<str:mode>/take-over": {"POST": AGENT},
    "tickets/<uuid:ticket_id>/drafts/<str:mode>": {"GET": AGENT, "PUT": AGENT, "DELETE": AGENT},
    "tickets/<uuid:ticket_id>/rule-runs": {"GET": ANYBODY},
    "tickets/<uuid:ticket_id>/skip-survey": {"POST": AGENT},
    "settings/surveys": {"GET": ADMIN, "PATCH": ADMIN},
    "settings/surveys/logo": {"POST": ADMIN},
    "settings/surveys/preview": {"POST": ADMIN},
    "settings/surveys/<uuid:store_id>": {"PATCH": ADMIN},
    "messages/<uuid:message_id>/html": {"GET": ANYBODY},
    "messages/<uuid:message_id>/raw": {"GET": ANYBODY},
    "messages/<uuid:message_id>/withdraw": {"POST": AGENT},
    "messages/<uuid:message_id>/send-now": {"POST": AGENT},
    "messages/<uuid:message_id>/retry": {"POST": AGENT},
    "messages/<uuid:message_id>/mark-sent": {"POST": AGENT},
    "attachments": {"POST": AGENT},
    "attachments/<uuid:attachment_id>": {"GET": ANYBODY},
    "customers": {"GET": ANYBODY},
    "customers/<uuid:customer_id>": {"GET": ANYBODY, "PATCH": AGENT},
    "customers/<uuid:customer_id>/tickets": {"GET": ANYBODY},
    "customers/<uuid:customer_id>/orders": {"GET": ANYBODY},
    "customers/<uuid:customer_id>/profiles": {"GET": ANYBODY},
    "customers/<uuid:customer_id>/figures": {"GET": ANYBODY},
    "customers/<uuid:customer_id>/handles": {"POST": AGENT},
    "customers/<uuid:customer_id>/handles/<uuid:handle_id>": {"PATCH": AGENT, "DELETE": AGENT},
    "customers/<uuid:customer_id>/notes": {"GET": ANYBODY, "POST": AGENT},
    "customers/<uuid:customer_id>/merge": {"POST": AGENT},
    "customers/<uuid:customer_id>/merge/preview": {"POST": AGENT},
    "customers/<uuid:customer_id>/apart": {"POST": AGENT, "DELETE": AGENT},
    "customers/<uuid:customer_id>/history": {"GET": ANYBODY},
    "customers/<uuid:customer_id>/possible": {"GET": ANYBODY},
    "customers/<uuid:customer_id>/export": {"GET": ADMIN},
    "customer-notes/<uuid:note_id>": {"PATCH": AGENT, "DELETE": AGENT},
    "customer-merges/<uuid:merge_id>/undo": {"POST": AGENT},
    "custom-fields": {"GET": ANYBODY, "POST": ADMIN},
    "custom-fields/<uuid:field_id>": {"PATCH": ADMIN},
    "tickets/<uuid:ticket_id>/joinable": {"GET": ANYBODY},
    "tickets/<uuid:ticket_id>/apart": {"POST": AGENT, "DELETE": AGENT},
    "orders": {"GET": ANYBODY},
    "orders/<uuid:order_id>": {"GET": ANYBODY},
    "orders/<uuid:order_id>/products": {"GET": AGENT},
    "orders/<uuid:order_id>/refresh": {"POST": AGENT},
    "orders/<uuid:order_id>/actions/preview": {"POST": AGENT},
    "orders/<uuid:order_id>/actions": {"POST": AGENT},
    "order-actions": {"GET": ANYBODY},
    "order-actions/waiting": {"GET": ANYBODY},
    "order-actions/<uuid:action_id>": {"GET": ANYBODY},
    "order-actions/<uuid:action_id>/preview": {"GET": AGENT},
    "order-actions/<uuid:action_id>/confirm": {"POST": AGENT},
    "order-actions/<uuid:action_id>/approve": {"POST": ADMIN},
    "order-actions/<uuid:action_id>/reject": {"POST": AGENT},
    "order-actions/<uuid:action_id>/retry": {"POST": AGENT},
    "order-actions/<uuid:action_id>/settle": {"POST": AGENT},
    "order-limits": {"GET": AGENT, "PUT": ADMIN},
    "order-limits/approvals": {"GET": ADMIN, "PUT": ADMIN},
    "store-connectors": {"GET": ANYBODY},
    "stores": {"GET": ANYBODY, "POST": ADMIN},
    "stores/<uuid:store_id>": {"GET": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN},
    "stores/<uuid:store_id>/test": {"POST": ADMIN},
    "stores/<uuid:store_id>/disconnect": {"POST": ADMIN},
    "stores/<uuid:store_id>/backfill": {"POST": ADMIN},
    "store-hooks": {"GET": ADMIN},
    "store-hooks/<uuid:hook_id>/replay": {"POST": ADMIN},
    "store-hooks/<uuid:hook_id>/raw": {"GET": ADMIN},
    "tickets/fields": {"GET": ANYBODY},
    "views": {"GET": ANYBODY, "POST": ANYBODY},
    "views/counts": {"GET": ANYBODY},
    "views/order": {"GET": ANYBODY, "PUT": ANYBODY},
    "views/preview": {"POST": ANYBODY},
    "views/<uuid:view_id>": {"GET": ANYBODY, "PATCH": ANYBODY, "DELETE": ANYBODY},
    "search": {"GET": ANYBODY},
    "search/suggestions": {"GET": ANYBODY},
    "search/keys": {"GET": ANYBODY},
    "tickets/<uuid:ticket_id>/reply-places": {"GET": ANYBODY},
    "inbound": {"GET": AGENT},
    "inbound/<uuid:raw_id>/retry": {"POST": AGENT},
    "inbound/<uuid:raw_id>/raw": {"GET": AGENT},
    "channels": {"GET": ANYBODY, "POST": ADMIN},
    "channels/<uuid:channel_id>/signature": {"POST": ANYBODY},
    "channels/<uuid:channel_id>": {"GET": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN},
    "channels/<uuid:channel_id>/test": {"POST": ADMIN},
    "chat-sites": {"GET": ADMIN, "POST": ADMIN},
    "chat-sites/<uuid:channel_id>": {"GET": ADMIN, "PATCH": ADMIN},
    "chat-sites/<uuid:channel_id>/secret": {"POST": ADMIN},
    "channels/<uuid:channel_id>/disconnect": {"POST": ADMIN},
    "channels/<uuid:channel_id>/templates": {"GET": AGENT},
    "channels/<uuid:channel_id>/team-places": {"GET": ADMIN},
    "connectors": {"GET": ANYBODY},
    "hooks": {"GET": ADMIN},
    "hooks/<uuid:hook_id>/replay": {"POST": ADMIN},
    "hooks/<uuid:hook_id>/raw": {"GET": ADMIN},
    "rules": {"GET": AGENT, "POST": ADMIN},
    "sla/policies": {"GET": AGENT, "POST": ADMIN},
    "sla/policies/order": {"POST": ADMIN},
    "sla/policies/<uuid:policy_id>": {"PATCH": ADMIN, "DELETE": ADMIN},
    "calendars": {"GET": AGENT, "POST": ADMIN},
    "calendars/file": {"POST": ADMIN},
    "calendars/regions": {"GET": AGENT},
    "calendars/<uuid:calendar_id>": {"PATCH": ADMIN, "DELETE": ADMIN},
    "rules/vocabulary": {"GET": AGENT},
    "automation/export": {"GET": ADMIN},
    "automation/import": {"POST": ADMIN},
    "tickets/<uuid:ticket_id>/rules/<uuid:rule_id>/run": {"POST": AGENT},
    "tickets/<uuid:ticket_id>/timers/<uuid:timer_id>": {"DELETE": AGENT},
    "rules/dry-runs": {"POST": ADMIN},
    "rules/dry-runs/<uuid:run_id>": {"GET": ADMIN, "DELETE": ADMIN},
    "rules/lint": {"GET": AGENT},
    "rules/pattern": {"POST": ADMIN},
    "rules/webhook-secret": {"GET": ADMIN},
    "rule-runs/<uuid:run_id>/undo": {"POST": AGENT},
    "rules/order": {"POST": ADMIN},
    "rules/templates": {"GET": AGENT},
    "rules/templates/<slug:key>/install": {"POST": ADMIN},
    "rules/<uuid:rule_id>/draft": {"PUT": ADMIN, "DELETE": ADMIN},
    "rules/<uuid:rule_id>/publish": {"POST": ADMIN},
    "rules/<uuid:rule_id>/versions": {"GET": AGENT},
    "rules/<uuid:rule_id>/versions/<int:number>/restore": {"POST": ADMIN},
    "rules/<uuid:rule_id>": {"GET": AGENT, "PATCH": ADMIN, "DELETE": ADMIN},
    "rules/<uuid:rule_id>/runs": {"GET": AGENT},
    "rule-runs/<uuid:run_id>": {"GET": ANYBODY},
    "macros": {"GET": ANYBODY, "POST": AGENT},
    "macros/check": {"POST": AGENT},
    "macros/import": {"POST": AGENT},
    "macros/preview": {"POST": AGENT},
    "macros/vocabulary": {"GET": ANYBODY},
    "macros/<uuid:macro_id>": {"GET": ANYBODY, "PATCH": AGENT, "DELETE": AGENT},
    "macros/<uuid:macro_id>/render": {"POST": AGENT},
    "macros/<uuid:macro_id>/versions": {"GET": ANYBODY},
    "macros/<uuid:macro_id>/versions/<int:number>/restore": {"POST": AGENT},
    "tickets/<uuid:ticket_id>/macros": {"GET": AGENT},
    "tickets/<uuid:ticket_id>/numbers": {"GET": ANYBODY},
    "intents": {"GET": ANYBODY},
    "messages/<uuid:message_id>/intent": {"PUT": AGENT},
    "reports/intents": {"GET": ANYBODY},
    "reports/<slug:name>/figures": {"GET": ANYBODY},
    "reports/<slug:name>/tickets": {"GET": ANYBODY},
    "reports/<slug:name>/export": {"GET": ANYBODY},
    "reports/live": {"GET": ANYBODY},
    "reports/schedules": {"GET": ANYBODY, "POST": ANYBODY},
    "reports/schedules/<uuid:schedule_id>": {"PATCH": ANYBODY, "DELETE": ANYBODY},
    "reports/schedules/<uuid:schedule_id>/me": {"DELETE": ANYBODY},
    "reports/schedules/<uuid:schedule_id>/send": {"POST": ANYBODY},
}
# Answer by signature, not by session: asked for without one, they show nothing.
SIGNED = {"mail-images/<str:token>", "join/<str:secret>"}


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[str]:
    """Every route below /api/v1/ that the application answers."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern) and route.startswith("api/v1/"):
            yield route.removeprefix("api/v1/")


def address(route: str) -> str:
    """The route with ids that nobody has."""
    route = route.replace("<int:session_id>", "999999").replace("<slug:key>", "nothing")
    route = route.replace("<slug:name>", "overview")
    route = re.sub(r"<uuid:\w+>", lambda _: str(uuid.uuid4()), route)
    return "/api/v1/" + route.replace("<int:number>", "999999").replace("<str:mode>", "reply")


def test_every_route_is_in_the_table():
    assert set(routes()) - SIGNED == set(ROUTES)


def test_who_has_not_signed_in_gets_401_and_nothing_else(api_as: Callable[..., Any], db: None):
    client = api_as(None)
    for route in ROUTES:
        for method in METHODS:
            answer = client.generic(method, address(route), "{}", "application/json")
            assert answer.status_code == 401, (method, route)
            assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("role", ["admin", "agent", "viewer"])
def test_each_role_gets_what_the_table_says(
    role: str, api_as: Callable[..., Any], ada: User, bo: User, viewer: User
):
    client = api_as({"admin": ada, "agent": bo, "viewer": viewer}[role])
    for route, needs in ROUTES.items():
        for method in METHODS:
            answer = client.generic(method, address(route), "{}", "application/json")
            told = (method, route, answer.status_code, answer.content[:200])
            if method not in needs:
                assert answer.status_code in (403, 405), told
            elif RANK[role] < RANK[needs[method]]:
                assert answer.status_code == 403, told
                assert answer.json()["code"] == "not_allowed", told
            else:
                assert answer.status_code not in (401, 403, 405, 500), told


def test_a_signed_address_without_a_valid_signature_shows_nothing(
    api_as: Callable[..., Any], ada: User
):
    for user in (None, ada):
        answer = api_as(user).get("/api/v1/mail-images/eyJ1Ijoi:bad:signature")
        assert answer.status_code == 404


def test_nothing_of_another_organization_is_reached_by_its_id(
    api_as: Callable[..., Any], dee: User, organization: Organization
):
    """G19.1: object ids of Linden & Loom, asked for by Dee of Nord Ceramics."""
    message = write_in(organization, html="<p>secret</p>")
    ticket = message.ticket
    client = api_as(dee)
    body = {"id": str(uuid.uuid4()), "text": "hello", "last_seen_position": 1}
    answers = [
        client.get(f"/api/v1/tickets/{ticket.pk}"),
        client.get(f"/api/v1/tickets/by-number/{ticket.number}"),
        client.get(f"/api/v1/tickets/{ticket.pk}/messages"),
        client.patch(f"/api/v1/tickets/{ticket.pk}", {"priority": "urgent"}),
        client.post(f"/api/v1/tickets/{ticket.pk}/messages", body),
        client.put(f"/api/v1/tickets/{ticket.pk}/drafts/reply", {"text": "x", "rev": 0}),
        client.get(f"/api/v1/messages/{message.pk}/html"),
        client.get(f"/api/v1/messages/{message.pk}/raw"),
        client.post(f"/api/v1/messages/{message.pk}/withdraw"),
        client.post(f"/api/v1/messages/{message.pk}/retry", {}),
        client.get(f"/api/v1/customers/{ticket.customer_id}"),
        client.patch(f"/api/v1/customers/{ticket.customer_id}", {"name": "Eve"}),
        client.get(f"/api/v1/customers/{ticket.customer_id}/tickets"),
        client.get(f"/api/v1/customers/{ticket.customer_id}/orders"),
        client.get(f"/api/v1/tickets/{ticket.pk}/rule-runs"),
    ]
    assert [each.status_code for each in answers] == [404] * len(answers)
    assert client.get("/api/v1/tickets").json()["total"] == 0
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.priority, after.message_count) == ("normal", 1)
