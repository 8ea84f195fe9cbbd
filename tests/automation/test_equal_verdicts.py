"""The live engine, a dry run and a plain reading of the words agree on any rule at any moment."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.rules import time_machine
from automation.rules.compiled import CompiledRule
from automation.rules.definition import EMPTY, unsaved_rule
from automation.rules.edit import create_rule
from automation.rules.engine import judge
from automation.rules.fields import check_conditions
from automation.rules.models import Mode, Rule, RuleRun
from automation.rules.past import Moment
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.ids import new_id
from tests.automation.verdicts import (
    AT,
    BO,
    CY,
    moment_of,
    plainly,
    some_change,
    some_state,
    some_tree,
)
from tests.factories import make_customer, receive_mail
from tickets.actions.marks import set_priority
from tickets.actions.tags import change_tags

TAG = {"type": "add_tags", "params": {"tags": ["a"]}}
ELSE = {"type": "add_tags", "params": {"tags": ["b"]}}


ASKED = (
    "message.text", "message.subject", "message.sender", "message.intent", "message.sentiment",
    "ticket.message_count", "ticket.tags", "ticket.priority", "ticket.subject", "ticket.created_at",
    "survey.score", "loyalty.is_member", "customer.order_count", "hours.is_open", "sla.state",
)  # fmt: skip
"""How many tickets waited, nobody knows afterwards."""


def said(tree: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**EMPTY, "name": "Any", "triggers": ["message.received"], "conditions": tree,
            "actions": [TAG], **more}  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
def test_three_judges_agree_on_any_rule_at_any_moment(seed):
    """G7.3: bit-equal verdicts, with and without another branch."""
    chance = Random(seed)
    tree, state, change = some_tree(chance), some_state(chance), some_change(chance)
    definition = said(tree, else_actions=chance.choice(([], [ELSE])), runs_on_automatic=True)
    snapshot = moment_of(state)
    rule = CompiledRule.of(unsaved_rule(new_id(), definition))

    live = judge([rule], snapshot, change)
    moment = Moment(1, AT, snapshot.ticket, snapshot.message, snapshot, change)
    tried = time_machine.try_moment(definition, moment, {})

    truth = plainly(tree, state, change)
    known = {True: "then", False: "else" if definition["else_actions"] else None, None: None}
    assert [str(each.branch) for each in live] == [e for e in [known[truth]] if e]
    assert (tried.is_match, tried.branch) == (truth is True, known[truth])
    assert rule.decide is not None
    assert rule.decide(snapshot.get, change, AT) is truth
    if live:
        assert live[0].verdict.trace == tried.steps


@pytest.mark.django_db(transaction=True)
def test_what_rules_did_is_what_a_dry_run_says_afterwards(organization, ada, channel, catch_up):
    """G7.5: fifteen rules on messages that came in, tried on the same messages when all changed."""
    chance = Random(6)
    rules = [each for each in (_rule(organization, chance) for _ in range(60)) if each][:15]
    czech = {"field": "message.text", "operator": "has_word_of", "value": ["zrušte"]}
    shadow = said({"not": czech}, name="Not Czech", mode=Mode.SHADOW)
    rules.append(create_rule(organization, shadow))
    for number in range(4):
        customer = make_customer(organization, f"c{number}@example.org")
        first = receive_mail(channel, "Please cancel my order 1042", customer=customer)
        catch_up()
        receive_mail(channel, "Dobrý den, zrušte objednávku", ticket=first.ticket)
        catch_up()
        set_priority(first.ticket_id, "low")
        change_tags(first.ticket_id, add=["vip"])
    catch_up()

    counts = []
    for rule in rules:
        runs = RuleRun.objects.filter(rule=rule, is_match=True)
        live = {str(run.message_id): run.trace for run in runs}
        begun = time_machine.begin(ada, said(rule.conditions), {"last": 200}, rule=None)
        assert time_machine.go_on(begun.pk) is False
        begun.refresh_from_db()
        assert {row["message_id"]: row["trace"] for row in begun.rows if row["is_match"]} == live
        counts.append(len(live))
    assert len(rules) == 16
    assert counts[-1] == 4


def _rule(organization: Any, chance: Random) -> Rule | None:
    """One that can be saved and speaks of nobody who is not there, in the shadow."""
    tree = some_tree(chance, among=ASKED)
    if BO in str(tree) or CY in str(tree):
        return None
    try:
        check_conditions(tree, organization_id=organization.pk)
    except InvalidInput:
        return None
    return create_rule(organization, said(tree, name=f"R{chance.random()}", mode=Mode.SHADOW))
