"""Conditions: exact answers, missing data never matches, equal to a plain evaluator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.csat.ratings import SURVEY_FIELDS
from automation.rules.conditions import MISSING, evaluate
from automation.rules.deciding import compile_tree
from automation.rules.fields import RULE_FIELDS, check_conditions
from automation.rules.hours import HOURS_FIELDS
from automation.rules.snapshot import ASKED_FIELDS, ORDER_FIELDS, message_values, ticket_values
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.ids import new_id
from integrations.commerce.profiles.selectors import PROFILE_FACTS
from tickets.models import Customer, Message, MessageBody, Ticket

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def leaf(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def holds(tree: dict[str, Any], change: dict[str, Any] | None = None, **snapshot: Any) -> bool:
    fields = {name.replace("__", "."): value for name, value in snapshot.items()}
    return evaluate(tree, fields, change or {}, at=AT).is_match


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("is", "open", "open", True),
        ("is", "Open", "open", True),
        ("is", "closed", "open", False),
        ("is", False, None, False),
        ("is", True, 1, False),
        ("is_not", "closed", "open", True),
        ("is_not", "x", None, True),
        ("is_any_of", ["a", "b"], "b", True),
        ("is_any_of", ["a", "b"], "", False),
        ("is_none_of", ["a"], None, True),
        ("contains", "cancel", "Please CANCEL it", True),
        ("contains", "", "anything", False),
        ("contains", "cancel", "", False),
        ("contains", "cancel", None, False),
        ("contains_not", "cancel", "", True),
        ("contains_not", "", "text", False),
        ("starts_with", "re:", "Re: order", True),
        ("starts_with", "re:", "", False),
        ("contains_any_of", ["vip"], ["VIP", "b2b"], True),
        ("contains_any_of", ["vip"], [], False),
        ("contains_all_of", ["a", "b"], ["a", "b", "c"], True),
        ("contains_all_of", ["a", "b"], ["a"], False),
        ("contains_none_of", ["a"], [], True),
        ("has_word_of", ["cancel"], "I want to cancel.", True),
        ("has_word_of", ["cancel"], "Our cancellation policy", False),
        ("has_word_of", ["stop order"], "please stop order 5", True),
        ("has_word_of", ["取消"], "我想取消订单", True),
        ("has_word_of", ["ยกเลิก"], "อยากยกเลิกออเดอร์", True),
        ("has_no_word_of", ["cancel"], "cancellation", True),
        ("matches", r"^order\s+\d+$", "Order 1042", True),
        ("matches", r"\d{6}", "1042", False),
        ("less_than", 5, 4, True),
        ("less_than", 5, None, False),
        ("more_than", 5, 6, True),
        ("within_last", "2d", AT - timedelta(hours=47), True),
        ("within_last", "2d", AT - timedelta(hours=49), False),
        ("within_last", "2d", None, False),
        ("longer_ago_than", "2d", AT - timedelta(hours=49), True),
        ("longer_ago_than", "2d", None, False),
        ("is_empty", None, "", True),
        ("is_empty", None, [], True),
        ("is_empty", None, False, False),
        ("is_present", None, None, False),
        ("is_present", None, 0, True),
    ],
)
def test_each_operator_answers_exactly(operator, wanted, actual, expected):
    assert holds(leaf("ticket.subject", operator, wanted), ticket__subject=actual) is expected


def test_changes_are_seen_with_what_was_before():
    change = {"ticket.tags": [["a"], ["a", "b"]], "ticket.status": ["open", "closed"]}

    assert holds(leaf("ticket.status", "changed_to", "closed"), change)
    assert holds(leaf("ticket.status", "changed_from", "open"), change)
    assert holds(leaf("ticket.tags", "changed_to", "b"), change)
    assert holds(leaf("ticket.tags", "has_changed"), change)
    assert not holds(leaf("ticket.tags", "changed_to", "a"), change)
    assert not holds(leaf("ticket.status", "changed_to", "closed"), {})


@pytest.mark.parametrize("operator", ["is", "is_not", "is_any_of", "is_none_of", "is_empty"])
def test_nothing_about_a_missing_order_holds_also_not_its_opposite(operator):
    """G7.3"""
    about_order = leaf("order.state", operator, ["picking"])

    assert not holds(about_order)
    assert not holds({"not": about_order})
    assert not holds({"not": {"not": about_order}})
    assert not holds({"all": [about_order]})
    assert not holds({"not": {"any": [about_order, leaf("x", "is", 1)]}}, x=2)
    assert holds({"any": [about_order, leaf("x", "is", 1)]}, x=1)


SUBJECT = [
    ("is", "cancel"), ("is_any_of", ["cancel"]), ("contains", "cancel"), ("contains", ""),
    ("starts_with", "cancel"), ("starts_with", ""), ("has_word_of", ["cancel"]),
    ("has_word_of", [""]), ("has_word_of", []), ("matches", "cancel"), ("matches", ""),
    ("contains_not", ""), ("has_no_word_of", []),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "wanted"), SUBJECT)
def test_a_subject_that_is_empty_or_absent_meets_no_keyword(operator, wanted):
    """G7.3: neither do conditions without a word."""
    asked = leaf("message.subject", operator, wanted)
    for snapshot in ({"message.subject": ""}, {"message.subject": None}, {}):
        for tree in (asked, {"all": [asked]}, {"any": [asked, {}]}):
            assert not evaluate(tree, snapshot, {}, at=AT).is_match
            assert compile_tree(tree)(snapshot.get, {}, AT) is not True


@pytest.mark.django_db
@pytest.mark.parametrize(
    "tree", [{"all": []}, {"any": []}, {"not": {}}, {"not": {"all": []}}, {"all": [{"any": []}]}]
)
def test_an_empty_group_never_matches_by_accident(tree):
    """G7.3"""
    assert not holds(tree)
    with pytest.raises(InvalidInput):
        check_conditions(tree, organization_id=new_id())


def test_the_trace_names_each_leaf_what_was_found_and_what_was_not_read():
    tree = {
        "all": [
            leaf("message.intent", "is", "cancel_order"),
            {"any": [leaf("order.state", "is", "picking"), leaf("ticket.priority", "is", "low")]},
            leaf("ticket.tags", "contains_any_of", ["vip"]),
        ]
    }
    verdict = evaluate(
        tree, {"message.intent": "cancel_order", "ticket.priority": "high"}, {}, at=AT
    )

    assert not verdict.is_match
    assert [(step.path, step.actual, step.is_true, step.is_read) for step in verdict.trace] == [
        ("conditions.all.0", "cancel_order", True, True),
        ("conditions.all.1.any.0", MISSING, None, True),
        ("conditions.all.1.any.1", "high", False, True),
        ("conditions.all.2", MISSING, None, True),
    ]


def test_what_can_no_longer_change_the_answer_is_not_read():
    tree = {"all": [leaf("ticket.status", "is", "open"), leaf("order.state", "is", "picking")]}

    verdict = evaluate(tree, {"ticket.status": "closed"}, {}, at=AT)

    assert [(step.field, step.is_true, step.is_read) for step in verdict.trace] == [
        ("ticket.status", False, True),
        ("order.state", None, False),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ({"all": [leaf("order.colour", "is", "red")]}, "conditions.all.0.field"),
        ({"all": [leaf("ticket.status", "contains", "x")]}, "conditions.all.0.operator"),
        ({"any": [leaf("message.intent", "is", "buy_boat")]}, "conditions.any.0.value"),
        (leaf("message.text", "matches", "(?=x)"), "conditions.value"),
        (leaf("message.text", "matches", "("), "conditions.value"),
        (leaf("order.placed_at", "within_last", "two days"), "conditions.value"),
        ([], "conditions"),
    ],
)
def test_wrong_conditions_are_refused_by_their_place(tree, path):
    with pytest.raises(InvalidInput) as caught:
        check_conditions(tree, organization_id=new_id())
    assert [error.path for error in caught.value.errors] == [path]


def test_a_pattern_that_would_take_for_ever_elsewhere_is_answered_at_once():
    text = "a" * 100_000 + "!"

    assert not holds(leaf("message.text", "matches", "(a+)+$"), message__text=text)


# --- against a plain evaluator -----------------------------------------------------------------

NAMES = ["ticket.status", "ticket.tags", "ticket.message_count", "message.intent", "order.number"]
VALUES = st.one_of(
    st.none(), st.sampled_from(["", "a", "b", "A b"]), st.lists(st.sampled_from(["a", "b"]))
)
LEAVES = st.one_of(
    st.builds(
        leaf,
        st.sampled_from(NAMES),
        st.sampled_from(["is", "is_not", "contains", "contains_not", "starts_with"]),
        st.sampled_from(["", "a", "b", "A b"]),
    ),
    st.builds(
        leaf,
        st.sampled_from(NAMES),
        st.sampled_from(["is_any_of", "is_none_of"]),
        st.lists(st.sampled_from(["a", "b"])),
    ),
    st.builds(leaf, st.sampled_from(NAMES), st.sampled_from(["is_empty", "is_present"])),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda nodes: {"all": nodes}, st.lists(inner, max_size=4)),
        st.builds(lambda nodes: {"any": nodes}, st.lists(inner, max_size=4)),
        st.builds(lambda node: {"not": node}, inner),
    ),
    max_leaves=12,
)
SNAPSHOTS = st.dictionaries(st.sampled_from(NAMES), VALUES)


def plainly(node: dict[str, Any], snapshot: dict[str, Any]) -> bool | None:
    """Every child is read, nothing is clever: true, false, or None for unknown."""
    if "not" in node:
        inner = plainly(node["not"], snapshot)
        return None if inner is None else not inner
    for group in ("all", "any"):
        if group in node:
            answers = [plainly(child, snapshot) for child in node[group]]
            if not answers:
                return None
            decisive = group == "any"
            if decisive in answers:
                return decisive
            return None if None in answers else not decisive
    if node["field"] not in snapshot:
        return None
    return plain_leaf(node["operator"], snapshot[node["field"]], node["value"])


def plain_leaf(operator: str, actual: Any, wanted: Any) -> bool:
    def same(one: Any, other: Any) -> bool:
        if one is None or other is None:
            return one is other
        return str(one).lower() == str(other).lower()

    text = "" if actual is None else str(actual).lower()
    answers = {
        "is": lambda: same(actual, wanted),
        "is_not": lambda: not same(actual, wanted),
        "is_any_of": lambda: any(same(actual, each) for each in wanted),
        "is_none_of": lambda: not any(same(actual, each) for each in wanted),
        "contains": lambda: wanted != "" and wanted.lower() in (text if actual else ""),
        "contains_not": lambda: wanted != "" and wanted.lower() not in (text if actual else ""),
        "starts_with": lambda: wanted != "" and (text if actual else "").startswith(wanted.lower()),
        "is_empty": lambda: actual in (None, "", []),
        "is_present": lambda: actual not in (None, "", []),
    }
    return answers[operator]()


@settings(max_examples=500, deadline=None)
@given(TREES, SNAPSHOTS)
def test_it_agrees_with_a_plain_evaluator_on_any_tree_and_snapshot(tree, snapshot):
    """G7.3"""
    verdict = evaluate(tree, snapshot, {}, at=AT)
    truth = plainly(tree, snapshot)
    assert verdict.is_match is (truth is True)
    assert compile_tree(tree)(snapshot.get, {}, AT) is truth
    assert verdict.is_known is (truth is not None)


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_nothing_known_means_nothing_matches(tree):
    """G7.3"""
    assert not evaluate(tree, {}, {}, at=AT).is_match


def test_every_field_of_the_catalogue_is_filled_by_the_snapshot():
    message = Message(direction="in", kind="customer", position=1)
    message.body = MessageBody()
    message._prefetched_objects_cache = {"attachments": []}

    filled = {*ticket_values(Ticket(customer=Customer())), *message_values(message)}

    known = ORDER_FIELDS | ASKED_FIELDS | PROFILE_FACTS | set(SURVEY_FIELDS) | set(HOURS_FIELDS)
    assert filled | known == set(RULE_FIELDS)
