"""``field.<slug>:`` finds by fields that the shop has added; views and rules name them (UX 1.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automation.rules.dry_run import dry_run
from automation.rules.models import Rule
from automation.rules.summary import summary_of
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from tests.search.conftest import Find, write_in
from tickets.actions.custom_fields import change_field, define_field
from tickets.actions.customers import change_customer
from tickets.models import CustomField, Ticket
from tickets.search.keys import Vocabulary
from tickets.search.reading import read_query
from tickets.search.suggestions import suggest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fields(organization: Organization) -> dict[str, CustomField]:
    """Mia's ticket has them all, Ada's none."""
    told: list[tuple[str, str, str, str, list[str]]] = [
        ("ticket", "cause", "Cause of the trouble", "choice", ["Wrong parcel", "Late"]),
        ("ticket", "note2", "Note", "text", []),
        ("ticket", "due", "Due", "date", []),
        ("ticket", "paid", "Paid", "flag", []),
        ("customer", "shoe_size", "Shoe size", "number", []),
    ]
    made = {
        slug: define_field(
            organization.pk, owner=owner, slug=slug, name=name, type=type_, choices=choices
        )
        for owner, slug, name, type_, choices in told
    }
    mia = write_in(organization, subject="Mia").ticket
    write_in(organization, subject="Ada", email="ada@other.example")
    today = now().date().isoformat()
    values = {"cause": "Wrong parcel", "note2": "Blue gate", "due": today, "paid": True}
    Ticket.objects.filter(pk=mia.pk).update(fields=values)
    change_customer(mia.customer, fields={"shoe_size": 41.5})
    return made


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ('field.cause:"wrong parcel"', "Mia"),
        ("field.cause:wrong", "Mia"),
        ("field.cause:late", ""),
        ("-field.cause:late", "Ada Mia"),
        ("field.cause:late,wrong", "Mia"),
        ("field.cause:any", "Mia"),
        ("field.cause:none", "Ada"),
        ('field.note2:"blue gate"', "Mia"),
        ("field.note2:BLUE", "Mia"),
        ("field.due:today", "Mia"),
        ("field.due:<2d", "Mia"),
        ("field.due:yesterday", ""),
        ("field.due:>=today", "Mia"),
        ("field.due:<today", ""),
        ("field.due:2020-01-01..2030", "Mia"),
        ("field.due:..2020", ""),
        ("field.paid:yes", "Mia"),
        ("field.paid:no", ""),
        ("field.shoe_size:41.5", "Mia"),
        ("field.shoe_size:>41", "Mia"),
        ("field.shoe_size:<=41", ""),
        ("field.shoe_size:40..42", "Mia"),
    ],
)
def test_a_field_of_the_shop_finds_tickets(
    fields: dict[str, CustomField], find: Find, q: str, found: str
):
    assert " ".join(sorted(find(q))) == found


@pytest.mark.parametrize(
    ("q", "code", "hint"),
    [
        ("field.caus:late", "unknown_key", "field.cause:late"),
        ("field.colour:red", "unknown_key", None),
        ("field.cause:lat3", "unknown_value", "field.cause:Late"),
        ("field.shoe_size:big", "bad_value", None),
        ("field.note2:>3", "bad_value", None),
    ],
)
def test_what_is_mistyped_is_reported_with_what_may_have_been_meant(
    fields: dict[str, CustomField], bo: User, q: str, code: str, hint: str | None
):
    [problem] = read_query(q, bo).problems
    assert (problem.code, problem.hint) == (code, hint)


def test_fields_are_suggested_by_slug_or_name_and_their_values_after_the_colon(
    fields: dict[str, CustomField], bo: User
):
    def inserted(text: str) -> list[str]:
        return [each.insert for each in suggest(text, len(text), Vocabulary(bo)).found]

    assert "field.shoe_size:" in inserted("shoe")
    assert inserted("field.ca") == ["field.cause:"]
    assert inserted("field.cause:") == [
        'field.cause:"Wrong parcel" ',
        "field.cause:Late ",
        "field.cause:none ",
        "field.cause:any ",
    ]
    change_field(fields["shoe_size"], is_archived=True)
    assert inserted("shoe") == []


def test_mentions_and_follows_of_ones_own_are_found(
    organization: Organization, find: Find, bo: User
):
    mia = write_in(organization, subject="Mia").ticket
    ada = write_in(organization, subject="Ada", email="ada@other.example").ticket
    Ticket.objects.filter(pk=mia.pk).update(mentioned_ids=[bo.pk])
    Ticket.objects.filter(pk=ada.pk).update(follower_ids=[bo.pk])
    assert find("is:mentioned") == ["Mia"]
    assert find("is:following") == ["Ada"]
    assert find("-is:following") == ["Mia"]
    [problem] = read_query("is:mentionned", bo).problems
    assert problem.hint == "is:mentioned"


def test_a_view_asks_for_fields_of_the_shop_and_names_one_that_is_not_there(
    fields: dict[str, CustomField], api_as: Callable[..., Any], bo: User
):
    def body(name: str) -> dict[str, Any]:
        return {
            "name": "Wrong parcels",
            "conditions": {"all": [{"field": name, "operator": "is", "value": "Wrong parcel"}]},
        }

    made = api_as(bo).post("/api/v1/views", body("ticket.field.cause"))
    assert made.status_code == 201, made.content
    counts = api_as(bo).get("/api/v1/views/counts").json()
    assert counts[made.json()["slug"]] == 1

    unknown = api_as(bo).post("/api/v1/views", body("ticket.field.colour"))
    [error] = unknown.json()["errors"]
    assert unknown.status_code == 422
    assert (error["path"], error["code"]) == ("conditions.all.0.field", "unknown_field")
    assert "ticket.field.colour" in error["message"]

    change_field(fields["cause"], is_archived=True)
    asked = {"conditions": body("ticket.field.cause")["conditions"]}
    archived = api_as(bo).post("/api/v1/views/preview", asked)
    [error] = archived.json()["errors"]
    assert (error["path"], error["code"]) == ("conditions.all.0.field", "archived_field")
    assert "Cause of the trouble" in error["message"]
    # What asked for it before stays usable, and may be renamed.
    renamed = api_as(bo).patch(f"/api/v1/views/{made.json()['id']}", {"name": "Parcels"})
    assert renamed.status_code == 200, renamed.content


def test_a_rule_says_the_name_of_a_field_and_refuses_an_archived_one(
    fields: dict[str, CustomField],
    api_as: Callable[..., Any],
    organization: Organization,
    ada: User,
):
    conditions = {
        "all": [{"field": "ticket.field.cause", "operator": "is", "value": "Wrong parcel"}]
    }
    rule = Rule.objects.create(
        organization=organization,
        name="Parcels",
        triggers=["message.received"],
        conditions=conditions,
        actions=[],
    )
    assert "cause of the trouble is Wrong parcel" in summary_of(rule)
    run = dry_run(rule, Ticket.objects.get(subject="Mia"))
    assert [each["text"] for each in run.trace] == ["Cause of the trouble is Wrong parcel"]
    assert run.is_match

    change_field(fields["cause"], is_archived=True)
    refused = api_as(ada).patch(f"/api/v1/rules/{rule.pk}", {"conditions": conditions})
    assert refused.status_code == 422, refused.content
    assert refused.json()["errors"][0]["code"] == "archived_field"


def test_rules_do_not_take_operators_that_only_lists_know(
    fields: dict[str, CustomField],
    api_as: Callable[..., Any],
    organization: Organization,
    ada: User,
):
    rule = Rule.objects.create(
        organization=organization,
        name="R",
        triggers=["message.received"],
        conditions={},
        actions=[],
    )
    for name in ("customer.field.shoe_size", "ticket.message_count"):
        conditions = {"all": [{"field": name, "operator": "at_least", "value": 3}]}
        refused = api_as(ada).patch(f"/api/v1/rules/{rule.pk}", {"conditions": conditions})
        assert refused.status_code == 422, name
        assert refused.json()["errors"][0]["code"] == "unknown_operator"
