"""Rules, macros and the CSAT report over HTTP: shapes, permissions, errors that name the field."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automation.models import Macro, Rule
from automation.rules.shipped import ensure_shipped_rules
from helpdesk.accounts.actions import create_user
from tests.factories import receive_mail
from tickets.models import Message, MessageKind

pytestmark = pytest.mark.django_db(transaction=True)

V1 = "/api/v1"
RULE = {
    "name": "Vip",
    "triggers": ["message.received"],
    "conditions": {"all": [{"field": "customer.is_vip", "operator": "is", "value": True}]},
    "actions": [{"type": "add_tags", "params": {"tags": ["vip"]}}],
}
MACRO = {
    "name": "Thanks",
    "folder": "Other",
    "language_variants": [
        {"language": "en", "subject": None, "body": "Thanks {{ customer.name }}"}
    ],
    "actions": [{"type": "add_tags", "params": {"tags": ["praise"]}}],
}


@pytest.fixture
def viewer(organization, quick_passwords):
    return create_user(
        organization,
        email="vi@linden.example",
        password="every linen thread 48213",
        role="viewer",
    )


def test_an_admin_makes_changes_and_deletes_a_rule(api_as, ada):
    client = api_as(ada)
    made = client.post(f"{V1}/rules", RULE)
    assert made.status_code == 201
    rule = made.json()
    assert rule["version"] == 1
    assert rule["summary"] == "When a message comes in and customer is VIP: add tag vip."
    assert rule["actions"][0]["description"] == "Add tag vip"

    changed = client.patch(f"{V1}/rules/{rule['id']}", {"is_active": False, "version": 1})
    assert (changed.json()["is_active"], changed.json()["version"]) == (False, 2)
    stale = client.patch(f"{V1}/rules/{rule['id']}", {"name": "x", "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    listed = client.get(f"{V1}/rules").json()
    assert [each["id"] for each in listed["results"]] == [rule["id"]]
    assert listed["next"] is None
    assert client.delete(f"{V1}/rules/{rule['id']}").status_code == 204
    assert client.get(f"{V1}/rules/{rule['id']}").status_code == 404


def test_wrong_rules_are_refused_by_the_place_of_each_mistake(api_as, ada):
    wrong = {
        **RULE,
        "conditions": {"all": [{"field": "order.colour", "operator": "is", "value": 1}]},
        "actions": [{"type": "fly", "params": {}}],
    }
    answer = api_as(ada).post(f"{V1}/rules", wrong)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [each["path"] for each in answer.json()["errors"]] == [
        "conditions.all.0.field",
        "actions.0.type",
    ]
    unknown = api_as(ada).post(f"{V1}/rules", {**RULE, "colour": "red"})
    assert unknown.json()["errors"][0]["path"] == "colour"
    missing = api_as(ada).post(f"{V1}/rules", {"name": "x"})
    assert missing.json()["errors"][0]["path"] == "triggers"
    assert not Rule.objects.exists()


@pytest.mark.parametrize("body", ["[]", '"x"', "null", "{", '{"conditions": "\\u0000"}'])
def test_bodies_that_are_no_rule_are_refused_without_an_error_on_our_side(api_as, ada, body):
    client = api_as(ada)
    for method, address in (("post", "/rules"), ("post", "/macros"), ("post", "/macros/check")):
        answer = getattr(client, method)(f"{V1}{address}", body, content_type="application/json")
        assert 400 <= answer.status_code < 500, (address, body)


def test_who_may_do_what(api_as, ada, bo, dee, viewer, organization):
    ensure_shipped_rules(organization)
    rule, macro = Rule.objects.first(), Macro.objects.first()
    cases = [
        ("get", "/rules", None, {"ada": 200, "bo": 200, "viewer": 403}),
        ("post", "/rules", RULE, {"ada": 201, "bo": 403, "viewer": 403}),
        ("patch", f"/rules/{rule.pk}", {"name": "x"}, {"ada": 200, "bo": 403, "dee": 404}),
        ("get", f"/rules/{rule.pk}/runs", None, {"bo": 200, "dee": 404}),
        ("get", "/rules/vocabulary", None, {"bo": 200, "viewer": 403}),
        ("get", "/macros", None, {"bo": 200, "viewer": 200}),
        ("post", "/macros", MACRO, {"bo": 201, "viewer": 403}),
        ("patch", f"/macros/{macro.pk}", {"name": "x"}, {"bo": 200, "viewer": 403, "dee": 404}),
        ("delete", f"/macros/{macro.pk}", None, {"viewer": 403, "dee": 404}),
        ("get", "/reports/csat/figures", None, {"bo": 200, "viewer": 200}),
    ]
    people = {"ada": ada, "bo": bo, "dee": dee, "viewer": viewer}
    for method, address, body, expected in cases:
        assert getattr(api_as(None), method)(f"{V1}{address}", body).status_code in (401, 403)
        for name, status in expected.items():
            answer = getattr(api_as(people[name]), method)(f"{V1}{address}", body)
            assert answer.status_code == status, (method, address, name, answer.content)


def test_a_macro_is_filled_for_a_ticket_with_what_is_missing(api_as, bo, channel, mia, make_order):
    order = make_order("#1042")
    ticket = receive_mail(channel, "Hello").ticket
    body = "Hi {{ customer.first_name }}, see {{ order.tracking_url }}"
    made = api_as(bo).post(
        f"{V1}/macros", {**MACRO, "language_variants": [{"language": "en", "body": body}]}
    )
    answer = api_as(bo).post(
        f"{V1}/macros/{made.json()['id']}/render",
        {"ticket_id": str(ticket.pk), "order_id": None, "language": None},
    )

    assert answer.status_code == 200
    told = answer.json()
    named = {
        "id": str(order.pk),
        "number": "#1042",
        "store": "Linden & Loom",
        "state_text": "Unfulfilled",
        "total": "€84.90",
        "placed_at": told["order"]["placed_at"],
        "as_of": told["order"]["as_of"],
    }
    assert told == {
        "text": "Hi Mia, see ⟦order.tracking_url⟧",
        "html": "<p>Hi Mia, see ⟦order.tracking_url⟧</p>",
        "subject": None,
        "language": "en",
        "missing": [
            {
                "path": "order.tracking_url",
                "reason": "The order does not say this.",
                "sentence": "Hi Mia, see ⟦order.tracking_url⟧",
                "choices": [],
            }
        ],
        "spans": [{"start": 3, "end": 6, "path": "customer.first_name", "value": "Mia"}],
        "order": named,
        "orders": [named],
        "obstacles": [],
        "languages": ["en"],
        "order_basis": told["order_basis"],
        "actions": [{"type": "add_tags", "description": "Add tag praise"}],
    }


def test_a_reply_with_an_unfilled_place_is_refused_and_nothing_is_written(api_as, bo, channel, mia):
    """G16.4"""
    ticket = receive_mail(channel, "Hello").ticket
    answer = api_as(bo).post(
        f"{V1}/tickets/{ticket.pk}/messages",
        {
            "id": "01936b1e-0000-7000-8000-000000000001",
            "kind": "reply",
            "text": "See ⟦order.tracking_url⟧",
            "last_seen_position": 1,
        },
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "missing_values")
    assert answer.json()["errors"][0]["path"] == "text.order.tracking_url"
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()


def test_foreign_tickets_cannot_be_used_to_fill_a_macro(api_as, bo, dee, channel, mia):
    made = api_as(dee).post(f"{V1}/macros", MACRO).json()
    ticket = receive_mail(channel, "Hello").ticket

    answer = api_as(dee).post(f"{V1}/macros/{made['id']}/render", {"ticket_id": str(ticket.pk)})

    assert answer.status_code == 404


def test_a_text_is_checked_before_it_is_saved(api_as, bo):
    answer = api_as(bo).post(f"{V1}/macros/check", {"body": "Hi {{ customer.nme }}"})

    assert answer.json() == {
        "problems": [
            {
                "path": "body",
                "code": "unknown_value",
                "message": "Line 1: There is no value “customer.nme”. "
                "Did you mean “customer.name”?",
                "line": 1,
                "name": "customer.nme",
            }
        ],
        "values": [{"path": "customer.nme", "rule": "required", "line": 1}],
        "claims": [],
    }
    assert api_as(bo).post(f"{V1}/macros/check", {"body": "Hi"}).json() == {
        "problems": [],
        "values": [],
        "claims": [],
    }


def test_runs_are_listed_by_rule_and_by_ticket(
    api_as, ada, dee, channel, mia, organization, catch_up
):
    api_as(ada).post(f"{V1}/rules", {**RULE, "conditions": {}})
    tickets = [receive_mail(channel).ticket for _ in range(3)]
    catch_up()
    rule = Rule.objects.get()

    first = api_as(ada).get(f"{V1}/rules/{rule.pk}/runs?limit=2").json()
    rest = api_as(ada).get(f"{V1}/rules/{rule.pk}/runs?limit=2&after={first['next']}").json()
    of_ticket = api_as(ada).get(f"{V1}/tickets/{tickets[0].pk}/rule-runs").json()

    ids = [run["id"] for run in first["results"] + rest["results"]]
    assert len(ids) == len(set(ids)) == 3
    assert rest["next"] is None
    assert [run["rule_name"] for run in of_ticket["results"]] == ["Vip"]
    run = of_ticket["results"][0]
    assert api_as(ada).get(f"{V1}/rule-runs/{run['id']}").json() == run
    assert api_as(dee).get(f"{V1}/rule-runs/{run['id']}").status_code == 404
    assert api_as(dee).get(f"{V1}/tickets/{tickets[0].pk}/rule-runs").status_code == 404
    assert api_as(ada).get(f"{V1}/rules").json()["results"][0]["run_count"] == 3


def test_lists_cost_the_same_queries_however_long(api_as, ada, organization, channel, catch_up):
    ensure_shipped_rules(organization)
    for _ in range(10):
        receive_mail(channel, "Please cancel my order.")
    catch_up()
    client = api_as(ada)
    rule = Rule.objects.get(key="cancellation")
    for address in ("/rules", "/macros", f"/rules/{rule.pk}/runs"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{V1}{address}").status_code == 200
        assert len(queries) <= 14, address


def test_an_agent_skips_the_survey_of_a_ticket(api_as, bo, dee, channel, mia):
    ticket = receive_mail(channel).ticket

    assert api_as(dee).post(f"{V1}/tickets/{ticket.pk}/skip-survey", {}).status_code == 404
    assert api_as(bo).post(f"{V1}/tickets/{ticket.pk}/skip-survey", {}).status_code == 200


def test_the_app_starts_with_the_macros_that_are_switched_on(api_as, bo):
    made = api_as(bo).post(f"{V1}/macros", MACRO).json()
    off = api_as(bo).post(f"{V1}/macros", {**MACRO, "name": "Off", "is_active": False}).json()

    macros = api_as(bo).get(f"{V1}/bootstrap").json()["macros"]

    assert [macro["id"] for macro in macros] == [made["id"]]
    assert set(macros[0]) == {"id", "name", "folder", "acts_on_order"}
    assert off["is_active"] is False
