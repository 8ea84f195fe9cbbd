"""What is refused when a rule is saved, and what is odd about rules together (bad input of issue 6)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from automation.rules.contradictions import can_hold_together, contradictions
from automation.rules.edit import create_rule
from automation.rules.fields import check_conditions
from automation.rules.lint import lint
from automation.rules.models import Rule
from helpdesk.lib.errors import InvalidInput
from tests.factories import make_channel
from tickets.actions.tags import change_tags

STATUS, COUNT, CREATED = "ticket.status", "ticket.message_count", "ticket.created_at"


def leaf(field: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, **more}


@pytest.mark.parametrize(
    ("one", "other", "is_possible"),
    [
        (leaf(STATUS, "is", "open"), leaf(STATUS, "is", "closed"), False),
        (leaf(STATUS, "is", "open"), leaf(STATUS, "is", "OPEN"), True),
        (leaf(STATUS, "is", "open"), leaf(STATUS, "is_not", "open"), False),
        (leaf(STATUS, "is_any_of", ["open", "spam"]), leaf(STATUS, "is", "spam"), True),
        (leaf(STATUS, "is_any_of", ["open"]), leaf(STATUS, "is_none_of", ["open", "x"]), False),
        (leaf(COUNT, "more_than", 5), leaf(COUNT, "less_than", 5), False),
        (leaf(COUNT, "more_than", 5), leaf(COUNT, "less_than", 7), True),
        (leaf(CREATED, "within_last", "2h"), leaf(CREATED, "longer_ago_than", "1d"), False),
        (leaf(CREATED, "within_last", "2d"), leaf(CREATED, "longer_ago_than", "1d"), True),
        (leaf("customer.is_vip", "is", value=True), leaf("customer.is_vip", "is", value=False), False),
        (leaf("ticket.team", "is_empty"), leaf("ticket.team", "is_present"), False),
        (
            leaf("order.is_delivered", "is", value=True, if_missing=True),
            leaf("order.is_delivered", "is", value=False),
            True,
        ),
    ],
)  # fmt: skip
def test_only_what_can_never_hold_together_is_a_contradiction(one, other, is_possible):
    tree = {"all": [leaf("ticket.subject", "contains", "x"), {"all": [one]}, other]}
    assert can_hold_together(one, other) is is_possible
    found = [each.path for each in contradictions(tree)]
    assert found == ([] if is_possible else ["conditions.all.2.value"])
    assert list(contradictions({"any": [one, other]})) == []


@pytest.mark.django_db
def test_what_a_rule_cannot_mean_is_refused_by_the_place_of_the_mistake(organization):
    nobody = str(uuid.uuid4())
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"all": [leaf(STATUS, "is", "open"), leaf(STATUS, "is", "spam")]},
         "conditions.all.1.value", "contradiction"),
        ({"any": [leaf("ticket.team", "is", nobody)]},
         "conditions.any.0.value", "deleted_reference"),
        (leaf("order.is_late", "is", value=True, if_missing="no"),
         "conditions.if_missing", "invalid"),
        (leaf("message.text", "matches", "(a+)+$("), "conditions.value", "invalid"),
        (leaf("message.text", "matches", "(?=x)"), "conditions.value", "invalid"),
        ({"all": [leaf(STATUS, "is", "open")] * 10_000}, "conditions", "too_many"),
    ]  # fmt: skip
    for tree, path, code in cases:
        with pytest.raises(InvalidInput) as refused:
            check_conditions(tree, organization_id=organization.pk)
        assert [(each.path, each.code) for each in refused.value.errors] == [(path, code)]


@pytest.mark.django_db(transaction=True)
def test_rules_that_disturb_each_other_are_named(organization, bo, team_a, api_as):
    on = {"triggers": ["message.received"], "conditions": {}}
    tags = {"triggers": ["ticket.tagged"], "conditions": {}}

    def make(name: str, *actions: tuple[str, dict[str, Any]], **fields: Any) -> Rule:
        done = [{"type": kind, "params": params} for kind, params in actions]
        return create_rule(organization, {"name": name, "actions": done, **fields})

    channel = make_channel(organization)
    high = make("High", ("set_priority", {"priority": "high"}), **on)
    low = make("Low", ("set_priority", {"priority": "low"}), **on, stop_after=True)
    never = make("Never", ("add_tags", {"tags": ["x"]}), **on)
    adds = make("Adds", ("add_tags", {"tags": ["y"]}), **tags)
    takes = make("Takes", ("remove_tags", {"tags": ["y"]}), **tags)
    mail = {**on, "conditions": leaf("ticket.channel", "is", str(channel.pk))}
    gone = make("Gone", ("add_tags", {"tags": ["z"]}), **{**mail, "triggers": ["message.noted"]})
    Rule.objects.filter(pk=gone.pk).update(
        conditions=leaf("ticket.channel", "is", str(uuid.uuid4()))
    )
    make("Off", ("set_priority", {"priority": "urgent"}), **on, mode="off")

    found = api_as(bo).get("/api/v1/rules/lint").json()["results"]

    assert [(each["code"], each["rule_ids"], each["field"]) for each in found] == [
        ("deleted_reference", [str(gone.pk)], "conditions.value"),
        ("same_field", [str(high.pk), str(low.pk)], "ticket.priority"),
        ("unreachable", [str(low.pk), str(never.pk)], "stop_after"),
        ("loop", [str(adds.pk), str(takes.pk)], "ticket.tags"),
    ]
    assert "“High” and “Low”" in found[1]["detail"]


@pytest.mark.django_db(transaction=True)
def test_a_condition_on_a_tag_that_nobody_has_is_named(organization, mail_ticket_id):
    asks = {
        "name": "Asks",
        "triggers": ["message.received"],
        "conditions": leaf("ticket.tags", "contains_any_of", ["vip"]),
        "actions": [{"type": "set_priority", "params": {"priority": "high"}}],
    }
    create_rule(organization, asks)
    assert [each["detail"] for each in lint(organization.pk)] == ["There is no tag “vip”."]
    change_tags(mail_ticket_id, add=["vip"])
    assert lint(organization.pk) == []


@pytest.fixture
def mail_ticket_id(channel):
    from tests.factories import receive_mail

    return receive_mail(channel).ticket_id
