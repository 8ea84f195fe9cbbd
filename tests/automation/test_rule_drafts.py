"""Rules before they hold: drafts, the publish gate, versions that never change, shadow, order.

ARCHITECTURE.md §3.5, UX.md §2.2–§2.4.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from automation.models import DryRun, Rule, RuleRun, RuleVersion
from automation.rules import time_machine
from automation.rules.definition import clean_definition
from automation.rules.edit import change_rule, create_rule
from automation.rules.gallery.installing import TEMPLATES
from automation.rules.models import Mode, RunOutcome
from automation.rules.shipped import ensure_shipped_rules
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from tests.factories import receive_mail
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)

RULES = "/api/v1/rules"
IS_OPEN = {"all": [{"field": "ticket.status", "operator": "is", "value": "open"}]}
TAG = {"type": "add_tags", "params": {"tags": ["vip"]}}
DEFINITION = {
    "name": "Vip",
    "triggers": ["message.received"],
    "conditions": IS_OPEN,
    "actions": [TAG],
}


def test_a_new_rule_is_off_until_its_draft_is_published(api_as, ada, bo, channel, catch_up):
    client = api_as(ada)
    made = client.post(RULES, {"definition": DEFINITION}).json()
    assert (made["mode"], made["is_active"], made["live_version"]) == ("off", False, 0)
    assert made["draft"]["definition"]["actions"] == [TAG]
    assert made["draft"]["by"] == ada.name
    receive_mail(channel)
    catch_up()
    assert not RuleRun.objects.exists()
    early = client.patch(f"{RULES}/{made['id']}", {"mode": "on"})
    assert (early.status_code, early.json()["code"]) == (409, "not_published")

    assert api_as(bo).post(f"{RULES}/{made['id']}/publish", {}).status_code == 403
    live = client.post(f"{RULES}/{made['id']}/publish", {"note": "For  VIPs"}).json()

    assert (live["mode"], live["live_version"], live["draft"]) == ("on", 1, None)
    message = receive_mail(channel)
    catch_up()
    assert Ticket.objects.get(pk=message.ticket_id).tags == ["vip"]
    kept = client.get(f"{RULES}/{made['id']}/versions").json()["results"]
    assert [(each["number"], each["note"], each["author_name"]) for each in kept] == [
        (1, "For VIPs", ada.name)
    ]
    assert Event.objects.filter(type="rule.updated", object_id=made["id"]).count() == 2


def test_a_draft_says_what_is_wrong_where_and_may_be_unfinished(api_as, ada):
    client = api_as(ada)
    rule = client.post(RULES, {"definition": {}}).json()
    wrong = {
        **DEFINITION,
        "conditions": {"all": [IS_OPEN["all"][0], {"field": "ticket.colour", "operator": "is"}]},
        "else_actions": [{"type": "fly"}],
        "limits": {"per_minute": 0},
        "wait": {"after": "soon"},
    }
    answer = client.put(
        f"{RULES}/{rule['id']}/draft", {"definition": wrong, "based_on": rule["draft_revision"]}
    )

    assert answer.status_code == 422
    assert [each["path"] for each in answer.json()["errors"]] == [
        "wait.after",
        "conditions.all.1.field",
        "else_actions.0.type",
        "limits.per_minute",
    ]
    unfinished = client.post(f"{RULES}/{rule['id']}/publish", {})
    assert unfinished.status_code == 422
    assert [each["path"] for each in unfinished.json()["errors"]] == ["triggers"]
    alone = client.delete(f"{RULES}/{rule['id']}/draft")
    assert (alone.status_code, alone.json()["code"]) == (409, "not_published")


def test_two_who_edit_one_draft_are_told_of_each_other(api_as, ada, organization):
    rule = create_rule(organization, DEFINITION)
    address = f"{RULES}/{rule.pk}/draft"
    mine = (
        api_as(ada)
        .put(address, {"definition": {**DEFINITION, "name": "Mine"}, "based_on": 0})
        .json()
    )
    assert mine["draft"]["based_on"] == 1
    assert mine["name"] == "Vip"

    late = api_as(ada).put(address, {"definition": DEFINITION, "based_on": 0})

    assert (late.status_code, late.json()["code"]) == (409, "draft_changed")
    assert late.json()["draft"]["definition"]["name"] == "Mine"
    assert ada.name in late.json()["detail"]
    api_as(ada).post(f"{RULES}/{rule.pk}/publish", {})
    after = api_as(ada).put(address, {"definition": DEFINITION, "based_on": mine["draft_revision"]})
    assert (after.json()["code"], after.json()["draft"]) == ("draft_changed", None)


def test_what_writes_to_customers_is_tried_before_it_holds(api_as, ada, organization):
    """UX 47: a dry run of this very definition within 24 hours opens the gate."""
    client = api_as(ada)
    installed = client.post(f"{RULES}/templates/wismo-tracking/install", {}).json()
    assert (installed["safety"]["messages"], installed["needs_test"]) == (True, True)
    address = f"{RULES}/{installed['id']}"
    definition = installed["draft"]["definition"]

    early = client.post(f"{address}/publish", {})
    direct = client.post(RULES, definition)
    assert [each.status_code for each in (early, direct)] == [409, 409]
    assert {each.json()["code"] for each in (early, direct)} == {"test_first"}
    assert Rule.objects.count() == 1

    begun = client.post(f"{RULES}/dry-runs", {"definition": definition, "over": {"last": 200}})
    assert time_machine.go_on(uuid.UUID(begun.json()["id"])) is False
    assert client.get(address).json()["needs_test"] is False
    changed = {**definition, "stop_after": True}
    based_on = {"based_on": installed["draft_revision"]}
    other = client.put(f"{address}/draft", {"definition": changed, **based_on}).json()
    assert other["needs_test"] is True
    assert client.post(f"{address}/publish", {}).json()["code"] == "test_first"
    renamed = {**definition, "name": "Tracking"}
    client.put(f"{address}/draft", {"definition": renamed, "based_on": other["draft_revision"]})
    DryRun.objects.update(finished_at=now() - timedelta(hours=25))
    assert client.post(f"{address}/publish", {}).json()["code"] == "test_first"
    DryRun.objects.update(finished_at=now())

    live = client.post(f"{address}/publish", {"mode": "shadow"}).json()

    assert (live["mode"], live["live_version"], live["name"]) == ("shadow", 1, "Tracking")
    gone = client.patch(address, {"actions": definition["actions"] * 2})
    assert gone.json()["code"] == "test_first"
    assert client.get(address).json()["live_version"] == 1


def test_versions_stay_what_they_were_and_come_back_as_a_draft(api_as, ada, organization):
    rule = create_rule(organization, DEFINITION)
    any_of = {
        "any": [*IS_OPEN["all"], {"field": "customer.is_vip", "operator": "is", "value": True}]
    }
    change_rule(rule, {"conditions": any_of, "else_actions": [TAG], "stop_after": True}, user=ada)
    change_rule(rule, {"is_active": False})
    client = api_as(ada)

    newest, first = client.get(f"{RULES}/{rule.pk}/versions").json()["results"]

    assert (newest["number"], newest["is_live"], first["number"]) == (2, True, 1)
    assert [(each["kind"], each["part"], each["text"]) for each in newest["diff_to_previous"]] == [
        ("changed", "stop_after", "Stop later rules: no → yes"),
        ("removed", "conditions", "All of › Status is open"),
        ("added", "conditions", "Any of › Status is open"),
        ("added", "conditions", "Any of › Customer is VIP"),
        ("added", "else_actions", "Add tag vip"),
    ]
    assert first["diff_to_previous"] == []
    restored = client.post(f"{RULES}/{rule.pk}/versions/1/restore", {}).json()
    assert restored["live_version"] == 2
    assert restored["draft"]["definition"]["conditions"] == IS_OPEN
    assert client.post(f"{RULES}/{rule.pk}/versions/9/restore", {}).status_code == 404
    client.post(f"{RULES}/{rule.pk}/publish", {})
    assert list(RuleVersion.objects.order_by("number").values_list("number", flat=True)) == [
        1,
        2,
        3,
    ]
    assert RuleVersion.objects.get(number=1).definition["conditions"] == IS_OPEN


def test_a_rule_in_the_shadow_says_what_it_would_do_and_does_nothing(
    organization, channel, catch_up
):
    shadow = create_rule(organization, {**DEFINITION, "mode": "shadow", "stop_after": True})
    create_rule(organization, {**DEFINITION, "name": "Real", "actions": [_tag("real")]})
    message = receive_mail(channel)

    catch_up()

    assert Ticket.objects.get(pk=message.ticket_id).tags == ["real"]
    run = RuleRun.objects.get(rule=shadow)
    assert (run.outcome, run.is_match) == (RunOutcome.SHADOW, True)
    assert run.actions == [
        {"type": "add_tags", "description": "Add tag vip", "outcome": "would be done"}
    ]
    assert not Event.objects.filter(type="rule.ran", object_id=run.pk).exists()


def test_the_order_is_set_as_a_whole(api_as, ada, organization):
    first, second = (create_rule(organization, {**DEFINITION, "name": n}) for n in "ab")
    client = api_as(ada)
    ids = [str(second.pk), str(first.pk)]

    listed = client.post(f"{RULES}/order", {"ids": ids}).json()

    assert [each["id"] for each in listed["results"]] == ids
    for wrong in (ids[:1], ids * 2, [*ids, str(organization.pk)]):
        assert client.post(f"{RULES}/order", {"ids": wrong}).json()["code"] == "rules_changed"


def test_the_other_branch_runs_where_conditions_are_false_and_not_where_nothing_is_known(
    organization, channel, catch_up
):
    def ask(field, **more):
        return {"all": [{"field": field, "operator": "is", "value": True, **more}]}

    for name, tree in (
        ("false", ask("customer.is_vip")),
        ("unknown", ask("order.is_delivered")),
        ("counted", ask("order.is_delivered", if_missing=False)),
        ("missing", ask("order.is_delivered", if_missing=True)),
    ):
        actions = {"actions": [_tag(f"{name}-then")], "else_actions": [_tag(f"{name}-else")]}
        create_rule(organization, {**DEFINITION, "name": name, "conditions": tree, **actions})
    message = receive_mail(channel)

    catch_up()

    tags = Ticket.objects.get(pk=message.ticket_id).tags
    assert tags == ["false-else", "counted-else", "missing-then"]
    branches = RuleRun.objects.order_by("at", "pk").values_list("branch", "is_match")
    assert list(branches) == [("else", False), ("else", False), ("then", True)]


def test_the_gallery_installs_rules_that_are_off_and_complete(api_as, ada, organization):
    client = api_as(ada)
    listed = client.get(f"{RULES}/templates").json()["results"]
    assert len(listed) == len(TEMPLATES) >= 15
    assert len({each["key"] for each in listed}) == len(listed)
    for each in listed:
        rule = client.post(f"{RULES}/templates/{each['key']}/install", {}).json()
        assert rule["mode"] == "off", each["key"]
        definition = rule["draft"]["definition"]
        assert clean_definition(organization.pk, definition)["name"] == each["name"]
    assert client.post(f"{RULES}/templates/nothing/install", {}).status_code == 404


def test_a_template_of_a_rule_that_is_there_becomes_its_draft_and_no_second_rule(
    api_as, ada, organization
):
    ensure_shipped_rules(organization)
    client, known = api_as(ada), Rule.objects.count()
    address = f"{RULES}/templates/urgent-cancellation/install"
    shipped = Rule.objects.get(key="urgent-cancellation")

    rule = client.post(address, {}).json()
    again = client.post(address, {}).json()
    new = client.post(f"{RULES}/templates/parcel-trouble/install", {}).json()

    assert rule["id"] == again["id"] == str(shipped.pk)
    assert (rule["mode"], rule["live_version"]) == ("on", 1)
    assert (rule["draft"]["based_on"], again["draft_revision"]) == (1, rule["draft_revision"])
    assert Rule.objects.count() == known + 1
    listed = client.get(f"{RULES}/templates").json()["results"]
    installed = {each["key"]: each["installed"] for each in listed if each["installed"]}
    assert installed["urgent-cancellation"] == {"rule_id": rule["id"], "name": shipped.name}
    assert installed["parcel-trouble"]["rule_id"] == new["id"]
    assert "vip" not in installed


def _tag(name: str) -> dict[str, object]:
    return {"type": "add_tags", "params": {"tags": [name]}}


def test_limits_hold_per_customer_and_pause_a_rule_that_runs_away(
    organization, channel, mia, catch_up
):
    often = {"name": "Often", "limits": {"per_customer_day": 1}, "actions": [_tag("a")]}
    create_rule(organization, {**DEFINITION, **often})
    wild = create_rule(
        organization,
        {**DEFINITION, "name": "Wild", "limits": {"per_minute": 2}, "actions": [_tag("b")]},
    )
    for _ in range(4):
        receive_mail(channel, customer=mia)
        catch_up()

    outcomes = RuleRun.objects.filter(rule_name="Often").order_by("at").values_list("outcome")
    assert [each for (each,) in outcomes] == ["acted", "stopped", "stopped", "stopped"]
    outcomes = RuleRun.objects.filter(rule=wild).order_by("at").values_list("outcome")
    assert [each for (each,) in outcomes] == ["acted", "acted", "stopped"]
    wild.refresh_from_db()
    assert (wild.mode, wild.paused_at is None) == (Mode.OFF, False)
    assert "2× within a minute" in wild.paused_reason
    change_rule(wild, {"mode": "on"})
    wild.refresh_from_db()
    assert (wild.mode, wild.paused_reason) == (Mode.ON, "")
